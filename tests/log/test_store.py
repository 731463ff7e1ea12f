"""The database keeps every turn, opens only what is its own, and gives nothing back that was forgotten."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from torimem.errors import InvalidInput, NotFound, StoreError
from torimem.language.analysis import Analysis, Mention
from torimem.log.store import Scope, SQLiteStore
from torimem.log.store.migrations import APPLICATION_ID, MIGRATIONS
from torimem.log.turn import Correction, Turn
from torimem.models.message import Role

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
NOTE = Correction(START, ("text", "topics"), (), "a slip of the pen")


def said(id: str, text: str = "hello", *topics: str, role: Role = "user", minutes: int = 0) -> Turn:
    analysis = Analysis(tuple(Mention(topic, topic, 0.5, 1.0) for topic in topics), 0.5, "given")
    return Turn(id, -1, text, role, None, START + timedelta(minutes=minutes), None, analysis)


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


def test_full_durability_is_asked_of_sqlite(path: Path) -> None:
    for durability, level in (("process", 1), ("full", 2)):
        store = SQLiteStore(path, durability=durability)  # type: ignore[arg-type]
        assert store._db.execute("PRAGMA synchronous").fetchone() == (level,)
        store.close()


def test_a_closed_store_says_so(store: SQLiteStore) -> None:
    store.close()
    store.close()
    for use in (store.scopes, store.erase, store.pending, lambda: store.scope("ada", "", "{}")):
        with pytest.raises(StoreError, match="was closed: open a new Memory on it"):
            use()


def test_a_store_says_so_after_a_fork(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_process", os.getpid() + 1)
    with pytest.raises(StoreError, match="before a fork: open a new Memory in each process"):
        store.scopes()


# The log


def test_turns_come_back_as_they_were_written_with_their_index(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    given = [
        replace(said("a", "Zeile 1\nZeile 2\0🎸 機", "c++", minutes=5), speaker="Ada", session="s"),
        said("b", "", role="assistant"),
    ]
    written = store.append(scope, given)
    assert written == [replace(turn, index=n) for n, turn in enumerate(given)]
    assert list(store.turns(scope)) == written
    assert store.turn(scope, "b") == written[1]
    with pytest.raises(NotFound, match="'c'"):
        store.turn(scope, "c")


def test_the_same_id_again_is_the_same_turn(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    first = store.append(scope, [said("a", "hello", "x")])
    again = store.append(scope, [said("a", "hello", "y", minutes=9), said("b")])
    assert again[0] == first[0]
    assert [turn.id for turn in store.turns(scope)] == ["a", "b"]
    assert store.mention_rows(scope) == [("x", 0)]


@pytest.mark.parametrize("clash", [said("a", "another text"), said("a", role="assistant")])
def test_an_id_with_another_text_is_refused_and_the_whole_batch_with_it(
    store: SQLiteStore, clash: Turn
) -> None:
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("a")])
    with pytest.raises(InvalidInput, match="'a' is in the log with another text"):
        store.append(scope, [said("b"), clash])
    assert [turn.id for turn in store.turns(scope)] == ["a"]


def test_a_long_log_is_read_in_pages_without_a_seam(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said(f"t{n}") for n in range(1100)])
    assert [turn.index for turn in store.turns(scope)] == list(range(1100))
    assert [turn.index for turn in store.turns(scope, 500, 1030)] == list(range(500, 1030))
    assert list(store.turns(scope, 7, 7)) == []


def test_turns_are_found_by_time(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    assert store.said_until(scope, START) == 0
    half = timedelta(microseconds=500_000)
    turns = [said("a"), said("b", minutes=10), said("c", minutes=5), said("d", minutes=20)]
    store.append(scope, [*turns, replace(said("e"), at=START + timedelta(minutes=20) + half)])
    assert [turn.id for turn in store.before(scope, START + timedelta(minutes=10))] == ["a", "c"]
    assert store.said_until(scope, START - half) == 0
    assert store.said_until(scope, START + timedelta(minutes=5)) == 1  # "b" came after, and before "c"
    assert store.said_until(scope, START + timedelta(minutes=20)) == 4
    assert store.said_until(scope, START + timedelta(days=1)) == 5


def test_mentioning_gives_the_newest_first_of_one_role_before_an_index(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    roles: list[Role] = ["user", "assistant", "user", "user"]
    store.append(scope, [said(f"t{n}", "x", "dog", role=role) for n, role in enumerate(roles)])
    assert [turn.index for turn in store.mentioning(scope, "dog")] == [3, 2, 1, 0]
    assert [turn.index for turn in store.mentioning(scope, "dog", role="user", before=3)] == [2, 0]
    assert [turn.index for turn in store.mentioning(scope, "dog", limit=1)] == [3]
    assert list(store.mentioning(scope, "cat")) == []
    assert store.mention_counts(scope) == {"dog": 4}


def test_a_lone_surrogate_or_a_list_never_reaches_the_database(store: SQLiteStore) -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        store.scope("\ud800", "", "{}")
    with pytest.raises(InvalidInput, match="lone surrogate"):
        store.turn(1, "\udfff")
    assert store.scopes() == []


def test_two_users_and_two_agents_never_meet(store: SQLiteStore) -> None:
    names = [("ada", ""), ("ada", "tutor"), ("bob", ""), ("bob", "tutor")]
    scopes = [store.scope(*name, "{}").number for name in names]
    for number in scopes:
        store.append(number, [said("same id", f"of {number}", "topic", f"topic {number}")])
        store.save_checkpoint(_found(store, number), 1, b"%d" % number)
    store.forget(scopes[0], ["same id"])
    store.drop_scope(scopes[1])
    for number in scopes[2:]:
        assert store.turn(number, "same id").text == f"of {number}"
        assert [turn.text for turn in store.mentioning(number, "topic")] == [f"of {number}"]
        assert store.mention_rows(number) == [("topic", 0), (f"topic {number}", 0)]
        assert store.mention_counts(number) == {"topic": 1, f"topic {number}": 1}
        assert store.before(number, START + timedelta(1))[0].text == f"of {number}"
        assert (store.checkpoints(number), store.checkpoint(number, 1)) == ([1], b"%d" % number)
        assert store.said_until(number, START) == 1
    assert [(scope.user, scope.agent, scope.turns) for scope in store.scopes()] == [
        ("ada", "", 0), ("bob", "", 1), ("bob", "tutor", 1),
    ]  # fmt: skip


def _found(store: SQLiteStore, number: int) -> Scope:
    return next(scope for scope in store.scopes() if scope.number == number)


def test_a_scope_that_was_dropped_never_gives_its_number_to_another(store: SQLiteStore) -> None:
    gone = store.scope("ada", "", "{}")
    store.drop_scope(gone.number)
    assert store.scope("bob", "", "{}").number != gone.number
    with pytest.raises(sqlite3.IntegrityError):
        store.append(gone.number, [said("a")])
    store.save_checkpoint(gone, 1, b"x")
    assert store.checkpoints(gone.number) == []


def test_a_checkpoint_of_a_rewritten_past_is_not_kept(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}")
    store.append(scope.number, [said("a"), said("b"), said("c")])
    store.save_checkpoint(scope, 1, b"one")
    store.save_checkpoint(scope, 3, b"three")
    store.save_checkpoint(scope, 2, b"two", drop=[3])
    assert store.checkpoints(scope.number) == [1, 2]
    store.forget(scope.number, ["b"])  # the last turn that the second one saw
    assert store.checkpoints(scope.number) == [1]
    store.save_checkpoint(scope, 2, b"stale")
    assert store.checkpoints(scope.number) == [1]
    assert store.checkpoint(scope.number, 2) == b""
    fresh = store.scope("ada", "", "{}")
    assert fresh.epoch == scope.epoch + 1
    store.save_checkpoint(fresh, 2, b"two")
    store.set_dynamics(scope.number, '{"radius": 3}')
    assert store.checkpoints(scope.number) == []
    assert store.scope("ada", "", "{}").dynamics == '{"radius": 3}'


def test_forgetting_an_unknown_id_changes_nothing(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}")
    store.append(scope.number, [said("a", "x", "dog"), said("b")])
    with pytest.raises(NotFound):
        store.forget(scope.number, ["a", "zz"])
    store.forget(scope.number, [])
    assert [turn.id for turn in store.turns(scope.number)] == ["a", "b"]
    assert store.find("ada", "") == replace(scope, turns=2)
    assert not store.pending()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.sampled_from("xyz")), min_size=1, max_size=24), st.data())
def test_after_forgetting_any_turns_indexes_close_up_and_the_index_follows(
    topics: list[set[str]], data: st.DataObject
) -> None:
    store = SQLiteStore(":memory:")
    scope = store.scope("ada", "", "{}").number
    other = store.scope("bob", "", "{}").number
    store.append(scope, [said(f"t{n}", "x", *sorted(names)) for n, names in enumerate(topics)])
    store.append(other, [said(f"t{n}", "x", "x") for n in range(3)])
    gone = data.draw(st.sets(st.integers(0, len(topics) - 1)))
    store.forget(scope, [f"t{n}" for n in gone])
    left = [n for n in range(len(topics)) if n not in gone]
    assert [(turn.id, turn.index) for turn in store.turns(scope)] == [
        (f"t{n}", i) for i, n in enumerate(left)
    ]
    assert store.mention_rows(scope) == sorted((topic, i) for i, n in enumerate(left) for topic in topics[n])
    assert store.mention_rows(other) == [("x", 0), ("x", 1), ("x", 2)]
    store.close()


def test_a_revision_of_a_past_that_has_changed_is_refused(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}")
    turns = store.append(scope.number, [said("a", "x", "dog"), said("b"), said("c")])
    other = [replace(turns[0], text="y")]
    store.forget(scope.number, ["b"])
    assert not store.revise(scope, other)
    assert store.turn(scope.number, "a").text == "x"
    assert store.revise(store.scope("ada", "", "{}"), other)
    store.drop_scope(scope.number)
    assert not store.revise(scope, other)
    store.append(store.scope("ada", "", "{}").number, [said("a", "x")])
    assert not store.revise(scope, other)  # the same name, another scope


def test_a_revision_that_breaks_off_changes_nothing(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}")
    turns = store.append(scope.number, [said("a", "x", "dog"), said("b")])
    store.save_checkpoint(scope, 2, b"two")

    def one_and_no_more() -> Iterator[Turn]:
        yield replace(turns[0], text="y", analysis=said("", "", "cat").analysis)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.revise(store.scope("ada", "", "{}"), one_and_no_more())
    assert list(store.turns(scope.number)) == turns
    assert store.mention_rows(scope.number) == [("dog", 0)]
    assert (store.checkpoints(scope.number), store.pending()) == ([2], False)
    assert store.revise(store.scope("ada", "", "{}"), [])  # nothing to revise is no change of the past
    assert store.scope("ada", "", "{}").epoch == 0


def test_another_text_leaves_its_vectors_blank_until_they_are_made_again(store: SQLiteStore) -> None:
    number = store.scope("ada", "", "{}").number
    turns = store.append(number, [said(f"t{n}", f"text {n}") for n in range(6)])

    def scope() -> Scope:
        return _found(store, number)

    vectors = [(b"w%d" % n, b"s", b"b") for n in range(6)]
    assert store.unembedded(number, 2) == [0, 1]
    assert store.add_vectors(scope(), "model", [0, 1, 2, 3], vectors[:4])
    assert store.revise(scope(), [replace(turns[1], text="other"), replace(turns[3], text="other")])
    assert store.revise(scope(), [replace(turns[2], analysis=said("", "", "dog").analysis)])
    assert (store.embedded(number), store.wholes(number, 0)) == (2, [b"w0", b"", b"w2", b""])
    assert store.unembedded(number, 3) == [1, 3, 4]
    assert store.unembedded(number, 9) == [1, 3, 4, 5]
    before = scope()
    store.forget(number, ["t0"])  # what is blank closes up like the rest
    assert store.unembedded(number, 9) == [0, 2, 3, 4]
    assert not store.add_vectors(before, "model", [0, 2], vectors[:2])
    assert not store.add_vectors(scope(), "model", [0, 1], vectors[:2])
    assert not store.add_vectors(scope(), "another", [0, 2], vectors[:2])
    assert store.add_vectors(scope(), "model", [0, 2], vectors[4:])
    assert store.wholes(number, 0) == [b"w4", b"w2", b"w5"]
    assert store.unembedded(number, 9) == [3, 4]


class LogAgainstAList(RuleBasedStateMachine):
    """Any sequence of appends, forgets and reopenings leaves the database equal to a plain list."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = SQLiteStore(self.folder / "memory.db")
        self.scope = self.store.scope("ada", "", "{}").number
        self.model: list[Turn] = []
        self.kept: dict[int, bytes] = {}
        self.count = 0

    @rule(topics=st.lists(st.sets(st.sampled_from(["dog", "cat", "c++"])), min_size=1, max_size=5))
    def append(self, topics: list[set[str]]) -> None:
        turns = []
        for names in topics:
            self.count += 1
            turns.append(said(f"t{self.count}", f"text {self.count}", *sorted(names), minutes=self.count))
        written = self.store.append(self.scope, turns)
        self.model += [replace(turn, index=len(self.model) + n) for n, turn in enumerate(turns)]
        assert written == self.model[len(self.model) - len(turns) :]

    @rule(choice=st.randoms(use_true_random=False))
    def append_again(self, choice: random.Random) -> None:
        if self.model:
            turn = choice.choice(self.model)
            assert self.store.append(self.scope, [turn]) == [turn]

    @rule(choice=st.randoms(use_true_random=False), share=st.floats(0, 1))
    def forget(self, choice: random.Random, share: float) -> None:
        gone = [turn for turn in self.model if choice.random() < share]
        choice.shuffle(gone)
        self.store.forget(self.scope, [turn.id for turn in gone])
        if gone:
            first = min(turn.index for turn in gone)
            self.kept = {turns: state for turns, state in self.kept.items() if turns <= first}
        left = [turn for turn in self.model if turn not in gone]
        self.model = [replace(turn, index=n) for n, turn in enumerate(left)]

    @rule(
        choice=st.randoms(use_true_random=False), topics=st.lists(st.sets(st.sampled_from(["dog", "tea"]))),
    )  # fmt: skip
    def revise(self, choice: random.Random, topics: list[set[str]]) -> None:
        right: list[Turn] = []
        for old, names in zip(choice.sample(self.model, len(self.model)), topics, strict=False):
            other = said(old.id, f"other {len(right)}", *sorted(names))
            right.append(replace(old, text=other.text, analysis=other.analysis, corrected=NOTE))
        assert self.store.revise(_found(self.store, self.scope), iter(right))
        for turn in right:
            self.model[turn.index] = turn
            self.kept = {turns: state for turns, state in self.kept.items() if turns <= turn.index}

    @rule()
    def keep_a_checkpoint(self) -> None:
        state = b"state %d" % len(self.model)
        self.store.save_checkpoint(_found(self.store, self.scope), len(self.model), state)
        self.kept[len(self.model)] = state

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = SQLiteStore(self.folder / "memory.db")

    @rule()
    def erase(self) -> None:
        assert self.store.erase()

    @invariant()
    def the_database_says_what_the_list_says(self) -> None:
        assert list(self.store.turns(self.scope)) == self.model
        rows = [(mention.key, turn.index) for turn in self.model for mention in turn.analysis.mentions]
        assert self.store.mention_rows(self.scope) == sorted(rows)
        assert _found(self.store, self.scope).turns == len(self.model)
        assert {
            n: self.store.checkpoint(self.scope, n) for n in self.store.checkpoints(self.scope)
        } == self.kept
        for turn in self.model[:2]:
            assert self.store.turn(self.scope, turn.id) == turn

    def teardown(self) -> None:
        assert self.store.integrity() == []
        self.store.close()
        shutil.rmtree(self.folder)


