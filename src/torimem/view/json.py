"""Results -> JSON, once for commands and servers: dataclasses become objects, times ISO 8601."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import PurePath
from typing import Any


def plain(value: object) -> Any:
    """A result as dicts, lists, strings, numbers, booleans and None.

    Raises `TypeError` for what has no such form, so that nothing is shown as something it is not.

    >>> from torimem import Dynamics
    >>> plain((Dynamics(), None))[0]["width"]
    64
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Set):
        return sorted(map(plain, value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def text(value: object, *, ascii: bool = False, indent: int | None = 2) -> str:
    r"""A result as JSON text; with `ascii`, letters beyond ASCII are escaped.

    >>> print(text({"said": "schön", "turns": (1, 2)}, ascii=True, indent=None))
    {"said": "sch\u00f6n", "turns": [1, 2]}
    """
    return json.dumps(plain(value), ensure_ascii=ascii, indent=indent)
