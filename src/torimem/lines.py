"""Messages as they come in, and the log as JSON lines: replay files in, exports out and back in.

It knows nothing of fields or databases.

A replay line is `{"role": "user", "text": "...", "at": "2026-01-31T10:00:00", "id": "D1:3", "speaker": "Ada",
"session": "1"}`; only `text` is required. An export has a header line, a line for each turn with its analysis, and
a line of sums by which two memories can be compared.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from .errors import InvalidInput, StoreError
from .message import Analysis, Mention, Message, Turn

FORMAT = 1
_KEYS = {"id", "role", "speaker", "text", "at", "session", "topics", "emotion", "analysis"}


def moment(value: datetime | str, name: str = "at") -> datetime:
    """A moment in UTC from a datetime or ISO 8601 text; naive times are UTC.

    >>> moment("2026-01-31T10:00:00+02:00").isoformat()
    '2026-01-31T08:00:00+00:00'
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"{name} is {value!r}, it must be ISO 8601 like 2026-01-31T10:00:00") from None
    if not isinstance(value, datetime):
        raise InvalidInput(f"{name} is {value!r}, it must be a datetime or ISO 8601 text")
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(
            f"{name} is {value.isoformat()}, in UTC it is outside the years 1 to 9999"
        ) from None


def checked(message: Message) -> Message:
    """The message, its topics as a tuple; raises `InvalidInput` where it could not be kept as it is.

    >>> checked(Message("hello", topics=["AI"])).topics
    ('AI',)
    """
    if not isinstance(message, Message):
        raise InvalidInput(f"{message!r:.60} is {type(message).__name__}, it must be a torimem.Message")
    if not isinstance(message.text, str):
        raise InvalidInput(f"text is {type(message.text).__name__}, it must be a string")
    if message.role not in ("user", "assistant"):
        raise InvalidInput(f"role is {message.role!r}, it must be 'user' or 'assistant'")
    for name in ("speaker", "session", "id"):
        value = getattr(message, name)
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise InvalidInput(f"{name} is {value!r}, it must be a name of at least one character, or None")
    for name in ("text", "speaker", "session", "id"):
        try:
            (getattr(message, name) or "").encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidInput(f"{name} has a lone surrogate at {error.start}: give valid Unicode") from None
    emotion = message.emotion
    if emotion is not None and (isinstance(emotion, bool) or not isinstance(emotion, int | float)):
        raise InvalidInput(f"emotion is {emotion!r}, it must be a number between -1 and 1")
    if emotion is not None and not -1 <= emotion <= 1:
        raise InvalidInput(f"emotion is {emotion}, it must be between -1 and 1: scale it")
    topics = message.topics
    if topics is None:
        return message
    if not isinstance(topics, Collection) or isinstance(topics, str | bytes | Mapping):
        raise InvalidInput(f"topics is {topics!r:.60}, it must be a list of names")
    for topic in topics:
        if not isinstance(topic, str):
            raise InvalidInput(f"topics has {topic!r:.60}, each must be a name")
    # the order of a set is another in every process
    ordered = sorted(topics) if isinstance(topics, Set) else topics
    return replace(message, topics=tuple(ordered))


def new_id() -> str:
    """A UUID of version 7: unique, and sorted by time.

    >>> len(new_id()), new_id()[14]
    (36, '7')
    """
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    raw = bytearray(stamp + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return str(UUID(bytes=bytes(raw)))


def read_replay(path: str | Path) -> list[Message]:
    """The messages of a replay file, all checked before the first is used.

    Raises `InvalidInput` naming the line that is not one.
    """
    return [_message(raw, where) for raw, where in _objects(path)]


def _objects(path: str | Path) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                where = f"{path} line {number}"
                try:
                    raw = json.loads(line)
                except (ValueError, RecursionError) as error:
                    reason = getattr(error, "msg", "nested too deeply or a number too long")
                    raise InvalidInput(
                        f"{where} is not JSON ({reason}): write one JSON object a line"
                    ) from None
                if not isinstance(raw, dict):
                    raise InvalidInput(
                        f"{where} is {_kind(raw)}, it must be a JSON object: see torimem replay --help"
                    )
                yield raw, where
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text: save it as UTF-8") from None


def _kind(raw: object) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(raw), "a number")


