"""Many memories folded as one batch become what each becomes alone, to the byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem import Dynamics, Memory, Message, MissingExtra, NotFound, advance_many
from torimem.state import batch, checkpoint, fold

START = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = Dynamics(width=12, height=10, radius=1)  # holds few topics, so that they give up their places
TICKING = Dynamics(width=20, height=20, tick=600.0, decay_rate=0.01)


def said(seed: int, count: int) -> list[Message]:
    """Turns of both sides, with topics and feelings, at uneven times."""
    random = np.random.default_rng(seed)
    at = START
    messages = []
    for number in range(count):
        at += timedelta(minutes=int(random.choice([1, 9, 55, 3000])))
        topics = tuple(f"topic {topic}" for topic in random.integers(0, 30, random.integers(0, 4)))
        role = "user" if random.random() < 0.7 else "assistant"
        messages.append(
            Message(
                f"turn {number}", role, None, at, None, f"t{number}", topics, round(random.uniform(-1, 1), 2)
            )
        )
    return messages


def fresh(path: Path, users: list[str], **options: object) -> list[Memory]:
    return [Memory(path, user, embedder="none", **options) for user in users]  # type: ignore[arg-type]


def dumped(memory: Memory) -> str:
    """The state as a sum: pytest would compare bytes letter by letter where they differ."""
    with memory._log.reading() as (_, state):
        return hashlib.sha256(checkpoint.dump(state)).hexdigest()


@pytest.mark.parametrize("backend", ["native", "numpy", "reference"])
@given(seed=st.integers(0, 99))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_a_batch_folds_as_each_memory_does_alone(
    backend: str, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    if backend == "reference" and seed % 2:
        return  # cell by cell, it takes long
    path = tmp_path_factory.mktemp("many") / "m.db"
    users = [f"user {number}" for number in range(6)]
    lengths = [3, 0, 12, 12, 1, 7]
    for number, (user, length) in enumerate(zip(users, lengths, strict=True)):
        dynamics = (SMALL, TICKING)[number % 2]
        with Memory(path, user, embedder="none", dynamics=dynamics) as memory:
            memory.observe_many(said(seed + number, length))
    together, alone = fresh(path, users), fresh(path, users)
    told: list[int] = []
    assert advance_many(together, backend, told.append) == sum(lengths)
    assert told[-1] == sum(lengths)
    assert [dumped(memory) for memory in together] == [dumped(memory) for memory in alone]
    for memory in (*together, *alone):
        memory.close()


def test_topics_give_up_their_places_in_a_batch_too(tmp_path: Path) -> None:
    path, users = tmp_path / "m.db", ["ada", "ben", "cem"]
    for number, user in enumerate(users):
        with Memory(path, user, embedder="none", dynamics=SMALL) as memory:
            memory.observe_many(said(number, 60))
    together, alone = fresh(path, users), fresh(path, users)
    advance_many(together)
    assert all(memory.stats()["evictions"] > 10 for memory in together)
    assert [dumped(memory) for memory in together] == [dumped(memory) for memory in alone]


def test_long_logs_go_from_checkpoint_to_checkpoint(tmp_path: Path) -> None:
    path, users = tmp_path / "m.db", ["ada", "ben"]
    lengths = [600, 300]
    for user, length in zip(users, lengths, strict=True):
        memory = Memory(path, user, embedder="none", dynamics=SMALL)
        with memory._log.writing() as scope:  # appended by somebody who has not folded them
            memory._store.append(scope.number, [memory._analysed(m) for m in said(length, length)])
        memory.close()
    together = fresh(path, users)
    assert all(memory._store.checkpoints(number) == [] for number, memory in enumerate(together, 1))
    assert advance_many(together) == 900
    assert [memory.stats()["checkpoints"] for memory in together] == [2, 1]
    assert all(memory.verify() for memory in together)


def test_what_is_folded_already_is_not_folded_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m.db", "ada", embedder="none")
    assert advance_many([]) == 0
    assert advance_many([memory]) == 0
    memory.observe("I love my new guitar!")
    assert advance_many([memory, memory]) == 0
    with Memory(tmp_path / "m.db", "ada", embedder="none") as other:
        other.observe("The deadline is on Friday.")
    assert advance_many([memory]) == 1
    assert memory.stats()["turns"] == 2


def test_a_past_that_changed_meanwhile_is_folded_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.db"
    with Memory(path, "ada", embedder="none", dynamics=SMALL) as memory:
        memory.observe_many(said(1, 20))
    together = Memory(path, "ada", embedder="none")
    real = batch._fold

    def forgetting(*given: object) -> None:
        real(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(batch, "_fold", real)
        with Memory(path, "ada", embedder="none") as other:
            other.forget(id="t3")

    monkeypatch.setattr(batch, "_fold", forgetting)
    assert advance_many([together]) == 20 + 19
    assert together.stats()["turns"] == 19
    assert together.verify()


def test_a_backend_that_is_not_here_changes_nothing(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", "ada", embedder="none") as memory:
        memory.observe_many(said(1, 5))
        with pytest.raises(NotFound):  # nor where nothing is left to fold
            advance_many([memory], "abacus")
    memory = Memory(tmp_path / "m.db", "ada", embedder="none")
    with pytest.raises((NotFound, MissingExtra)):
        advance_many([memory], "abacus")
    assert memory.stats()["turns"] == 5
    assert memory.verify()


def test_a_state_can_be_copied_in_the_midst_of_a_batch(tmp_path: Path) -> None:
    memories = fresh(tmp_path / "m.db", ["ada", "ben"])
    turns = [memories[0]._analysed(message) for message in said(1, 12)]
    states = [fold.begin(SMALL), fold.begin(SMALL)]
    whole = batch._Batch([state.field for state in states], "numpy")
    for number, state in enumerate(states):
        state.field = batch._Row(whole, number)
    for turn in turns[:6]:
        fold.apply(states[0], turn)
    before = fold.copy(states[0])
    cells = before.field.numpy()
    fold.apply(states[0], replace(turns[6], role="user"))
    assert (before.field.numpy() == cells).all()
    assert not (states[0].field.numpy() == cells).all()
    assert not states[1].field.numpy().any()
