"""Geometry of a torus of cells: wrapping, distances, discs and rings, whatever the cells hold.

A cell is `(x, y)`, x the column; arrays over cells have shape `(height, width)`. Distances are compared as
whole numbers (their squares), so every answer is the same on every machine. Sizes are positive whole numbers;
a radius may be any number, and one below zero reaches nothing.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def wrap(value: int, size: int) -> int:
    """The coordinate in `0 .. size-1` that `value` wraps to on a ring of `size` cells.

    >>> wrap(-1, 64), wrap(64, 64)
    (63, 0)
    """
    return value % size


def squared_distance(ax: int, ay: int, bx: int, by: int, width: int, height: int) -> int:
    """The squared Euclidean distance between cells (ax, ay) and (bx, by), the shorter way round on each axis.

    >>> squared_distance(0, 0, 63, 2, 64, 64)
    5
    """
    dx, dy = (ax - bx) % width, (ay - by) % height
    return min(dx, width - dx) ** 2 + min(dy, height - dy) ** 2


def distance(ax: int, ay: int, bx: int, by: int, width: int, height: int) -> float:
    """The Euclidean distance between two cells, in cells.

    >>> distance(0, 0, 61, 4, 64, 64)
    5.0
    """
    return math.sqrt(squared_distance(ax, ay, bx, by, width, height))


@lru_cache(maxsize=16)
def squared_distances(width: int, height: int) -> Integers:
    """The squared distance of every cell from (0, 0), shape `(height, width)`; shared, so read only.

    Seen from (x, y) the table is the same rolled by (y, x).

    >>> squared_distances(4, 2)
    array([[0, 1, 4, 1],
           [1, 2, 5, 2]])
    """
    x, y = np.arange(width, dtype=np.int64), np.arange(height, dtype=np.int64)
    table: Integers = np.minimum(y, height - y)[:, None] ** 2 + np.minimum(x, width - x) ** 2
    table.flags.writeable = False
    return table


def reach(radius: float) -> int:
    """The largest squared distance `k` with `sqrt(k) <= radius`; -1 below zero.

    So `distance(...) <= radius` and `squared_distance(...) <= reach(radius)` always agree.

    >>> reach(2), reach(math.sqrt(13)), reach(0.5), reach(-1)
    (4, 13, 0, -1)
    """
    if radius < 0:
        return -1
    square = int(radius * radius)  # off by one at most, where the product was rounded
    return max(k for k in range(max(square - 1, 0), square + 2) if math.sqrt(k) <= radius)


def ring(inner: float, outer: float, width: int, height: int) -> Integers:
    """The offsets `(dx, dy)` of cells farther than `inner` and within `outer`, shape `(count, 2)`.

    Each cell of the torus comes at most once, even when the ring is wider than the torus: the offset is the
    shortest one (the positive one of two). Nearest first, then by dy, then by dx. The array is shared: read
    only.

    >>> ring(0, 1, 64, 64).tolist()
    [[0, -1], [-1, 0], [1, 0], [0, 1]]
    >>> ring(0, 1, 1, 2).tolist()
    [[0, 1]]
    """
    limit = width + height  # no two cells are farther apart; keeps an enormous radius from overflowing
    return _offsets(reach(min(inner, limit)), reach(min(outer, limit)), width, height)


def disc(radius: float, width: int, height: int) -> Integers:
    """The offsets `(dx, dy)` of cells within `radius`, centre first; order and shape as in `ring`.

    >>> len(disc(2, 64, 64)), len(disc(99, 3, 2))
    (13, 6)
    """
    return ring(-1, radius, width, height)


def disc_mask(x: int, y: int, radius: float, width: int, height: int) -> NDArray[np.bool_]:
    """True for the cells within `radius` of (x, y), shape `(height, width)`.

    >>> disc_mask(0, 0, 1, 4, 3).astype(int)
    array([[1, 1, 0, 1],
           [1, 0, 0, 0],
           [1, 0, 0, 0]])
    """
    mask = np.zeros((height, width), dtype=np.bool_)
    dx, dy = disc(radius, width, height).T
    mask[(y + dy) % height, (x + dx) % width] = True
    return mask


def nearest(allowed: NDArray[np.bool_], x: int, y: int) -> tuple[int, int] | None:
    """The allowed cell nearest to (x, y), ties by y, then x; None where no cell is allowed.

    `allowed` has shape `(height, width)`.

    >>> allowed = np.zeros((4, 8), dtype=bool)
    >>> allowed[0, 7] = allowed[1, 3] = True
    >>> nearest(allowed, 0, 0)
    (7, 0)
    """
    height, width = allowed.shape
    rows, columns = allowed.nonzero()
    if not len(rows):
        return None
    # an offset below zero counts from the end of the table, which is the other way round the torus
    best = squared_distances(width, height)[rows - y % height, columns - x % width].argmin()
    return int(columns[best]), int(rows[best])  # row order is the tie rule


@lru_cache(maxsize=256)
def _offsets(inner: int, outer: int, width: int, height: int) -> Integers:
    """Offsets whose squared distance is above `inner` and at most `outer`."""
    dx, dy = _axis(width, outer), _axis(height, outer)
    table = dy[:, None] ** 2 + dx**2
    rows, columns = np.nonzero((table > inner) & (table <= outer))
    order = np.argsort(table[rows, columns], kind="stable")  # row order is already by dy, then dx
    offsets: Integers = np.stack([dx[columns[order]], dy[rows[order]]], axis=1)
    offsets.flags.writeable = False
    return offsets


def _axis(size: int, outer: int) -> Integers:
    """The shortest offset to each cell of a ring of `size` cells, those within reach, ascending."""
    offsets = np.arange(size, dtype=np.int64) - (size - 1) // 2
    return offsets[offsets**2 <= outer]
