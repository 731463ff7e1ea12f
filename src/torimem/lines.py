"""The log as JSON lines: replay files in, exports out and back in; knows nothing of fields or databases.

A replay line is `{"role": "user", "text": "...", "at": "2026-01-31T10:00:00", "id": "D1:3", "speaker": "Ada",
"session": "1"}`; only `text` is required. An export has a header line, a line for each turn with its analysis, and
a line of sums by which two memories can be compared.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
        raise InvalidInput(f"{name} is {value.isoformat()}, in UTC it is outside the years 1 to 9999") from None


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
                except (json.JSONDecodeError, RecursionError) as error:
                    reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
                    raise InvalidInput(f"{where} is not JSON ({reason}): write one JSON object a line") from None
                if not isinstance(raw, dict):
                    raise InvalidInput(f"{where} is {_kind(raw)}, it must be a JSON object: see torimem replay --help")
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
        raise InvalidInput(f"{where} has no text: give at least {{\"text\": \"...\"}}")
    unknown = sorted(set(raw) - _KEYS)
    if unknown:
        raise InvalidInput(f"{where} has unknown keys {unknown}: use {', '.join(sorted(_KEYS - {'analysis'}))}")
    for key in ("id", "role", "speaker", "text", "at", "session"):
        if raw.get(key) is not None and not isinstance(raw[key], str):
            raise InvalidInput(f"{where}: {key} is {raw[key]!r}, it must be text")
    role = raw.get("role") or "user"
    if role not in ("user", "assistant"):
        raise InvalidInput(f"{where}: role is {role!r}, it must be user or assistant")
    topics = raw.get("topics")
    if topics is not None and not (isinstance(topics, list) and all(isinstance(topic, str) for topic in topics)):
        raise InvalidInput(f"{where}: topics is {topics!r}, it must be a list of names")
    return Message(
        text=raw["text"] or "",
        role=role,
        speaker=raw.get("speaker"),
        at=moment(raw["at"], f"{where}: at") if raw.get("at") else None,
        session=raw.get("session"),
        id=raw.get("id"),
        topics=None if topics is None else tuple(topics),
        emotion=raw.get("emotion"),
    )


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
    head = {"torimem": FORMAT, "user": export.user, "agent": export.agent, "dynamics": json.loads(export.dynamics)}
    rows: Iterable[Mapping[str, Any]] = (head, *(turn_row(turn) for turn in export.turns), {"sums": export.sums})
    target = Path(path)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
        ) as part:
            try:
                for row in rows:
                    part.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
                part.flush()
                os.fsync(part.fileno())
                Path(part.name).replace(target)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}): give another path") from None


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
        "analysis": {"analyser": turn.analysis.analyser, "mentions": mentions, "valence": turn.analysis.valence},
    }


def read_export(path: str | Path) -> Export:
    """An export back from its file; raises `InvalidInput` for one that is cut off, damaged or of another version."""
    rows = list(_objects(path))
    if not rows or "torimem" not in rows[0][0]:
        raise InvalidInput(f"{path} is not a torimem export: make one with torimem export, or use torimem replay")
    head, tail = rows[0][0], rows[-1][0]
    if head["torimem"] != FORMAT:
        raise InvalidInput(f"{path} is an export of format {head['torimem']!r}, this torimem reads {FORMAT}: upgrade")
    if "sums" not in tail:
        raise InvalidInput(f"{path} is cut off: its last line has no sums; export it again")
    turns = []
    for index, (raw, where) in enumerate(rows[1:-1]):
        try:
            packed = raw["analysis"]
            mentions = tuple(Mention(str(k), str(n), float(v), float(w)) for k, n, v, w in packed["mentions"])
            analysis = Analysis(mentions, packed["valence"], packed["analyser"])
            message = _message(raw, where)
            if message.at is None or message.id is None:
                raise KeyError("id and at")
            turns.append(
                Turn(message.id, index, message.text, message.role, message.speaker, message.at, message.session, analysis)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"{where} is not a turn of an export ({error}): export it again") from None
    try:
        return Export(head["user"], head["agent"], json.dumps(head["dynamics"]), tuple(turns), tail["sums"])
    except KeyError as error:
        raise InvalidInput(f"{path} line 1 has no {error}: export it again") from None
