"""What is here: the GPU, the backends that are asked for, what stands in for them on a CPU, and how fast
memory is copied. What is measured, and how, is not known here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from torimem.errors import TorimemError
from torimem.field.backends import load

from ..record import ROOT
from .rows import Row

PACKAGES = ("torch", "triton", "cuda-core", "cuda-bindings", "nvidia-cuda-nvrtc", "jax", "jaxlib")
ASKED = (
    "driver_version,compute_cap,memory.total,clocks.sm,clocks.max.sm,clocks.mem,power.limit,temperature.gpu"
)


@dataclass
class Settings:
    """What a process is told: which backends and peers it is to leave out and why, and which are wrong.

    `end` is the time (`time.time`) by which it should be done. `threads` is how many processors it may use.
    """

    cpu: bool
    end: float
    threads: int = 1
    without: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def backends(cpu: bool) -> tuple[str, ...]:
    """Ours, by the names that users give."""
    return ("torch:cpu", "triton", "cuda", "jax:cpu") if cpu else ("torch:cuda", "triton", "cuda", "jax:cuda")


def environment(cpu: bool) -> dict[str, str]:
    """What a process has to be told before it imports anything; torimem need not be installed."""
    paths = [ROOT / "src", ROOT, ROOT / "tests" / "backends"]
    found = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    found["PYTHONPATH"] = os.pathsep.join(filter(None, (*map(str, paths), found.get("PYTHONPATH"))))
    found |= {
        "PYTHONUNBUFFERED": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "TORIMEM_EMBEDDER": "none",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",  # no pool of processes that would outlive its parent
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # others need memory too
    }
    if cpu:
        found |= {"TRITON_INTERPRET": "1", "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}
    return found


def stand_in() -> None:
    """Let the kernels of `cuda` run on this CPU, compiled by g++."""
    with suppress(ImportError):  # loading the backend says what is missing
        from cuda_on_cpu import OnCpu

        from torimem.field.backends import cuda

        class Emulated(OnCpu):
            def __init__(self, device: str | None = None) -> None:
                super().__init__()
                self.name = "cuda"

        cuda.CudaBackend = Emulated  # type: ignore[misc]


def missing(name: str) -> str:
    """Why a backend cannot be had, in one line; empty where it can."""
    try:
        load(name)
    except TorimemError as error:
        return str(error)
    return ""


def no_gpu() -> str:
    """Why PyTorch computes on no NVIDIA GPU here; empty where it does."""
    try:
        import torch
    except ImportError as error:
        return str(error)
    if torch.version.cuda and torch.cuda.is_available():
        return ""
    return f"PyTorch {torch.__version__} finds no CUDA device here; --cpu tries the ways without one"


def smi(query: str) -> str:
    """What nvidia-smi says of the first GPU; empty where it does not."""
    command = ["nvidia-smi", "-i", "0", f"--query-gpu={query}", "--format=csv,noheader"]
    if not shutil.which(command[0]):
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()


def device(cpu: bool) -> Any:
    """Where PyTorch computes."""
    import torch

    return torch.device("cpu" if cpu else "cuda", *([] if cpu else [0]))


def here(settings: Settings) -> tuple[list[Row], list[str]]:
    """A row for each backend and one for a copy; lines about the device."""
    lines = []
    if told := dict(zip(ASKED.split(","), smi(ASKED).split(", "), strict=False)):
        lines.append(", ".join(f"{name} {value}" for name, value in told.items() if value))
    rows = []
    for name in backends(settings.cpu):
        why = missing(name)
        about = f"missing: {why}" if why else getattr(load(name), "about", "")
        rows.append(Row("what is here", name, note=about))
    import torch

    if not settings.cpu:
        found = torch.cuda.get_device_properties(0)
        size = (
            f"{found.total_memory / 2**30:.1f} GiB, L2 {getattr(found, 'L2_cache_size', 0) / 2**20:.0f} MiB"
        )
        lines.append(
            f"{found.name}, sm_{found.major}{found.minor}, {found.multi_processor_count} SMs, {size}"
        )
        lines.append(f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}")
    copy, spent = copied(settings.cpu)
    name, note = (
        f"a copy of {copy / 2**20:.0f} MiB",
        f"{bandwidth(copy, spent) / 1e9:.4g} GB/s, read and written",
    )
    low, middle, high = (float(np.percentile(spent, p)) for p in (20, 50, 80))
    rows.append(Row("what is here", name, 1, len(spent), middle, low, high, note=note))
    return rows, lines


def copied(cpu: bool) -> tuple[int, list[float]]:
    """Copies within the device's memory, the yardstick of all else: bytes, and times in us by its own clock.

    They are of a gibibyte, or a quarter of the memory; not of zeros, which may go faster.
    """
    import torch

    where = device(cpu)
    size = 1 << 24 if cpu else min(1 << 30, torch.cuda.get_device_properties(where).total_memory // 4)
    source = torch.rand(size // 4, device=where)
    target = torch.empty_like(source)
    spent = []
    for _ in range(5 if cpu else 50):
        if cpu:
            begin = time.perf_counter()
            target.copy_(source)
            spent.append(1e6 * (time.perf_counter() - begin))
        else:
            marks = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
            marks[0].record()
            target.copy_(source)
            marks[1].record()
            torch.cuda.synchronize()
            spent.append(1e3 * marks[0].elapsed_time(marks[1]))
    return size, spent


def bandwidth(size: int, spent: list[float]) -> float:
    """Bytes a second, read and written."""
    return 2e6 * size / float(np.median(spent))
