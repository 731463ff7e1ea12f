"""The database keeps every turn, opens only what is its own, and gives nothing back that was forgotten."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from torimem.errors import InvalidInput, StoreError
from torimem.log.store.sqlite import SQLiteStore
from torimem.log.store.sqlite import database as databases
from torimem.log.store.sqlite.migrations import APPLICATION_ID, MIGRATIONS
from torimem.testing.turns import said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(path)
    yield store
    store.close()


def one_line(error: pytest.ExceptionInfo[BaseException]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


# Opening


def test_a_fresh_database_is_at_the_newest_schema_and_opens_again(path: Path) -> None:
    for _ in range(2):
        SQLiteStore(path).close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    SQLiteStore(path).close()
    assert path.stat().st_size > 0


@pytest.mark.parametrize(
    "setup",
    ["CREATE TABLE bookmarks (url)", "PRAGMA user_version = 7", "CREATE TABLE turns (scope, idx, id)"],
)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path, setup: str) -> None:
    foreign = sqlite3.connect(path)
    foreign.execute(setup)
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="database of another program") as caught:
        SQLiteStore(path)
    one_line(caught)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_database_of_a_newer_torimem_is_refused_and_left_as_it_is(path: Path) -> None:
    SQLiteStore(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"schema 99.*upgrade torimem"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def filled(path: Path) -> bytes:
    store = SQLiteStore(path)
    scope = store.scope("ada", "", "{}")
    store.append(scope.number, [said(f"t{n}", f"turn {n} " * 20, f"topic {n % 7}") for n in range(300)])
    store.close()
    return path.read_bytes()


def test_random_bytes_are_refused_and_left_as_they_are(path: Path) -> None:
    data = random.Random(1).randbytes(9000)
    path.write_bytes(data)
    with pytest.raises(StoreError) as caught:
        SQLiteStore(path)
    one_line(caught)
    assert path.read_bytes() == data


def read_everything(store: SQLiteStore) -> None:
    for scope in store.scopes():
        list(store.turns(scope.number))
        store.mention_rows(scope.number)


@pytest.mark.parametrize("size", [50, 1000, 4096, 9000, 20_000])
def test_a_truncated_database_is_one_clear_error(path: Path, size: int) -> None:
    path.write_bytes(filled(path)[:size])
    with pytest.raises(StoreError, match=r"memory\.db") as caught:
        read_everything(SQLiteStore(path))
    one_line(caught)


def test_a_corrupted_page_is_found_by_integrity_or_refused(path: Path) -> None:
    data = filled(path)
    rng = random.Random(2)
    for page in range(2, len(data) // 4096):
        broken = bytearray(data)
        broken[page * 4096 : (page + 1) * 4096] = rng.randbytes(4096)
        path.write_bytes(bytes(broken))
        try:
            store = SQLiteStore(path)
        except StoreError:
            continue
        try:
            faults = store.integrity()
        except StoreError as error:
            faults = [str(error)]
        with suppress(StoreError):
            read_everything(store)
        store.close()
        assert faults


@pytest.mark.parametrize("where", ["", "  ", "a\0b", None, 5, b"memory.db"])
def test_what_is_no_path_is_refused(where: object) -> None:
    with pytest.raises(InvalidInput, match="path"):
        SQLiteStore(where)  # type: ignore[arg-type]


def test_paths_that_cannot_hold_a_database_are_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for where in (
        tmp_path,
        tmp_path / "file" / "memory.db",
        tmp_path / "no" / "memory.db",
        Path("/dev/full"),
    ):
        with pytest.raises(StoreError) as caught:
            SQLiteStore(where)
        one_line(caught)
    with pytest.raises(InvalidInput, match="durability"):
        SQLiteStore(tmp_path / "memory.db", durability="maybe")  # type: ignore[arg-type]
    assert not (tmp_path / "memory.db").exists()


def pragma(store: SQLiteStore, name: str) -> int:
    with store._file.reading() as use:
        return int(use.db.execute(f"PRAGMA {name}").fetchone()[0])


def test_full_durability_is_asked_of_sqlite(path: Path) -> None:
    for durability, level in (("process", 1), ("full", 2)):
        store = SQLiteStore(path, durability=durability)  # type: ignore[arg-type]
        with store._file.reading() as use, ThreadPoolExecutor(1) as pool:
            assert use.db.execute("PRAGMA synchronous").fetchone() == (level,)
            assert pool.submit(pragma, store, "synchronous").result() == level  # a connection of its own
        store.close()


def test_a_store_says_so_after_a_fork(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store._file, "_process", os.getpid() + 1)
    with pytest.raises(StoreError, match="before a fork: open a new Memory in each process"):
        store.scopes()


def test_a_lone_surrogate_never_reaches_the_database(store: SQLiteStore) -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        store.scope("\ud800", "", "{}")
    with pytest.raises(InvalidInput, match="lone surrogate"):
        store.turn(1, "\udfff")
    assert store.scopes() == []


# Threads, processes, limits


def test_a_long_lock_is_one_clear_error_and_reading_goes_on(path: Path) -> None:
    holder = SQLiteStore(path)
    scope = holder.scope("ada", "", "{}")
    waiting = SQLiteStore(path, timeout=0.02)
    with holder.transaction():
        holder.append(scope.number, [said("a")])
        with pytest.raises(StoreError, match="is locked by another process: try again"):
            waiting.append(scope.number, [said("b")])
        assert list(waiting.turns(scope.number)) == []
        SQLiteStore(path, timeout=0).close()  # opening needs no lock either
    assert [turn.id for turn in waiting.turns(scope.number)] == ["a"]
    waiting.append(scope.number, [said("b")])
    assert [turn.id for turn in holder.turns(scope.number)] == ["a", "b"]
    holder.close()
    waiting.close()


LOCKER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
db.execute("DELETE FROM turns")
print("locked", flush=True)
sys.stdin.read()
"""


