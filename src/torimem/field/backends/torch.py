"""Fields as PyTorch tensors on any device that PyTorch supports: steps, jumps, stamps and matching there.

A step works on planes with a rim of one cell, laid out flat, so that each neighbour is at one constant
distance: six passes over the cells, where rolls take ten. On a CPU the passes go block by block, so that a
block stays in cache. Each PyTorch operation rounds separately, in the canonical order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import InvalidInput, NotFound
from .. import match
from ..stencil import Stencil
from . import Cells, Integers, Mode, kind, load
from .device import Device
from .jump import jump
from .numpy import groups

_BLOCK = 1 << 15
"""Cells in one block on a CPU: they fit its cache."""

_CROWD = 1 << 20
"""Cells from which a CPU uses several threads: with fewer, they wait for each other on a busy machine."""


class TorchBackend(Device):
    """PyTorch tensors; `torch` takes the best device, `torch:cpu`, `torch:cuda:1`, `torch:mps` another.

    >>> backend = TorchBackend("cpu")
    >>> field = backend.put(np.array([[[1.0, 0.0, 0.0]]]))
    >>> backend.get(backend.advance(field, (Stencil.diffusion(0.5, 0.0),), 1, "exact"))
    array([[[0.75 , 0.125, 0.125]]])
    """

    def __init__(self, device: str | None = None) -> None:
        self.device: torch.device = named("torch", device or _best())
        self.name = f"torch:{self.device}"
        self.longest = 8 if self.device.type == "cpu" else 20  # measured on CPUs, guessed for others
        self.about = f"PyTorch {torch.__version__} on {_described(self.device)}; tensors in and out, uncopied"
        self.canonical = self.device.type != "mps"  # Metal's shaders treat the smallest numbers as zero

    def put(self, cells: Cells) -> Tensor:
        if self.device.type == "mps":
            self.only_single(cells)
        return self.array(cells)

    def array(self, numbers: NDArray[Any]) -> Tensor:
        with self.held():
            return torch.tensor(np.ascontiguousarray(numbers), device=self.device)

    def get(self, field: Tensor) -> Cells:
        cells: Cells = field.detach().cpu().numpy()
        return cells

    def synchronize(self, field: Tensor) -> None:
        """Return when the device has done all that it was asked."""
        if self.device.type != "cpu":
            getattr(torch, self.device.type).synchronize(*[self.device][: self.device.type == "cuda"])

    def adopt(self, array: Any, backend: str = "torch") -> tuple[TorchBackend, Tensor]:
        """An array of another library, not copied, and the backend of that kind for its device.

        Raises `InvalidInput` where it cannot be a field.
        """
        with self.held():
            tensor = (array if isinstance(array, Tensor) else torch.from_dlpack(array)).detach()
            cells = tensor[None] if tensor.ndim == 2 else tensor
            if cells.dtype not in (torch.float32, torch.float64):
                raise InvalidInput(f"a tensor of {cells.dtype} cannot hold a field; use float32 or float64")
            if cells.ndim < 3 or 0 in cells.shape[-3:]:
                raise InvalidInput(
                    f"a tensor of shape {tuple(tensor.shape)} must be (y, x) or (..., layer, y, x); "
                    "fill every side"
                )
            if not torch.isfinite(cells).all():
                raise InvalidInput("the tensor holds NaN or infinity; give finite numbers")
            return cast(TorchBackend, load(f"{backend}:{cells.device}")), cells.contiguous()

    @contextmanager
    def held(self, field: Tensor | None = None) -> Iterator[None]:
        threads = torch.get_num_threads()
        alone = threads > 1 and field is not None and field.device.type == "cpu" and field.numel() < _CROWD
        # a field outlives the caller's inference mode, but tensors made in it could not be changed later
        with super().held(field), torch.inference_mode(False), torch.no_grad():
            try:
                if alone:
                    torch.set_num_threads(1)
                yield
            finally:
                if alone:
                    torch.set_num_threads(threads)

    def starved(self, error: Exception) -> bool:
        return isinstance(error, torch.OutOfMemoryError) or (
            isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
        )

    def step(self, cells: Tensor, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> Tensor:
        if self.device.type != "cpu" or len(cells) == 1:
            return self._steps(cells, stencils, counts)
        size = max(1, _BLOCK // cells[0].numel())
        starts = range(0, len(cells), size)
        return torch.cat([self._steps(cells[i : i + size], stencils, counts[i : i + size]) for i in starts])

    def _steps(self, cells: Tensor, stencils: tuple[Stencil, ...], counts: Integers) -> Tensor:
        moved = bool((counts[1:] > counts[:-1]).any())
        order = np.argsort(-counts, kind="stable")
        ordered = cells[self.array(order)] if moved else cells
        parts = forms(self, stencils, kind(cells))
        if len(parts) == 1:
            later = self._formed(ordered, *parts[0], counts)
        else:
            later = torch.empty_like(ordered)
            for even, layers, weights in parts:
                later.index_copy_(1, layers, self._formed(ordered[:, layers], even, layers, weights, counts))
        return later[self.array(np.argsort(order))] if moved else later

    def _formed(self, cells: Tensor, even: bool, layers: Tensor, weights: Tensor, counts: Integers) -> Tensor:
        """Step layers of one form; items are sorted by their number of steps, the largest first."""
        batch, _, height, width = cells.shape
        # two planes with a rim, between which the steps go to and fro
        planes = cells.new_empty((2, batch, len(layers), height + 2, width + 2))
        planes[0, ..., 1:-1, 1:-1] = cells
        size = planes[0].numel()
        scratch = cells.new_empty(2 * (min(size, _BLOCK) if self.device.type == "cpu" else size))
        by = weights.T[..., None].unbind()
        done = at = 0
        for count in sorted(set(counts.tolist()) - {0}):
            active = int((counts >= count).sum())
            u, later = planes[at, :active], planes[1 - at, :active]
            ways = [_Step(*way, by, scratch) for way in ((u, later), (later, u))[: count - done]]
            for number in range(count - done):
                ways[number % 2].make(even)
            if (count - done) % 2:
                at = 1 - at
                planes[at, active:] = planes[1 - at, active:]  # these have taken all their steps
            done = count
        return planes[at, ..., 1:-1, 1:-1].contiguous()

    def jump(self, cells: Tensor, stencils: tuple[Stencil, ...], counts: Integers) -> Tensor:
        height, width = cells.shape[-2:]
        factors, fades, positive = self.waves(stencils, counts, (height, width), cells.dtype == torch.float32)
        low, high = torch.aminmax(cells.flatten(-2), dim=-1, keepdim=True)
        low, high = low[..., None], high[..., None]
        peak = torch.maximum(-low, high)
        tiny = torch.finfo(cells.dtype).tiny
        low = torch.nn.functional.hardshrink(torch.where(positive, low, -peak) * fades, tiny)
        high = torch.nn.functional.hardshrink(torch.where(positive, high, peak) * fades, tiny)
        later = torch.fft.irfft2(torch.fft.rfft2(cells) * factors, s=(height, width))
        return torch.clamp(later, low, high)

    def waves(
        self, stencils: tuple[Stencil, ...], counts: Integers, size: tuple[int, int], single: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        if self.device.type == "cuda" and all(stencil.symmetric for stencil in stencils):
            return self.powers(stencils, counts, size, single)
        return super().waves(stencils, counts, size, single)

    def powers(
        self, stencils: tuple[Stencil, ...], counts: Integers, size: tuple[int, int], single: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`waves` with powers taken on the device: computed each time, but no table is transferred."""
        values, gains, positive = _eigenvalues(self, stencils, size)
        alike = bool((counts == counts[0]).all())
        n = torch.full((1,), int(counts[0]), device=self.device) if alike else self.array(counts)
        n = n.double()[:, None, None, None]
        factors, fades = values**n, gains**n
        return (factors.float(), fades.float(), positive) if single else (factors, fades, positive)

    def place(self, cells: Tensor, items: Integers, part: Tensor) -> Tensor:
        return cells.index_copy(0, self.array(items), part)

    def some(self, cells: Tensor, items: Integers) -> Tensor:
        return cells[self.array(items)]

    def write(self, field: Tensor, index: Integers, values: Cells, mode: Mode) -> Tensor:
        flat, places = field.flatten(), self.array(index)
        given = self.array(values.astype(kind(field)))
        if mode != "set":
            given = (torch.maximum if mode == "max" else torch.add)(flat[places], given)
        return flat.index_copy(0, places, given).view(field.shape)

    def correlate(self, field: Tensor, pattern: Cells, layer: int) -> Tensor:
        with self.held(field):
            return self._correlation(field[..., layer, :, :], self.array(pattern))

    def ncc(self, plane: Tensor, patterns: Sequence[match.Plane]) -> list[match.Plane]:
        """Zero-mean normalised cross-correlation as `torimem.field.match.ncc` has it, in float64."""
        if self.device.type == "mps":
            return match.ncc_each(self.get(plane), patterns)
        with self.held(plane):
            return [self._ncc(plane, pattern) for pattern in patterns]

    def _correlation(self, planes: Tensor, pattern: Tensor) -> Tensor:
        """`torimem.field.match.correlation` of planes `(..., y, x)`."""
        if pattern.numel() > match.DIRECT:
            size = (planes.shape[-2], planes.shape[-1])
            spectrum = torch.fft.rfft2(planes) * torch.fft.rfft2(pattern, s=size).conj()
            return torch.fft.irfft2(spectrum, s=size)
        total = torch.zeros_like(planes)
        for weight, patch in zip(pattern.flatten().tolist(), _patches(planes, pattern.shape), strict=True):
            total.add_(patch, alpha=weight)
        return total

    def _ncc(self, plane: Tensor, pattern: match.Plane) -> match.Plane:
        shape = match.outline(pattern)
        if shape is None:
            return np.zeros(tuple(plane.shape))
        _, exponent = math.frexp(float(plane.abs().max()))
        cells = torch.ldexp(plane.double(), torch.tensor(-exponent, device=self.device))
        if shape.size <= match.DIRECT:
            return self._alike(cells, shape)
        level = cells - cells.mean()
        ones = torch.ones(shape.shape, dtype=torch.float64, device=self.device)
        power = self._correlation(level * level, ones) - self._correlation(level, ones) ** 2 / shape.size
        sure = power > match.FAINT * power.max()
        found = self._correlation(level, self.array(shape)) / power.clamp(min=0).sqrt()
        scores: match.Plane = self._plane(found) / np.sqrt((shape * shape).sum())
        unsure = self.get(~sure)
        if unsure.any():
            scores[unsure] = match.patchwise(self._plane(cells), shape, np.argwhere(unsure))
        return np.clip(scores, -1.0, 1.0)

    def _alike(self, cells: Tensor, shape: match.Plane) -> match.Plane:
        """The scores of a small outline at every place, one cell of it at a time."""
        total, low, high = torch.zeros_like(cells), cells, cells
        for patch in _patches(cells, shape.shape):
            total.add_(patch)
            low, high = torch.minimum(low, patch), torch.maximum(high, patch)
        mean = total / shape.size
        product, power = torch.zeros_like(cells), torch.zeros_like(cells)
        for weight, patch in zip(shape.ravel().tolist(), _patches(cells, shape.shape), strict=True):
            off = patch - mean
            product.add_(off, alpha=weight)
            power.addcmul_(off, off)
        scores = torch.where(low == high, 0.0, product / power.sqrt()) / math.sqrt((shape * shape).sum())
        return self._plane(scores.clamp(-1.0, 1.0))

    def _plane(self, plane: Tensor) -> match.Plane:
        return self.get(plane).astype(np.float64, copy=False)


