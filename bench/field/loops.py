"""Peers that are a loop over cells, compiled: Numba, OpenCL and C, where there are also two ways to copy."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Cells, Peer, Shape


class Numba(Peer):
    """The plain C loop in Numba: edges apart, two buffers, vectors by LLVM."""

    wrapping = False

    def prepare(self) -> None:
        loops = numba_loops()
        self.loop = loops[1 if self.wrapping else 0]
        self.buffers = [np.empty(self.shape, dtype=np.float32) for _ in range(2)]

    def fresh(self, cells: Cells) -> None:
        self.buffers[0][...] = cells
        self.buffers[1].fill(0)
        self.turn = 0

    def run(self, n: int) -> None:
        self.turn = n % 2
        self.loop(*self.buffers, n, self.c, self.q)

    def cells(self) -> Cells:
        return self.buffers[self.turn]


class NumbaNaive(Numba):
    """Each neighbour by a modulo of its index."""

    wrapping = True


@lru_cache(maxsize=1)
def numba_loops() -> tuple[Callable[..., None], Callable[..., None]]:
    """The good loop and the naive one."""
    from numba import njit

    @njit(error_model="numpy", fastmath={"contract"})
    def apart(u: Any, v: Any, n: int, c: Any, q: Any) -> None:
        planes, height, width = u.shape
        last = width - 1
        for p in range(planes):
            a, b = u[p], v[p]
            for _ in range(n):
                for y in range(height):
                    up, here, out = a[y - 1 if y else height - 1], a[y], b[y]
                    down = a[y + 1 if y + 1 < height else 0]
                    out[0] = c * here[0] + q * ((up[0] + down[0]) + (here[last] + here[1]))
                    for x in range(1, last):
                        out[x] = c * here[x] + q * ((up[x] + down[x]) + (here[x - 1] + here[x + 1]))
                    out[last] = c * here[last] + q * ((up[last] + down[last]) + (here[last - 1] + here[0]))
                a, b = b, a

    @njit
    def naive(u: Any, v: Any, n: int, c: Any, q: Any) -> None:
        planes, height, width = u.shape
        for p in range(planes):
            a, b = u[p], v[p]
            for _ in range(n):
                for y in range(height):
                    for x in range(width):
                        b[y, x] = c * a[y, x] + q * (
                            a[(y - 1) % height, x]
                            + a[(y + 1) % height, x]
                            + a[y, (x - 1) % width]
                            + a[y, (x + 1) % width]
                        )
                a, b = b, a

    return apart, naive


class OpenCL(Peer):
    """One work item per cell, two buffers, all n launches queued and then awaited."""

    source = """
    kernel void advance(global const float *u, global float *v, float c, float q)
    {
        int x = get_global_id(0), width = get_global_size(0);
        int y = get_global_id(1), height = get_global_size(1);
        u += get_global_id(2) * width * height;
        v += get_global_id(2) * width * height;
        int up = (y ? y - 1 : height - 1) * width, down = (y + 1 < height ? y + 1 : 0) * width;
        int left = x ? x - 1 : width - 1, right = x + 1 < width ? x + 1 : 0, here = y * width;
        v[here + x] = c * u[here + x] + q * ((u[up + x] + u[down + x]) + (u[here + left] + u[here + right]));
    }
    """

    def prepare(self) -> None:
        import pyopencl as cl

        try:
            context = cl.Context([cl.get_platforms()[0].get_devices()[0]])
        except (cl.Error, IndexError) as error:
            raise OSError(f"no OpenCL device: {error}") from None
        self.cl, self.queue = cl, cl.CommandQueue(context)
        program = cl.Program(context, self.source).build()
        size = 4 * int(np.prod(self.shape))
        self.buffers = [cl.Buffer(context, cl.mem_flags.READ_WRITE, size) for _ in range(2)]
        self.kernels = [cl.Kernel(program, "advance") for _ in range(2)]
        for kernel, (u, v) in zip(self.kernels, (self.buffers, self.buffers[::-1]), strict=True):
            kernel.set_args(u, v, self.c, self.q)

    def fresh(self, cells: Cells) -> None:
        self.cl.enqueue_copy(self.queue, self.buffers[0], cells)
        self.queue.finish()
        self.turn = 0

    def run(self, n: int) -> None:
        self.turn = n % 2
        for step in range(n):
            self.cl.enqueue_nd_range_kernel(self.queue, self.kernels[step % 2], self.shape[::-1], None)
        self.queue.finish()

    def cells(self) -> Cells:
        out = np.empty(self.shape, dtype=np.float32)
        self.cl.enqueue_copy(self.queue, out, self.buffers[self.turn])
        return out


class PlainC(Peer):
    """plain.c, by the machine's own compiler, called through ctypes."""

    def prepare(self) -> None:
        self.library = library()
        self.buffers = [aligned(self.shape) for _ in range(2)]
        self.pointers = [ctypes.c_void_p(buffer.ctypes.data) for buffer in self.buffers]
        # arguments that are ctypes values already make the call a microsecond cheaper
        self.sizes = [ctypes.c_int64(size) for size in self.shape]
        self.weights = ctypes.c_float(self.c), ctypes.c_float(self.q)

    def fresh(self, cells: Cells) -> None:
        self.buffers[0][...] = cells
        self.turn = 0

    def call(self, n: int) -> Callable[[], object]:
        self.turn = n % 2
        return partial(self.library.advance, *self.pointers, *self.sizes, ctypes.c_int64(n), *self.weights)

    def cells(self) -> Cells:
        return self.buffers[self.turn]


class Copy(PlainC):
    """An ordinary copy of the field, once, whatever n."""

    steps = False

    def call(self, n: int) -> Callable[[], object]:
        self.turn = 1
        return partial(self.library.copy, *self.pointers[::-1], ctypes.c_int64(self.buffers[0].size))


class CopyPastCaches(Copy):
    """A copy with non-temporal stores."""

    def prepare(self) -> None:
        super().prepare()
        if not self.call(1)():
            raise OSError("no non-temporal stores are known for this processor")

    def call(self, n: int) -> Callable[[], object]:
        self.turn = 1
        count = ctypes.c_int64(self.buffers[0].size)
        return partial(self.library.copy_past_caches, *self.pointers[::-1], count)


def aligned(shape: Shape) -> Cells:
    """Zeros that begin on a cache line; NumPy asks for large pages for `empty`, not for `zeros`."""
    size = int(np.prod(shape))
    raw = np.empty(size + 16, dtype=np.float32)
    start = -raw.ctypes.data // 4 % 16
    raw[:] = 0
    return raw[start : start + size].reshape(shape)


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """plain.c as a shared library."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise OSError("no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "plain.so"
        command = [compiler, "-O3", "-march=native", "-fopenmp", "-shared", "-fPIC"]
        source = Path(__file__).with_name("plain.c")
        built = subprocess.run([*command, source, "-o", target], capture_output=True, text=True, check=False)
        if built.returncode:
            raise OSError(f"{compiler} failed: {built.stderr.strip().splitlines()[-1]}")
        return ctypes.CDLL(str(target))
