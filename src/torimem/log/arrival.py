"""Messages as they come in: checked, their moment in UTC, a new id."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from ..checks import finite, show, unicode, valence
from ..errors import InvalidInput
from .turn import JSON, Message

META_BYTES = 65_536
"""How much `meta` may take, as JSON in UTF-8."""

META_DEPTH = 32
"""How many levels of lists and mappings `meta` may have."""

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
    if message.meta is not None:
        message = replace(message, meta=kept(message.meta))
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


def kept(meta: Mapping[str, JSON]) -> dict[str, JSON]:
    """A copy of what a caller wants kept with a turn.

    Raises `InvalidInput` for anything but a JSON object (string keys, finite numbers of at most 64 bits,
    valid Unicode), for one nested deeper than 32 levels, and for more than 64 KiB: a log is read whole
    whenever it is folded afresh.

    >>> kept({"source": "import", "pages": (1, 2)})
    {'source': 'import', 'pages': [1, 2]}
    """
    if not isinstance(meta, Mapping):
        raise InvalidInput(f"meta is {show(meta)}, it must be a JSON object: a mapping from names to values")
    copy: Any = _plain(meta, "meta", META_DEPTH)
    size = len(json.dumps(copy, ensure_ascii=False).encode())
    if size > META_BYTES:
        raise InvalidInput(
            f"meta takes {size:,} bytes as JSON, it may take {META_BYTES:,}: put it elsewhere, name it here"
        )
    return cast(dict[str, JSON], copy)


def _plain(value: object, where: str, depth: int) -> JSON:
    """A value of JSON in plain lists and dicts; `where` names it in errors."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        unicode(value, where)
        return str(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InvalidInput(f"{where} is a whole number of more than 64 bits: give it as text")
        return int(value)
    if isinstance(value, float):
        return finite(where, value)
    if not isinstance(value, Mapping | list | tuple):
        raise InvalidInput(f"{where} is {show(value)}, it must be what JSON can say: give it as text")
    if not depth:
        raise InvalidInput(f"{where:.60} is nested deeper than {META_DEPTH} levels: make it flatter")
    if not isinstance(value, Mapping):
        return [_plain(one, f"{where}[{n}]", depth - 1) for n, one in enumerate(value)]
    for key in value:
        if not isinstance(key, str):
            raise InvalidInput(f"{where} has the key {show(key)}, it must be text: write it as text")
        unicode(key, f"a key of {where}")
    return {str(key): _plain(one, f"{where}[{show(key)}]", depth - 1) for key, one in value.items()}


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
