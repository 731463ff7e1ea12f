"""Every store keeps what the suite for stores asks; a store that is broken does not."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from torimem.log.store import StoreBase
from torimem.log.store.sqlite import SQLiteStore
from torimem.testing import Lists, ListStore, SharedStoreTests, StoreTests


class TestSQLite(SharedStoreTests):
    def opened(self, folder: Path) -> StoreBase:
        return SQLiteStore(folder / "memory.db", timeout=20.0)


class TestSQLiteInMemory(StoreTests):
    def opened(self, folder: Path) -> StoreBase:
        return SQLiteStore(":memory:")


class TestLists(SharedStoreTests):
    shared: ClassVar[dict[Path, Lists]] = {}

    def opened(self, folder: Path) -> StoreBase:
        return ListStore(self.shared.setdefault(folder, Lists()))
