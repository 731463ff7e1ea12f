"""One SQLite file and its connections: who reads or writes has one alone, so reading never waits for writing.

It knows threads, processes, transactions and erasing, not what the tables mean.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ....checks import finite
from ....errors import InvalidInput, StoreError
from .migrations import migrate, refuse_foreign
from .positions import Positions

Durability = Literal["process", "full"]

MEMORY = ":memory:"
TIMEOUT = 30.0
"""Seconds to wait for the lock of another process."""

ERASING = 0.25
"""Seconds that an erasure waits, at most, for readings to end."""

_IDLE = 4
"""Connections kept open while nobody uses them. One thread alone never needs more than one."""


@dataclass(slots=True)
class Use:
    """A connection in a transaction, in the hands of one thread; `positions` are those looked up so far."""

    db: sqlite3.Connection
    writes: bool
    positions: dict[int, Positions] = field(default_factory=dict)


class _Own(threading.local):
    """What a thread has begun and not ended."""

    use: Use | None = None


class Begun:
    """A transaction of one thread, begun and ended by `with`; inside another one, that one decides."""

    __slots__ = ("_file", "_joined", "_writes")

    def __init__(self, file: Database, *, writes: bool) -> None:
        self._file, self._writes, self._joined = file, writes, False

    def __enter__(self) -> Use:
        file = self._file
        file._ours()
        use = file._own.use
        if use is not None:
            self._joined = True
            use.writes |= self._writes
            return use
        if self._writes:
            file._writing.acquire()
        db = None
        try:
            db = file._take()
            db.execute("BEGIN IMMEDIATE" if self._writes else "BEGIN")
        except BaseException as error:
            self._let_go(db)
            if ours := file._said(error):
                raise ours from None
            raise
        file._own.use = use = Use(db, self._writes)
        return use

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        file = self._file
        if not self._joined:
            use, file._own.use = file._own.use, None
            assert use is not None
            try:
                if error is None:
                    use.db.execute("COMMIT")
            except BaseException as failed:
                error = failed
            try:
                if use.db.in_transaction:  # SQLite ends it by itself where the disk is full
                    use.db.execute("ROLLBACK")
            except sqlite3.Error as failed:
                error = error or failed
            finally:
                self._let_go(use.db)
        if error is not None and (ours := file._said(error)):
            raise ours from None
        if error is not None and kind is None:
            raise error

    def _let_go(self, db: sqlite3.Connection | None) -> None:
        if db is not None:
            self._file._give_back(db)
        if self._writes:
            self._file._writing.release()


class Database:
    """One database file, for many threads and processes; a database in memory has a single connection.

    `durability="process"` survives a killed process, `"full"` also a power cut. `timeout` is how many seconds
    to wait for the lock of another process. Raises `StoreError` where the file cannot be opened, is damaged,
    or belongs to another program.
    """

    def __init__(
        self, path: str | Path, *, durability: Durability = "process", timeout: float = TIMEOUT
    ) -> None:
        if durability not in ("process", "full"):
            raise InvalidInput(f"durability is {durability!r}, it must be 'process' or 'full'")
        if not isinstance(path, str | Path) or not str(path).strip() or "\0" in str(path):
            raise InvalidInput(f"path is {path!r}, it must be the path of a file or ':memory:'")
        self.timeout: float = finite("timeout", timeout)
        if not 0 <= self.timeout <= 1e6:
            raise InvalidInput(f"timeout={timeout} must be between 0 and 1000000 seconds; use {TIMEOUT:g}")
        self.path: str = str(path)
        self._durability = durability
        self._process = os.getpid()
        self._closed = False
        self._idle: list[sqlite3.Connection] = []
        self._pool = threading.Lock()
        self._writing = threading.Lock()  # threads queue here; only processes meet at the lock of SQLite
        self._sole = (
            threading.Lock() if self.path == MEMORY else None
        )  # what is in memory, one connection has
        self._own = _Own()
        if self.path != MEMORY and Path(self.path).is_dir():
            raise StoreError(f"{self.path} is a folder: give the path of a file in it")
        try:
            with self._guard():
                self._idle.append(self._connected(first=True))
            if self.pending():
                self.erase(patience=0.0)
        except BaseException:
            self.close()
            raise

    def _connected(self, *, first: bool = False) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=self.timeout, isolation_level=None, check_same_thread=False)
        try:
            if first:
                # before anything is set: journal_mode would change the file of another program
                db.execute("BEGIN")
                refuse_foreign(db, self.path)
                db.execute("COMMIT")
                db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {'FULL' if self._durability == 'full' else 'NORMAL'}")
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA foreign_keys = ON")
            if first:
                migrate(db, self.path)
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close the file; a thread that is reading or writing comes to its end first. Twice is fine."""
        if os.getpid() != self._process:  # SQLite forbids closing what was opened before a fork
            return
        with self._pool:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    def _ours(self) -> None:
        if os.getpid() != self._process:
            raise StoreError(f"{self.path} was opened before a fork: open a new Memory in each process")

    def _said(self, error: BaseException) -> Exception | None:
        """An error of SQLite as one of ours, None for what is none or is a fault of the code."""
        if isinstance(error, UnicodeEncodeError):
            return InvalidInput(f"{error.object!r:.60} has a lone surrogate: give valid Unicode")
        if isinstance(error, sqlite3.OperationalError):
            if "locked" in str(error) or "busy" in str(error):
                return StoreError(f"{self.path} is locked by another process: try again")
            return StoreError(f"{self.path}: {error}: check the path, its permissions and the free space")
        faults = sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, faults):
            return StoreError(f"{self.path}: {error}: restore it from an export or a backup")
        return None

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Only in the process that opened the file; errors of SQLite become ours."""
        self._ours()
        try:
            yield
        except Exception as error:
            if ours := self._said(error):
                raise ours from None
            raise

    def _take(self) -> sqlite3.Connection:
        """A connection for this thread alone: the one used last, which has most in its cache."""
        if self._sole:
            self._sole.acquire()
        try:
            with self._pool:
                if self._closed:
                    raise StoreError(f"{self.path} was closed: open a new Memory on it")
                if self._idle:
                    return self._idle.pop()
            return self._connected()
        except BaseException:
            if self._sole:
                self._sole.release()
            raise

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._pool:
            kept = not self._closed and len(self._idle) < _IDLE and not db.in_transaction
            if kept:
                self._idle.append(db)
        if not kept:
            db.close()
        if self._sole:
            self._sole.release()

    def reading(self) -> Begun:
        """All that this thread reads inside is from one moment, whatever others write; it waits for none."""
        return Begun(self, writes=False)

    def writing(self) -> Begun:
        """All that is written inside is written, or nothing; nothing else is written meanwhile."""
        return Begun(self, writes=True)

    def erase(self, *, patience: float = ERASING) -> bool:
        """Take deleted text out of the files: rewrite the pages, empty the write-ahead log.

        Waits up to `patience` seconds, but no longer than `timeout`, for readings to end. Returns False where
        one keeps the old pages alive; the next opener tries again.
        """
        if self._own.use is not None:  # this thread's own reading
            return False
        with self._guard(), self._writing:
            db = self._take()
            try:
                return self._erased(db, int(1000 * min(patience, self.timeout)))
            finally:
                self._give_back(db)

    def _erased(self, db: sqlite3.Connection, waits: int) -> bool:
        due = db.execute("SELECT max(pending) FROM erasures").fetchone()[0]
        try:
            db.execute(f"PRAGMA busy_timeout = {waits}")
            # the log first: where a reader blocks it, no file is rewritten in vain
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                row = db.execute(statement).fetchone()
                if row is not None and row[0]:
                    return False
        except sqlite3.OperationalError:
            return False
        finally:
            db.execute(f"PRAGMA busy_timeout = {int(1000 * self.timeout)}")
        db.execute("DELETE FROM erasures WHERE pending <= ?", (due,))
        return True

    def pending(self) -> bool:
        """Whether deleted text may still lie in the files."""
        with self.reading() as use:
            return bool(use.db.execute("SELECT count(*) FROM erasures").fetchone()[0])

    def integrity(self) -> list[str]:
        """What SQLite finds wrong with the file, one line each; empty when it is sound."""
        with self.reading() as use:
            lines = [str(row[0]) for row in use.db.execute("PRAGMA integrity_check")]
        return [] if lines == ["ok"] else lines

    def size(self) -> int:
        """How many bytes the files take, 0 for a database in memory."""
        files = [Path(self.path + suffix) for suffix in ("", "-wal")]
        return sum(file.stat().st_size for file in files if self.path != MEMORY and file.exists())
