"""The kernels of `cuda` as C++ on a CPU: compiled unchanged by g++, launched on tensors that lie there.

Only the launch is another one; which kernel, its sizes and its arguments are those of the backend. Run by
itself it drives both kernels through many sizes under sanitizers, which end it at the first fault.
"""

from __future__ import annotations

import atexit
import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torimem.field.backends import cuda
from torimem.field.backends.numpy import NumpyBackend
from torimem.field.backends.torch import TorchBackend
from torimem.field.stencil import Stencil

SOURCE = Path(cuda.__file__).with_name("steps.cu")
SANITIZED = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fsanitize-sections=shared",
    "--param=asan-stack=0",  # a fiber's stack is not where a sanitizer looks for one
)
_folder = tempfile.TemporaryDirectory(prefix="cuda_on_cpu")
atexit.register(_folder.cleanup)


class OnCpu(cuda.CudaBackend):
    """`cuda` without a GPU; threads may run in the opposite order, and new memory is full of NaN.

    A `crowd` of one lets every thread march many rows, however small a field is.
    """

    def __init__(
        self,
        *,
        backwards: bool = False,
        crowd: int = 1,
        flags: tuple[str, ...] = (),
        source: Path = SOURCE,
    ) -> None:
        TorchBackend.__init__(self, "cpu")
        self.name = "cuda on the CPU"
        self.backwards, self.crowd, self.flags, self.source = backwards, crowd, flags, source
        self.launches: list[str] = []

    def step(self, *arguments: Any) -> torch.Tensor:
        before = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(True)  # fills with NaN what nobody has written to
        try:
            return super().step(*arguments)
        finally:
            torch.use_deterministic_algorithms(before)

    def _launch(self, build: cuda.Build, blocks: int, *arguments: int) -> None:
        self.launches.append(build.name)
        entry = _compiled(self.source, build.name, tuple(build.macros), self.flags)
        given = (ctypes.c_longlong * len(arguments))(*arguments)
        fault = entry(blocks, build.threads, self.backwards, given, len(given))
        if fault:
            raise RuntimeError(f"{build.name}: {fault.decode()}")


@cache
def _compiled(source: Path, name: str, macros: tuple[tuple[str, str], ...], flags: tuple[str, ...]) -> Any:
    whole = f'#include "cuda_on_cpu.h"\n#include "{source}"\nON_CPU({name})\n'
    command = ["g++", "-std=c++17", "-O1", "-ffp-contract=off", "-U_FORTIFY_SOURCE", "-fPIC", "-shared"]
    command += ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", f"-I{Path(__file__).parent}", *flags]
    command += [f"-D{macro}={value}" for macro, value in macros]
    target = Path(_folder.name, f"{len(list(Path(_folder.name).iterdir()))}.so")
    subprocess.run([*command, "-x", "c++", "-", "-o", str(target)], input=whole, text=True, check=True)
    entry = ctypes.CDLL(str(target)).on_cpu
    entry.argtypes = [ctypes.c_longlong, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
    entry.restype = ctypes.c_char_p
    return entry


SHAPES = [
    (2, 1, 1, 1),
    (3, 2, 1, 7),
    (70, 1, 3, 5),
    (2, 2, 64, 64),
    (5, 1, 48, 20),
    (2, 1, 37, 41),
    (2, 1, 50, 50),
    (1, 1, 67, 132),
]
STENCILS = (Stencil.diffusion(0.3, 0.01), Stencil.flow(0.2, 0.1, 0.0, 0.5))


def drive() -> None:
    """Both kernels on every shape, with one number of steps for all items and with their own."""
    random = np.random.default_rng(0)
    for number, shape in enumerate(SHAPES):
        dtype = "float64" if number % 3 == 2 else "float32"
        cells = random.uniform(-1, 1, shape).astype(dtype)
        stencils = STENCILS[: shape[1]]
        for counts in (1, 3, random.integers(0, 6, shape[0])):
            for backwards in (False, True):
                backend = OnCpu(backwards=backwards, flags=SANITIZED)
                got = backend.get(backend.advance(backend.put(cells), stencils, counts, "exact"))
                np.testing.assert_array_equal(got, NumpyBackend().advance(cells, stencils, counts, "exact"))


if __name__ == "__main__":
    drive()
    print("driven")
