"""Reading never writes: neither vectors nor checkpoints, whoever wrote the log and whatever is left to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from torimem import Dynamics, Memory, Message, ModelError
from torimem.language.meaning.embed import Encoded, words
from torimem.recall.index import CATCH_UP
from torimem.state.follow import CHECKPOINT_EVERY

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SMALL = Dynamics(width=16, height=16)

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from torimem import Dynamics, Memory, Message
with Memory(sys.argv[1], "ada", embedder="none", dynamics=Dynamics(width=16, height=16)) as memory:
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    memory.observe_many(
        Message(f"note {n} on thing{n % 40}", at=start + timedelta(minutes=n), id=f"t{n}",
                topics=(f"thing{n % 40}",))
        for n in range(int(sys.argv[2]))
    )
import sqlite3
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM blobs WHERE kind = 'checkpoint'")  # as where another version of the fold made them
db.commit()
db.close()
"""


class Model:
    """A stand-in for a model: a vector of signs for each word. It counts the texts that it embeds."""

    dimensions = 32

    def __init__(self, *, local: bool) -> None:
        self.name, self.local = "model", local
        self.texts: list[str] = []
        self.calls = 0
        self.fails = False

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        if self.fails:
            raise ModelError("the model is gone: start it again")
        self.texts += texts
        self.calls += 1
        return [self._encoded(text) for text in texts]

    def _encoded(self, text: str) -> Encoded:
        names = tuple(name for _, _, name in words(text))
        rows = np.array(
            [np.random.default_rng([*name.encode()]).normal(size=32) for name in names], np.float32
        )
        rows = rows.reshape(-1, 32) / (np.linalg.norm(rows, axis=-1, keepdims=True) if names else 1)
        whole = rows.sum(axis=0) / (np.linalg.norm(rows.sum(axis=0)) or 1)
        return Encoded(whole.astype(np.float32), whole[None].astype(np.float32)[: len(names)], rows, names)


def message(n: int) -> Message:
    return Message(f"note {n} on thing{n}", at=START + timedelta(days=9, minutes=n), id=f"m{n}", topics=())


def written_by_another(path: Path, turns: int) -> Path:
    subprocess.run([sys.executable, "-W", "error", "-c", WRITER, str(path), str(turns)], check=True)
    return path


def changes_by(memory: Memory) -> int:
    """How many rows this process has changed, over all of its connections."""
    return sum(connection.total_changes for connection in memory._store._file._idle)  # type: ignore[attr-defined]


def contents(path: Path) -> dict[str, bytes]:
    """The database and its write-ahead log; the index of that log (-shm) is no data."""
    return {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}


def read_everything(memory: Memory) -> None:
    memory.context()
    memory.context("What of thing3?", as_of=2)
    memory.prompt("What of thing3?")
    memory.search("thing3")
    memory.search("thing3", as_of="t1")
    memory.diff(0, query="What of thing3?")
    memory.explain(memory.prompt().lines[-1])
    memory.explain("t1")
    memory.topics()
    memory.map()
    memory.stats()
    memory.turns()
    memory.backlog()
    assert memory.verify()


@pytest.mark.parametrize("model", [None, Model(local=True), Model(local=False)])
@pytest.mark.parametrize("turns", [5, CHECKPOINT_EVERY + 44])
def test_reading_changes_no_byte_of_what_another_process_wrote(
    tmp_path: Path, turns: int, model: Model | None
) -> None:
    path = written_by_another(tmp_path / "m.db", turns)
    with Memory(path, "ada", embedder=model or "none", dynamics=SMALL) as memory:
        before, changes = contents(path), changes_by(memory)
        read_everything(memory)
        assert memory.stats()["checkpoints"] == 0
        assert memory.backlog() == (turns if model else 0)
        assert changes_by(memory) == changes == 0
        assert contents(path) == before
        if model:
            assert memory.embed() == turns
            before, changes = contents(path), changes_by(memory)
            read_everything(memory)
            assert changes_by(memory) == changes
            assert contents(path) == before


def test_the_next_writing_saves_the_checkpoints_that_reading_came_by(tmp_path: Path) -> None:
    path = written_by_another(tmp_path / "m.db", 2 * CHECKPOINT_EVERY + 1)
    with Memory(path, "ada", embedder="none", dynamics=SMALL) as memory:
        memory.context()
        assert memory.stats()["checkpoints"] == 0
        memory.observe("It rained.")
        assert memory._store.checkpoints(1) == [CHECKPOINT_EVERY, 2 * CHECKPOINT_EVERY]
        assert memory.verify()


def test_checkpoints_of_a_past_that_has_changed_are_not_saved(tmp_path: Path) -> None:
    path = written_by_another(tmp_path / "m.db", CHECKPOINT_EVERY + 1)
    with Memory(path, "ada", embedder="none", dynamics=SMALL) as memory:
        memory.context()
        with Memory(path, "ada", embedder="none") as other:
            other.forget(id="t0")
        memory.observe("It rained.")
        assert memory.verify()
        assert memory._store.checkpoint(1, CHECKPOINT_EVERY) != b""


