"""What a caller calls a store -> the store, open: a path is opened, a store is taken as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import InvalidInput
from .base import StoreBase
from .sqlite import Durability, SQLiteStore


def opened(
    store: str | Path | StoreBase, durability: Durability | None = None, timeout: float | None = None
) -> tuple[StoreBase, bool]:
    """The store, and whether it was opened here, so that whoever asked is to close it.

    `durability` and `timeout` are as in `SQLiteStore`. Raises `InvalidInput` where they are given for a store
    that is open already, and as `SQLiteStore`.

    >>> store, ours = opened(":memory:")
    >>> opened(store)
    (SQLiteStore(':memory:'), False)
    """
    given: dict[str, Any] = {"durability": durability, "timeout": timeout}
    given = {name: value for name, value in given.items() if value is not None}
    if not isinstance(store, StoreBase):
        return SQLiteStore(store, **given), True
    for name, value in given.items():
        raise InvalidInput(f"{name} is {value!r}, but {store.name} is open already: give it to the store")
    return store, False
