"""Placement: which cell of the torus a topic gets, in integer arithmetic, equal on every machine.

A topic goes to the cell with the least distance to the topics it belongs with, among the cells that keep all
topics `spacing` apart. A topic that belongs with none goes where a keyed hash of its name says, out of
reach of all others if there is room, so that nearness means something. To leave that room, a torus holds at
most half of the topics that would fit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from ..field import torus

_KEY = b"torimem place 1"


@dataclass(frozen=True, slots=True)
class Pull:
    """The attraction of a topic at (x, y) on a new one; `weight` is at least 1."""

    x: int
    y: int
    weight: int


def hashed(key: str, width: int, height: int) -> tuple[int, int]:
    """The cell (x, y) that the hash of a key gives, in every process and on every machine.

    >>> hashed("python", 64, 64) == hashed("python", 64, 64)
    True
    """
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16, key=_KEY).digest()
    return int.from_bytes(digest[:8], "big") % width, int.from_bytes(digest[8:], "big") % height


class Ground:
    """Occupied cells, and for each cell how many topics lie within `spacing` of it; 0 means free.

    The counts are kept up to date as topics come and go: computing them for each new topic would be most of
    the work of a fold. `taken` are the topics' cells, `y * width + x`, in the order they came.

    >>> ground = Ground(8, 8, 2, [(0, 0)])
    >>> int(ground.free().sum())  # the cell, its 4 neighbours and 4 diagonals are closed
    55
    """

    __slots__ = ("_closed", "height", "spacing", "taken", "width")

    def __init__(self, width: int, height: int, spacing: int, taken: Iterable[tuple[int, int]] = ()) -> None:
        self.width: int = width
        self.height: int = height
        self.spacing: int = spacing
        self.taken: list[int] = []
        self._closed = np.zeros((height, width), dtype=np.int16)
        for cell in taken:
            self.take(*cell)

    def take(self, x: int, y: int) -> None:
        """Occupy a cell."""
        self.taken.append(y * self.width + x)
        self._closed[self.around(x, y, self.spacing**2)] += 1

    def leave(self, x: int, y: int) -> None:
        """Free an occupied cell."""
        self.taken.remove(y * self.width + x)
        self._closed[self.around(x, y, self.spacing**2)] -= 1

    def free(self) -> NDArray[np.bool_]:
        """The cells (height, width) at a distance of at least `spacing` from every topic."""
        free: NDArray[np.bool_] = self._closed == 0
        return free

    def around(self, x: int, y: int, squared: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The cells nearer to (x, y) than a squared distance: their y and x, each cell once."""
        dy, dx = _near(self.width, self.height, squared)
        return (y + dy) % self.height, (x + dx) % self.width

    def out_of_reach(self) -> NDArray[np.bool_]:
        """The cells farther from every topic than twice the spacing."""
        lonely = np.ones_like(self._closed, dtype=np.bool_)
        for cell in self.taken:
            lonely[self.around(cell % self.width, cell // self.width, (2 * self.spacing) ** 2 + 1)] = False
        return lonely


def capacity(width: int, height: int, spacing: int) -> int:
    """The most topics on a torus: half of a square packing, so that a new one finds room near related ones.

    Measured on dialogues: on a full torus a topic gets whatever cell is left, and nearness says little.

    >>> capacity(64, 64, 4), capacity(1, 1, 4)
    (128, 1)
    """
    return max(1, width * height // (2 * spacing * spacing))


@lru_cache(maxsize=64)
def _far(width: int, height: int) -> NDArray[np.int64]:
    """The square root of the distance from (0, 0) to each cell, in 1/1024, tiled twice: shape (2h, 2w)."""
    squared = torus.squared_distances(width, height)
    values, where = np.unique(squared, return_inverse=True)
    roots = np.array([isqrt(isqrt(int(value) << 40)) for value in values], np.int64)
    return np.tile(roots[where].reshape(squared.shape), (2, 2))


@lru_cache(maxsize=64)
def _near(width: int, height: int, squared: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Offsets (dy, dx) of the cells nearer than a squared distance."""
    dy, dx = np.nonzero(torus.squared_distances(width, height) < squared)
    return dy, dx


def choose(
    key: str, pulls: Sequence[Pull], ground: Ground, alike: Sequence[Pull] = ()
) -> tuple[int, int] | None:
    """The cell (x, y) for a topic, or None where no cell keeps the spacing.

    With `pulls`, the free cell with the least sum of `weight * sqrt(distance)` over them; ties go to the
    lowest y, then x. The root makes a cell beside one of them better than one halfway between all. Without
    pulls, a cell out of reach of every topic, or any free cell if there is none: the one with the least such
    sum over `alike`, the topics of similar names, or else the one nearest to the hashed cell.

    >>> choose("ml", [Pull(10, 10, 1)], Ground(64, 64, 4, [(10, 10)]))
    (10, 6)
    """
    free = ground.free()
    if not free.any():
        return None
    if pulls:
        return _least(pulls, free)
    # a cell out of reach of all has a whole free disc around it: with fewer free cells, there is none
    if free.sum() >= len(_near(ground.width, ground.height, ground.spacing**2 + 1)[0]):
        lonely = ground.out_of_reach()
        free = lonely if lonely.any() else free
    return _least(alike, free) if alike else torus.nearest(free, *hashed(key, ground.width, ground.height))


def _least(pulls: Sequence[Pull], among: NDArray[np.bool_]) -> tuple[int, int]:
    """The allowed cell (x, y) with the least sum of `weight * sqrt(distance)`."""
    height, width = among.shape
    far = _far(width, height)
    effort = np.zeros((height, width), dtype=np.int64)
    for pull in pulls:
        up, left = height - pull.y, width - pull.x
        effort += pull.weight * far[up : up + height, left : left + width]  # distances from the pull
    best = int(np.where(among, effort, np.iinfo(np.int64).max).argmin())
    return best % width, best // width
