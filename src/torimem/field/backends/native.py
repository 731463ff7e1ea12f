"""The CPU engine: chooses stepping or jumping and the number of threads; C does the arithmetic.

The C source stands in `native/` and is compiled when torimem is installed. One build holds variants for
several instruction sets and takes the widest that the processor runs; `native:sse2` and the like ask for
another. Results do not depend on the number of threads, nor, in the canonical order, on the instruction set.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ...errors import InvalidInput, MissingExtra
from .. import match
from ..discs import MODES
from ..stencil import Stencil
from . import Cells, Discs, Integers, Method, Mode
from .numpy import NumpyBackend

try:
    from . import _native
except ImportError:
    raise MissingExtra(
        "not compiled here, numpy serves instead; get a C compiler (gcc or clang), then reinstall: "
        "pip install --force-reinstall --no-deps torimem"
    ) from None


class NativeBackend(_native.Engine, NumpyBackend):
    """NumPy arrays, worked on by C.

    >>> backend = NativeBackend()
    >>> field = backend.put(np.array([[[1.0, 0.0, 0.0]]]))
    >>> backend.get(backend.advance(field, (Stencil.diffusion(0.5, 0.0),), 1, "exact"))
    array([[[0.75 , 0.125, 0.125]]])
    """

    def __init__(self, instructions: str | None = None) -> None:
        engines = _native.engines()
        if instructions is not None and instructions not in engines:
            raise InvalidInput(
                f"backend='native:{instructions}' does not run here; this processor has "
                f"{', '.join(f'native:{name}' for name in engines)}"
            )
        self.name = "native" if instructions is None else f"native:{instructions}"
        chosen = instructions or next(iter(engines))
        self.about: str = (
            f"the default on CPUs: C with vector instructions, here {chosen} of {', '.join(engines)}"
        )
        # short bursts of AVX-512 slow a processor down; AVX2 fuses multiply and add as well, so it gives the
        # same numbers
        brief = chosen if instructions or chosen != "avx512" else "avx2"
        super().__init__(engines[chosen], engines[brief], *_threads())

    # Engine.advance takes a few steps of a donated field by itself and calls this for everything else
    def far(
        self,
        field: Cells,
        stencils: tuple[Stencil, ...],
        n: int | Integers,
        method: Method,
        donate: bool = False,
    ) -> Cells:
        n = n if isinstance(n, int) else np.ascontiguousarray(n)
        longest = -1  # more steps than these are jumped; below 0: none are
        if method in ("auto", "jump"):
            longest = 0 if method == "jump" else _longest(*field.shape[-2:])
        if longest >= 0 and not _known(*field.shape[-2:]):
            return self._by_numpy(field, stencils, n, longest)
        if longest < 0 and field.size * int(np.max(n, initial=0)) > _UNBROKEN:
            return self._in_turns(field, stencils, n, method)
        out = field if donate else np.empty_like(field)
        return self.steps(field, out, stencils, n, longest, method == "exact", 0)

    def stamp(self, field: Cells, discs: Discs, mode: Mode, donate: bool = False) -> Cells:
        out = field if donate else field.copy()
        return self.stamp_on(out, discs.plane, discs.x, discs.y, discs.radius, discs.strength, MODES[mode])

    def correlate(self, field: Cells, pattern: Cells, layer: int) -> Cells:
        planes = field[..., layer, :, :].reshape(-1, *field.shape[-2:])
        out = np.empty(planes.shape)
        for plane, sums in zip(planes, out, strict=True):
            self.match(plane, (pattern.astype(np.float64),), (sums,), False)
        return out.reshape(*field.shape[:-3], *field.shape[-2:]).astype(field.dtype)

    def ncc(self, plane: Cells, patterns: Sequence[match.Plane]) -> list[match.Plane]:
        """What `match.ncc_each` returns, computed in C."""
        outlines = [match.outline(pattern) for pattern in patterns]
        scores = [np.zeros(plane.shape) if one is None else np.empty(plane.shape) for one in outlines]
        pairs = [(one, out) for one, out in zip(outlines, scores, strict=True) if one is not None]
        self.match(plane, tuple(one for one, _ in pairs), tuple(out for _, out in pairs), True)
        return scores

    def _in_turns(
        self, field: Cells, stencils: tuple[Stencil, ...], n: int | Integers, method: Method
    ) -> Cells:
        """Take very many steps in parts, on a copy, so that Ctrl-C leaves the field unchanged."""
        out, left = field.copy(), np.array(np.broadcast_to(n, field.shape[:-3]), dtype=np.int64)
        done, most = 0, max(1, _UNBROKEN // field.size)
        while left.any():
            now = np.minimum(left, most)
            self.steps(out, out, stencils, now, -1, method == "exact", done)
            left -= now
            done += most
        return out

    def _by_numpy(
        self, field: Cells, stencils: tuple[Stencil, ...], n: int | Integers, longest: int
    ) -> Cells:
        """Jump by NumPy: planes with a side of large prime factors, for which C has no transform."""
        steps = np.broadcast_to(n, field.shape[:-3])
        far = steps > longest
        out = np.empty_like(field)
        self.steps(field, out, stencils, np.where(far, 0, steps).astype(np.int64), -1, False, 0)
        if far.any():
            out[far] = NumpyBackend.advance(self, field[far], stencils, steps[far], "jump")
        return out


_UNBROKEN = 10**10
"""The most cells times steps in one call of C: a few seconds of work."""


def _longest(height: int, width: int) -> int:
    """The most steps for which stepping is cheaper than a jump; measured with AVX-512 and AVX2."""
    cells = height * width
    steps = _native.NEAR if cells <= 1 << 13 else 32 if cells <= 1 << 20 else 48
    # a transform works on many columns at once; a plane thinner than that wastes most of its work
    return steps * max(1, 16 // (height // 2 + 1), 16 // width)


@lru_cache(maxsize=64)
def _known(height: int, width: int) -> bool:
    return _native.smooth(height) and _native.smooth(width)


def _threads() -> tuple[int, float]:
    """How many threads a call may use, and from how many cells times steps on it uses them.

    TORIMEM_THREADS sets the number and makes threads start early. Otherwise there are as many as this process
    has processors, and they start where even a machine that is slow to wake a thread gains from them.
    """
    given = os.environ.get("TORIMEM_THREADS", "")
    if given:
        if not given.isdecimal() or int(given) < 1:
            raise InvalidInput(
                f"TORIMEM_THREADS={given!r} must be a whole number from 1 on; unset it for the default"
            )
        return min(int(given), 2**16), 2.0**20  # far more than are ever started
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return here, 2.0**25
