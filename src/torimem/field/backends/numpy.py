"""Stepping and Fourier jumps in NumPy, block by block so that cells stay in a core's cache."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import match
from ..stencil import Stencil, weight_table
from . import Cells, Discs, Integers, Method, Mode
from .jump import jump

_BLOCK = 1 << 16
"""Cells in one block: with their scratch they fit a core's own cache."""

_JUMP = 20
"""The number of steps from which a jump is cheaper than stepping; measured, about equal for all sizes."""


class NumpyBackend:
    """NumPy arrays, whole-array operations.

    >>> backend = NumpyBackend()
    >>> field = backend.put(np.array([[[1.0, 0.0, 0.0]]]))
    >>> backend.get(backend.advance(field, (Stencil.diffusion(0.5, 0.0),), 1, "exact"))
    array([[[0.75 , 0.125, 0.125]]])
    """

    name: str = "numpy"

    def put(self, cells: Cells) -> Cells:
        return np.array(cells, order="C")

    def get(self, field: Cells) -> Cells:
        view = field.view()
        view.flags.writeable = False
        return view

    def advance(
        self,
        field: Cells,
        stencils: tuple[Stencil, ...],
        n: int | Integers,
        method: Method,
        donate: bool = False,
    ) -> Cells:
        out = field.copy()
        layers, height, width = field.shape[-3:]
        cells = out.reshape(-1, layers, height, width)
        size = max(1, _BLOCK // (layers * height * width))
        steps = np.broadcast_to(n, field.shape[:-3]).reshape(-1)
        longest = {"auto": _JUMP - 1, "jump": 0}.get(method)  # the most steps taken one by one
        jumps = np.zeros_like(steps, dtype=np.bool_) if longest is None else steps > longest
        for block in _blocks(jumps, size):
            cells[block] = _jump(cells[block], stencils, steps[block])
        for count in sorted(set(steps[~jumps].tolist()) - {0}):
            for block in _blocks(~jumps & (steps == count), size):
                for group in groups(stencils, field.dtype):
                    where = (block[:, None], group.layers)
                    cells[where] = _step(cells[where], group, count)
        return out

    def stamp(self, field: Cells, discs: Discs, mode: Mode, donate: bool = False) -> Cells:
        out = field.copy()
        flat = out.reshape(-1)
        index, strength = discs.cells(width=field.shape[-1], height=field.shape[-2])
        values = strength.astype(field.dtype)
        if mode == "set":
            flat[index] = values
        else:
            (np.maximum if mode == "max" else np.add).at(flat, index, values)
        return out

    def correlate(self, field: Cells, pattern: Cells, layer: int) -> Cells:
        plane = field[..., layer, :, :].astype(np.float64)
        return match.correlation(plane, pattern.astype(np.float64)).astype(field.dtype)


class Group(NamedTuple):
    """Layers that are stepped together: their numbers and the five weights, each of shape `(layer, 1)`."""

    layers: NDArray[np.intp]
    weights: tuple[NDArray[Any], ...]
    even: bool  # all four neighbours weigh the same, as in diffusion


@lru_cache(maxsize=64)
def groups(stencils: tuple[Stencil, ...], dtype: np.dtype[Any]) -> tuple[Group, ...]:
    """The layers whose four neighbours weigh the same and the others; the two round in different orders.

    >>> [group.layers.tolist() for group in groups((Stencil.diffusion(),) * 2, np.dtype("float32"))]
    [[0, 1]]
    """
    table = weight_table(stencils).astype(dtype)
    alike = (table[:, 2:] == table[:, 1:2]).all(axis=1)
    groups = []
    for even in (True, False):
        layers = np.flatnonzero(alike == even)
        if layers.size:
            groups.append(Group(layers, tuple(table[layers].T[:, :, None]), even))
    return tuple(groups)


def _blocks(chosen: NDArray[np.bool_], size: int) -> Iterator[NDArray[np.intp]]:
    """The chosen items, `size` at a time."""
    items = np.flatnonzero(chosen)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _step(cells: Cells, group: Group, count: int) -> Cells:
    """`count` steps of cells `(batch, layer, y, x)`, in one padded buffer and two of scratch.

    With a rim of one cell, a plane laid out flat has each of its four neighbours at one constant shift, so
    every operation runs over one long stretch of memory. The results in the rim are overwritten by the
    wrapped cells.
    """
    batch, layers, height, width = cells.shape
    row = width + 2
    padded = np.empty((batch, layers, height + 2, row), dtype=cells.dtype)
    inner = padded[..., 1:-1, 1:-1]
    inner[...] = cells
    flat, span = padded.reshape(batch, layers, -1), height * row
    here, north, south, west, east = (
        flat[..., start : start + span] for start in (row, 0, 2 * row, row - 1, row + 1)
    )
    rim = (
        (padded[..., 1:-1, 0], padded[..., 1:-1, -2]),
        (padded[..., 1:-1, -1], padded[..., 1:-1, 1]),
        (padded[..., 0, :], padded[..., -2, :]),
        (padded[..., -1, :], padded[..., 1, :]),
    )
    first, second = np.empty((2, *here.shape), dtype=cells.dtype)
    c, n, *others = group.weights
    for _ in range(count):
        for target, source in rim:
            target[...] = source
        if group.even:
            np.add(north, south, out=first)
            np.add(west, east, out=second)
            np.add(first, second, out=first)
            np.multiply(first, n, out=first)
            np.multiply(here, c, out=here)
            np.add(here, first, out=here)
        else:
            np.multiply(here, c, out=first)
            for weight, neighbour in zip((n, *others), (north, south, west, east), strict=True):
                np.multiply(neighbour, weight, out=second)
                np.add(first, second, out=first)
            here[...] = first
    return inner


def _jump(cells: Cells, stencils: tuple[Stencil, ...], steps: Integers) -> NDArray[Any]:
    """Cells `(batch, layer, y, x)` after `steps` (batch,) steps: each wave times its eigenvalue to the n.

    The result is clipped to the bounds that stepping obeys, so rounding makes no cell negative, and a field
    that has faded below the smallest normal number of its dtype is exactly zero.
    """
    distinct, which = np.unique(steps, return_inverse=True)
    made = jump(stencils, distinct, cells.shape[-2:])
    low, high = cells.min(axis=(-2, -1), keepdims=True), cells.max(axis=(-2, -1), keepdims=True)
    peak = np.maximum(-low, high)
    with np.errstate(under="ignore"):
        bounds = [
            np.where(made.positive, bound, side * peak) * made.fades[which]
            for bound, side in ((low, -1), (high, 1))
        ]
        for bound in bounds:
            bound[np.abs(bound) < np.finfo(cells.dtype).tiny] = 0.0
        if not (bounds[0].any() or bounds[1].any()):
            return np.zeros_like(cells)
        factors = made.factors[which] if len(distinct) > 1 else made.factors
        later = np.fft.irfft2(np.fft.rfft2(cells.astype(np.float64)) * factors, cells.shape[-2:])
    held: NDArray[Any] = np.clip(later, *bounds)
    return held
