"""Base class for device backends: splits a batch into stepping and jumping items; NumPy as the fallback.

A subclass defines `put` and `get` and overrides the operations that its device does well; the others are done
by NumPy on the host, correctly but slowly. Arrays are never overwritten, so fields may share them with each
other and with the arrays they were made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput
from ..stencil import Stencil
from . import Array, Cells, Discs, Integers, Method, Mode
from .jump import Jump, jump
from .numpy import NumpyBackend

_KEPT = 1 << 23
"""The largest table of jump factors, in numbers, that is cached."""

_numpy = NumpyBackend()


class Device:
    """A backend derived from `put` and `get`. Hooks take and return arrays `(batch, layer, y, x)`.

    `longest` is the largest number of steps for which stepping is cheaper than a jump. `canonical` says that
    `step` rounds each operation separately, in the canonical order.
    """

    name: str
    about: str
    longest: int = 64
    canonical: bool = False

    def put(self, cells: Cells) -> Array:
        raise NotImplementedError

    def get(self, field: Array) -> Cells:
        raise NotImplementedError

    # Hooks

    def array(self, numbers: NDArray[Any]) -> Array:
        """Numbers of any dtype on the device."""
        return self.put(numbers)

    def step(self, cells: Array, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> Array:
        """Step each item its own number of times, `counts` (batch,)."""
        method: Method = "exact" if exact else "step"
        return self.put(_numpy.advance(self.get(cells), stencils, counts, method))

    def jump(self, cells: Array, stencils: tuple[Stencil, ...], counts: Integers) -> Array:
        """Advance by the same numbers of steps, by one multiplication in Fourier space."""
        return self.put(_numpy.advance(self.get(cells), stencils, counts, "jump"))

    def mixed(
        self, cells: Array, stencils: tuple[Stencil, ...], counts: Integers, far: NDArray[np.bool_]
    ) -> Array:
        """Jump the items where `far` is true and step the others."""
        which, near = np.flatnonzero(far), np.flatnonzero(~far & (counts > 0))
        jumped = self.jump(self.some(cells, which), stencils, counts[which])
        if near.size:
            stepped = self.step(self.some(cells, near), stencils, counts[near], False)
            cells = self.place(cells, near, stepped)
        return self.place(cells, which, jumped)

    def some(self, cells: Array, items: Integers) -> Array:
        """Only these items."""
        return cells[items]

    def place(self, cells: Array, items: Integers, part: Array) -> Array:
        """The cells with these items replaced by `part`."""
        whole = self.get(cells).copy()
        whole[items] = self.get(part)
        return self.put(whole)

    def write(self, field: Array, index: Integers, values: Cells, mode: Mode) -> Array:
        """The field with values combined into the cells of a flat index, each of them named once."""
        whole = self.get(field).copy()
        flat = whole.reshape(-1)
        flat[index] = _combined(flat[index], values, mode)
        return self.put(whole)

    def correlate(self, field: Array, pattern: Cells, layer: int) -> Array:
        return self.put(_numpy.correlate(self.get(field), pattern, layer))

    def only_single(self, cells: Cells) -> None:
        """Raise `InvalidInput` for float64, which the device does not have."""
        if cells.dtype == np.float64:
            raise InvalidInput(
                f"dtype='float64' is not known to {self.name}; use float32, or another backend"
            )

    def starved(self, error: Exception) -> bool:
        """Whether an error means that the device is out of memory."""
        return False

    # Derived from the hooks

    def advance(
        self,
        field: Array,
        stencils: tuple[Stencil, ...],
        n: int | Integers,
        method: Method,
        donate: bool = False,
    ) -> Array:
        *batch, layers, height, width = field.shape
        counts = np.array(np.broadcast_to(n, batch)).reshape(-1)
        if not counts.any():
            return field
        longest = {"jump": 0, "auto": self.longest}.get(method)
        far = counts > (counts.max() if longest is None else longest)
        with self.held(field):
            cells = field.reshape((-1, layers, height, width))
            if method == "exact" and not self.canonical:
                cells = Device.step(self, cells, stencils, counts, True)
            elif not far.any():
                cells = self.step(cells, stencils, counts, method == "exact")
            elif far.all():
                cells = self.jump(cells, stencils, counts)
            else:
                cells = self.mixed(cells, stencils, counts, far)
            return cells.reshape(field.shape)

    def stamp(self, field: Array, discs: Discs, mode: Mode, donate: bool = False) -> Array:
        with self.held(field):
            for index, strength in discs.passes(field.shape[-1], field.shape[-2], mode):
                field = self.write(field, index, strength, mode)
            return field

    def waves(
        self, stencils: tuple[Stencil, ...], counts: Integers, size: tuple[int, int], single: bool
    ) -> tuple[Array, Array, Array]:
        """Factors, fades and positive of a `Jump` as device arrays, an entry for each item or one for all."""
        steps, which = np.unique(counts, return_inverse=True)
        steps = np.pad(steps, (0, (1 << (len(steps) - 1).bit_length()) - len(steps)), mode="edge")
        small = len(steps) * len(stencils) * size[0] * (size[1] // 2 + 1) <= _KEPT
        table = _table if small else _table.__wrapped__
        factors, fades, positive = table(self, stencils, tuple(steps.tolist()), size, single)
        if len(steps) > 1:
            factors, fades = self.some(factors, which), self.some(fades, which)
        return factors, fades, positive

    @contextmanager
    def held(self, field: Array = None) -> Iterator[None]:
        """Wrap work on a field: raise `MemoryError` where the device runs out of memory."""
        try:
            yield
        except Exception as error:
            if self.starved(error):
                raise MemoryError from None
            raise


@lru_cache(maxsize=16)
def _table(
    device: Device, stencils: tuple[Stencil, ...], steps: tuple[int, ...], size: tuple[int, int], single: bool
) -> tuple[Array, Array, Array]:
    made: Jump = jump(stencils, np.array(steps), size)
    factors, fades = made.factors, made.fades
    if single:
        factors = factors.astype(np.complex64 if np.iscomplexobj(factors) else np.float32)
        fades = fades.astype(np.float32)
    return device.array(factors), device.array(fades), device.array(made.positive)


def _combined(here: Cells, values: Cells, mode: Mode) -> Cells:
    values = values.astype(here.dtype)
    return {"max": np.maximum, "add": np.add}[mode](here, values) if mode != "set" else values
