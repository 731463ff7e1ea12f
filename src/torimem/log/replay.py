"""Messages read from the JSON lines of a replay file.

A replay line is `{"role": "user", "text": "...", "at": "2026-01-31T10:00:00", "id": "D1:3", "speaker": "Ada",
"session": "1"}`; only `text` is required.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from .arrival import checked, moment
from .turn import Message

_KEYS = {"id", "role", "speaker", "text", "at", "session", "topics", "emotion", "meta"}
_EXPORTED = {"analysis", "corrected"}  # what exports say too: replayed, a turn is analysed afresh


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
                meta=raw.get("meta"),
            )
        )
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None