def _message(raw: Mapping[str, Any], where: str) -> Message:
    if "torimem" in raw:
        raise InvalidInput(f"{where} is the header of an export: use torimem restore")
    if "text" not in raw:
        raise InvalidInput(f'{where} has no text: give at least {{"text": "..."}}')
    unknown = sorted(set(raw) - _KEYS)
    if unknown:
        raise InvalidInput(
            f"{where} has unknown keys {unknown}: use {', '.join(sorted(_KEYS - {'analysis'}))}"
        )
    for key in ("role", "text", "at"):
        if not isinstance(raw.get(key, ""), str):
            raise InvalidInput(f"{where}: {key} is {raw[key]!r:.60}, it must be text")
    try:
        return checked(
            Message(
                text=raw["text"],
                role=raw.get("role") or "user",
                speaker=raw.get("speaker"),
                at=moment(raw["at"]) if raw.get("at") else None,
                session=raw.get("session"),
                id=raw.get("id"),
                topics=raw.get("topics"),
                emotion=raw.get("emotion"),
            )
        )
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None


@dataclass(frozen=True, slots=True)
class Export:
    """An export as read from its file: whose memory, its Dynamics (JSON), the turns, and the sums to compare."""

    user: str
    agent: str
    dynamics: str
    turns: tuple[Turn, ...]
    sums: Mapping[str, Any]


def write_export(path: str | Path, export: Export) -> None:
    """Write an export; the file appears whole or not at all. Raises `StoreError` where it cannot be written."""
    head = {
        "torimem": FORMAT,
        "user": export.user,
        "agent": export.agent,
        "dynamics": json.loads(export.dynamics),
    }
    rows: list[Mapping[str, Any]] = [head, *map(turn_row, export.turns)]
    tail = {"sums": export.sums, "sha256": _sha256(rows)}
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as part:
                for row in (*rows, tail):
                    part.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}): give another path") from None


def _sha256(rows: Iterable[Mapping[str, Any]]) -> str:
    """The sum of the lines as values, so that line ends and spaces may change on the way."""
    whole = hashlib.sha256()
    for row in rows:
        whole.update(json.dumps(row, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def turn_row(turn: Turn) -> dict[str, Any]:
    """A turn as a JSON object."""
    mentions = [[m.key, m.label, m.valence, m.weight] for m in turn.analysis.mentions]
    return {
        "id": turn.id,
        "role": turn.role,
        "speaker": turn.speaker,
        "text": turn.text,
        "at": turn.at.isoformat(),
        "session": turn.session,
        "analysis": {
            "analyser": turn.analysis.analyser,
            "mentions": mentions,
            "valence": turn.analysis.valence,
        },
    }


def read_export(path: str | Path) -> Export:
    """An export back from its file; raises `InvalidInput` for one that is cut off, damaged or of another version."""
    rows = list(_objects(path))
    if not rows or "torimem" not in rows[0][0]:
        raise InvalidInput(
            f"{path} is not a torimem export: make one with torimem export, or use torimem replay"
        )
    head, tail = rows[0][0], rows[-1][0]
    if head["torimem"] != FORMAT:
        raise InvalidInput(
            f"{path} is an export of format {head['torimem']!r}, this torimem reads {FORMAT}: upgrade"
        )
    if "sums" not in tail:
        raise InvalidInput(f"{path} is cut off: its last line has no sums; export it again")
    if tail.get("sha256") != _sha256(raw for raw, _ in rows[:-1]):
        raise InvalidInput(f"{path} is damaged: its lines do not match their sha256; export it again")
    turns = []
    for index, (raw, where) in enumerate(rows[1:-1]):
        try:
            packed = raw["analysis"]
            mentions = tuple(Mention(str(k), str(n), float(v), float(w)) for k, n, v, w in packed["mentions"])
            analysis = Analysis(mentions, packed["valence"], packed["analyser"])
            message = _message(raw, where)
            if message.at is None or message.id is None:
                raise KeyError("id and at")
            said = (message.text, message.role, message.speaker, message.at, message.session)
            turns.append(Turn(message.id, index, *said, analysis))
        except InvalidInput as error:
            raise InvalidInput(f"{error}: export it again") from None
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"{where} is not a turn of an export ({error}): export it again") from None
    if not isinstance(tail["sums"], dict):
        raise InvalidInput(f"{path} is damaged: its sums are {_kind(tail['sums'])}; export it again")
    try:
        return Export(head["user"], head["agent"], json.dumps(head["dynamics"]), tuple(turns), tail["sums"])
    except KeyError as error:
        raise InvalidInput(f"{path} line 1 has no {error}: export it again") from None
