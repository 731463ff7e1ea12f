"""A store against a plain list: whatever is done to both, they say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ..errors import NotFound
from ..log.store import Scope, StoreBase
from ..log.turn import Turn
from .turns import NOTE, mentions, said

Opened = Callable[[], StoreBase]

_topics = st.lists(st.sets(st.sampled_from(["dog", "cat", "c++", "機"])), min_size=1, max_size=5)
_picks = st.lists(st.integers(0, 11), min_size=1, max_size=4, unique=True)
_kinds = st.sampled_from(["whole", "mine", ""])


def hold_against_a_list(opened: Callable[[], Opened], *, lasts: bool, examples: int = 20) -> None:
    """Run random sequences of operations; raises `AssertionError` at the first difference.

    `opened()` is called once for each sequence and says how to open its store. With `lasts`, that is done
    again and again, and each time all must still be there.
    """
    run_state_machine_as_test(
        cast(type[RuleBasedStateMachine], lambda: _Machine(opened(), lasts)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
        ),
    )


class _Machine(RuleBasedStateMachine):
    def __init__(self, opened: Opened, lasts: bool) -> None:
        super().__init__()
        self.opened, self.lasts = opened, lasts

    @initialize()
    def begin(self) -> None:
        self.store = self.opened()
        self.number = self.store.scope("ada", "", "{}").number
        self.other = self.store.scope("ada", "tutor", "{}").number
        self.bystanders = self.store.append(self.other, [said(f"t{n}", "other", "dog") for n in range(3)])
        self.store.put(self.other, "mine", {1: b"another's"})
        self.model: list[Turn] = []
        self.kept: dict[tuple[str, str], bytes] = {}
        self.made, self.epoch = 0, self._scope().epoch
        self.append([{"dog"}, {"cat", "c++"}, set(), {"dog", "機"}, {"tea"}])
        self.put([0, 1, 2, 4], "mine", b"from the beginning")

    def _scope(self) -> Scope:
        found = self.store.find("ada", "")
        assert found is not None
        return found

    @rule(topics=_topics)
    def append(self, topics: list[set[str]]) -> None:
        turns = []
        for names in topics:
            self.made += 1
            id, text, meta = f"t{self.made}", f"text {self.made}", {"n": self.made} if self.made % 2 else None
            turns.append(said(id, text, *sorted(names), minutes=self.made, meta=meta))
        first = len(self.model)
        self.model += [replace(turn, index=first + n) for n, turn in enumerate(turns)]
        assert self.store.append(self.number, turns) == self.model[first:]

    def _picked(self, picks: list[int]) -> list[Turn]:
        there = {pick % len(self.model) for pick in picks} if self.model else ()
        return [self.model[index] for index in there]

    @rule(picks=_picks)
    def append_again(self, picks: list[int]) -> None:
        for turn in self._picked(picks):
            assert self.store.append(self.number, [replace(turn, index=-1, meta={"late": 1})]) == [turn]

    @rule(picks=_picks)
    def remove(self, picks: list[int]) -> None:
        gone = self._picked(picks)
        self.store.rewrite(self.number, remove={turn.index for turn in gone})
        self._changed(gone)

    @rule(picks=_picks)
    def forget(self, picks: list[int]) -> None:
        gone = self._picked(picks)
        first = min((turn.index for turn in gone), default=0)
        self.store.forget(self.number, [turn.id for turn in gone])
        for turn in self.model[first:] if gone else ():
            self.kept.pop(("checkpoint", turn.id), None)
        self._changed(gone)

    def _changed(self, gone: list[Turn]) -> None:
        left = [turn for turn in self.model if turn not in gone]
        self.model = [replace(turn, index=n) for n, turn in enumerate(left)]
        ids = {turn.id for turn in left}
        self.kept = {key: value for key, value in self.kept.items() if key[1] in ids}
        self.epoch += bool(gone)

    @rule(picks=_picks, topics=_topics)
    def replace(self, picks: list[int], topics: list[set[str]]) -> None:
        right: list[Turn] = []
        for old, names in zip(self._picked(picks), topics, strict=False):
            other = said(old.id, f"other {len(right)}", *sorted(names))
            right.append(replace(old, text=other.text, analysis=other.analysis, corrected=NOTE))
        self.store.rewrite(self.number, replace=iter(right))
        for turn in right:
            self.model[turn.index] = turn
        self.epoch += bool(right)

    @rule(picks=_picks, kind=_kinds, value=st.sampled_from([None, b"", b"some", b"\0" * 5000]))
    def put(self, picks: list[int], kind: str, value: bytes | None) -> None:
        turns = self._picked(picks)
        self.store.put(self.number, kind, {turn.index: value for turn in turns})
        for turn in turns:
            self.kept.pop((kind, turn.id), None)
            if value is not None:
                self.kept[kind, turn.id] = value

    @rule()
    def keep_a_checkpoint(self) -> None:
        if self.model:
            self.store.save_checkpoint(self._scope(), len(self.model), b"%d" % len(self.model))
            self.kept["checkpoint", self.model[-1].id] = b"%d" % len(self.model)

    @rule()
    def fail_midway(self) -> None:
        try:
            with self.store.transaction():
                self.store.append(self.number, [said("never", "never", "dog")])
                self.store.rewrite(self.number, remove=[0])
                self.store.put(self.number, "mine", {0: b"never"})
                self.store.rewrite(self.number, remove=[len(self.model) + 9])
        except NotFound:
            return
        raise AssertionError("an index that is not in the log was taken away")

    @rule()
    def erase(self) -> None:
        assert self.store.erase()
        assert not self.store.pending()

    @rule()
    def reopen(self) -> None:
        if self.lasts:
            self.store.close()
            self.store = self.opened()

    @invariant()
    def the_store_says_what_the_list_says(self) -> None:
        scope = self._scope()
        assert (scope.number, scope.turns, scope.epoch) == (self.number, len(self.model), self.epoch)
        assert list(self.store.turns(self.number)) == self.model
        assert list(self.store.turns(self.number, 1, 3)) == self.model[1:3]
        assert self.store.at(self.number, range(len(self.model))) == self.model
        assert self.store.mention_rows(self.number) == mentions(self.model)
        assert [turn.index for turn in self.store.mentioning(self.number, "dog")] == [
            index for topic, index in reversed(mentions(self.model)) if topic == "dog"
        ]
        for turn in self.model[:2]:
            assert self.store.turn(self.number, turn.id) == turn
        for kind in ("whole", "mine", "", "checkpoint"):
            there = {turn.index: self.kept.get((kind, turn.id)) for turn in self.model}
            wanted = {index: value for index, value in there.items() if value is not None}
            assert self.store.keys(self.number, kind) == list(wanted)
            assert self.store.get(self.number, kind, range(len(self.model) + 2)) == wanted

    @invariant()
    def the_other_scope_is_as_it_was(self) -> None:
        assert list(self.store.turns(self.other)) == self.bystanders
        assert self.store.mention_rows(self.other) == [("dog", 0), ("dog", 1), ("dog", 2)]
        assert self.store.get(self.other, "mine", range(9)) == {1: b"another's"}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            faults = self.store.integrity()
            self.store.close()
            assert faults == []
