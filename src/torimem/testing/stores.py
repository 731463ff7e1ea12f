"""The conformance suites for stores: subclass one, say how your store is opened, run pytest."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..errors import InvalidInput, NotFound
from ..log.store import Scope, StoreBase
from ..log.turn import JSON, Turn
from ..models.message import Role
from .kept import KeptTests
from .logs import hold_against_a_list
from .turns import NOTE, START, mentions, said

AT_MOST = 60.0
"""Seconds that another thread may take before it counts as stuck."""


def in_a_thread(work: Callable[[], object]) -> object:
    """What a call gives in a thread of its own; raises `AssertionError` where it does not come to an end."""
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    thread.join(AT_MOST)
    assert done, "another thread is stuck or has failed"
    return done[0]


class StoreTests(KeptTests):
    """What every store must do; `opened` opens one in a folder that is new for each test.

    Another folder is another store; for those that last, and are reached from several processes, derive from
    `SharedStoreTests`.
    """

    lasts = False

    # Any sequence of operations

    def test_any_sequence_of_operations_leaves_what_a_list_would_have(self, tmp_path: Path) -> None:
        def somewhere() -> Callable[[], StoreBase]:
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            return lambda: self.opened(folder)

        hold_against_a_list(somewhere, lasts=self.lasts)

    # Scopes

    def test_a_scope_is_made_once_and_found_by_user_and_agent(self, store: StoreBase) -> None:
        assert store.scopes() == []
        assert store.find("bob", "") is None
        made = [store.scope(*name, "{}") for name in (("bob", ""), ("ada", "tutor"), ("ada", ""))]
        assert store.scope("bob", "", '{"radius": 9}') == made[0] == store.find("bob", "")
        assert store.scopes() == [made[2], made[1], made[0]]
        assert made[0] == Scope(made[0].number, "bob", "", "{}", made[0].epoch, 0, None)
        assert len({scope.number for scope in made}) == 3

    def test_two_scopes_never_mix(self, store: StoreBase) -> None:
        names = [("ada", ""), ("ada", "tutor"), ("bob", ""), ("bob", "tutor")]
        scopes = [store.scope(*name, "{}") for name in names]
        for scope in scopes:
            store.append(scope.number, [said("a", f"of {scope.number}", "dog"), said("b", "too", "dog")])
            store.save_checkpoint(scope, 2, b"%d" % scope.number)
            store.put(scope.number, "mine", {0: b"0", 1: b"1"})
        store.forget(scopes[0].number, ["a"])
        store.rewrite(scopes[0].number, replace=[replace(store.at(scopes[0].number, [0])[0], text="new")])
        store.drop(scopes[1].number)
        for scope in scopes[2:]:
            number = scope.number
            assert store.find(scope.user, scope.agent) == replace(scope, turns=2)
            assert [turn.text for turn in store.turns(number)] == [f"of {number}", "too"]
            assert store.turn(number, "a").text == f"of {number}"
            assert [turn.index for turn in store.mentioning(number, "dog")] == [1, 0]
            assert store.mention_counts(number) == {"dog": 2}
            assert [turn.id for turn in store.before(number, START + timedelta(1))] == ["a", "b"]
            assert store.said_until(number, START) == 2
            assert store.checkpoint(number, 2) == b"%d" % number
            assert store.get(number, "mine", [0, 1]) == {0: b"0", 1: b"1"}
        assert [(scope.user, scope.agent, scope.turns) for scope in store.scopes()] == [
            ("ada", "", 1), ("bob", "", 2), ("bob", "tutor", 2),
        ]  # fmt: skip

    def test_a_dropped_scope_is_empty_and_its_number_never_another_ones(self, store: StoreBase) -> None:
        gone = store.scope("ada", "", "{}")
        store.append(gone.number, [said("a", "x", "dog")])
        store.put(gone.number, "mine", {0: b"0"})
        assert not store.pending()
        store.drop(gone.number)
        assert store.pending()
        assert store.find("ada", "") is None
        again = store.scope("ada", "", "{}")
        assert again.number != gone.number
        for number in (gone.number, again.number):
            assert (list(store.turns(number)), store.mention_rows(number)) == ([], [])
            assert store.keys(number, "mine") == []
        with pytest.raises(NotFound):
            store.append(gone.number, [said("a")])
        store.save_checkpoint(gone, 1, b"x")
        assert store.checkpoints(gone.number) == store.checkpoints(again.number) == []

    # The log

    def test_turns_come_back_as_they_were_written_with_their_index(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        meta: dict[str, JSON] = {"source": "import", "pages": [1, 2.5, None, True], "in": {"a": {}, "": "機"}}
        given = [
            replace(said("a", "Zeile 1\nZeile 2 🎸 機", "c++", minutes=0.123457), speaker="Ada", session="s"),
            said("b", "", role="assistant", meta=meta),
            replace(said("c", "'; --", "dog", "cat"), corrected=NOTE, meta={}),
        ]
        written = store.append(scope, given)
        assert written == [replace(turn, index=n) for n, turn in enumerate(given)]
        assert list(store.turns(scope)) == written
        assert [turn.meta for turn in store.turns(scope)] == [None, meta, {}]
        assert store.turn(scope, "b") == written[1]
        assert store.amended(scope) == written[2:]
        with pytest.raises(NotFound, match="'d'"):
            store.turn(scope, "d")

    def test_the_same_id_again_is_the_same_turn(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        [first] = store.append(scope, [said("a", "hello", "x", meta={"first": True})])
        again = store.append(scope, [said("a", "hello", "y", minutes=9, meta={}), said("b"), said("b")])
        assert [turn.index for turn in again] == [0, 1, 1]
        assert again[0] == first
        right = replace(first, text="other", corrected=replace(NOTE, original="hello"))
        store.rewrite(scope, replace=[right])
        assert store.append(scope, [said("a", "hello"), said("a", "other")]) == [right, right]
        assert [turn.id for turn in store.turns(scope)] == ["a", "b"]
        assert store.mention_rows(scope) == [("x", 0)]

    @pytest.mark.parametrize(
        ("clash", "other"), [(said("a", "another text"), "text"), (said("a", role="assistant"), "role")]
    )
    def test_an_id_with_another_text_or_role_is_refused_and_the_whole_batch_with_it(
        self, store: StoreBase, clash: Turn, other: str
    ) -> None:
        scope = store.scope("ada", "", "{}").number
        store.append(scope, [said("a")])
        with pytest.raises(InvalidInput, match=f"'a' is in the log with another {other}"):
            store.append(scope, [said("b"), clash])
        assert [turn.id for turn in store.turns(scope)] == ["a"]

    def test_a_long_log_is_read_in_order_and_in_parts(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        store.append(scope, [said(f"t{n}") for n in range(1100)])
        store.rewrite(scope, remove=[0, 9, 10, 700])
        ids = [f"t{n}" for n in range(1100) if n not in (0, 9, 10, 700)]
        assert [(turn.id, turn.index) for turn in store.turns(scope)] == [
            (id, index) for index, id in enumerate(ids)
        ]
        parts = [(0, 1), (7, 7), (8, 3), (7, 9), (500, 1030), (690, 2000)]
        for start, stop in [*parts, (1096, None), (5000, None), (1000, None)]:
            assert [turn.id for turn in store.turns(scope, start, stop)] == ids[start:stop]
        assert [turn.id for turn in store.at(scope, [9, 700, 3, 1096, -1])] == [ids[9], ids[700], ids[3]]

    def test_turns_are_found_by_time(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        assert store.said_until(scope, START) == 0
        half = timedelta(microseconds=500_000)
        turns = [said("gone"), said("a"), said("b", minutes=10), said("c", minutes=5), said("d", minutes=20)]
        store.append(scope, [*turns, replace(said("e"), at=START + timedelta(minutes=20) + half)])
        store.rewrite(scope, remove=[0])
        found = store.before(scope, START + timedelta(minutes=10))
        assert [(turn.id, turn.index) for turn in found] == [("a", 0), ("c", 2)]
        assert store.said_until(scope, START - half) == 0
        assert store.said_until(scope, START + timedelta(minutes=5)) == 1  # "b" came after, and before "c"
        assert store.said_until(scope, START + timedelta(minutes=20)) == 4
        assert store.said_until(scope, START + timedelta(days=1)) == 5

    def test_the_newest_turns_that_mention_a_topic_come_first(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        roles: dict[str, Role] = dict.fromkeys(["gone", "a", "b", "c", "d"], "user")
        roles["b"] = "assistant"
        store.append(scope, [replace(said(id, "x", "dog"), role=role) for id, role in roles.items()])
        store.rewrite(scope, remove=[0])
        assert [turn.index for turn in store.mentioning(scope, "dog")] == [3, 2, 1, 0]
        assert [turn.id for turn in store.mentioning(scope, "dog", role="user", before=3)] == ["c", "a"]
        assert [turn.index for turn in store.mentioning(scope, "dog", limit=1)] == [3]
        assert list(store.mentioning(scope, "dog", limit=0)) == list(store.mentioning(scope, "cat")) == []
        assert store.mention_counts(scope) == {"dog": 4}

    def test_threads_append_and_lose_nothing(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        start = threading.Barrier(4)

        def work(worker: int) -> None:
            start.wait(AT_MOST)
            for n in range(20):
                store.append(scope, [said(f"{worker}-{n}")])
                assert any(turn.id == f"{worker}-{n}" for turn in store.turns(scope))

        threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(AT_MOST)
        turns = list(store.turns(scope))
        assert [turn.index for turn in turns] == list(range(80))
        for worker in range(4):
            own = [turn.id for turn in turns if turn.id.startswith(f"{worker}-")]
            assert own == [f"{worker}-{n}" for n in range(20)]

    # The past

    def test_what_is_kept_with_a_turn_goes_with_it_and_the_others_keep_theirs(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        store.append(scope, [said(f"t{n}", "x", f"topic {n}", "dog") for n in range(6)])
        for kind in ("mine", "whole", ""):
            store.put(scope, kind, {n: b"%d" % n for n in range(6)})
        store.rewrite(scope, remove=[4, 1, 5])
        for kind in ("mine", "whole", ""):
            assert store.get(scope, kind, range(9)) == {0: b"0", 1: b"2", 2: b"3"}
        assert store.mention_rows(scope) == mentions([*store.turns(scope)])
        with pytest.raises(NotFound):
            store.turn(scope, "t1")
        # the same id again, at the end, in the place of one that was removed there: a turn of its own
        assert [turn.index for turn in store.append(scope, [said("t5"), said("t1")])] == [3, 4]
        for kind in ("mine", "whole", ""):
            assert store.keys(scope, kind) == [0, 1, 2]
        assert store.mention_counts(scope) == {"dog": 3, "topic 0": 1, "topic 2": 1, "topic 3": 1}

    def test_other_turns_take_the_place_of_those_with_their_index(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        store.append(scope, [said("a", "x", "dog"), said("b", "y", "dog", "cat"), said("c", "z", "dog")])
        store.put(scope, "mine", {1: b"kept"})
        store.rewrite(scope, remove=[0])
        right = replace(said("b", "w", "cat", "tea", speaker="Bea", meta={"n": 1}), index=0, corrected=NOTE)
        store.rewrite(scope, replace=[right])
        assert next(store.turns(scope)) == right
        assert store.mention_rows(scope) == [("cat", 0), ("dog", 1), ("tea", 0)]
        assert store.get(scope, "mine", [0, 1]) == {0: b"kept"}
        for wrong in (replace(right, index=1), replace(right, index=2), replace(right, index=-1)):
            with pytest.raises(NotFound):
                store.rewrite(scope, replace=[replace(right, text="never"), wrong])
        with pytest.raises(NotFound):
            store.rewrite(scope, replace=[replace(right, text="never")], remove=[2])
        assert next(store.turns(scope)) == right

    def test_the_epoch_rises_where_the_past_changes_and_only_there(self, store: StoreBase) -> None:
        number = store.scope("ada", "", "{}").number

        def epoch() -> int:
            found = store.find("ada", "")
            assert found is not None
            return found.epoch

        before = epoch()
        turns = store.append(number, [said("a"), said("b")])
        store.put(number, "mine", {0: b"0"})
        store.update(number, embedder="model")
        store.rewrite(number)
        store.rewrite(number, replace=iter(()))
        store.forget(number, [])
        assert (epoch(), store.pending()) == (before, False)
        store.rewrite(number, replace=turns[:1])
        assert epoch() == before + 1
        store.rewrite(number, remove=[1])
        assert epoch() == before + 2
        assert store.pending()
        store.update(number, dynamics='{"radius": 3}')
        found = store.find("ada", "")
        assert found == Scope(number, "ada", "", '{"radius": 3}', before + 3, 1, "model")
        store.update(number, embedder="")
        assert store.scopes() == [replace(found, embedder=None)]

    @settings(
        max_examples=25, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
    )  # fmt: skip
    @given(topics=st.lists(st.sets(st.sampled_from("xyz")), min_size=1, max_size=24), data=st.data())
    def test_after_forgetting_any_turns_it_is_as_if_they_had_never_been(
        self, topics: list[set[str]], data: st.DataObject
    ) -> None:
        gone = data.draw(st.sets(st.integers(0, len(topics) - 1)))
        turns = [said(f"t{n}", "x", *sorted(names)) for n, names in enumerate(topics)]
        with tempfile.TemporaryDirectory() as folder, closing(self.opened(Path(folder))) as store:
            scope, never = (store.scope(user, "", "{}").number for user in ("ada", "bob"))
            store.append(scope, turns)
            store.append(never, [turn for n, turn in enumerate(turns) if n not in gone])
            store.forget(scope, [f"t{n}" for n in gone])
            assert list(store.turns(scope)) == list(store.turns(never))
            assert store.mention_rows(scope) == store.mention_rows(never)
            for topic in "xyz":
                assert list(store.mentioning(scope, topic)) == list(store.mentioning(never, topic))

    def test_forgetting_an_unknown_id_changes_nothing(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}")
        store.append(scope.number, [said("a", "x", "dog"), said("b")])
        with pytest.raises(NotFound):
            store.forget(scope.number, ["a", "zz"])
        with pytest.raises(NotFound):
            store.rewrite(scope.number, remove=[0, 2])
        assert store.find("ada", "") == replace(scope, turns=2)
        assert store.mention_rows(scope.number) == [("dog", 0)]

    def test_a_revision_of_a_past_that_has_changed_is_refused(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}")
        turns = store.append(scope.number, [said("a", "x", "dog"), said("b"), said("c")])
        other = [replace(turns[0], text="y")]
        store.forget(scope.number, ["b"])
        assert not store.revise(scope, other)
        assert store.turn(scope.number, "a").text == "x"
        assert store.revise(store.scope("ada", "", "{}"), other)
        store.drop(scope.number)
        assert not store.revise(scope, other)
        store.append(store.scope("ada", "", "{}").number, [said("a", "x")])
        assert not store.revise(scope, other)  # the same name, another scope

    def test_a_revision_that_breaks_off_changes_nothing(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}")
        turns = store.append(scope.number, [said("a", "x", "dog"), said("b")])
        store.save_checkpoint(scope, 2, b"two")

        def one_and_no_more() -> Iterator[Turn]:
            yield replace(turns[0], text="y", analysis=said("", "", "cat").analysis)
            assert store.turn(scope.number, "b") == turns[1]  # reading goes on meanwhile
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.revise(store.scope("ada", "", "{}"), one_and_no_more())
        assert list(store.turns(scope.number)) == turns
        assert store.mention_rows(scope.number) == [("dog", 0)]
        assert (store.checkpoints(scope.number), store.pending()) == ([2], False)
        assert store.revise(store.scope("ada", "", "{}"), [])  # nothing to revise is no change of the past
        assert store.scope("ada", "", "{}").epoch == scope.epoch
