"""Whether a backend is right: each operation against NumPy in float64, exact steps against it to the bit.

A few fields in a few seconds, so that no time of a wrong kernel is believed. All that must hold of a backend
stands in `torimem.testing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from torimem import Field, Stencil
from torimem.field.backends import Backend, Discs, Mode, load

from .here import Settings, missing
from .rows import CHECKED, Row

Cells = NDArray[Any]

STENCILS = (Stencil.diffusion(0.2, 0.01), Stencil.flow(0.2, 0.1, 0.01, 0.5))
SHAPES = [  # (memory, layer, y, x)
    ((3, 2, 64, 64), "float32"),
    ((3, 1, 64, 64), "float32"),
    ((2, 2, 64, 64), "float64"),
    ((3, 2, 50, 50), "float32"),
    ((3, 2, 37, 41), "float32"),
    ((2, 1, 37, 41), "float64"),
    ((5, 2, 4, 64), "float32"),
    ((2, 2, 1, 1), "float32"),
    ((1, 1, 300, 260), "float32"),
]


def checked(name: str, settings: Settings) -> tuple[list[Row], list[Row]]:
    """A row about a backend and one for each thing that is wrong; and those of all operations and dtypes."""
    if why := missing(name):
        return [Row(CHECKED, name, note=f"missing: {why}")], []
    from .turns import failed

    rows: list[Row] = []
    for dtype in ("float32", "float64"):
        fields = [drawn(shape) for shape, kind in SHAPES if kind == dtype]
        for operation, check in CHECKS.items():
            row = Row(CHECKED, name, f"{operation} {dtype[-2:]}", right="yes")
            errors, slack = [0.0], [0.0]
            try:
                for cells in fields[:: 2 if settings.cpu else 1]:
                    for error, bound in check(load(name), cells.astype(dtype)):
                        errors.append(error)
                        slack.append(error - bound)
            except Exception as error:
                rows.append(failed(row, error))
                continue
            right = "yes" if np.max(slack) <= 0 else "no"
            rows.append(Row(CHECKED, name, row.n, error=float(np.max(errors)), right=right))
    wrong = [row for row in rows if row.right == "no"]
    worst = ", ".join(f"{row.n} {row.error or 0.0:.0e}" for row in rows)
    whole = Row(CHECKED, name, right="no" if wrong else "yes", error=max(row.error or 0.0 for row in rows))
    return [replace(whole, note=worst), *wrong], [row for row in rows if row not in wrong]


def kernels(name: str) -> None:
    """Both kernels of a backend on small fields, for a tool that watches; raises where one is wrong."""
    for shape, dtype in SHAPES[1:-1]:
        for check in (exact, step):
            for error, most in check(load(name), drawn(shape).astype(dtype)):
                if not error <= most:
                    raise ArithmeticError(f"{name}: {shape} is off by {error:.1e}")


def drawn(shape: tuple[int, ...]) -> Cells:
    return np.random.default_rng(sum(shape)).uniform(-1, 1, shape)


def counts(memories: int) -> list[int | NDArray[np.int64]]:
    """One step, several, and each memory its own number, the first none."""
    return [1, 4, np.arange(memories) * 3]


Errors = Iterator[tuple[float, float]]
"""An error and the most that it may be, for each thing that was compared."""


def exact(ours: Backend, cells: Cells) -> Errors:
    numpy, stencils = load("numpy"), STENCILS[: cells.shape[1]]
    for n in counts(len(cells)):
        got = ours.get(ours.advance(ours.put(cells), stencils, n, "exact"))
        want = numpy.get(numpy.advance(cells, stencils, n, "exact"))
        same = np.array_equal(got.view(f"u{got.itemsize}"), want.view(f"u{want.itemsize}"))
        yield 0.0 if same else max(off(got, want), float(np.finfo(got.dtype).tiny)), 0.0


def step(ours: Backend, cells: Cells) -> Errors:
    yield from _advanced(ours, cells, "step", counts(len(cells)))


def jump(ours: Backend, cells: Cells) -> Errors:
    yield from _advanced(ours, cells, "jump", [*counts(len(cells)), 1000])


def auto(ours: Backend, cells: Cells) -> Errors:
    """Some memories are stepped and others jump."""
    yield from _advanced(ours, cells, "auto", [np.arange(len(cells)) * 100])


def _advanced(ours: Backend, cells: Cells, method: Any, numbers: list[Any]) -> Errors:
    numpy, stencils = load("numpy"), STENCILS[: cells.shape[1]]
    for n in numbers:
        got = ours.get(ours.advance(ours.put(cells), stencils, n, method))
        want = numpy.get(numpy.advance(cells.astype(np.float64), stencils, n, "step"))
        yield off(got, want), bound(cells, 4 + min(100, int(np.max(n))))


def stamp(ours: Backend, cells: Cells) -> Errors:
    numpy, random = load("numpy"), np.random.default_rng(1)
    plane, y, x = (random.integers(0, side, 20) for side in (cells[..., 0, 0].size, *cells.shape[-2:]))
    discs = Discs(plane, x, y, random.choice([0.0, 1.0, 2.5, 9.0], 20), random.uniform(-1, 1, 20))
    for mode in get_args(Mode):
        got = ours.get(ours.stamp(ours.put(cells), discs, mode))
        yield off(got, numpy.get(numpy.stamp(cells.astype(np.float64), discs, mode))), bound(cells, 24)


def correlate(ours: Backend, cells: Cells) -> Errors:
    numpy, random = load("numpy"), np.random.default_rng(2)
    for side in (1, 3, 13):  # the last by Fourier transform
        pattern = random.uniform(-1, 1, (side, side)).astype(cells.dtype)
        if side <= min(cells.shape[-2:]):
            got = ours.get(ours.correlate(ours.put(cells), pattern, 0))
            want = numpy.get(numpy.correlate(cells.astype(np.float64), pattern.astype(np.float64), 0))
            yield off(got, want), bound(cells, 4 + pattern.size)


def matched(ours: Backend, cells: Cells) -> Errors:
    """`Field.match` of a pattern that lies over both edges."""
    for side in (1, 3, 13):
        if side <= min(cells.shape[-2:]):
            pattern = np.roll(cells[0, 0], (side // 2, side // 2), (0, 1))[:side, :side]
            found = [
                Field.from_numpy(cells[0], backend=name).match(pattern, layer=LAYER[cells.shape[1]], limit=3)
                for name in (ours.name, "numpy")
            ]
            alike = [(one.x, one.y) for one in found[0]] == [(one.x, one.y) for one in found[1]]
            scores = [np.array([one.score for one in each]) for each in found]
            yield off(*scores) if alike else 1.0, 1e-6


LAYER = {1: "activation", 2: "layer0"}
CHECKS = {
    "exact": exact, "step": step, "jump": jump, "auto": auto, "stamp": stamp, "correlate": correlate,
    "match": matched,
}  # fmt: skip


def off(got: Cells, want: Cells) -> float:
    """The largest difference; NaN where there is one."""
    return float(np.abs(got.astype(np.float64) - want).max(initial=0.0))


def bound(cells: Cells, roundings: int) -> float:
    """The most that so many roundings of cells in [-1, 1] come to."""
    return 8 * float(np.finfo(cells.dtype).eps) * roundings
