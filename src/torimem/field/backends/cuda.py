"""CUDA kernels that step PyTorch tensors: chooses the kernel and its threads for a shape.

The kernels are in `steps.cu`, which is compiled at run time for the sizes it is used with: `stream` takes one
step of planes of any size; `planes` takes all steps of small ones, which it reads once and writes once.
Jumps, stamps and correlations are left to `torch`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.resources import files
from typing import ClassVar, NamedTuple

import torch
from cuda.core import Device, Kernel, LaunchConfig, ObjectCode, Program, ProgramOptions, Stream, launch
from torch import Tensor

from ...errors import NotFound
from ..stencil import Stencil
from . import Integers, kind
from .torch import TorchBackend, forms

_VECTOR = 16
"""Bytes that a thread reads or writes at once."""

_HELD = 128
"""The most bytes of cells that a thread holds in registers; in all it needs two or three times as many."""

_SHARED = 48 * 1024
"""Bytes of shared memory that a block gets without asking."""

_UNBROKEN = 1 << 12
"""The most steps of a plane in one launch: a device that also drives a screen kills long launches."""


class Layout(NamedTuple):
    """How a block holds planes: each lane `columns` by `rows` cells, `lanes` of them the width.

    `groups` times so many rows are the height; a block has `planes` planes. The lanes that hold one group of
    rows are a team, which lies in one warp of 32.
    """

    columns: int
    rows: int
    lanes: int
    groups: int
    planes: int

    @property
    def threads(self) -> int:
        return -(-self.planes * self.groups // (32 // self.lanes)) * 32


class Build(NamedTuple):
    """One way to compile `steps.cu`; with a layout it gives the kernel `planes`, else `stream`."""

    real: str  # float or double
    vector: int  # cells read or written at once
    even: bool  # all four neighbours weigh the same
    exact: bool  # no multiplication is fused with an addition
    layout: Layout | None = None

    @property
    def name(self) -> str:
        return "planes" if self.layout else "stream"

    @property
    def threads(self) -> int:
        return self.layout.threads if self.layout else 256

    @property
    def macros(self) -> list[tuple[str, str]]:
        sizes = self.layout._asdict() if self.layout else {}
        given = {"vector": self.vector, "even": int(self.even), "threads": self.threads, **sizes}
        return [("REAL", self.real), *((name.upper(), str(value)) for name, value in given.items())]


class CudaBackend(TorchBackend):
    """PyTorch tensors on NVIDIA's GPUs; `cuda` takes the first, `cuda:1` the second.

    `crowd` is the number of threads that keep a large GPU busy: only with more does each get several rows.
    """

    crowd: ClassVar[int] = 1 << 18

    def __init__(self, device: str | None = None) -> None:
        number = _number(device)
        super().__init__(f"cuda:{number}")
        self.name = "cuda" if device is None else f"cuda:{number}"
        self.about = f"own kernels, compiled when first needed; {self.about}"

    def step(self, cells: Tensor, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> Tensor:
        if cells.data_ptr() % _VECTOR:
            cells = cells.clone()  # a view may begin between two vectors
        batch, layers, height, width = cells.shape
        size, most = cells.element_size(), int(counts.max())
        real = "float" if size == 4 else "double"
        shape = layout(height, width, size) if most > 1 else None
        vector = math.gcd(shape.columns if shape else width, _VECTOR // size)
        # `stream` leaves an item alone that makes no steps
        later = torch.empty_like(cells) if shape or counts.all() else cells.clone()
        spare = torch.empty_like(cells) if most > 1 and not shape else None
        own = self.array(counts) if (counts != most).any() else None
        steps = (_address(own), most)
        for even, chosen, weights in forms(self, stencils, kind(cells)):
            build = Build(real, vector, even, exact, shape)
            table = (_address(chosen), _address(weights), len(chosen), layers, batch)
            planes = batch * len(chosen)
            if shape:
                blocks = -(-planes // shape.planes)
                for done in range(0, most, _UNBROKEN):
                    source = _address(later if done else cells)
                    self._launch(build, blocks, source, _address(later), *steps, done, _UNBROKEN, *table)
            else:
                strips = planes * (width // vector)
                bands, rows = _bands(strips, height, self.crowd)
                blocks = -(-strips * bands // build.threads)
                buffers = (_address(cells), _address(later), _address(spare))
                for done in range(most):
                    self._launch(build, blocks, *buffers, *steps, done, *table, height, width, rows)
        return later

    def _launch(self, build: Build, blocks: int, *arguments: int) -> None:
        """Launch a kernel on PyTorch's stream; every argument is an address or a whole number of 64 bits."""
        major, minor = torch.cuda.get_device_capability(self.device)
        with torch.cuda.device(self.device):  # which afterwards gives back the one before
            Device(self.device.index).set_current()
            stream = Stream.from_handle(torch.cuda.current_stream().cuda_stream)
            config = LaunchConfig(grid=blocks, block=build.threads)
            launch(stream, config, _kernel(f"sm_{major}{minor}", build), *arguments)


