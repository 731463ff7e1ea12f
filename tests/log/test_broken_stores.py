"""The suite for stores bites: a store that breaks one promise fails the test that names it."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest

from torimem.errors import TorimemError
from torimem.log.store import Scope, StoreBase
from torimem.log.store.sqlite import SQLiteStore, rewrite
from torimem.log.turn import Turn
from torimem.testing import Lists, ListStore, SharedStoreTests

ANY = "test_any_sequence_of_operations_leaves_what_a_list_would_have"


class IndexFromOne(ListStore):
    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        for turn in super().turns(scope, start, stop):
            yield changed(turn, index=turn.index + 1)


class StopIncluded(ListStore):
    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        return super().turns(scope, start, None if stop is None else stop + 1)


class LeavesBytes(ListStore):
    """What was kept with a removed turn stays, and is there again with its id."""

    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        with self._changed() as view:
            kept = view.logs[scope].kept
            super().rewrite(scope, replace=replace, remove=remove)
            view.logs = {**view.logs, scope: changed(view.logs[scope], kept=kept)}


class BytesStayInPlace(ListStore):
    """Bytes are kept with indexes: behind a removed turn they are another's."""

    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        with self._changed() as view:
            before = {kind: self.get(scope, kind, range(99)) for kind, _ in view.logs[scope].kept}
            super().rewrite(scope, replace=replace, remove=remove)
            for kind, values in before.items():
                there = range(len(view.logs[scope].turns))
                self.put(scope, kind, {index: values.get(index) for index in there})


class LosesOrder(ListStore):
    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        return super().append(scope, sorted(turns, key=lambda turn: turn.text, reverse=True))


class LastFirst(ListStore):
    """Removing a turn puts the last one in its place."""

    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        with self._changed() as view:
            super().rewrite(scope, replace=replace, remove=remove)
            turns = view.logs[scope].turns
            if remove and turns:
                first = min(remove)
                moved = [*turns[:first], *turns[-1:], *turns[first:-1]][: len(turns)]
                right = tuple(changed(turn, index=index) for index, turn in enumerate(moved))
                view.logs = {**view.logs, scope: changed(view.logs[scope], turns=right)}


class SameEpoch(ListStore):
    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        with self._changed() as view:
            known = view.logs[scope].scope
            super().rewrite(scope, replace=replace, remove=remove)
            view.logs = {**view.logs, scope: changed(view.logs[scope], scope=known)}


class RetryWins(ListStore):
    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        turns = list(turns)
        written = super().append(scope, turns)
        right = [changed(new, index=old.index) for new, old in zip(turns, written, strict=True)]
        with self._changed() as view:
            log = view.logs[scope]
            by_index = {turn.index: turn for turn in [*log.turns, *right]}
            view.logs = {**view.logs, scope: changed(log, turns=tuple(by_index.values()))}
        return right


class ForgetsMeta(ListStore):
    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        return super().append(scope, (changed(turn, meta=None) for turn in turns))


class OneLogForAll(ListStore):
    """The agents of a user share their log."""

    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        with self._seen() as view:
            users = {number: log.scope.user for number, log in view.logs.items()}
        same = min((number for number, user in users.items() if user == users.get(scope)), default=scope)
        return super().turns(same, start, stop)


class NumbersAgain(ListStore):
    """A scope that was dropped lends its number to the next."""

    def drop(self, scope: int) -> None:
        super().drop(scope)
        self._lists.numbers = iter(range(scope, 99))  # type: ignore[assignment]


