"""The doctor finds what is wrong with a database, says so in a line, and breaks nothing."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from torimem import Dynamics, Memory, Message
from torimem.cli.doctor import examine
from torimem.state import checkpoint
from torimem.view.check import Check


def check(path: Path, name: str) -> Check:
    found = [check for check in examine(path) if check.name == name]
    assert len(found) == 1
    assert "\n" not in found[0].detail
    return found[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "m.db"
    with Memory(path, "ada", dynamics=Dynamics(width=16, height=16)) as memory:
        memory.observe_many(
            [Message(f"turn {n}", id=f"t{n}", topics=(f"topic {n % 9}",), emotion=0.5) for n in range(600)]
        )
    with Memory(path, "bob", agent="tutor") as memory:
        memory.observe("hello", topics=["dog"])
    return path


def change(path: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(path)
    with db:
        db.execute(statement, values)
    db.close()


def test_a_sound_database_is_sound(path: Path) -> None:
    assert all(found.ok is not False for found in examine(path))
    assert check(path, "database").detail.endswith("bytes, sound")
    assert check(path, "memory ada").detail == "600 turns, the fold repeats"
    assert check(path, "memory bob / tutor").ok
    assert check(path, "erasure").ok


def test_the_installation_is_looked_at_without_a_database() -> None:
    found = {check.name: check for check in examine()}
    assert {"python", "torimem", "numpy", "sqlite", "backend numpy", "extra openai"} <= set(found)
    assert not any(name.startswith("memory") for name in found)


def test_a_database_that_is_not_there_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    found = check(tmp_path / "no.db", "database")
    assert found.ok is None
    assert "does not exist yet" in found.detail
    assert not (tmp_path / "no.db").exists()


def tampered(path: Path, turns: int) -> None:
    db = sqlite3.connect(path)
    where = "scope = (SELECT scope FROM scopes WHERE user = 'ada') AND kind = 'checkpoint' AND seq = ? - 1"
    state = checkpoint.load(db.execute(f"SELECT bytes FROM blobs WHERE {where}", (turns,)).fetchone()[0])
    state.topics["topic 3"].mentions += 1
    with db:
        db.execute(f"UPDATE blobs SET bytes = ? WHERE {where}", (checkpoint.dump(state), turns))
    db.close()


@pytest.mark.parametrize("turns", [256, 512])
def test_a_tampered_checkpoint_is_found_whether_it_is_in_use_or_not(path: Path, turns: int) -> None:
    tampered(path, turns)
    found = check(path, "memory ada")
    assert found.ok is False
    assert "run torimem refold" in found.detail
    assert check(path, "memory bob / tutor").ok
    with Memory(path, "ada") as memory:
        assert not memory.verify()
        memory.refold()
        assert memory.verify()
    assert check(path, "memory ada").ok


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM mentions WHERE seq = 20",
        "INSERT INTO mentions SELECT scope, 'ghost', 3 FROM scopes WHERE user = 'ada'",
        "DELETE FROM turns WHERE seq = 580",
    ],
)
def test_rows_that_do_not_belong_together_are_found(path: Path, statement: str) -> None:
    change(path, statement)
    assert check(path, "memory ada").ok is False


def test_a_damaged_checkpoint_is_only_a_lost_cache(path: Path) -> None:
    change(path, "UPDATE blobs SET bytes = x'0102' WHERE kind = 'checkpoint' AND seq = 511")
    assert check(path, "memory ada").ok


def test_a_pending_erasure_is_reported_while_a_reader_is_open_and_finished_after(path: Path) -> None:
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM turns").fetchone()
    with Memory(path, "ada") as memory:
        assert memory.forget("t5").erased == "pending"
    found = check(path, "erasure")
    assert (found.ok, found.detail) == (False, "pending: a reader keeps old pages alive")
    reader.close()
    assert check(path, "erasure").ok


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: random.Random(1).randbytes(5000),
        lambda data: data[: len(data) // 2],
        lambda data: data[:100],
        lambda data: data[:8192] + random.Random(2).randbytes(len(data) - 8192),
        lambda data: b"SQLite format 3\0" + bytes(4080),
    ],
    ids=["random", "cut in half", "cut to the header", "all but two pages", "header only"],
)
def test_a_damaged_file_is_a_line_not_a_crash(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    assert any(found.ok is False for found in examine(path) if found.name == "database")
    for found in examine(path):
        assert "\n" not in found.detail


def test_single_damaged_pages_are_lines_not_crashes(path: Path) -> None:
    data = path.read_bytes()
    rng = random.Random(4)
    for page in rng.sample(range(1, len(data) // 4096), 12):
        path.write_bytes(data[: page * 4096] + rng.randbytes(4096) + data[(page + 1) * 4096 :])
        found = examine(path)
        assert any(check.ok is False for check in found)
        assert not [check for check in found if "\n" in check.detail]


def test_a_foreign_file_is_said_to_be_one_and_left_as_it_is(tmp_path: Path) -> None:
    change(tmp_path / "other.db", "CREATE TABLE bookmarks (url)")
    before = (tmp_path / "other.db").read_bytes()
    assert "another program" in check(tmp_path / "other.db", "database").detail
    assert (tmp_path / "other.db").read_bytes() == before
    assert check(tmp_path, "database").ok is False