def _patches(planes: Tensor, size: Sequence[int]) -> Iterator[Tensor]:
    """For each cell of a pattern of that size, in row order: the planes shifted by it."""
    height, width = planes.shape[-2:]
    wide = torch.cat((planes, planes[..., : size[0] - 1, :]), -2)
    wide = torch.cat((wide, wide[..., : size[1] - 1]), -1)
    for j, i in np.ndindex(size[0], size[1]):
        yield wide[..., j : j + height, i : i + width]


class _Step:
    """One step from planes with a rim into others, in the canonical order; its views are made once.

    `weights` are five of shape (layer, 1); `scratch` holds two blocks.
    """

    def __init__(self, u: Tensor, later: Tensor, weights: Sequence[Tensor], scratch: Tensor) -> None:
        height, row = u.shape[-2] - 2, u.shape[-1]
        inner = u[..., 1:-1, :]
        self.weights = weights
        self.rim = (
            (inner[..., 0], inner[..., -2]), (inner[..., -1], inner[..., 1]),
            (u[..., 0, :], u[..., -2, :]), (u[..., -1, :], u[..., 1, :]),
        )  # fmt: skip
        flat, out = u.flatten(-2), later.flatten(-2)
        size, end = max(1, scratch.numel() // (2 * flat[..., 0].numel())), row + height * row
        self.blocks = []
        for start in range(row, end, size):
            stop = min(start + size, end)
            target = out[..., start:stop]
            near = [flat[..., start + by : stop + by] for by in (0, -row, row, -1, 1)]
            self.blocks.append((target, *scratch[: 2 * target.numel()].view(2, *target.shape), *near))

    def make(self, even: bool) -> None:
        """Take the step; `even` says that all four neighbours weigh the same."""
        c, n, s, w, e = self.weights
        for target, source in self.rim:
            target.copy_(source)
        for target, first, second, here, north, south, west, east in self.blocks:
            if even:
                torch.add(north, south, out=first)
                torch.add(west, east, out=second)
                first.add_(second).mul_(n)
                torch.mul(here, c, out=target)
                target.add_(first)
            else:
                torch.mul(here, c, out=target)
                for weight, neighbour in ((n, north), (s, south), (w, west), (e, east)):
                    torch.mul(neighbour, weight, out=second)
                    target.add_(second)


@lru_cache(maxsize=16)
def _eigenvalues(
    backend: TorchBackend, stencils: tuple[Stencil, ...], size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """The eigenvalues of one step (layer, y, x // 2 + 1) in float64, gains and positive."""
    one = jump(stencils, np.array([1]), size)
    return backend.array(one.factors[0]), backend.array(one.fades[0]), backend.array(one.positive)


@lru_cache(maxsize=64)
def forms(
    backend: TorchBackend, stencils: tuple[Stencil, ...], dtype: np.dtype[Any]
) -> list[tuple[bool, Tensor, Tensor]]:
    """The layers whose four neighbours weigh the same, and the others, with their weights (layer, 5).

    >>> forms(TorchBackend("cpu"), (Stencil.diffusion(),), np.dtype("float32"))[0][1].tolist()
    [0]
    """
    return [
        (group.even, backend.array(group.layers), backend.array(np.concatenate(group.weights, axis=1)))
        for group in groups(stencils, dtype)
    ]


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def named(backend: str, name: str) -> torch.device:
    """The device of that name, with its number where there may be several; raises `NotFound`.

    >>> named("torch", "cpu")
    device(type='cpu')
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise NotFound(f"backend='{backend}:{name}': no such device; use cpu, cuda, cuda:1 or mps") from None
    here = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    count = here.get(device.type, 0)
    number = device.index or 0
    if number >= count:
        others = [f"{backend}:{kind}" for kind, found in here.items() if found]
        raise NotFound(
            f"backend='{backend}:{name}': PyTorch finds no such device here; it has {', '.join(others)}"
        )
    return torch.device("cuda", number) if device.type == "cuda" else torch.device(device.type)


def _described(device: torch.device) -> str:
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
