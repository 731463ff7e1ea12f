"""One SQLite file, opened, shared and erased: it knows transactions and threads, not what the tables mean."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ...errors import InvalidInput, StoreError
from .migrations import migrate, refuse_foreign

Durability = Literal["process", "full"]


class Connection:
    """One database file; safe for many threads and processes.

    `durability="process"` survives a killed process, `"full"` also a power cut. Raises `StoreError` where the
    file cannot be opened, is damaged, or belongs to another program.
    """

    def __init__(
        self, path: str | Path, *, durability: Durability = "process", timeout: float = 30.0
    ) -> None:
        if durability not in ("process", "full"):
            raise InvalidInput(f"durability is {durability!r}, it must be 'process' or 'full'")
        if not isinstance(path, str | Path) or not str(path).strip() or "\0" in str(path):
            raise InvalidInput(f"path is {path!r}, it must be the path of a file or ':memory:'")
        self.path = str(path)
        self._lock = threading.RLock()
        self._process = os.getpid()
        if self.path != ":memory:" and Path(self.path).is_dir():
            raise StoreError(f"{self.path} is a folder: give the path of a file in it")
        with self._guard():
            self._db = sqlite3.connect(
                self.path, timeout=timeout, isolation_level=None, check_same_thread=False
            )
        self._patience = f"PRAGMA busy_timeout = {int(timeout * 1000)}"
        try:
            with self._guard():
                # before anything is set: journal_mode would change the file of another program
                with self.snapshot():
                    refuse_foreign(self._db, self.path)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
                self._db.execute("PRAGMA secure_delete = ON")
                self._db.execute("PRAGMA foreign_keys = ON")
                migrate(self._db, self.path)
            if self.pending():
                self.erase()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        if os.getpid() == self._process:  # SQLite forbids closing what was opened before a fork
            with self._lock:
                self._db.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """One thread at a time, in the process that opened the file; errors of SQLite become ours."""
        if os.getpid() != self._process:
            raise StoreError(f"{self.path} was opened before a fork: open a new Memory in each process")
        with self._lock:
            try:
                yield
            except UnicodeEncodeError as error:
                raise InvalidInput(f"{error.object!r:.60} has a lone surrogate: give valid Unicode") from None
            except sqlite3.ProgrammingError as error:
                if "closed" not in str(error):
                    raise
                raise StoreError(f"{self.path} was closed: open a new Memory on it") from None
            except sqlite3.OperationalError as error:
                if "locked" in str(error) or "busy" in str(error):
                    raise StoreError(f"{self.path} is locked by another process: try again") from None
                raise StoreError(
                    f"{self.path}: {error}: check the path, its permissions and the free space"
                ) from None
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.InterfaceError):
                    raise
                raise StoreError(f"{self.path}: {error}: restore it from an export or a backup") from None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside is written, or nothing; nothing else is written meanwhile."""
        with self._begun("BEGIN IMMEDIATE"):
            yield self._db

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see the database as it is at the first of them, whatever other processes write."""
        with self._begun("BEGIN"):
            yield

    @contextmanager
    def _begun(self, statement: str) -> Iterator[None]:
        with self._guard():
            inside = self._db.in_transaction
            if inside:  # the outer one decides
                yield
                return
            try:
                self._db.execute(statement)
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite ends it by itself where the disk is full
                    self._db.execute("ROLLBACK")
                raise

    def erase(self) -> bool:
        """Take deleted text out of the files: rewrite the pages, empty the write-ahead log.

        Returns False where an open reader keeps the old pages alive; the next opener tries again.
        """
        with self._guard():
            due = self._db.execute("SELECT max(pending) FROM erasures").fetchone()[0]
            try:
                self._db.execute("PRAGMA busy_timeout = 0")
                # the log first: where a reader blocks it, no file is rewritten in vain
                for statement in (
                    "PRAGMA wal_checkpoint(TRUNCATE)",
                    "VACUUM",
                    "PRAGMA wal_checkpoint(TRUNCATE)",
                ):
                    row = self._db.execute(statement).fetchone()
                    if row is not None and row[0]:
                        return False
            except sqlite3.OperationalError:
                return False
            finally:
                self._db.execute(self._patience)
            self._db.execute("DELETE FROM erasures WHERE pending <= ?", (due,))
        return True

    def pending(self) -> bool:
        """Whether deleted text may still lie in the files."""
        with self._guard():
            return bool(self._db.execute("SELECT count(*) FROM erasures").fetchone()[0])

    def integrity(self) -> list[str]:
        """What SQLite finds wrong with the file, one line each; empty when it is sound."""
        with self._guard():
            lines = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check")]
        return [] if lines == ["ok"] else lines