# What has no vectors yet


def test_a_model_on_this_machine_embeds_what_is_written_and_another_only_when_told(tmp_path: Path) -> None:
    local, remote = Model(local=True), Model(local=False)
    for model in (local, remote):
        with Memory(":memory:", embedder=model, dynamics=SMALL) as memory:
            told: list[int] = []
            memory.observe("I had tea.", topics=[])
            memory.observe_many([message(n) for n in range(3)], told.append)
            assert memory.backlog() == memory.context().backlog == (0 if model.local else 4)
            assert told == ([4, 3] if model.local else [4])
            assert model.texts == (
                ["I had tea.", *(message(n).text for n in range(3))] if model.local else []
            )
            memory.correct("m1", "a word on zebras")
            assert memory.backlog() == (0 if model.local else 4)
            assert memory.embed() == (0 if model.local else 4)
            assert "likeness" in memory.search("zebras")[0].why
            memory.correct("m0", "a word on lions")  # and where one in the middle has none, the others do
            assert memory.backlog() == (0 if model.local else 1)
            assert "likeness" in memory.search("zebras")[0].why
            assert memory.search("lions")[0].turn_id == "m0"


def test_what_was_left_is_made_up_for_a_few_turns_at_a_time(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", embedder="none", dynamics=SMALL) as memory:
        memory.observe_many([message(n) for n in range(20)])
    with Memory(tmp_path / "m.db", embedder=Model(local=True), dynamics=SMALL) as memory:
        left = []
        for n in range(4):
            memory.observe(f"and then {n}", topics=[])
            left.append(memory.backlog())
        assert left == [20 - CATCH_UP, 20 - 2 * CATCH_UP, 0, 0]


def test_a_model_that_fails_loses_no_turn(tmp_path: Path) -> None:
    model = Model(local=True)
    with Memory(":memory:", embedder=model, dynamics=SMALL) as memory:
        memory.observe("I had tea.", topics=[])
        model.fails = True
        memory.observe("I had milk.", topics=[])
        assert (len(memory.turns()), memory.backlog()) == (2, 1)
        with pytest.raises(ModelError, match="start it again"):
            memory.embed()
        model.fails = False
        assert memory.embed() == 1


def test_among_turns_with_vectors_one_without_is_found_by_its_words() -> None:
    with Memory(":memory:", embedder=Model(local=False), dynamics=SMALL) as memory:
        memory.observe_many([message(n) for n in range(9)])
        memory.embed()
        memory.observe("The violin stands in the attic.", id="new", topics=[])
        assert memory.search("Where is the violin?")[0].turn_id == "new"
        assert memory.search("note on thing3")[0].turn_id == "m3"


def test_a_connection_that_may_not_write_is_enough_for_reading(tmp_path: Path) -> None:
    path = written_by_another(tmp_path / "m.db", 5)
    with Memory(path, "ada", embedder=Model(local=True), dynamics=SMALL) as memory:
        for connection in memory._store._file._idle:  # type: ignore[attr-defined]
            connection.execute("PRAGMA query_only = ON")
        read_everything(memory)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM blobs WHERE kind = 'whole'").fetchone() == (0,)
    db.close()


def test_a_message_is_one_call_of_a_model_on_this_machine_with_the_same_vectors(
    tmp_path: Path,
) -> None:
    model = Model(local=True)
    with Memory(tmp_path / "m.db", embedder=model, dynamics=SMALL) as memory:
        memory.observe("I bought a violin.", topics=["violin", "shop"])
        assert (model.calls, model.texts) == (1, ["violin", "shop", "I bought a violin."])
        memory.observe("The violin is old.", topics=["violin"])
        assert (model.calls, model.texts[3:]) == (2, ["The violin is old."])
        assert memory.backlog() == 0
        with Memory(":memory:", embedder=Model(local=True), dynamics=SMALL) as many:
            many.observe_many([Message(turn.text, topics=turn.topics) for turn in memory.turns()])
            both = ([m._store.vectors(1, [0, 1]), m._store.wholes(1, 0)] for m in (memory, many))
            assert next(both) == next(both)


def test_a_model_that_fails_at_a_text_without_new_names_loses_no_turn() -> None:
    model = Model(local=True)
    with Memory(":memory:", embedder=model, dynamics=SMALL) as memory:
        memory.observe("I bought a violin.", topics=["violin"])
        model.fails = True
        assert memory.observe("The violin is old.", topics=["violin"]).index == 1
        assert memory.backlog() == 1
        model.fails = False
        memory.observe("The violin is mine.", topics=["violin"])
        assert memory.backlog() == 0
