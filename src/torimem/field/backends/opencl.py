"""Fields in OpenCL buffers: chooses the device, and the kernel of `steps.cl` that fits its local memory.

OpenCL has no Fourier transform, so jumps and large patterns are left to NumPy.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
import pyopencl as cl
import pyopencl.array as cl_array
from numpy.typing import NDArray

from ...errors import NotFound
from .. import match
from ..discs import MODES
from ..stencil import Stencil, weight_table
from . import Cells, Integers, Mode
from .device import Device

ClArray: TypeAlias = Any


class OpenclBackend(Device):
    """OpenCL buffers; `opencl` takes the first GPU, else the first device.

    `opencl:gpu`, `opencl:cpu`, `opencl:1` (a number) or a part of a name, as in `opencl:arc`, take another.

    >>> OpenclBackend.__mro__[1].__name__
    'Device'
    """

    def __init__(self, device: str | None = None) -> None:
        self.device: Any = _chosen(device)
        self.name = "opencl" if device is None else f"opencl:{device}"
        self.about = f"OpenCL on {self.device.name.strip()} ({self.device.platform.name.strip()})"
        on_cpu = self.device.type & cl.device_type.CPU
        self.longest = 16 if on_cpu else 128  # measured on CPUs, guessed for others
        self.context: Any = cl.Context([self.device])
        self.queue: Any = cl.CommandQueue(self.context)
        self.canonical = bool(self.device.single_fp_config & cl.device_fp_config.DENORM)
        self._lock = Lock()  # a kernel's arguments are set on the kernel itself

    def put(self, cells: Cells) -> ClArray:
        if not self.device.double_fp_config:
            self.only_single(cells)
        with self.held():
            return self.array(cells)

    def array(self, numbers: NDArray[Any]) -> ClArray:
        made = cl_array.to_device(self.queue, np.ascontiguousarray(numbers))
        self.queue.finish()
        return made

    def get(self, field: ClArray) -> Cells:
        cells: Cells = field.get(queue=self.queue)
        return cells

    def synchronize(self, field: ClArray) -> None:
        """Return when the device has done all that it was asked."""
        self.queue.finish()

    def starved(self, error: Exception) -> bool:
        codes = cl.status_code
        return isinstance(error, cl.MemoryError) or (
            isinstance(error, cl.Error)
            and error.code
            in (codes.INVALID_BUFFER_SIZE, codes.MEM_OBJECT_ALLOCATION_FAILURE, codes.OUT_OF_RESOURCES)
        )

    def step(self, cells: ClArray, stencils: tuple[Stencil, ...], counts: Integers, exact: bool) -> ClArray:
        batch, layers, height, width = cells.shape
        kind = cells.dtype
        weights = self.array(weight_table(stencils).astype(kind))
        left = self.array(counts.astype(np.int64))
        sizes = (np.int32(layers), np.int32(height), np.int32(width))
        room, most = 2 * height * width * kind.itemsize, int(counts.max())
        source = _whole(cells)
        if most > 1 and room <= self.device.local_mem_size:
            target = cl_array.empty_like(source)
            items = min(256, self.device.max_work_group_size, height * width)
            self._run(
                "planes", kind, exact, (batch * layers * items,), (items,),
                source, target, weights, left, *sizes, cl.LocalMemory(room),
            )  # fmt: skip
            return target
        spare = [cl_array.empty_like(source) for _ in range(min(most, 2))]
        for done in range(most):
            target = spare[done % 2]
            self._run(
                "stream", kind, exact, (width, height, batch * layers), None,
                source, target, weights, left, np.int64(done), *sizes,
            )  # fmt: skip
            source = target
        return source

    def mixed(
        self, cells: ClArray, stencils: tuple[Stencil, ...], counts: Integers, far: NDArray[np.bool_]
    ) -> ClArray:
        jumped = self.jump(cells, stencils, np.where(far, counts, 0))
        return self.step(jumped, stencils, np.where(far, 0, counts), False)

    def write(self, field: ClArray, index: Integers, values: Cells, mode: Mode) -> ClArray:
        out = field.copy()
        given = self.array(values.astype(field.dtype))
        args = (out, self.array(index.astype(np.int64)), given, np.int32(MODES[mode]))
        self._run("combine", field.dtype, False, (len(index),), None, *args)
        return out

    def correlate(self, field: ClArray, pattern: Cells, layer: int) -> ClArray:
        *batch, layers, height, width = field.shape
        if pattern.size > match.DIRECT:
            return super().correlate(field, pattern, layer)
        with self.held():
            out = cl_array.empty(self.queue, (*batch, height, width), field.dtype)
            sizes = (*pattern.shape, layers, layer, height, width)
            self._run(
                "correlate", field.dtype, False, (width, height, int(np.prod(batch, dtype=int))), None,
                _whole(field), out, self.array(pattern.astype(field.dtype)), *map(np.int32, sizes),
            )  # fmt: skip
            return out

    def _run(
        self, name: str, kind: np.dtype[Any], exact: bool, items: Sequence[int], group: Any, *args: Any
    ) -> None:
        kernel = _built(self.context, str(kind), exact)[name]
        data = [arg.base_data if isinstance(arg, cl_array.Array) else arg for arg in args]
        with self._lock:
            kernel(self.queue, items, group, *data)


@lru_cache(maxsize=16)
def _built(context: Any, kind: str, exact: bool) -> dict[str, Any]:
    real = ["-DREAL=float"] if kind == "float32" else ["-DREAL=double", "-DWIDE"]
    source = files(__package__).joinpath("steps.cl").read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cl.CompilerWarning)  # remarks of the driver's compiler
        program = cl.Program(context, source).build([*real, *(["-DEXACT"] if exact else [])])
    return {name: cl.Kernel(program, name) for name in ("stream", "planes", "combine", "correlate")}


def _whole(field: ClArray) -> ClArray:
    """A field that starts at its buffer's first byte; one that was indexed may not."""
    return field.copy() if field.offset else field


def _chosen(name: str | None) -> Any:
    try:
        found = [device for platform in cl.get_platforms() for device in platform.get_devices()]
    except cl.Error:
        found = []
    if not found:
        raise NotFound(
            "backend='opencl': no OpenCL driver is here; install the one of your GPU, or PoCL for a CPU"
        )
    gpus = [device for device in found if device.type & cl.device_type.GPU]
    if name is None:
        return (gpus or found)[0]
    if name.isdecimal():
        fitting = found[int(name) : int(name) + 1]
    elif name in ("gpu", "cpu"):
        fitting = gpus if name == "gpu" else [one for one in found if one.type & cl.device_type.CPU]
    else:
        fitting = [device for device in found if name.lower() in device.name.lower()]
    if not fitting:
        here = ", ".join(f"{number} {device.name.strip()}" for number, device in enumerate(found))
        raise NotFound(f"backend='opencl:{name}': no such device here; there are {here}")
    return fitting[0]
