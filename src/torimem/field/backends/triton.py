"""Triton kernels that step PyTorch tensors: small planes stay in registers for all their steps, large ones
take one fused pass a step. Everything else is left to `torch`.

In a small plane the four neighbours are gathers within a block whose sides are powers of two; cells beyond
the plane are carried along and never read. `TRITON_INTERPRET=1`, set before Triton is imported, runs the same
kernels on the CPU, slowly.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl
from torch import Tensor

from ...errors import NotFound
from ..stencil import Stencil, weight_table
from . import Integers, kind
from .numpy import groups
from .torch import TorchBackend, named

_SMALL = 1 << 14
"""Cells of a plane, its sides rounded up to powers of two, that fit the registers of one program."""


@triton.jit  # type: ignore[untyped-decorator]
def _mixed(  # type: ignore[no-untyped-def]
    here, north, south, west, east, c, n, s, w, e,
    FORM: tl.constexpr,
):  # fmt: skip
    """One step; FORM is "even" (all four neighbours weigh the same), "any", or "both" from layer to layer."""
    even = c * here + ((north + south) + (west + east)) * n
    each = c * here + n * north + s * south + w * west + e * east
    if FORM == "even":
        result = even
    elif FORM == "any":
        result = each
    else:
        result = tl.where((n == s) & (s == w) & (w == e), even, each)
    return result


@triton.jit  # type: ignore[untyped-decorator]
def planes(  # type: ignore[no-untyped-def]
    source, target, weights, counts, layers, height, width,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, FORM: tl.constexpr,
):  # fmt: skip
    """Every step of one plane: one read, one write."""
    plane = tl.program_id(0).to(tl.int64)
    y, x = tl.arange(0, ROWS)[:, None], tl.arange(0, COLUMNS)[None, :]
    cells = plane * height * width + y * width + x
    inside = (y < height) & (x < width)
    u = tl.load(source + cells, mask=inside, other=0.0)
    first = weights + plane % layers * 5
    c, n, s = tl.load(first), tl.load(first + 1), tl.load(first + 2)
    w, e = tl.load(first + 3), tl.load(first + 4)
    above = tl.broadcast_to((y + height - 1) % height, (ROWS, COLUMNS))
    below = tl.broadcast_to((y + 1) % height, (ROWS, COLUMNS))
    left = tl.broadcast_to((x + width - 1) % width, (ROWS, COLUMNS))
    right = tl.broadcast_to((x + 1) % width, (ROWS, COLUMNS))
    count = tl.load(counts + plane // layers)
    for _ in range(count):
        north, south = tl.gather(u, above, 0), tl.gather(u, below, 0)
        west, east = tl.gather(u, left, 1), tl.gather(u, right, 1)
        u = _mixed(u, north, south, west, east, c, n, s, w, e, FORM)
    tl.store(target + cells, u, mask=inside)


@triton.jit  # type: ignore[untyped-decorator]
def stream(  # type: ignore[no-untyped-def]
    source, target, weights, counts, done, layers, height, width,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, FORM: tl.constexpr,
):  # fmt: skip
    """One step of a tile of a plane; an item that has made all its steps is passed through."""
    across, down = tl.cdiv(width, COLUMNS), tl.cdiv(height, ROWS)
    tile = tl.program_id(0)
    plane = (tile // (across * down)).to(tl.int64)
    y = (tile // across % down * ROWS + tl.arange(0, ROWS)[:, None]).to(tl.int64)
    x = tile % across * COLUMNS + tl.arange(0, COLUMNS)[None, :]
    inside = (y < height) & (x < width)
    first = weights + plane % layers * 5
    c, n, s = tl.load(first), tl.load(first + 1), tl.load(first + 2)
    w, e = tl.load(first + 3), tl.load(first + 4)
    rows = source + plane * height * width
    here = tl.load(rows + y * width + x, mask=inside, other=0.0)
    north = tl.load(rows + (y + height - 1) % height * width + x, mask=inside, other=0.0)
    south = tl.load(rows + (y + 1) % height * width + x, mask=inside, other=0.0)
    west = tl.load(rows + y * width + (x + width - 1) % width, mask=inside, other=0.0)
    east = tl.load(rows + y * width + (x + 1) % width, mask=inside, other=0.0)
    later = _mixed(here, north, south, west, east, c, n, s, w, e, FORM)
    moves = tl.load(counts + plane // layers) > done
    tl.store(target + plane * height * width + y * width + x, tl.where(moves, later, here), mask=inside)


class TritonBackend(TorchBackend):
    """PyTorch tensors on a CUDA or ROCm device, stepped by Triton; `triton:cuda:1` takes another device."""

    def __init__(self, device: str | None = None) -> None:
        interpreted = bool(triton.knobs.runtime.interpret)
        if not interpreted and not torch.cuda.is_available():
            raise NotFound(
                "backend='triton' needs a CUDA or ROCm device that PyTorch sees, and there is none; "
                "use torch:cpu, or set TRITON_INTERPRET=1 to run its kernels slowly on the CPU"
            )
        self.device: torch.device = named("triton", device or ("cpu" if interpreted else "cuda"))
        if (self.device.type == "cpu") != interpreted:
            raise NotFound(
                f"backend='triton:{device}': Triton runs on CUDA and ROCm devices; use triton:cuda"
            )
        self.name, self.longest = f"triton:{self.device}", 20
        self.canonical = True  # each operation rounds by itself where nothing is fused
        self.about = f"Triton {triton.__version__} on {'its interpreter' if interpreted else self.device}"

    def step(self, cells: Tensor, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> Tensor:
        batch, layers, height, width = cells.shape
        form = " ".join("even" if g.even else "any" for g in groups(stencils, kind(cells)))
        weights, most = _weights(self, stencils, kind(cells)), int(counts.max())
        alike = bool((counts == most).all())
        steps = torch.full((batch,), most, device=self.device) if alike else self.array(counts)
        sizes = (layers, height, width)
        cells = cells.contiguous()
        options = {"FORM": form if " " not in form else "both", "enable_fp_fusion": not exact}
        rows, columns = triton.next_power_of_2(height), triton.next_power_of_2(width)
        with self._chosen():
            if rows * columns <= _SMALL and most > 1:
                out = torch.empty_like(cells)
                warps = max(1, min(16, rows * columns // 1024))
                planes[(batch * layers,)](
                    cells, out, weights, steps, *sizes, ROWS=rows, COLUMNS=columns, num_warps=warps, **options
                )  # fmt: skip
                return out
            tall, wide = min(rows, 8), min(columns, 256)
            tiles = batch * layers * triton.cdiv(height, tall) * triton.cdiv(width, wide)
            spare = [torch.empty_like(cells) for _ in range(min(most, 2))]
            for done in range(most):
                out = spare[done % 2]
                stream[(tiles,)](cells, out, weights, steps, done, *sizes, ROWS=tall, COLUMNS=wide, **options)
                cells = out
        return cells

    def _chosen(self) -> AbstractContextManager[Any]:
        """The device made current, which a launch goes to."""
        return torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext()


@lru_cache(maxsize=64)
def _weights(backend: TorchBackend, stencils: tuple[Stencil, ...], dtype: np.dtype[Any]) -> Tensor:
    """c, n, s, w and e of each layer on the device."""
    return backend.array(weight_table(stencils).astype(dtype))
