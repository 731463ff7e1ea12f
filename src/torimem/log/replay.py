"""Messages as they come in: checked, and read from the JSON lines of a replay file.

A replay line is `{"role": "user", "text": "...", "at": "2026-01-31T10:00:00", "id": "D1:3", "speaker": "Ada",
"session": "1"}`; only `text` is required.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ..checks import unicode, valence
from ..errors import InvalidInput
from .turn import Message

FORMAT = 1
_KEYS = {"id", "role", "speaker", "text", "at", "session", "topics", "emotion"}
_EXPORTED = {"analysis", "corrected"}  # what exports say too: replayed, a turn is analysed afresh


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
        unicode(getattr(message, name) or "", name)
    if message.emotion is not None:
        valence(message.emotion)
    topics: Any = message.topics
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
    return [message(raw, where) for raw, where in objects(path)]


def objects(path: str | Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Each JSON object of a file of JSON lines, and where it stands; raises `InvalidInput`."""
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


def message(raw: Mapping[str, Any], where: str) -> Message:
    """The message that a line says; raises `InvalidInput` that names the line."""
    if "torimem" in raw:
        raise InvalidInput(f"{where} is the header of an export: use torimem restore")
    if "text" not in raw:
        raise InvalidInput(f'{where} has no text: give at least {{"text": "..."}}')
    unknown = sorted(set(raw) - _KEYS - _EXPORTED)
    if unknown:
        raise InvalidInput(f"{where} has unknown keys {unknown}: use {', '.join(sorted(_KEYS))}")
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
