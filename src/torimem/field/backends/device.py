"""What backends share whose arrays lie on a device: who is stepped, who jumps, and NumPy for what they lack.

A backend of this kind has `put` and `get`, and as many of the operations below as its device is good at; what
it leaves out is done by NumPy on the way, correctly and slowly. Arrays are never written over, so fields may
share them with each other and with those they came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stencil import Stencil
from . import Array, Cells, Discs, Integers, Method, Mode
from .jump import Jump, jump
from .numpy import NumpyBackend

_KEPT = 1 << 23
"""Factors of a jump that are kept for the next one, at most so many in one table."""

_numpy = NumpyBackend()


class Device:
    """Base of such backends. Hooks take and give arrays `(batch, layer, y, x)` of at least one item.

    `longest` is the most steps that cost less one by one than as a jump. A backend whose steps round each
    operation on its own, in the canonical order, says so with `canonical`.
    """

    name: str
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
        """Each item its own number of steps (batch,) later, one by one."""
        method: Method = "exact" if exact else "step"
        return self.put(_numpy.advance(self.get(cells), stencils, counts, method))

    def jump(self, cells: Array, stencils: tuple[Stencil, ...], counts: Integers) -> Array:
        """The same by one multiplication in Fourier space."""
        return self.put(_numpy.advance(self.get(cells), stencils, counts, "jump"))

    def mixed(
        self, cells: Array, stencils: tuple[Stencil, ...], counts: Integers, far: NDArray[np.bool_]
    ) -> Array:
        """The items that go far jump, the others step."""
        which, near = np.flatnonzero(far), np.flatnonzero(~far & (counts > 0))
        jumped = self.jump(self.some(cells, which), stencils, counts[which])
        if near.size:
            stepped = self.step(self.some(cells, near), stencils, counts[near], False)
            cells = self.place(cells, near, stepped)
        return self.place(cells, which, jumped)

    def some(self, cells: Array, items: Integers) -> Array:
        """These items alone."""
        return cells[items]

    def place(self, cells: Array, items: Integers, part: Array) -> Array:
        """The cells with `part` in place of these items."""
        whole = self.get(cells).copy()
        whole[items] = self.get(part)
        return self.put(whole)

    def write(self, field: Array, index: Integers, values: Cells, mode: Mode) -> Array:
        """The field with values at the cells of a flat index, which names none twice; never empty."""
        whole = self.get(field).copy()
        flat = whole.reshape(-1)
        flat[index] = _combined(flat[index], values, mode)
        return self.put(whole)

    def correlate(self, field: Array, pattern: Cells, layer: int) -> Array:
        return self.put(_numpy.correlate(self.get(field), pattern, layer))

    def starved(self, error: Exception) -> bool:
        """Whether an error says that memory ran out."""
        return False

    # What is made of them

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
        """Factors, fades and positive of a `Jump` on the device, an entry for each item or one for all."""
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
        """Around work on a field: what the device says where memory runs out is said as Python says it."""
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
