"""Folding many memories as one batch: their unfolded turns, side by side on one backend.

The fields of all memories are items of one `Field` and advance in the same calls, each by as many steps as
its own turns ask for, so every memory gets the bytes that it would get alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..field.backends import Backend, Mode, load
from ..field.field import Field
from ..field.stencil import Stencil
from ..log.turn import Turn
from . import fold
from .canvas import Canvas
from .dynamics import LAYERS, Dynamics
from .follow import Follower

_TOGETHER = 1024
"""The most memories in one batch."""


def advance(
    logs: Sequence[Follower], backend: str | Backend = "auto", progress: Callable[[int], None] | None = None
) -> int:
    """Fold the turns that each log has not folded yet, in batches on one backend; returns how many turns.

    `progress` is called with the number of turns folded so far. Raises as `torimem.field.backends.load`.
    """
    backend = load(backend)
    done = 0
    waiting = list(dict.fromkeys(logs))
    while waiting:
        again = []
        known = iter(waiting)
        while group := list(islice(known, _TOGETHER)):
            pending = [(log, *log.unfolded()) for log in group]
            _fold([(state, turns) for _, state, turns in pending], backend)
            for log, state, turns in pending:
                log.folded(state)
                done += len(turns)
                if turns:
                    again.append(log)
            if progress:
                progress(done)
        waiting = again
    return done


def _fold(pending: Sequence[tuple[fold.State, list[Turn]]], backend: str | Backend) -> None:
    """Fold the turns of each state; states with equal Dynamics share a batch."""
    alike: dict[Dynamics, list[tuple[fold.State, list[Turn]]]] = {}
    for state, turns in pending:
        if turns:
            alike.setdefault(state.dynamics, []).append((state, turns))
    for states in alike.values():
        batch = _Batch([state.field for state, _ in states], backend)
        own = [state.field for state, _ in states]
        for number, (state, _) in enumerate(states):
            state.field = _Row(batch, number)
        for turn in range(max(len(turns) for _, turns in states)):
            for state, turns in states:
                if turn < len(turns):
                    fold.apply(state, turns[turn])
            batch.catch_up()
        cells = batch.field.numpy()
        for field, one, (state, _) in zip(own, cells, states, strict=True):
            state.field = field.with_cells(one)


@dataclass(frozen=True, slots=True, eq=False)
class _Discs:
    """Discs to stamp on one item: the arguments of `Field.activate_radius`."""

    x: NDArray[Any]
    y: NDArray[Any]
    radius: NDArray[Any]
    strength: NDArray[Any]
    layers: tuple[str, ...]
    mode: Mode


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Steps of one item."""

    n: int
    stencils: tuple[Stencil, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """New cells for one item."""

    cells: NDArray[Any]


class _Batch:
    """One field with an item for each memory, and the pending changes of each item in order."""

    def __init__(self, fields: Sequence[Canvas], backend: str | Backend) -> None:
        self.backend = backend
        self.field = Field.from_numpy(
            np.stack([field.numpy() for field in fields]), layers=LAYERS, backend=backend
        )
        self.waiting: list[deque[_Discs | _Steps | _Cells]] = [deque() for _ in fields]

    def catch_up(self) -> None:
        """Apply all pending changes, one of each item a round; changes of one kind share a call."""
        while any(self.waiting):
            heads = [(number, queue.popleft()) for number, queue in enumerate(self.waiting) if queue]
            for numbers, given in _grouped(heads, _Cells, lambda one: None):
                whole = self.field.numpy()
                whole[numbers] = [one.cells for one in given]
                self.field = self.field.with_cells(whole)
            for numbers, steps in _grouped(heads, _Steps, lambda one: one.stencils):
                counts = np.zeros(len(self.waiting), np.int64)
                counts[numbers] = [one.n for one in steps]
                self.field.advance(counts, steps[0].stencils, exact=True)
            for numbers, discs in _grouped(heads, _Discs, lambda one: (one.layers, one.mode)):
                lengths = [one.x.size for one in discs]
                x, y, radius, strength = (
                    np.concatenate([getattr(one, name) for one in discs], axis=-1)
                    for name in ("x", "y", "radius", "strength")
                )
                self.field.activate_radius(
                    x, y, radius, strength, layer=discs[0].layers, mode=discs[0].mode,
                    item=np.repeat(numbers, lengths),
                )  # fmt: skip


def _grouped(
    heads: Sequence[tuple[int, Any]], kind: type, key: Callable[[Any], Any]
) -> Iterator[tuple[list[int], list[Any]]]:
    """The changes of that kind, grouped by key: the numbers of their items, and the changes."""
    groups: dict[Any, tuple[list[int], list[Any]]] = {}
    for number, one in heads:
        if isinstance(one, kind):
            numbers, same = groups.setdefault(key(one), ([], []))
            numbers.append(number)
            same.append(one)
    yield from groups.values()


class _Row:
    """One item of a batch as the canvas of its fold: changes wait for those of the others, reads do not."""

    def __init__(self, batch: _Batch, number: int) -> None:
        self._batch, self._number = batch, number

    @property
    def shape(self) -> tuple[int, ...]:
        return self._batch.field.shape[1:]

    def activate_radius(
        self, x: ArrayLike, y: ArrayLike, radius: ArrayLike, strength: ArrayLike, /, *,
        layer: Sequence[str], mode: Mode,
    ) -> None:  # fmt: skip
        x, y = np.atleast_1d(x), np.atleast_1d(y)
        radius = np.broadcast_to(np.asarray(radius, np.float64), x.shape)
        strength = np.broadcast_to(np.asarray(strength, np.float64), (len(layer), *x.shape))
        self._batch.waiting[self._number].append(_Discs(x, y, radius, strength, tuple(layer), mode))

    def advance(self, n: int, stencils: Sequence[Stencil], /, *, exact: bool) -> None:
        self._batch.waiting[self._number].append(_Steps(n, tuple(stencils)))

    def numpy(self) -> NDArray[Any]:
        self._batch.catch_up()
        return self._batch.field.numpy(self._number)

    def with_cells(self, cells: NDArray[Any], /) -> _Row:
        self._batch.waiting[self._number].append(_Cells(cells))
        return self

    def copy(self) -> Field:
        return Field.from_numpy(self.numpy(), layers=LAYERS, backend=self._batch.backend)
