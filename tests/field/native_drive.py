"""Everything the CPU engine can do, on every instruction set: run by itself under a sanitizer, which ends it.

What comes out is held against NumPy only roughly: this is for reads and writes out of bounds, for undefined
arithmetic and for threads that meet.
"""

from __future__ import annotations

import os

import numpy as np

from torimem.field import match
from torimem.field.backends import Cells, Discs, _native
from torimem.field.backends.native import NativeBackend
from torimem.field.backends.numpy import NumpyBackend
from torimem.field.stencil import Stencil

SIDES = [
    (1, 1),
    (1, 2),
    (2, 1),
    (2, 2),
    (1, 40),
    (33, 1),
    (3, 3),
    (4, 16),
    (7, 5),
    (8, 31),
    (13, 64),
    (17, 33),
    (37, 41),
]
SHAPES = [  # cells, and how many steps: all paths, in one thread or several
    *(((3, 1 + i % 3, *side), (1, 2, 5, 37)) for i, side in enumerate(SIDES)),
    ((8, 2, 64, 64), (18, 37)),
    ((1, 2, 450, 441), (1, 18)),
    ((12, 1, 450, 441), (2,)),
    ((1, 1, 3, 70_000), (17,)),
    ((1, 1, 70_000, 3), (17,)),
]
STENCILS = [
    Stencil.diffusion(0.3, 0.01),
    Stencil.flow(0.2, 0.1, 0.0, 0.5),
    Stencil(-0.3, 0.2, -0.1, 0.2, 0.1),
]


def drive(name: str, threads: int, dtype: str) -> None:
    """All methods on all shapes, into new memory and in place."""
    os.environ["TORIMEM_THREADS"] = str(threads)
    engine, numpy, random = NativeBackend(name), NumpyBackend(), np.random.default_rng(threads)
    for shape, counts in SHAPES:
        if shape[0] > 10 if threads == 1 else np.prod(shape) < 10**4:
            continue  # too much for one, too little to be shared
        cells = random.random(shape).astype(dtype)
        stencils = tuple(STENCILS[: shape[1]])
        for n in counts:
            wanted = numpy.advance(cells, stencils, n, "jump")
            for i, method in enumerate(("auto", "step", "jump", "exact")):
                donate = bool((i + n) % 2)
                got = engine.advance(cells.copy(), stencils, n, method, donate)
                assert np.allclose(got, wanted, atol=1e-5), (name, shape, n, method)
        if cells.size < 10**5:
            engine.advance(cells, stencils, random.integers(0, 5 * max(counts), shape[0]), "auto")
            engine.advance(cells, stencils, 10**9, "auto")
        if min(shape[-2], shape[-1]) > 3 or cells.size < 10**4:
            compare(engine, cells[:2], random)
    for method in ("auto", "step", "jump", "exact"):
        assert engine.advance(np.zeros((0, 1, 3, 4), dtype), (STENCILS[0],), 30, method).size == 0


def compare(engine: NativeBackend, cells: Cells, random: np.random.Generator) -> None:
    """Stamps, sums and likeness, of small patterns and of large ones."""
    height, width = cells.shape[-2:]
    plane, y, x = (random.integers(0, side, 30) for side in (cells.shape[0] * cells.shape[1], height, width))
    radius = random.choice([0.0, 1.5, 3.0] if cells.size > 10**4 else [0.0, 1.5, 3.0, 9.0, 1e300], 30)
    discs = Discs(plane, x, y, radius, random.random(30))
    for mode in ("max", "add", "set"):
        assert engine.stamp(cells, discs, mode).shape == cells.shape
    sizes = [(1, 1), (min(height, 5), min(width, 7)), (min(height, 40), min(width, 31))]
    patterns = [random.random(size) for size in sizes]
    for pattern in patterns:
        assert engine.correlate(cells, pattern.astype(cells.dtype), 0).shape == (len(cells), height, width)
    scores = engine.ncc(cells[0, 0], [*patterns, np.ones((1, 1))])
    if cells.size < 10**4:
        for pattern, score in zip(patterns, scores, strict=False):
            assert np.allclose(score, match.ncc(cells[0, 0].astype("float64"), pattern), atol=1e-6)


if __name__ == "__main__":
    for chosen in _native.engines():
        for count in (1, 3):
            for kind in ("float32", "float64"):
                drive(chosen, count, kind)
    print("driven:", *_native.engines())
