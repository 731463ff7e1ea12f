"""Discs: the cells within a radius of a centre; many to be stamped in one call, or one to be read.

Distances are Euclidean, in cells, the shorter way round on each axis (`torus`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import integers
from ..errors import InvalidInput
from . import torus
from .checks import reals
from .torus import Integers

Mode: TypeAlias = Literal["max", "add", "set"]
"""What a disc does to a cell: lift it to the disc's strength, add the strength, or write it."""

MODES: dict[Mode, int] = {"set": 0, "max": 1, "add": 2}
"""The numbers of the modes in kernels."""


@dataclass(frozen=True, slots=True)
class Discs:
    """Many flat discs, stamped in this order; every array has one entry per disc.

    `plane` counts the layers of all items of a batch in C order (`item * layers + layer`); `x` and `y` lie on
    the torus; `radius` is at least 0.

    >>> one = np.array([0])
    >>> index, strength = Discs(one, one, one, np.array([1.0]), np.array([0.5])).cells(width=4, height=3)
    >>> index.tolist(), strength.tolist()
    ([0, 8, 3, 1, 4], [0.5, 0.5, 0.5, 0.5, 0.5])
    """

    plane: Integers
    x: Integers
    y: Integers
    radius: NDArray[np.float64]
    strength: NDArray[np.float64]

    @classmethod
    def over(
        cls,
        items: ArrayLike | range,
        layers: int | Sequence[int],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        x: ArrayLike,
        y: ArrayLike,
        radius: ArrayLike,
        strength: ArrayLike,
    ) -> Discs:
        """Discs for a field of that shape and dtype, from arrays that broadcast together, `items` too.

        Every item of a range gets every disc, and so does each of several layers. Coordinates wrap.
        Raises `InvalidInput` for coordinates that are not whole numbers, negative radii, strengths that
        `dtype` cannot hold and arrays that do not broadcast.

        >>> Discs.over(0, [1, 3], (4, 9, 8), np.dtype("float32"), [5, -1], 7, 1.0, 0.5).plane
        array([1, 1, 3, 3])
        """
        column, row = integers("x", x) % shape[-1], integers("y", y) % shape[-2]
        radii, strengths = reals("radius", radius, 0), reals("strength", strength)
        if dtype == np.float32:  # what the dtype can hold, so that all backends add the same number
            with np.errstate(over="ignore"):
                strengths = reals("strength", strengths.astype(np.float32))
        given: list[NDArray[Any]] = [column, row, radii, strengths]
        axes = max(array.ndim for array in given[:3])
        plane = np.asarray(layers)
        if plane.ndim:
            plane = plane.reshape(-1, *[1] * max(axes, given[3].ndim - 1))
        which = np.asarray(items)
        if isinstance(items, range):
            which = which.reshape(-1, *[1] * max(axes, plane.ndim, given[3].ndim))
        try:
            given = [plane, which, *given]
            alike = np.broadcast(*given).shape
        except ValueError:
            shapes = ", ".join(str(array.shape) for array in given[1:])
            raise InvalidInput(f"arrays of discs have shapes {shapes}; make them alike") from None
        given[1] = which * shape[-3] + plane
        columns: list[NDArray[Any]] = [np.empty(alike, kind) for kind in (*[np.int64] * 3, *[np.float64] * 2)]
        for column, array in zip(columns, given[1:], strict=True):
            column[...] = array
        return cls(*(column.ravel() for column in columns))

    def cells(self, width: int, height: int) -> tuple[Integers, NDArray[np.float64]]:
        """The flat index and the strength of every cell of every disc: once for each disc that covers it."""
        parts = [np.empty(0, dtype=np.int64)]
        counts = []
        for part, offsets in self._runs(width, height):
            x = (self.x[part, None] + offsets[:, 0]) % width
            y = (self.y[part, None] + offsets[:, 1]) % height
            parts.append(((self.plane[part, None] * height + y) * width + x).ravel())
            counts += [len(offsets)] * len(x)
        return np.concatenate(parts), np.repeat(self.strength, counts)

    def passes(self, width: int, height: int, mode: Mode) -> Iterator[tuple[Integers, NDArray[np.float64]]]:
        """The same, split so that no pass names a cell twice: devices write cells in any order.

        Applied one after another, the passes give exactly what the discs give in their order. "add" needs as
        many passes as discs overlap, the other modes need one.

        >>> one = np.array([0])
        >>> twice = Discs(*(np.repeat(one, 2),) * 3, np.zeros(2), np.array([0.5, 0.25]))
        >>> [(i.tolist(), s.tolist()) for mode in ("max", "add") for i, s in twice.passes(3, 3, mode)]
        [([0], [0.5]), ([0], [0.5]), ([0], [0.25])]
        """
        index, strength = self.cells(width, height)
        order = np.lexsort((strength, index)) if mode == "max" else np.argsort(index, kind="stable")
        index, strength = index[order], strength[order]
        first = np.r_[True, index[1:] != index[:-1]][: len(index)]
        if mode == "add":
            starts = np.flatnonzero(first)
            turn = np.arange(len(index)) - np.repeat(starts, np.diff(np.r_[starts, len(index)]))
            for number in range(int(turn.max(initial=-1)) + 1):
                yield index[turn == number], strength[turn == number]
        elif len(index):
            last = np.r_[first[1:], True]
            yield index[last], strength[last]

    def _runs(self, width: int, height: int) -> Iterator[tuple[slice, Integers]]:
        """Neighbouring discs of one radius with the offsets they share."""
        start = 0
        for radius, run in groupby(self.radius.tolist()):
            stop = start + sum(1 for _ in run)
            yield slice(start, stop), torus.disc(radius, width, height)
            start = stop


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell and what it holds."""

    x: int
    y: int
    value: float


def neighbors(plane: NDArray[Any], x: int, y: int, radius: float) -> list[Cell]:
    """The cells of a plane `(y, x)` within `radius` of (x, y) but that one, nearest first, then by y, x.

    >>> neighbors(np.array([[5.0, 6.0, 7.0]]), 0, 0, 1)
    [Cell(x=1, y=0, value=6.0), Cell(x=2, y=0, value=7.0)]
    """
    height, width = plane.shape
    cells = (torus.ring(0, radius, width, height) + np.array([x, y])) % (width, height)
    found = [Cell(cx, cy, float(plane[cy, cx])) for cx, cy in cells.tolist()]
    return sorted(found, key=lambda c: (torus.squared_distance(c.x, c.y, x, y, width, height), c.y, c.x))
