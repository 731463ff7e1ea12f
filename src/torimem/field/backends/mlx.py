"""Fields as MLX arrays on Apple silicon or a CPU.

MLX is lazy: nothing here waits for a result. Steps are submitted in small groups, so that many of them do not
build one huge graph. MLX has no float64 on GPUs, and no Fourier transform of float64 anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from itertools import product
from typing import Any, TypeAlias

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from ...errors import NotFound
from .. import match
from ..stencil import Stencil, weight_table
from . import Cells, Integers, Mode, kind
from .device import Device
from .numpy import groups

MlxArray: TypeAlias = Any

_LOT = 32
"""Steps submitted at once."""


class MlxBackend(Device):
    """MLX arrays; `mlx` takes MLX's own default device, `mlx:gpu` or `mlx:cpu` that one.

    >>> backend = MlxBackend("cpu")
    >>> field = backend.put(np.array([[[1.0, 0.0, 0.0]]]))
    >>> backend.get(backend.advance(field, (Stencil.diffusion(0.5, 0.0),), 1, "step"))
    array([[[0.75 , 0.125, 0.125]]])
    """

    def __init__(self, device: str | None = None) -> None:
        chosen = mx.default_device() if device is None else {"cpu": mx.cpu, "gpu": mx.gpu}.get(device)
        if chosen is None or not mx.is_available(chosen):
            raise NotFound(f"backend='mlx:{device}': MLX finds no such device here; use mlx:cpu or mlx:gpu")
        self.device = chosen
        self.gpu: bool = mx.Device(mx.gpu) == chosen
        self.longest = 6 if not self.gpu else 20  # measured on CPUs, guessed for others
        self.name = f"mlx:{'gpu' if self.gpu else 'cpu'}"
        self.about = f"MLX {version('mlx')} on {mx.device_info().get('device_name', self.name)}"

    def put(self, cells: Cells) -> MlxArray:
        if self.gpu:
            self.only_single(cells)
        with self.held():
            return self.array(cells)

    def array(self, numbers: NDArray[Any]) -> MlxArray:
        made = mx.array(numbers, getattr(mx, "bool_" if numbers.dtype == np.bool_ else str(numbers.dtype)))
        mx.eval(made)  # now, while `numbers` is what it is
        return made

    def get(self, field: MlxArray) -> Cells:
        return np.array(field)

    def synchronize(self, field: MlxArray) -> None:
        """Return when the field is there."""
        mx.eval(field)

    @contextmanager
    def held(self, field: Any = None) -> Iterator[None]:
        with super().held(field), mx.stream(self.device):
            yield

    def starved(self, error: Exception) -> bool:
        return isinstance(error, RuntimeError) and "alloc" in str(error)

    def step(self, cells: MlxArray, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> MlxArray:
        table = weight_table(stencils).astype(kind(cells))
        weights = [self.array(weight[:, None, None]) for weight in table.T]
        even = all(group.even for group in groups(stencils, kind(cells)))
        alike = bool((counts == counts[0]).all())
        left = self.array(counts.astype(np.int64)[:, None, None, None])
        step = _step(even, alike)
        for done in range(int(counts.max())):
            cells = step(cells, *weights) if alike else step(cells, *weights, left > done)
            if done % _LOT == _LOT - 1:
                mx.async_eval(cells)
        mx.async_eval(cells)
        return cells

    def jump(self, cells: MlxArray, stencils: tuple[Stencil, ...], counts: Integers) -> MlxArray:
        if cells.dtype == mx.float64:
            return super().jump(cells, stencils, counts)
        size = cells.shape[-2:]
        factors, fades, positive = self.waves(stencils, counts, size, True)
        low, high = mx.min(cells, (-2, -1), keepdims=True), mx.max(cells, (-2, -1), keepdims=True)
        peak = mx.maximum(-low, high)
        bounds = [mx.where(positive, one, side * peak) * fades for one, side in ((low, -1), (high, 1))]
        tiny = float(np.finfo(np.float32).tiny)
        least, most = (mx.where(mx.abs(bound) < tiny, 0.0, bound) for bound in bounds)
        later = mx.fft.irfft2(mx.fft.rfft2(cells) * factors, s=size)
        held = mx.clip(later, least, most)
        mx.async_eval(held)
        return held

    def some(self, cells: MlxArray, items: Integers) -> MlxArray:
        return cells[self.array(items)]

    def place(self, cells: MlxArray, items: Integers, part: MlxArray) -> MlxArray:
        whole = mx.array(cells)
        whole[self.array(items)] = part
        return whole

    def write(self, field: MlxArray, index: Integers, values: Cells, mode: Mode) -> MlxArray:
        flat = mx.array(field.reshape(-1))
        places = self.array(index)
        given = self.array(values.astype(kind(field)))
        if mode == "set":
            flat[places] = given
        else:
            flat = flat.at[places].maximum(given) if mode == "max" else flat.at[places].add(given)
        return flat.reshape(field.shape)

    def correlate(self, field: MlxArray, pattern: Cells, layer: int) -> MlxArray:
        planes = field[..., layer, :, :]
        size = planes.shape[-2:]
        with self.held():
            if pattern.size > match.DIRECT:
                if field.dtype == mx.float64:
                    return super().correlate(field, pattern, layer)
                other = mx.fft.rfft2(self.array(pattern), s=size)
                return mx.fft.irfft2(mx.fft.rfft2(planes) * mx.conjugate(other), s=size)
            total = mx.zeros_like(planes)
            for j, i in product(*map(range, pattern.shape)):
                total = total + float(pattern[j, i]) * mx.roll(planes, (-j, -i), (-2, -1))
            return total


@lru_cache(maxsize=4)
def _step(even: bool, alike: bool) -> Any:
    """One step, compiled; items that have no steps left keep their cells."""

    def step(
        u: MlxArray, c: MlxArray, n: MlxArray, s: MlxArray, w: MlxArray, e: MlxArray, moves: MlxArray = None
    ) -> MlxArray:
        north, south = mx.roll(u, 1, -2), mx.roll(u, -1, -2)
        west, east = mx.roll(u, 1, -1), mx.roll(u, -1, -1)
        if even:
            later = c * u + ((north + south) + (west + east)) * n
        else:
            later = c * u + n * north + s * south + w * west + e * east
        return later if alike else mx.where(moves, later, u)

    return mx.compile(step)
