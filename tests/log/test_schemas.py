"""A database of every earlier schema opens and says what it said; see `schemas/make.py`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from torimem import Memory
from torimem.log.store.sqlite.migrations import MIGRATIONS
from torimem.testing import ListStore

HERE = Path(__file__).parent / "schemas"
TALK = [json.loads(line) for line in (HERE / "turns.jsonl").read_text("utf-8").splitlines()]
SCHEMAS = (1, 2, 3)


def rows(path: Path, statement: str) -> list[Any]:
    db = sqlite3.connect(path)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()


def exported(memory: Memory, folder: Path) -> str:
    memory.export(folder / "export.jsonl")
    return (folder / "export.jsonl").read_text("utf-8")


@pytest.fixture(params=SCHEMAS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a database as an earlier torimem wrote it."""
    path = tmp_path / f"schema{request.param}.db"
    shutil.copy(HERE / f"schema{request.param}.sqlite", path)
    assert rows(path, "PRAGMA user_version") == [(request.param,)]
    return path


def test_there_is_a_database_of_every_earlier_schema() -> None:
    assert tuple(range(1, len(MIGRATIONS))) == SCHEMAS


def test_an_old_database_says_what_a_new_one_with_the_same_turns_says(old: Path, tmp_path: Path) -> None:
    note = {1: "NULL", 2: "NULL", 3: "corrected"}[rows(old, "PRAGMA user_version")[0][0]]
    notes = rows(old, f"SELECT id, {note} FROM turns JOIN scopes USING (scope) WHERE agent = '' ORDER BY idx")
    with Memory(old, "ada", embedder="none") as memory, Memory(ListStore(), "ada", embedder="none") as new:
        turns = memory.turns()
        for line, turn, (id, note) in zip(TALK, turns, notes, strict=True):
            text = line["text"] if note is None else "I sold my bicycle"
            assert (turn.id, turn.text, turn.role) == (id, text, line.get("role", "user"))
            assert (turn.at.isoformat(), turn.original) == (line["at"], line["text"])
            assert (turn.speaker, turn.session) == (line.get("speaker"), line.get("session"))
            assert turn.meta is None
            if note is None:
                assert turn.topics == tuple(line["topics"])
        assert [turn.index for turn in turns] == list(range(len(TALK)))
        with new._log.writing() as scope:
            new._store.append(scope.number, turns)
        new.refold(memory.dynamics)
        assert exported(memory, tmp_path) == exported(new, tmp_path)
        for query in (None, "What about my bicycle?"):
            assert memory.prompt(query).text == new.prompt(query).text
        assert memory.search("breakfast") == new.search("breakfast")
        assert memory.verify()
        assert [(scope.agent, scope.turns) for scope in memory.scopes()] == [("", 264), ("tutor", 1)]
    assert rows(old, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    with Memory(old, "ada", agent="tutor", embedder="none") as tutor:
        assert [turn.text for turn in tutor.turns()] == ["Fractions are hard"]
        assert tutor.verify()


def test_what_an_old_database_has_folded_and_embedded_is_kept(old: Path) -> None:
    [(states,)] = rows(old, "SELECT state FROM checkpoints")[:1] or [(b"",)]
    kinds: list[tuple[bytes, bytes, bytes]] = []
    if rows(old, "PRAGMA user_version") != [(1,)]:
        kinds = rows(old, "SELECT whole, sentences, words FROM vectors ORDER BY idx")
        assert len(kinds) == 264
    with Memory(old, "ada", embedder="none") as memory:
        scope = memory._log.find()
        assert scope is not None
        assert memory._store.checkpoint(scope.number, 256) in (states, b"")
        assert (memory._store.checkpoints(scope.number) == [256]) == bool(states)
        assert memory._store.wholes(scope.number, 0) == [whole for whole, _, _ in kinds]
        parts = [row[1:] for row in kinds] or [(b"", b"")] * 264
        assert memory._store.vectors(scope.number, range(264)) == parts
        assert scope.embedder == ("signs" if kinds else None)


def test_an_old_database_is_written_to_and_forgets_like_a_new_one(old: Path) -> None:
    with Memory(old, "ada", embedder="none") as memory:
        assert memory.forget("t90").erased == "done"
        assert memory.observe("A new canary", id="new", meta={"n": 1}).index == 263
        assert [turn.id for turn in memory.turns(2)] == ["t263", "new"]
        assert memory.correct("t0", "I play the flute").text == "I play the flute"
        assert memory.verify()
    assert b"garden needs rain, 90" not in b"".join(file.read_bytes() for file in old.parent.glob("*.db*"))
