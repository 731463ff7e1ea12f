"""The definition of every operation, cell by cell in float64: for reading and testing, not for speed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import torus
from ..stencil import Stencil
from . import Cells, Discs, Integers, Method, Mode

_STEPS = 64
"""The most steps that "auto" takes one by one; beyond, a jump is faster even cell by cell."""


class ReferenceBackend:
    """NumPy arrays, Python loops.

    >>> backend = ReferenceBackend()
    >>> field = backend.put(np.array([[[1.0, 0.0, 0.0]]]))
    >>> backend.advance(field, (Stencil.diffusion(0.5, 0.0),), 1, "step")
    array([[[0.75 , 0.125, 0.125]]])
    """

    name = "reference"

    def put(self, cells: Cells) -> Cells:
        return cells.copy()

    def get(self, field: Cells) -> Cells:
        return field.copy()

    def advance(
        self,
        field: Cells,
        stencils: tuple[Stencil, ...],
        n: int | Integers,
        method: Method,
        donate: bool = False,
    ) -> Cells:
        out = field.copy()
        steps = np.broadcast_to(n, field.shape[:-3])
        for item in np.ndindex(*steps.shape):
            count = int(steps[item])
            for layer, stencil in enumerate(stencils):
                plane = out[(*item, layer)]
                if method == "exact":
                    for _ in range(count):
                        plane[:] = _exact_step(plane, stencil)
                elif method == "step" or (method == "auto" and count <= _STEPS):
                    rows: list[list[float]] = plane.tolist()
                    for _ in range(count):
                        rows = _step(rows, stencil)
                    plane[:] = rows
                else:
                    plane[:] = _jump(plane, stencil, count)
        return out

    def stamp(self, field: Cells, discs: Discs, mode: Mode, donate: bool = False) -> Cells:
        out = field.copy()
        *_, height, width = field.shape
        planes = out.reshape(-1, height, width)
        for plane, cx, cy, radius, strength in zip(
            discs.plane, discs.x, discs.y, discs.radius, discs.strength, strict=True
        ):
            for y in range(height):
                for x in range(width):
                    if torus.squared_distance(x, y, int(cx), int(cy), width, height) <= torus.reach(radius):
                        u = planes[plane, y, x]
                        planes[plane, y, x] = {"max": max(u, strength), "add": u + strength, "set": strength}[
                            mode
                        ]
        return out

    def correlate(self, field: Cells, pattern: Cells, layer: int) -> Cells:
        cells = field[..., layer, :, :]
        out = np.zeros(cells.shape)
        *_, height, width = cells.shape
        for y in range(height):
            for x in range(width):
                for j in range(pattern.shape[0]):
                    for i in range(pattern.shape[1]):
                        out[..., y, x] += pattern[j, i] * cells[..., (y + j) % height, (x + i) % width]
        return out.astype(field.dtype)


def _step(u: list[list[float]], weights: Stencil) -> list[list[float]]:
    """One step of one plane in float64."""
    height, width = len(u), len(u[0])
    return [
        [
            weights.c * u[y][x]
            + weights.n * u[(y - 1) % height][x]
            + weights.s * u[(y + 1) % height][x]
            + weights.w * u[y][(x - 1) % width]
            + weights.e * u[y][(x + 1) % width]
            for x in range(width)
        ]
        for y in range(height)
    ]


def _exact_step(u: NDArray[Any], weights: Stencil) -> NDArray[Any]:
    """One step in the dtype of `u`, each operation rounded separately, in the canonical order."""
    number = u.dtype.type
    c, n, s, w, e = (number(weight) for weight in (weights.c, weights.n, weights.s, weights.w, weights.e))
    height, width = u.shape
    out = np.empty_like(u)
    for y in range(height):
        for x in range(width):
            here, north, south = u[y, x], u[(y - 1) % height, x], u[(y + 1) % height, x]
            west, east = u[y, (x - 1) % width], u[y, (x + 1) % width]
            if n == s == w == e:
                out[y, x] = c * here + ((north + south) + (west + east)) * n
            else:
                out[y, x] = c * here + n * north + s * south + w * west + e * east
    return out


def _jump(u: Cells, weights: Stencil, n: int) -> NDArray[np.float64]:
    """`n` steps at once: each wave times its factor to the n, by the textbook Fourier sum."""
    height, width = u.shape
    fy, fx = _waves(height), _waves(width)
    north, west = fy[1 % height][:, None], fx[1 % width]
    factor = (
        weights.c + weights.n * north + weights.s * north.conj() + weights.w * west + weights.e * west.conj()
    )
    spectrum = fy @ u.astype(np.float64) @ fx * factor**n
    cells: NDArray[np.float64] = (fy.conj() @ spectrum @ fx.conj()).real / (height * width)
    return cells


def _waves(size: int) -> NDArray[np.complex128]:
    """The Fourier matrix of a ring: `exp(-2 pi i k m / size)` at [k, m]."""
    k = np.arange(size)
    waves: NDArray[np.complex128] = np.exp(-2j * np.pi * (np.outer(k, k) % size) / size)
    return waves