def test_threads_read_while_another_process_holds_the_lock_and_a_thread_waits_for_it(path: Path) -> None:
    store = SQLiteStore(path)
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said(f"t{n}", "x", "dog") for n in range(9)])
    locker = subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert locker.stdout is not None
    assert locker.stdout.readline() == "locked\n"
    begun = threading.Event()

    def write() -> int:
        begun.set()
        return store.append(scope, [said("late")])[0].index

    def read() -> list[int]:
        with store.snapshot():
            assert [turn.index for turn in store.mentioning(scope, "dog", limit=1)] == [8]
            return [turn.index for turn in store.turns(scope)]

    with ThreadPoolExecutor(3) as pool:
        writing = pool.submit(write)
        assert begun.wait(60)
        for reading in [pool.submit(read) for _ in range(8)]:
            assert reading.result(60) == list(range(9))
        assert not writing.done()
        locker.communicate("", timeout=60)
        assert writing.result(60) == 9
    store.close()


@pytest.mark.parametrize("timeout", [-1, float("inf"), float("nan"), None, "5", True, 1e9])
def test_a_bad_timeout_is_refused(path: Path, timeout: object) -> None:
    with pytest.raises(InvalidInput, match="timeout") as caught:
        SQLiteStore(path, timeout=timeout)  # type: ignore[arg-type]
    one_line(caught)
    assert not path.exists()


def test_a_thread_alone_has_one_connection_and_few_stay_open_after_many(path: Path) -> None:
    store = SQLiteStore(path)
    scope = store.scope("ada", "", "{}").number
    for n in range(5):
        store.append(scope, [said(f"t{n}")])
        assert len(list(store.turns(scope))) == n + 1
    store.forget(scope, ["t0"])
    assert store.erase()
    assert len(store._file._idle) == 1
    many = 3 * databases._IDLE
    together = threading.Barrier(many)

    def read() -> None:
        with store.snapshot():
            assert len(list(store.turns(scope))) == 4
            together.wait(60)

    with ThreadPoolExecutor(many) as pool:
        for reading in [pool.submit(read) for _ in range(many)]:
            reading.result(60)
    assert len(store._file._idle) == databases._IDLE
    store.close()


def test_closing_lets_a_thread_that_reads_come_to_its_end(path: Path) -> None:
    store = SQLiteStore(path)
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("a")])
    reads, closed = threading.Event(), threading.Event()

    def read() -> list[str]:
        with store.snapshot():
            reads.set()
            assert closed.wait(60)
            return [turn.id for turn in store.turns(scope)]

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert reads.wait(60)
        store.close()
        closed.set()
        assert reading.result(60) == ["a"]
    with pytest.raises(StoreError, match="was closed: open a new Memory on it"):
        store.scopes()
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # the last one tidies up