@lru_cache(maxsize=256)
def layout(height: int, width: int, size: int) -> Layout | None:
    """How a block holds planes whose cells have `size` bytes; None if they are too large or indivisible.

    Prefers the fewest threads for a plane, then the least exchange between threads.

    >>> layout(64, 64, 4)
    Layout(columns=4, rows=8, lanes=16, groups=8, planes=1)
    >>> layout(64, 4099, 4) is None
    True
    """
    found = []
    for columns in range(1, 9):
        lanes = width // columns
        if width % columns or lanes > 32:
            continue
        rows = max(rows for rows in range(1, 17) if height % rows == 0 and columns * rows * size <= _HELD)
        groups, teams = height // rows, 32 // lanes
        shape = Layout(columns, rows, lanes, groups, max(1, 4 * teams // groups))
        # twice the first and the last row of each group
        if shape.threads <= 768 and 4 * shape.planes * groups * width * size <= _SHARED:
            found.append((groups / teams, 2 / columns + 4 / rows, shape))
    return min(found)[2] if found else None


def cubin(arch: str, build: Build) -> bytes:
    """Machine code for an architecture such as "sm_90"; needs no GPU.

    >>> cubin("sm_90", Build("float", vector=4, even=True, exact=False))[:4]
    b'\\x7fELF'
    """
    code: bytes = _program(arch, build).code
    return code


def _program(arch: str, build: Build) -> ObjectCode:
    source = files(__package__).joinpath("steps.cu").read_text("utf-8")
    options = ProgramOptions(arch=arch, std="c++17", fma=not build.exact, define_macro=build.macros)
    return Program(source, "c++", options).compile("cubin")


@lru_cache(maxsize=256)
def _kernel(arch: str, build: Build) -> Kernel:
    return _program(arch, build).get_kernel(build.name)


def _bands(strips: int, height: int, crowd: int) -> tuple[int, int]:
    """The bands of a strip and the rows of each: about equally long, and enough to give `crowd` threads."""
    rows = max(1, min(64, height, strips * height // crowd))
    bands = -(-height // rows)
    return bands, -(-height // bands)


def _number(device: str | None) -> int:
    """The number of the CUDA device that "1" or "cuda:1" names; raises `NotFound` if it is not here."""
    asked = "cuda" if device is None else f"cuda:{device}"
    count = torch.cuda.device_count() if torch.version.cuda else 0  # AMD's devices are no CUDA devices
    if not count:
        raise NotFound(
            f"backend={asked!r}: PyTorch {torch.__version__} finds no CUDA device here; "
            "install its CUDA build and NVIDIA's driver, or use 'torch' or 'native'"
        )
    number = (device or "0").removeprefix("cuda:")
    if not (number.isdecimal() and int(number) < count):
        last = f" to cuda:{count - 1}" if count > 1 else ""
        raise NotFound(f"backend={asked!r}: no such device here; use cuda:0{last}")
    return int(number)


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else int(tensor.data_ptr())