TestLogAgainstAList = LogAgainstAList.TestCase
TestLogAgainstAList.settings = settings(
    max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


# Transactions


def test_a_snapshot_sees_nothing_that_others_write(store: SQLiteStore, path: Path) -> None:
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("a")])
    other = SQLiteStore(path)
    with store.snapshot():
        assert len(list(store.turns(scope))) == 1
        other.append(scope, [said("b")])
        other.forget(scope, ["a"])
        with store.snapshot():  # inside another one
            assert [turn.id for turn in store.turns(scope)] == ["a"]
    assert [turn.id for turn in store.turns(scope)] == ["b"]
    other.close()


def test_an_error_inside_a_transaction_undoes_it_and_leaves_the_store_usable(store: SQLiteStore) -> None:
    def write_and_fail() -> None:
        with store.transaction():
            store.append(store.scope("ada", "", "{}").number, [said("a")])
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        write_and_fail()
    assert store.scopes() == []
    with store.snapshot():
        pass


def test_a_long_lock_is_one_clear_error_and_reading_goes_on(path: Path) -> None:
    holder = SQLiteStore(path)
    scope = holder.scope("ada", "", "{}")
    waiting = SQLiteStore(path, timeout=0.02)
    with holder.transaction():
        holder.append(scope.number, [said("a")])
        with pytest.raises(StoreError, match="is locked by another process: try again"):
            waiting.append(scope.number, [said("b")])
        assert list(waiting.turns(scope.number)) == []
        SQLiteStore(path).close()  # opening needs no lock either
    assert [turn.id for turn in waiting.turns(scope.number)] == ["a"]
    waiting.append(scope.number, [said("b")])
    assert [turn.id for turn in holder.turns(scope.number)] == ["a", "b"]
    holder.close()
    waiting.close()


def test_a_full_disk_is_one_clear_error_and_loses_nothing(store: SQLiteStore) -> None:
    scope = store.scope("ada", "", "{}").number
    store.append(scope, [said("a", "before")])
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match=r"full.*free space") as caught:
        store.append(scope, [said("b"), said("c", "x" * 100_000)])
    one_line(caught)
    assert [turn.id for turn in store.turns(scope)] == ["a"]
    store._db.execute("PRAGMA max_page_count = 1000000")
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
    store.drop_scope(scope)
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


def test_an_erasure_does_not_settle_one_that_began_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "memory.db"
    one, two = SQLiteStore(path), SQLiteStore(path)
    scope = one.scope("ada", "", "{}").number
    one.append(scope, [said("a"), said("b")])
    one.forget(scope, ["a"])

    class Interrupted:
        """The connection; another process forgets between the rewriting and the settling."""

        def __init__(self, db: sqlite3.Connection) -> None:
            self.db = db

        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            if statement.startswith("DELETE FROM erasures"):
                two.forget(scope, ["b"])
            return self.db.execute(statement, *values)

        def close(self) -> None:
            self.db.close()

    monkeypatch.setattr(one, "_db", Interrupted(one._db))
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
