"""Memories on stores: one of their own or a shared one, read in pages, while others write."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from torimem import Dynamics, InvalidInput, Memory, Message, NotFound, StoreError
from torimem.log.store import StoreBase
from torimem.log.store.sqlite import SQLiteStore
from torimem.testing import ListStore

AT_MOST = 60.0
"""Seconds that a thread may take before it counts as stuck."""


def opened(store: Any, user: str = "ada", **other: Any) -> Memory:
    return Memory(store, user, embedder="none", **other)


def talk(memory: Memory, count: int, start: int = 0) -> None:
    memory.observe_many(
        [Message(f"tea {n}", id=f"t{n}", topics=("tea",)) for n in range(start, start + count)]
    )


def stores() -> list[Callable[[Path], StoreBase]]:
    return [
        lambda path: SQLiteStore(path / "m.db"),
        lambda path: SQLiteStore(":memory:"),
        lambda path: ListStore(),
    ]


@pytest.fixture(params=stores(), ids=["file", "memory", "lists"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreBase:
    made: StoreBase = request.param(tmp_path)
    return made


def test_memories_share_a_store_and_closing_one_leaves_it_open(store: StoreBase) -> None:
    with opened(store) as ada, opened(store, "bob", agent="tutor") as bob:
        talk(ada, 3)
        bob.observe("Fractions are hard")
        assert (len(ada.turns()), len(bob.turns())) == (3, 1)
        whose = [(scope.user, scope.agent, scope.turns) for scope in ada.scopes()]
        assert whose == [("ada", "", 3), ("bob", "tutor", 1)]
        ada.forget(everything=True)
        assert [scope.user for scope in bob.scopes()] == ["bob"]
    with opened(store, "bob", agent="tutor") as again:
        assert [turn.text for turn in again.turns()] == ["Fractions are hard"]
        assert again.verify()
    assert len(store.scopes()) == 1
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        again.turns()


def test_a_memory_on_any_store_says_the_same(store: StoreBase, tmp_path: Path) -> None:
    texts = ["I play the guitar.", "I love my cat!", "My cat hates the guitar.", "I sold my guitar."]
    told = []
    for where in (store, tmp_path / "other.db"):
        with opened(where, dynamics=Dynamics(width=16, height=16)) as memory:
            for n, text in enumerate(texts * 70):  # beyond a checkpoint
                memory.observe(f"{text} {n}", id=f"t{n}", at=f"2026-01-{1 + n // 24:02}T{n % 24:02}:00:00")
            memory.correct("t3", emotion=-0.5)
            memory.forget("t1")
            memory.forget(topic="cat")
            memory.export(tmp_path / "e.jsonl")
            told.append((
                json.loads((tmp_path / "e.jsonl").read_text("utf-8").splitlines()[-1])["sums"],
                memory.prompt("What about my guitar?").text,
                memory.search("guitar 27"), memory.context(as_of=70), memory.verify(),
            ))  # fmt: skip
    assert told[0] == told[1]
    assert told[0][-1]


def test_a_memory_closes_the_store_that_it_opened(tmp_path: Path) -> None:
    memory = opened(tmp_path / "m.db")
    memory.close()
    with pytest.raises(StoreError, match="was closed: open a new Memory on it"):
        memory.turns()
    assert repr(memory) == f"Memory({str(tmp_path / 'm.db')!r}, user='ada', agent=None)"
    assert repr(opened(ListStore())) == "Memory('a store of lists', user='ada', agent=None)"


def test_a_store_that_does_not_fit_is_left_open() -> None:
    store = ListStore()
    with opened(store, dynamics=Dynamics(width=16, height=16)) as memory:
        talk(memory, 1)
    with pytest.raises(InvalidInput, match="was written with other Dynamics"):
        opened(store, dynamics=Dynamics(width=8, height=8))
    assert len(store.scopes()) == 1


@pytest.mark.parametrize("given", [{"timeout": 5.0}, {"durability": "full"}])
def test_what_is_the_stores_own_is_given_to_the_store(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="is open already: give it to the store"):
        opened(ListStore(), **given)


@pytest.mark.parametrize("timeout", [-1, float("nan"), "5"])
def test_a_bad_timeout_is_refused(tmp_path: Path, timeout: Any) -> None:
    with pytest.raises(InvalidInput, match="timeout"):
        opened(tmp_path / "m.db", timeout=timeout)
    assert list(tmp_path.iterdir()) == []


# Turns by id and in pages


def test_a_turn_is_found_by_its_id(store: StoreBase) -> None:
    with opened(store) as memory:
        with pytest.raises(NotFound, match=r"'t0': the memory of 'ada' is empty"):
            memory.turn("t0")
        talk(memory, 3)
        memory.forget("t0")
        assert (memory.turn("t2").id, memory.turn("t2").index) == ("t2", 1)
        with pytest.raises(NotFound, match="'t0'"):
            memory.turn("t0")
        with pytest.raises(InvalidInput, match="must be the id of one"):
            memory.turn(1)  # type: ignore[arg-type]


def test_a_log_is_read_in_pages_whatever_is_forgotten_meanwhile(store: StoreBase) -> None:
    with opened(store) as memory:
        talk(memory, 20)
        pages, last = [], None
        while page := memory.turns(after=last, limit=6):
            last = page[-1].id
            pages += [turn.id for turn in page]
            if len(pages) == 6:
                memory.forget("t1")
                memory.forget("t2")
                talk(memory, 1, 20)
        assert pages == [f"t{n}" for n in range(21)]


def test_turns_in_all_their_ways(store: StoreBase) -> None:
    with opened(store) as memory:
        assert memory.turns() == memory.turns(3) == memory.turns(after=5) == memory.turns(limit=2) == []
        talk(memory, 5)

        def ids(*last: int, **given: Any) -> list[str]:
            return [turn.id for turn in memory.turns(*last, **given)]

        assert ids() == ids(9) == ids(after=-1) == ids(limit=9) == ["t0", "t1", "t2", "t3", "t4"]
        assert ids(2) == ids(last=2) == ids(after=2) == ids(after="t2", limit=5) == ["t3", "t4"]
        assert ids(0) == ids(limit=0) == ids(after=4) == ids(after=99) == ids(after="t4") == []
        assert ids(after=0, limit=2) == ids(after="t0", limit=2) == ["t1", "t2"]
        with pytest.raises(NotFound, match="'t9'"):
            ids(after="t9")
        for wrong in (
            {"limit": -1},
            {"last": -1},
            {"after": -2},
            {"after": 0.5},
            {"after": True},
            {"limit": "2"},
        ):
            with pytest.raises(InvalidInput):
                ids(**wrong)
        with pytest.raises(InvalidInput, match="last is 2, it goes without after and limit"):
            ids(2, limit=1)


# While others write


def test_every_read_goes_on_while_a_thread_is_inside_a_transaction(tmp_path: Path) -> None:
    with opened(tmp_path / "m.db") as memory:
        talk(memory, 30)
        reads: list[Callable[[], object]] = [
            lambda: memory.prompt("tea?").text,
            lambda: memory.search("tea 7")[0].turn_id,
            lambda: memory.context(as_of=3).turns,
            lambda: len(memory.turns()),
            lambda: memory.turn("t3").index,
            lambda: [topic.key for topic in memory.topics()],
            lambda: memory.stats()["turns"],
            lambda: memory.explain("t3").turns[0].id,
            memory.verify,
            lambda: memory.scopes()[0].turns,
        ]
        expected = [read() for read in reads]
        with ThreadPoolExecutor(4) as pool:
            with memory._log.writing() as scope:
                memory._store.rewrite(scope.number, remove=[3, 4])
                assert [pool.submit(read).result(AT_MOST) for read in reads] == expected
                writing = pool.submit(memory.observe, "tea", id="late")
                assert [pool.submit(read).result(AT_MOST) for read in reads] == expected
                assert not writing.done()
            assert writing.result(AT_MOST).index == 28
        assert memory.verify()


def test_a_thread_that_reads_for_long_keeps_nobody_from_writing(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "m.db")
    with opened(store) as ada, opened(store, "bob") as bob:
        talk(ada, 30)
        reads, wrote = threading.Event(), threading.Event()

        def read() -> int:
            with ada._log.reading() as (scope, state):
                reads.set()
                assert wrote.wait(AT_MOST)
                assert scope is not None
                assert len(list(store.turns(scope.number))) == 30
                return state.turns

        with ThreadPoolExecutor(2) as pool:
            reading = pool.submit(read)
            assert reads.wait(AT_MOST)
            assert pool.submit(bob.observe, "Fractions are hard").result(AT_MOST).index == 0
            assert bob.prompt().text
            store.append(store.scope("ada", "", "{}").number, ada.turns(1))
            wrote.set()
            assert reading.result(AT_MOST) == 30
    store.close()


def test_threads_of_many_memories_on_one_store_lose_nothing(store: StoreBase) -> None:
    memories = [opened(store, user) for user in ("ada", "ben", "cyd", "dan")]
    both = [*memories, *(opened(store, memory.user) for memory in memories)]
    start = threading.Barrier(len(both))

    def work(number: int) -> None:
        memory = both[number]
        start.wait(AT_MOST)
        for n in range(12):
            memory.observe(f"tea {n}", id=f"{number}-{n}", topics=["tea"])
            assert memory.turn(f"{number}-{n}").text == f"tea {n}"
            assert memory.search("tea", 1)
            assert memory.prompt("tea?").text
        memory.forget(f"{number}-0")

    with ThreadPoolExecutor(len(both)) as pool:
        list(pool.map(work, range(len(both))))
    for memory in memories:
        turns = memory.turns()
        assert [turn.index for turn in turns] == list(range(22))
        assert memory.verify()
    store.close()
