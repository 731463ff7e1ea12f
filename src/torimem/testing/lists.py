"""A store of plain lists: the shortest one that keeps every promise, to test with and to read."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from ..errors import NotFound, StoreError
from ..log.store import Scope, StoreBase
from ..log.store.protocol import retried
from ..log.turn import Turn


@dataclass(frozen=True, slots=True)
class _Log:
    """One scope: its turns in order, and the bytes kept with them, by kind and id. Never changed in place."""

    scope: Scope
    turns: tuple[Turn, ...] = ()
    kept: Mapping[tuple[str, str], bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _View:
    """What one thread sees inside a snapshot or a transaction."""

    logs: Mapping[int, _Log]
    pending: bool
    writes: bool = False


class Lists:
    """What several `ListStore` may share, as processes share a file."""

    def __init__(self) -> None:
        self.logs: Mapping[int, _Log] = {}
        self.pending = False
        self.numbers: Iterator[int] = count(1)
        self.views = 0
        self.counting: threading.Lock = threading.Lock()
        self.writing: threading.RLock = threading.RLock()


class ListStore(StoreBase):
    """A store in plain lists, for tests: it is gone with the last one that shares its `lists`.

    A change makes a new log and puts it in place of the old one when it is done, so whoever reads keeps what
    there was.

    >>> lists = Lists()
    >>> ListStore(lists).scope("ada", "", "{}").number
    1
    >>> ListStore(lists).find("ada", "").number
    1
    """

    def __init__(self, lists: Lists | None = None) -> None:
        self._lists = lists or Lists()
        self._own = threading.local()
        self._closed = False

    def __repr__(self) -> str:
        return "ListStore()"

    @property
    def name(self) -> str:
        return "a store of lists"

    def close(self) -> None:
        self._closed = True

    # Transactions

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._seen():
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._changed():
            yield

    @contextmanager
    def _seen(self) -> Iterator[_View]:
        self._check()
        view: _View | None = getattr(self._own, "view", None)
        if view is not None:  # the outer one decides
            yield view
            return
        with self._lists.counting:
            self._lists.views += 1
            self._own.view = view = _View(self._lists.logs, self._lists.pending)
        try:
            yield view
        finally:
            self._own.view = None
            with self._lists.counting:
                self._lists.views -= 1

    @contextmanager
    def _changed(self) -> Iterator[_View]:
        lists = self._lists
        with lists.writing, self._seen() as view:
            if view.writes:
                yield view
                return
            if view.logs is not lists.logs:
                raise StoreError(f"{self.name} was changed since this snapshot: write outside of it")
            view.writes = True
            try:
                yield view
                lists.logs, lists.pending = view.logs, view.pending
            finally:
                view.logs, view.pending, view.writes = lists.logs, lists.pending, False

    def _check(self) -> None:
        if self._closed:
            raise StoreError(f"{self.name} was closed: open a new Memory on it")

    def erase(self) -> bool:
        self._check()
        with self._lists.writing, self._lists.counting:
            if self._lists.views:  # somebody still reads the old lists
                return False
            self._lists.pending = False
        return True

    def pending(self) -> bool:
        with self._seen() as view:
            return view.pending

    # Scopes

    def scopes(self) -> list[Scope]:
        with self._seen() as view:
            found = [replace(log.scope, turns=len(log.turns)) for log in view.logs.values()]
        return sorted(found, key=lambda scope: (scope.user, scope.agent))

    def scope(self, user: str, agent: str, dynamics: str) -> Scope:
        with self._changed() as view:
            known = self.find(user, agent)
            if known is None:
                known = Scope(next(self._lists.numbers), user, agent, dynamics, 0, 0)
                view.logs = {**view.logs, known.number: _Log(known)}
        return known

    def update(self, scope: int, *, dynamics: str | None = None, embedder: str | None = None) -> None:
        with self._changed() as view:
            log = self._log(view, scope)
            new = log.scope
            if dynamics is not None:
                new = replace(new, dynamics=dynamics, epoch=new.epoch + 1)
            if embedder is not None:
                new = replace(new, embedder=embedder or None)
            view.logs = {**view.logs, scope: replace(log, scope=new)}

    def drop(self, scope: int) -> None:
        with self._changed() as view:
            view.logs = {number: log for number, log in view.logs.items() if number != scope}
            view.pending = True

    def _log(self, view: _View, scope: int) -> _Log:
        try:
            return view.logs[scope]
        except KeyError:
            raise NotFound(f"no scope has the number {scope}: find or make it again") from None

    def _turn(self, log: _Log, index: int) -> Turn:
        if not 0 <= index < len(log.turns):
            raise NotFound(f"no turn has the index {index}: look it up again")
        return log.turns[index]

    # The log

    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        with self._changed() as view:
            log = self._log(view, scope)
            known = {turn.id: turn for turn in log.turns}
            written = []
            for turn in turns:
                if turn.id in known:
                    retried(known[turn.id], turn)
                else:
                    known[turn.id] = replace(turn, index=len(known))
                written.append(known[turn.id])
            view.logs = {**view.logs, scope: replace(log, turns=tuple(known.values()))}
        return written

    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        with self._seen() as view:
            log = view.logs.get(scope)
        yield from log.turns[start:stop] if log else ()

    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        with self._changed() as view:
            log = self._log(view, scope)
            turns, changed = [*log.turns], bool(remove)
            for turn in replace:
                if self._turn(log, turn.index).id != turn.id:
                    raise NotFound(f"turn {turn.index} has not the id {turn.id!r}: look it up again")
                turns[turn.index], changed = turn, True
            gone = {self._turn(log, index).id for index in remove}
            if changed:
                view.logs = {**view.logs, scope: _without(log, turns, gone)}
                view.pending = True

    # Bytes kept with turns

    def put(self, scope: int, kind: str, values: Mapping[int, bytes | None]) -> None:
        with self._changed() as view:
            log = self._log(view, scope)
            given = {(kind, self._turn(log, index).id): value for index, value in values.items()}
            kept = {key: value for key, value in {**log.kept, **given}.items() if value is not None}
            view.logs = {**view.logs, scope: replace(log, kept=kept)}

    def get(self, scope: int, kind: str, indexes: Iterable[int]) -> dict[int, bytes]:
        with self._seen() as view:
            log = view.logs.get(scope, _EMPTY)
        there = {turn.index: log.kept.get((kind, turn.id)) for turn in log.turns}
        return {index: value for index in indexes if (value := there.get(index)) is not None}

    def keys(self, scope: int, kind: str, start: int = 0) -> list[int]:
        with self._seen() as view:
            log = view.logs.get(scope, _EMPTY)
        return [turn.index for turn in log.turns[start:] if (kind, turn.id) in log.kept]


_EMPTY = _Log(Scope(0, "", "", "", 0, 0))


def _without(log: _Log, turns: Iterable[Turn], gone: Collection[str]) -> _Log:
    """The log with other turns, without those of some ids and what is kept with them, in the next epoch."""
    left = [turn for turn in turns if turn.id not in gone]
    return _Log(
        replace(log.scope, epoch=log.scope.epoch + 1),
        tuple(replace(turn, index=index) for index, turn in enumerate(left)),
        {(kind, id): value for (kind, id), value in log.kept.items() if id not in gone},
    )