class HalfAnUndo(ListStore):
    """An error in a transaction leaves what was written before it."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield


class LiveSnapshot(ListStore):
    @contextmanager
    def snapshot(self) -> Iterator[None]:
        yield


class Dirty(ListStore):
    """Others see what is not done yet."""

    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        with self._changed() as view:
            written = super().append(scope, turns)
            self._lists.logs = view.logs
        return written


class EmptyIsNothing(ListStore):
    def put(self, scope: int, kind: str, values: Mapping[int, bytes | None]) -> None:
        super().put(scope, kind, {index: value or None for index, value in values.items()})


class ErasesBeforeReaders(ListStore):
    def erase(self) -> bool:
        self._lists.pending = False
        return True


class NothingPending(ListStore):
    def pending(self) -> bool:
        return False


class StaleCheckpoint(ListStore):
    def save_checkpoint(self, scope: Scope, turns: int, state: bytes, *, drop: Collection[int] = ()) -> None:
        with self.transaction():
            self.put(scope.number, "checkpoint", {turns - 1: state} | {old - 1: None for old in drop})


class KeepsOldVectors(ListStore):
    def put(self, scope: int, kind: str, values: Mapping[int, bytes | None]) -> None:
        super().put(
            scope, kind, {index: value for index, value in values.items() if value or kind != "whole"}
        )


class Talkative(ListStore):
    """A closed store goes on."""

    def close(self) -> None:
        pass


BROKEN: list[tuple[type[ListStore], str]] = [
    (IndexFromOne, "test_turns_come_back_as_they_were_written_with_their_index"),
    (IndexFromOne, ANY),
    (StopIncluded, "test_a_long_log_is_read_in_order_and_in_parts"),
    (LeavesBytes, "test_what_is_kept_with_a_turn_goes_with_it_and_the_others_keep_theirs"),
    (BytesStayInPlace, "test_what_is_kept_with_a_turn_goes_with_it_and_the_others_keep_theirs"),
    (BytesStayInPlace, ANY),
    (LosesOrder, ANY),
    (LastFirst, "test_after_forgetting_any_turns_it_is_as_if_they_had_never_been"),
    (SameEpoch, "test_the_epoch_rises_where_the_past_changes_and_only_there"),
    (SameEpoch, ANY),
    (RetryWins, "test_the_same_id_again_is_the_same_turn"),
    (ForgetsMeta, "test_turns_come_back_as_they_were_written_with_their_index"),
    (OneLogForAll, "test_two_scopes_never_mix"),
    (OneLogForAll, ANY),
    (NumbersAgain, "test_a_dropped_scope_is_empty_and_its_number_never_another_ones"),
    (HalfAnUndo, "test_an_error_inside_a_transaction_undoes_it_and_leaves_the_store_usable"),
    (HalfAnUndo, ANY),
    (LiveSnapshot, "test_a_snapshot_sees_nothing_that_others_write"),
    (Dirty, "test_reading_waits_for_nobody_and_sees_only_what_is_done"),
    (EmptyIsNothing, "test_bytes_are_kept_with_turns_by_kind"),
    (ErasesBeforeReaders, "test_an_open_reader_delays_an_erasure_and_a_later_one_makes_up_for_it"),
    (NothingPending, "test_what_was_deleted_is_pending_until_it_is_erased"),
    (StaleCheckpoint, "test_a_checkpoint_of_a_rewritten_past_is_not_kept"),
    (KeepsOldVectors, "test_another_text_leaves_its_vectors_blank_until_they_are_made_again"),
    (Talkative, "test_a_closed_store_says_so"),
]


def run(name: str, opened: Callable[[Path], StoreBase]) -> None:
    """Run one test of the suite on a store, without pytest."""

    class Suite(SharedStoreTests):
        def opened(self, folder: Path) -> StoreBase:
            return opened(folder)

    test: Callable[..., None] = getattr(Suite(), name)
    wants = inspect.signature(test).parameters
    with tempfile.TemporaryDirectory() as folder:
        given: dict[str, Any] = {"tmp_path": Path(folder)} if "tmp_path" in wants else {}
        with closing(opened(Path(folder) / "fixture")) as store:
            test(**given, **({"store": store} if "store" in wants else {}))


def of(kind: type[ListStore]) -> Callable[[Path], StoreBase]:
    shared: dict[Path, Lists] = {}
    return lambda folder: kind(shared.setdefault(folder, Lists()))


@pytest.mark.parametrize(("broken", "name"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_store_fails(broken: type[ListStore], name: str) -> None:
    with pytest.raises((AssertionError, TorimemError, LookupError, pytest.fail.Exception)):
        run(name, of(broken))


@pytest.mark.parametrize("name", sorted({name for _, name in BROKEN}))
def test_a_sound_store_passes_what_the_broken_ones_fail(name: str) -> None:
    run(name, of(ListStore))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("_unmention", "test_what_is_kept_with_a_turn_goes_with_it_and_the_others_keep_theirs"),
        ("_unmention", "test_other_turns_take_the_place_of_those_with_their_index"),
        ("_unmention", ANY),
    ],
)
def test_a_store_that_leaves_mentions_of_a_turn_that_is_gone_fails(
    monkeypatch: pytest.MonkeyPatch, function: str, name: str
) -> None:
    monkeypatch.setattr(rewrite, function, lambda *_: None)

    def opened(folder: Path) -> SQLiteStore:
        folder.mkdir(exist_ok=True)
        return SQLiteStore(folder / "m.db")

    with pytest.raises(AssertionError):
        run(name, opened)


def test_a_store_that_lacks_an_operation_cannot_be_made() -> None:
    class Half(StoreBase):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]
