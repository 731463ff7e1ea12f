"""The state of one scope, kept up to date with the log, whichever process writes to it.

All that one answer needs is read in one snapshot, so no other process changes the log halfway through it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import RLock
from typing import cast

from ..checks import integer
from ..errors import DynamicsMismatch, InvalidInput, NotFound, StoreError
from ..field.backends import Backend
from ..log.arrival import moment
from ..log.store import Scope, StoreBase
from ..log.turn import Turn
from . import checkpoint, fold
from .dynamics import Dynamics
from .stats import LogStats

CHECKPOINT_EVERY = 256


class Follower:
    """The fold of one scope's log; raises `DynamicsMismatch` if `dynamics` differs from what is stored.

    >>> from torimem.testing import ListStore
    >>> follower = Follower(ListStore(), "ada", "")
    >>> with follower.reading() as (scope, state):
    ...     scope, state.turns
    (None, 0)
    """

    def __init__(
        self,
        store: StoreBase,
        user: str,
        agent: str,
        dynamics: Dynamics | None = None,
        backend: str | Backend = "auto",
    ) -> None:
        self.store: StoreBase = store
        self.backend: str | Backend = backend
        self.user: str = user
        self.agent: str = agent
        self.lock: RLock = RLock()
        """Held while the state is read: folding changes it in place. The store has locks of its own."""
        known = self.find()
        stored = Dynamics.from_json(known.dynamics) if known else None
        if stored and dynamics and stored != dynamics:
            raise DynamicsMismatch(
                f"the memory of {user!r} was written with other Dynamics ({dynamics.difference(stored)}): "
                "open it without, or change it with torimem refold"
            )
        self.dynamics: Dynamics = stored or dynamics or Dynamics()
        self._cached: fold.State | None = None
        self._seen: tuple[int, int, str] | None = None  # scope, epoch and Dynamics of the cached state
        self._unsaved: list[tuple[int, bytes]] = []  # checkpoints made while reading: writing saves them

    def find(self) -> Scope | None:
        """The scope as it is now, None where nothing was written yet."""
        return self.store.find(self.user, self.agent)

    @contextmanager
    def reading(
        self, progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[Scope | None, fold.State]]:
        """The scope and its state after the newest turn, in one snapshot: to be read, never changed.

        `progress` is called with the number of turns folded so far. Nothing is written.
        """
        with self.lock, self.store.snapshot():
            scope = self.find()
            try:
                state = self._latest(scope, progress)
            except BaseException:
                self._cached = None  # it may hold half a turn
                raise
            yield scope, state

    def catch_up(self, progress: Callable[[int], None] | None = None) -> None:
        """Fold what was written, so that the next read need not, and save the checkpoints on the way."""
        with self.reading(progress) as (scope, _):
            kept, self._unsaved = self._unsaved, []
        if scope is not None:
            self._keep(scope, kept)

    def unfolded(self) -> tuple[fold.State, list[Turn]]:
        """The newest state that is known, and the turns after it up to the next checkpoint.

        They are the caller's to fold, and the state then comes back by `folded`.
        """
        with self.lock, self.store.snapshot():
            scope = self.find()
            if scope is None:
                return fold.begin(self.dynamics, self.backend), []
            self._follow(scope)
            state, self._cached = self._cached or self._load(scope, scope.turns), None
            return state, list(self.store.turns(scope.number, state.turns, _next(state.turns)))

    def folded(self, state: fold.State) -> None:
        """Take a state over that somebody else has folded, unless the past has changed meanwhile."""
        kept = []
        with self.lock:
            scope = self.find()
            if scope is None or self._seen != (scope.number, scope.epoch, scope.dynamics):
                return
            self._cached = state
            full = state.turns > 0 and state.turns % CHECKPOINT_EVERY == 0
            if full and _worth_keeping(state.turns, scope.turns):
                kept.append((state.turns, checkpoint.dump(state)))
        self._keep(scope, kept)

    @contextmanager
    def writing(self) -> Iterator[Scope]:
        """The scope, made where it is new, in one transaction."""
        with self.store.transaction():
            yield self.find() or self.store.scope(self.user, self.agent, self.dynamics.to_json())

    def refold(self, dynamics: Dynamics, progress: Callable[[int], None] | None = None) -> None:
        """Fold the whole log afresh with these Dynamics."""
        with self.store.transaction():
            scope = self.find()
            if scope is not None:
                self.store.set_dynamics(scope.number, dynamics.to_json())
        with self.lock:
            self.dynamics, self._cached = dynamics, None
        self.catch_up(progress)

    def seen(
        self,
        scope: Scope | None,
        state: fold.State,
        as_of: datetime | str | int | None,
        now: datetime | None,
        lit: Collection[str] = (),
    ) -> fold.State:
        """The state at an earlier or later time, with some topics activated: a copy if it differs."""
        if as_of is not None and scope is not None:
            state = self.as_of(scope, as_of)
        if now is not None or lit:
            state = fold.copy(state)
            if now is not None:
                fold.pass_time(state, now)
            fold.light(state, lit)
        return state

    def as_of(self, scope: Scope, when: datetime | str | int) -> fold.State:
        """A state of its own as it was after a turn, given by id or index, or at a moment."""
        turns = self.until(scope, when)
        state = self._load(scope, turns)
        for turn in self.store.turns(scope.number, state.turns, turns):
            fold.apply(state, turn)
        return state

    def until(self, scope: Scope, when: datetime | str | int) -> int:
        """How many turns that is, the one that is named counted in."""
        if isinstance(when, int) and not isinstance(when, bool):
            if not 0 <= when < scope.turns:
                last = scope.turns - 1
                raise NotFound(f"as_of is {when}, the log has the indexes 0 to {last}: choose one of them")
            return when + 1
        if isinstance(when, str):
            try:
                return self.store.turn(scope.number, when).index + 1
            except NotFound:
                try:
                    when = moment(when, "as_of")
                except InvalidInput:
                    raise NotFound(f"as_of is {when!r}, neither the id of a turn nor a time") from None
        return self.store.said_until(scope.number, moment(cast(datetime, when), "as_of"))

    def turn(self, scope: Scope | None, id: str) -> Turn:
        """The turn with this id; raises `NotFound`, `InvalidInput` for what is no id."""
        if not isinstance(id, str):
            raise InvalidInput(f"turn is {id!r:.60}, it must be the id of one: take it from the ledger")
        if scope is None:
            raise NotFound(f"no turn has the id {id!r}: the memory of {self.user!r} is empty")
        return self.store.turn(scope.number, id)

    def turns(self, last: int | None, *, after: str | int | None, limit: int | None) -> list[Turn]:
        """The turns of the log in order, as `Memory.turns` says."""
        last, limit = (
            None if value is None else integer(name, value, 0)
            for name, value in (("last", last), ("limit", limit))
        )
        if last is not None and (after is not None or limit is not None):
            raise InvalidInput(f"last is {last}, it goes without after and limit: give it alone or give them")
        with self.store.snapshot():
            scope = self.find()
            if isinstance(after, str):
                start = self.turn(scope, after).index + 1
            else:
                start = 0 if after is None else integer("after", after, -1) + 1
            if scope is None:
                return []
            if last is not None:
                start = max(0, scope.turns - last)
            stop = None if limit is None else start + limit
            return list(self.store.turns(scope.number, start, stop))

    def stats(self) -> LogStats:
        """Counts and sizes of the log, its fold and its indexes."""
        with self.reading() as (scope, state):
            return {
                "turns": state.turns,
                "user_turns": state.user_turns,
                "topics": len(state.topics),
                "topics_ever": len(self.store.mention_counts(scope.number)) if scope else 0,
                "evictions": state.evictions,
                "steps": state.steps,
                "speakers": list(state.speakers),
                "last": state.at.isoformat() if state.at else None,
                "checkpoints": len(self.store.checkpoints(scope.number)) if scope else 0,
                "embedded": self.store.embedded(scope.number) if scope else 0,
                "bytes": self.store.size(),
                "erasure_pending": self.store.pending(),
            }

    def verify(self) -> bool:
        """Whether the log, folded afresh, gives the state in use, every checkpoint and the index."""
        with self.reading() as (scope, state):
            fresh = fold.begin(self.dynamics, self.backend)
            if scope is not None:
                rows: list[tuple[str, int]] = []
                kept = set(self.store.checkpoints(scope.number))
                for turn in self.store.turns(scope.number):
                    fold.apply(fresh, turn)
                    rows += {(mention.key, turn.index) for mention in turn.analysis.mentions}
                    found = self._checkpoint(scope, fresh.turns) if fresh.turns in kept else None
                    if found is not None and checkpoint.dump(found) != checkpoint.dump(fresh):
                        return False
                if sorted(rows) != self.store.mention_rows(scope.number):
                    return False
            return checkpoint.dump(fresh) == checkpoint.dump(state)

    def _latest(self, scope: Scope | None, progress: Callable[[int], None] | None) -> fold.State:
        if scope is None:
            self._cached, self._seen = fold.begin(self.dynamics, self.backend), None
            self._unsaved = []
            return self._cached
        self._follow(scope)
        if self._cached is None or self._cached.turns > scope.turns:  # an older snapshot may be open around
            self._cached = self._load(scope, scope.turns)
        state = self._cached
        while state.turns < scope.turns:
            stop = min(scope.turns, _next(state.turns))
            for turn in self.store.turns(scope.number, state.turns, stop):
                fold.apply(state, turn)
            if state.turns != stop:
                raise StoreError(
                    f"{self.store.name}: turns are missing before index {stop}: restore it from an export"
                )
            if stop % CHECKPOINT_EVERY == 0 and _worth_keeping(stop, scope.turns):
                unsaved = [one for one in self._unsaved if _worth_keeping(one[0], stop)]
                self._unsaved = [*unsaved, (stop, checkpoint.dump(state))]
            if progress:
                progress(stop)
        return state

    def _follow(self, scope: Scope) -> None:
        """Take over what another process has changed: Dynamics, or turns that were forgotten."""
        seen = scope.number, scope.epoch, scope.dynamics
        if seen != self._seen:
            self.dynamics, self._cached, self._seen = Dynamics.from_json(scope.dynamics), None, seen
            self._unsaved = []

    def _load(self, scope: Scope, turns: int) -> fold.State:
        """The state of the newest checkpoint of at most so many turns; a damaged one is passed over."""
        for covered in reversed(self.store.checkpoints(scope.number)):
            state = self._checkpoint(scope, covered) if covered <= turns else None
            if state is not None:
                return state
        return fold.begin(self.dynamics, self.backend)

    def _checkpoint(self, scope: Scope, covered: int) -> fold.State | None:
        try:
            state = checkpoint.load(self.store.checkpoint(scope.number, covered), self.backend)
        except StoreError:
            return None
        return state if state.dynamics == self.dynamics and state.turns == covered else None

    def _keep(self, scope: Scope, kept: list[tuple[int, bytes]]) -> None:
        """Save checkpoints, ever fewer the older they are: the way back costs at most as much again."""
        if not kept:
            return
        # only a cache: a locked, full or read-only file must not fail what is done
        with suppress(StoreError):
            have = set(self.store.checkpoints(scope.number))
            for turns, state in kept:
                have.add(turns)
                old = {covered for covered in have if not _worth_keeping(covered, turns)}
                self.store.save_checkpoint(scope, turns, state, drop=sorted(old))
                have -= old


def _next(turns: int) -> int:
    """How many turns the next checkpoint covers."""
    return (turns // CHECKPOINT_EVERY + 1) * CHECKPOINT_EVERY


def _worth_keeping(covered: int, newest: int) -> bool:
    """Whether a checkpoint stays: the last eight do, and older ones by how even their number is."""
    number = covered // CHECKPOINT_EVERY
    return (newest - covered) // CHECKPOINT_EVERY <= 8 * (number & -number)