MANY = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 99999)
    INSERT INTO turns (scope, seq, id, role, text, at, analysis)
    SELECT scope, n, 't' || n, role, text, at, analysis FROM turns, numbers"""


def test_forgetting_an_early_turn_of_a_long_log_rewrites_no_later_row(path: Path) -> None:
    store = SQLiteStore(path)
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("t0", "x", "cat", "dog")])
    with store._file.writing() as use:  # a hundred thousand of it, sooner than by `append`
        use.db.execute(MANY)
        use.db.execute("INSERT OR IGNORE INTO mentions SELECT scope, 'dog', seq FROM turns")
        use.db.execute("INSERT OR IGNORE INTO mentions SELECT scope, 'cat', seq FROM turns")
        use.db.execute("INSERT INTO blobs SELECT scope, 'whole', seq, x'01' FROM turns")
    for n in range(255, 100_000, 256 * 64):
        store.save_checkpoint(store.scope("ada", "", "{}"), n + 1, b"state")
    kept = len(store.checkpoints(scope))
    [db] = store._file._idle
    before = db.total_changes
    store.forget(scope, ["t10"])
    # the turn, two mentions, its vector, checkpoints that saw it; a gap, the scope three times, an erasure
    assert db.total_changes - before <= 4 + kept + 6
    assert (store.turn(scope, "t11").index, store.turn(scope, "t99999").index) == (10, 99_998)
    assert [turn.id for turn in store.turns(scope, 99_990, 99_992)] == ["t99991", "t99992"]
    assert [turn.index for turn in store.mentioning(scope, "dog", limit=1)] == [99_998]
    before = db.total_changes
    store.forget(scope, ["t12", "t11", "t500"])
    assert db.total_changes - before <= 3 * 4 + 6
    assert db.execute("SELECT first, count FROM gaps").fetchall() == [(10, 3), (500, 1)]
    store.close()


def test_a_full_disk_is_one_clear_error_and_loses_nothing(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("a", "before")])
    pages = pragma(store, "page_count")
    pragma(store, f"max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match=r"full.*free space") as caught:
        store.append(scope, [said("b"), said("c", "x" * 100_000)])
    one_line(caught)
    assert [turn.id for turn in store.turns(scope)] == ["a"]
    pragma(store, "max_page_count = 1000000")
    store.append(scope, [said("b")])
    assert [turn.id for turn in store.turns(scope)] == ["a", "b"]


# Erasure


def traces(folder: Path, *canaries: str) -> list[tuple[str, str]]:
    """Where a canary still is, as it was written or as JSON writes it."""
    found = []
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        for canary in canaries:
            forms = {canary.encode(), json.dumps(canary)[1:-1].encode()}
            found += [(file.name, canary) for form in forms if form in data]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_was_forgotten_is_in_no_file_of_the_folder(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    store = SQLiteStore(tmp_path / "memory.db")
    scope = store.scope("ada", "", "{}").number
    turns, canaries = [], {}
    for n in range(400):
        canary = f"canary-{n}-{rng.getrandbits(64):016x}-é機"
        size = rng.choice([1, 1, 1, 5, 200, 3000])  # small rows on shared pages, and many overflow pages
        turns.append(said(f"t{n}", f"{canary} " * size, f"topic-{canary}", minutes=n))
        canaries[f"t{n}"] = canary
    store.append(scope, turns[:200])
    store.append(scope, turns[200:])
    for _ in range(3):
        left = [turn.id for turn in store.turns(scope)]
        gone = rng.sample(left, 60)
        store.forget(scope, gone)
        assert store.erase()
        assert not store.pending()
        assert traces(tmp_path, *(canaries[id] for id in gone)) == []
    kept = [turn.id for turn in store.turns(scope)]
    assert len(kept) == 220
    assert {canary for _, canary in traces(tmp_path, *(canaries[id] for id in kept))} == {
        canaries[id] for id in kept
    }
    store.drop(scope)
    assert store.erase()
    assert traces(tmp_path, *canaries.values()) == []
    store.close()


def test_an_open_reader_delays_the_erasure_and_the_next_opener_finishes_it(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    store = SQLiteStore(path)
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("a", "canary-0123456789"), said("b", "stays")])
    reader = SQLiteStore(path)
    with reader.snapshot():
        assert len(list(reader.turns(scope))) == 2
        store.forget(scope, ["a"])
        assert not store.erase()
        assert store.pending()
        store.close()
        still = SQLiteStore(path)  # tries, and cannot yet
        assert still.pending()
        still.close()
    reader.close()
    finisher = SQLiteStore(path)
    assert not finisher.pending()
    assert traces(tmp_path, "canary-0123456789") == []
    assert [turn.id for turn in finisher.turns(scope)] == ["b"]
    finisher.close()


def test_an_erasure_does_not_settle_one_that_began_after_it(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    one, two = SQLiteStore(path), SQLiteStore(path)
    scope = one.scope("ada", "", "{}").number
    one.append(scope, [said("a"), said("b")])
    one.forget(scope, ["a"])

    def halfway(statement: str) -> None:
        """Another process forgets between the rewriting and the settling."""
        if statement.startswith("DELETE FROM erasures"):
            two.forget(scope, ["b"])

    [db] = one._file._idle
    db.set_trace_callback(halfway)
    assert one.erase()
    assert two.pending()
    one.close()
    two.close()


def test_erasing_a_damaged_database_is_one_clear_error(path: Path) -> None:
    data = bytearray(filled(path))
    store = SQLiteStore(path)
    data[8192:20480] = random.Random(3).randbytes(12288)
    store.close()
    path.write_bytes(bytes(data))
    store = SQLiteStore(path)
    with pytest.raises(StoreError) as caught:
        store.erase()
    one_line(caught)
    store.close()
