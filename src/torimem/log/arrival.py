"""Messages as they come in: checked, their moment in UTC, a new id."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ..checks import unicode, valence
from ..errors import InvalidInput
from .turn import Message

When = datetime | str
"""A moment, or one in ISO 8601."""


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
