"""Topic -> cell: where on the torus a topic gets its place; knows geometry, not fields or logs.

A topic lies where the activation of the topics it belongs with, blurred over the torus, peaks among the
cells that keep every topic `spacing` apart. The first of its kind lies where a keyed hash of its name says,
out of reach of all others where there is room: nearness must mean something. All of it is integer arithmetic,
so a log gives the same places on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import torus

_KEY = b"torimem place 1"


@dataclass(frozen=True, slots=True)
class Pull:
    """How strongly a topic at (x, y) attracts another: a weight of at least 1."""

    x: int
    y: int
    weight: int


def hashed(key: str, width: int, height: int) -> tuple[int, int]:
    """The cell (x, y) that a topic's key alone gives: the same in every process and on every machine.

    >>> hashed("python", 64, 64) == hashed("python", 64, 64)
    True
    """
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16, key=_KEY).digest()
    return int.from_bytes(digest[:8], "big") % width, int.from_bytes(digest[8:], "big") % height


def allowed(taken: Iterable[tuple[int, int]], width: int, height: int, spacing: int) -> NDArray[np.bool_]:
    """The cells (height, width) at a distance of at least `spacing` from every taken (x, y).

    >>> int(allowed([(0, 0)], 8, 8, 2).sum())  # the cell, its 4 neighbours and 4 diagonals are closed
    55
    """
    return _clear(taken, width, height, spacing * spacing)


def _clear(taken: Iterable[tuple[int, int]], width: int, height: int, squared: int) -> NDArray[np.bool_]:
    """The cells at a squared distance of at least `squared` from every taken one."""
    free = np.ones((height, width), dtype=np.bool_)
    cells = list(taken)
    if cells:
        dy, dx = _near(width, height, squared)
        x, y = np.array(cells).T
        free[(y[:, None] + dy) % height, (x[:, None] + dx) % width] = False
    return free


@lru_cache(maxsize=64)
def _near(width: int, height: int, squared: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Offsets (dy, dx) of the cells nearer than a squared distance."""
    dy, dx = np.nonzero(torus.squared_distances(width, height) < squared)
    return dy, dx


def choose(
    key: str,
    pulls: Sequence[Pull],
    taken: Sequence[tuple[int, int]],
    *,
    width: int,
    height: int,
    spacing: int,
) -> tuple[int, int] | None:
    """The cell (x, y) for a topic, or None where no cell keeps the spacing.

    The cell with the highest sum of `weight * (reach^2 - distance^2)` over the pulls within reach (twice
    the spacing); ties go to the lowest y, then x. Without a pull, the cell nearest to the hashed one among
    those out of reach of every topic, or where there is none among all that are allowed.

    >>> choose("ml", [Pull(10, 10, 1)], [(10, 10)], width=64, height=64, spacing=4)
    (10, 6)
    """
    free = allowed(taken, width, height, spacing)
    if not free.any():
        return None
    reach = 2 * spacing
    squared = torus.squared_distances(width, height)
    blur = np.maximum(reach * reach - squared, 0)
    attraction = np.zeros((height, width), dtype=np.int64)
    if pulls:
        dy, dx = _near(width, height, reach * reach)
        x, y, weight = np.array([(pull.x, pull.y, pull.weight) for pull in pulls]).T[:, :, None]
        np.add.at(attraction, ((y + dy) % height, (x + dx) % width), weight * blur[dy, dx])
    best = int(np.where(free, attraction, -1).argmax())
    if attraction.flat[best] > 0:
        return best % width, best // width
    home = hashed(key, width, height)
    # around a cell out of reach of all, a whole disc is free: on a crowded torus there is no need to look
    if free.sum() >= len(_near(width, height, spacing * spacing + 1)[0]):
        lonely = _clear(taken, width, height, reach * reach + 1)
        return torus.nearest(lonely, *home) or torus.nearest(free, *home)
    return torus.nearest(free, *home)
