"""The part of the suite for stores that is about bytes kept with turns, transactions and erasing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ..errors import NotFound, StoreError
from ..log.store import Scope, StoreBase
from .turns import said


class KeptTests:
    """Base of `StoreTests`, which see."""

    def opened(self, folder: Path) -> StoreBase:
        """A store in this folder."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[StoreBase]:
        """An empty store."""
        with closing(self.opened(tmp_path)) as store:
            yield store

    # Bytes kept with turns

    def test_bytes_are_kept_with_turns_by_kind(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        store.append(scope, [said(f"t{n}") for n in range(700)])
        store.rewrite(scope, remove=[0])
        every = bytes(range(256)) * 100
        store.put(scope, "one", {n: b"%d" % n for n in reversed(range(699))})
        store.put(scope, "two", {3: b"first", 1: b"", 2: b"x"})
        store.put(scope, "two", {})
        store.put(scope, "two", {2: None, 5: None, 3: every, 698: b"last"})
        assert store.get(scope, "two", [9, 698, 3, 1, 699, -1]) == {698: b"last", 3: every, 1: b""}
        assert list(store.get(scope, "one", range(699)).values()) == [b"%d" % n for n in range(699)]
        assert list(store.get(scope, "one", [5, 698, 0])) == [5, 698, 0]
        assert store.get(scope, "three", [1]) == {}
        assert store.keys(scope, "two") == [1, 3, 698]
        assert store.keys(scope, "two", 3) == [3, 698]
        assert store.keys(scope, "two", 699) == store.keys(scope, "three") == []
        for index in (699, -1):
            with pytest.raises(NotFound):
                store.put(scope, "two", {0: b"never", index: b"never"})
        assert store.keys(scope, "two") == [1, 3, 698]

    def test_a_checkpoint_of_a_rewritten_past_is_not_kept(self, store: StoreBase) -> None:
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
        assert (store.checkpoint(scope.number, 1), store.checkpoint(scope.number, 2)) == (b"one", b"")
        fresh = store.scope("ada", "", "{}")
        store.save_checkpoint(fresh, 2, b"two")
        assert store.revise(fresh, [replace(store.turn(scope.number, "c"), text="other")])
        assert store.checkpoints(scope.number) == [1]
        store.set_dynamics(scope.number, '{"radius": 3}')
        assert store.checkpoints(scope.number) == []
        assert store.scope("ada", "", "{}").dynamics == '{"radius": 3}'

    def test_another_text_leaves_its_vectors_blank_until_they_are_made_again(self, store: StoreBase) -> None:
        number = store.scope("ada", "", "{}").number
        turns = store.append(number, [said(f"t{n}", f"text {n}") for n in range(6)])

        def scope() -> Scope:
            return next(one for one in store.scopes() if one.number == number)

        rows = [(b"w%d" % n, b"s%d" % n, b"b") for n in range(6)]
        assert (store.embedded(number), store.unembedded(number, 2), scope().embedder) == (0, [0, 1], None)
        assert store.add_vectors(scope(), "model", [0, 1, 2, 3], rows[:4])
        assert (store.embedded(number), scope().embedder) == (4, "model")
        assert store.vectors(number, [3, 5, 0]) == [(b"s3", b"b"), (b"", b""), (b"s0", b"b")]
        assert store.revise(scope(), [replace(turns[1], text="other"), replace(turns[3], text="other")])
        assert store.revise(scope(), [replace(turns[2], analysis=said("", "", "dog").analysis)])
        assert store.revise(scope(), [replace(turns[5], text="other")])  # it had none to be left blank
        assert (store.embedded(number), store.wholes(number, 0)) == (2, [b"w0", b"", b"w2", b""])
        assert store.vectors(number, [1, 2]) == [(b"", b""), (b"s2", b"b")]
        assert store.unembedded(number, 3) == [1, 3, 4]
        assert store.unembedded(number, 9) == [1, 3, 4, 5]
        before = scope()
        store.forget(number, ["t0"])  # what is blank closes up like the rest
        assert store.unembedded(number, 9) == [0, 2, 3, 4]
        assert not store.add_vectors(before, "model", [0, 2], rows[:2])
        assert not store.add_vectors(scope(), "model", [0, 1], rows[:2])
        assert not store.add_vectors(scope(), "another", [0, 2], rows[:2])
        assert store.add_vectors(scope(), "model", [0, 2], rows[4:])
        assert store.wholes(number, 0) == [b"w4", b"w2", b"w5"]
        assert store.wholes(number, 2) == [b"w5"]
        assert store.unembedded(number, 9) == [3, 4]
        store.drop_vectors(number)
        assert (store.embedded(number), store.wholes(number, 0), scope().embedder) == (0, [], None)
        assert store.add_vectors(scope(), "another", [0, 1], rows[:2])
        store.forget(number, ["t1", "t2"])  # with the last vectors goes the name of their model
        assert (scope().embedder, store.unembedded(number, 1)) == (None, [0])

    # Transactions

    def test_an_error_inside_a_transaction_undoes_it_and_leaves_the_store_usable(
        self, store: StoreBase
    ) -> None:
        kept = store.scope("ada", "", "{}")
        store.append(kept.number, [said("a", "x", "dog"), said("b")])

        def write_and_fail() -> None:
            with store.transaction():
                number = store.scope("bob", "", "{}").number
                store.append(number, [said("c")])
                with store.transaction():  # inside another one
                    store.forget(kept.number, ["a"])
                store.put(kept.number, "mine", {0: b"0"})
                assert [turn.id for turn in store.turns(kept.number)] == ["b"]
                raise RuntimeError("midway")

        with pytest.raises(RuntimeError, match="midway"):
            write_and_fail()
        assert store.scopes() == [replace(kept, turns=2)]
        assert [(turn.id, turn.index) for turn in store.turns(kept.number)] == [("a", 0), ("b", 1)]
        assert (store.mention_rows(kept.number), store.keys(kept.number, "mine")) == ([("dog", 0)], [])
        # another change of the same past takes the epoch that was undone
        store.forget(kept.number, ["b"])
        store.append(kept.number, [said("d")])
        assert [(turn.id, turn.index) for turn in store.turns(kept.number)] == [("a", 0), ("d", 1)]
        with store.snapshot():
            assert not store.erase()  # this thread reads

    def test_what_was_deleted_is_pending_until_it_is_erased(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        store.append(scope, [said("a"), said("b")])
        assert not store.pending()
        store.rewrite(scope, remove=[0])
        assert store.pending()
        assert store.erase()
        assert not store.pending()
        assert [turn.id for turn in store.turns(scope)] == ["b"]

    def test_a_closed_store_says_so(self, store: StoreBase) -> None:
        scope = store.scope("ada", "", "{}").number
        store.close()
        store.close()
        for use in (store.scopes, store.erase, store.pending, lambda: store.append(scope, [said("a")])):
            with pytest.raises(StoreError, match="was closed") as caught:
                use()
            assert "\n" not in str(caught.value)
