"""Fields as JAX arrays, compiled once per shape; large ones are split over all devices of a platform.

Numbers of steps and weights are arguments, so a new value compiles nothing. XLA moves the data: a field split
along y exchanges rows at its seams in every step, a batch split between its items exchanges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ...errors import NotFound
from .. import match
from ..stencil import Stencil, weight_table
from . import Cells, Integers, Mode
from .device import Device
from .numpy import groups

JaxArray: TypeAlias = Any


class JaxBackend(Device):
    """JAX arrays; `jax` takes the best platform, `jax:cpu`, `jax:cuda` or `jax:tpu` another.

    >>> backend = JaxBackend("cpu")
    >>> field = backend.put(np.array([[[1.0, 0.0, 0.0]]]))
    >>> backend.get(backend.advance(field, (Stencil.diffusion(0.5, 0.0),), 1, "step"))
    array([[[0.75 , 0.125, 0.125]]])
    """

    shared = 1 << 22  # cells from which a field is worth splitting over several devices

    def __init__(self, platform: str | None = None) -> None:
        try:
            self.devices: list[Any] = jax.devices(platform)
        except RuntimeError:
            raise NotFound(
                f"backend='jax:{platform}': JAX finds no such platform here; "
                f"it has jax:{jax.default_backend()}"
            ) from None
        kind = self.devices[0].platform
        self.longest = 6 if kind == "cpu" else 20  # measured on CPUs, guessed for others
        self.name = f"jax:{platform or kind}"
        self.about = f"JAX {jax.__version__} on {len(self.devices)} x {self.devices[0].device_kind} ({kind})"

    def put(self, cells: Cells) -> JaxArray:
        with self.held():
            # a copy: on a CPU an array may share memory with the NumPy array, which others write to
            return jax.device_put(np.array(cells), self._where(cells.shape)).block_until_ready()

    def array(self, numbers: NDArray[Any]) -> JaxArray:
        return jnp.asarray(numbers)  # not tied to a device: it follows the field it is used with

    def get(self, field: JaxArray) -> Cells:
        return np.asarray(field)

    def synchronize(self, field: JaxArray) -> None:
        """Return when the field is there."""
        field.block_until_ready()

    @contextmanager
    def held(self, field: Any = None) -> Iterator[None]:
        with super().held(field), jax.enable_x64(True):  # for float64 and for indices of large fields
            yield

    def starved(self, error: Exception) -> bool:
        return isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)

    def step(self, cells: JaxArray, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> JaxArray:
        weights = weight_table(stencils).astype(cells.dtype).T[..., None, None]
        even = all(group.even for group in groups(stencils, cells.dtype))
        most = counts.max()
        cells = jax.device_put(cells, self._where(cells.shape))
        return _steps(cells, weights, counts, most, even=even, alike=bool(counts.min() == most))

    def jump(self, cells: JaxArray, stencils: tuple[Stencil, ...], counts: Integers) -> JaxArray:
        waves = self.waves(stencils, counts, cells.shape[-2:], cells.dtype == np.float32)
        cells = jax.device_put(cells, self._where(cells.shape))
        return _jump(cells, *waves, seams=self._seams(cells))

    def mixed(
        self, cells: JaxArray, stencils: tuple[Stencil, ...], counts: Integers, far: NDArray[np.bool_]
    ) -> JaxArray:
        # step and jump all items: parts would have a new shape each time, and every shape is compiled
        stepped = self.step(cells, stencils, np.where(far, 0, counts), False)
        jumped = self.jump(cells, stencils, np.where(far, counts, counts[far].min()))
        return jnp.where(far[:, None, None, None], jumped, stepped)

    def write(self, field: JaxArray, index: Integers, values: Cells, mode: Mode) -> JaxArray:
        spare = (1 << (len(index) - 1).bit_length()) - len(index)  # few lengths, each of which is compiled
        places = np.pad(index, (0, spare), constant_values=field.size)  # beyond the end: left out
        given = np.pad(values, (0, spare)).astype(field.dtype)
        return _write(field, places, given, mode=mode)

    def correlate(self, field: JaxArray, pattern: Cells, layer: int) -> JaxArray:
        with self.held():
            planes = field[..., layer : layer + 1, :, :]
            planes = jax.device_put(planes, self._where(planes.shape))
            if pattern.size <= match.DIRECT:
                return _correlate(planes, pattern)[..., 0, :, :]
            factors = np.fft.rfft2(pattern, planes.shape[-2:]).conj()
            factors = factors.astype(np.complex64 if planes.dtype == np.float32 else np.complex128)
            return _filtered(planes, factors, self._seams(planes))[..., 0, :, :]

    def _where(self, shape: tuple[int, ...]) -> Any:
        """Where an array of that shape goes: one device, or several that split batch or rows equally."""
        axes = [axis for axis in range(len(shape) - 1) if axis != len(shape) - 3]
        cuts = {axis: _parts(shape[axis], len(self.devices)) for axis in axes}
        axis = max(axes, key=lambda one: cuts[one])
        if cuts[axis] == 1 or prod(shape) < self.shared:
            return self.devices[0]
        mesh = jax.sharding.Mesh(np.array(self.devices[: cuts[axis]]), ("cut",))
        return jax.sharding.NamedSharding(mesh, _cut(len(shape), axis))

    def _seams(self, cells: JaxArray) -> Any:
        """The devices over which the rows of these cells are split; None if every plane is whole."""
        where = self._where(cells.shape)
        rows = isinstance(where, jax.sharding.NamedSharding) and where.spec == _cut(
            cells.ndim, cells.ndim - 2
        )
        return where.mesh if rows else None


def _cut(axes: int, axis: int) -> Any:
    """The plan that splits arrays of so many axes along one of them."""
    return jax.sharding.PartitionSpec(*("cut" if other == axis else None for other in range(axes)))


def _parts(size: int, devices: int) -> int:
    return max((count for count in range(1, devices + 1) if size and size % count == 0), default=1)


@partial(jax.jit, static_argnames=("even", "alike"))
def _steps(
    cells: JaxArray, weights: JaxArray, counts: JaxArray, most: JaxArray, *, even: bool, alike: bool
) -> JaxArray:
    c, n, s, w, e = weights

    def later(done: JaxArray, u: JaxArray) -> JaxArray:
        north, south = jnp.roll(u, 1, -2), jnp.roll(u, -1, -2)
        west, east = jnp.roll(u, 1, -1), jnp.roll(u, -1, -1)
        if even:
            after = c * u + ((north + south) + (west + east)) * n
        else:
            after = c * u + n * north + s * south + w * west + e * east
        return after if alike else jnp.where((done < counts)[:, None, None, None], after, u)

    return jax.lax.fori_loop(0, most, later, cells)


@partial(jax.jit, static_argnames="seams")
def _jump(cells: JaxArray, factors: JaxArray, fades: JaxArray, positive: JaxArray, *, seams: Any) -> JaxArray:
    low, high = cells.min((-2, -1), keepdims=True), cells.max((-2, -1), keepdims=True)
    peak = jnp.maximum(-low, high)
    bounds = [jnp.where(positive, one, side * peak) * fades for one, side in ((low, -1), (high, 1))]
    tiny = jnp.finfo(cells.dtype).tiny
    least, most = (jnp.where(jnp.abs(bound) < tiny, 0, bound) for bound in bounds)
    return jnp.clip(_filtered(cells, factors, seams), least, most)


@partial(jax.jit, static_argnames="seams")
def _filtered(cells: JaxArray, factors: JaxArray, seams: Any) -> JaxArray:
    """Each wave of cells `(..., y, x)` times its factor, in the layout of `numpy.fft.rfft2`."""
    size = cells.shape[-2:]
    if seams is None:
        return jnp.fft.irfft2(jnp.fft.rfft2(cells) * factors, size)
    # rows are transformed where they lie, then change places with columns, which are transformed in turn
    waves = size[1] // 2 + 1
    spare = -waves % seams.size
    axes = cells.ndim
    factors = jnp.broadcast_to(factors, (*factors.shape[:-2], size[0], waves))
    factors = jnp.pad(factors, [(0, 0)] * (factors.ndim - 1) + [(0, spare)])

    def part(rows: JaxArray, factor: JaxArray) -> JaxArray:
        along_x = jnp.pad(jnp.fft.rfft(rows), [(0, 0)] * (axes - 1) + [(0, spare)])
        columns = jax.lax.all_to_all(along_x, "cut", axes - 1, axes - 2, tiled=True)
        columns = jnp.fft.ifft(jnp.fft.fft(columns, axis=-2) * factor, axis=-2)
        back = jax.lax.all_to_all(columns, "cut", axes - 2, axes - 1, tiled=True)
        return jnp.fft.irfft(back[..., :waves], size[1])

    rows, columns = _cut(axes, axes - 2), _cut(factors.ndim, factors.ndim - 1)
    whole: JaxArray = jax.shard_map(part, mesh=seams, in_specs=(rows, columns), out_specs=rows)(
        cells, factors
    )
    return whole


@partial(jax.jit, static_argnames="mode")
def _write(field: JaxArray, places: JaxArray, values: JaxArray, *, mode: Mode) -> JaxArray:
    at = field.reshape(-1).at[places]
    write = {"max": at.max, "add": at.add, "set": at.set}[mode]
    return write(values, mode="drop", unique_indices=False).reshape(field.shape)


@jax.jit  # type: ignore[untyped-decorator]
def _correlate(planes: JaxArray, pattern: JaxArray) -> JaxArray:
    size = planes.shape[-2:]
    wide = planes.reshape(-1, 1, *size)
    wide = jnp.pad(wide, [(0, 0), (0, 0), *((0, side - 1) for side in pattern.shape)], mode="wrap")
    sums = jax.lax.conv_general_dilated(
        wide, pattern[None, None], (1, 1), "VALID", precision=jax.lax.Precision.HIGHEST
    )
    return sums.reshape(planes.shape)
