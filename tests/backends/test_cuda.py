"""Our CUDA kernels, compiled for GPUs and run on a CPU: the public suite, and what is promised besides."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from cuda.bindings import nvrtc
from cuda.core import ProgramOptions
from demo_fold import same_everywhere
from numpy.typing import NDArray

from backends.cuda_on_cpu import SOURCE, OnCpu
from torimem.errors import NotFound
from torimem.field.backends import Backend, Cells, cuda, load
from torimem.field.stencil import Stencil
from torimem.testing import BackendTests

ROOT = Path(__file__).parents[2]
GUIDE, FLOW = Stencil.diffusion(0.2, 0.01), Stencil.flow(0.3, 0.1, 0.01, 0.4)
SHAPES = [  # (batch, layer, y, x): in registers but for 37x41 and 9x300, which no warp can share evenly
    (3, 2, 64, 64),
    (2, 3, 50, 50),
    (5, 1, 48, 20),
    (3, 2, 37, 41),
    (7, 2, 4, 64),
    (300, 1, 3, 4),
    (2, 1, 300, 1),
    (2, 1, 9, 300),
    (3, 1, 67, 6),
    (1, 1, 128, 96),
]
ON_CPU = OnCpu()


class TestCuda(BackendTests):
    backend = "cuda"

    @property
    def ours(self) -> Backend:
        return ON_CPU


def random(*shape: int, dtype: str = "float32") -> Cells:
    return np.random.default_rng(sum(shape)).uniform(-1, 1, shape).astype(dtype)


def same(got: Cells, wanted: Cells) -> None:
    """Equal to the bit."""
    np.testing.assert_array_equal(got.view(f"u{got.itemsize}"), wanted.view(f"u{wanted.itemsize}"))


def test_the_demos_log_folds_to_the_same_topics_and_figures() -> None:
    same_everywhere(ON_CPU)


def stepped(backend: OnCpu, cells: Cells, stencils: tuple[Stencil, ...], n: int | NDArray[np.int64]) -> Cells:
    backend.launches.clear()
    return backend.get(backend.advance(backend.put(cells), stencils, n, "exact"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_exact_steps_are_those_of_the_cpu_to_the_bit(shape: tuple[int, ...], dtype: str) -> None:
    cells, stencils = random(*shape, dtype=dtype), (GUIDE, FLOW, GUIDE)[: shape[1]]
    own = np.arange(shape[0]) % 5
    for n in (1, 7, own, np.minimum(own, 1)):
        if not np.any(n):
            continue
        wanted = load("numpy").advance(cells, stencils, n, "exact")
        same(load("native").advance(cells, stencils, n, "exact"), wanted)
        for backwards in (False, True):
            for crowd in (1, 100, 1 << 18):
                same(stepped(OnCpu(backwards=backwards, crowd=crowd), cells, stencils, n), wanted)


def test_small_planes_make_all_their_steps_in_one_launch_and_others_one_in_each() -> None:
    for side, n, launches in [
        ((64, 64), 1, ["stream"]),
        ((64, 64), 30, ["planes"]),
        ((64, 64), np.array([0, 9]), ["planes"]),
        ((37, 41), 4, ["stream"] * 4),
        ((37, 41), np.array([0, 3]), ["stream"] * 3),
        ((3, 3), 4097, ["planes"] * 2),  # more than one launch may take
    ]:
        cells = random(2, 1, *side)
        same(stepped(ON_CPU, cells, (GUIDE,), n), load("numpy").advance(cells, (GUIDE,), n, "exact"))
        assert ON_CPU.launches == launches


def test_many_planes_are_no_trouble() -> None:
    """More than the second and third side of a grid could have."""
    cells = random(1 << 16, 4, 2, 2)
    for n in (1, 3):
        wanted = load("numpy").advance(cells, (GUIDE,) * 4, n, "exact")
        same(stepped(ON_CPU, cells, (GUIDE,) * 4, n), wanted)
        assert len(ON_CPU.launches) == 1


def test_a_tensor_may_begin_between_two_vectors() -> None:
    whole = torch.rand(1 + 2 * 8 * 8)
    view = whole[1:].view(2, 1, 8, 8)
    assert view.is_contiguous()
    assert view.data_ptr() % 16
    for n in (1, 5):
        got = ON_CPU.get(ON_CPU.advance(view, (GUIDE,), n, "exact"))
        same(got, load("numpy").advance(view.numpy(), (GUIDE,), n, "exact"))


@pytest.mark.parametrize("size", [4, 8])
def test_every_layout_covers_its_plane_and_fits_into_a_block(size: int) -> None:
    fitting = 0
    for height in [*range(1, 132), 200, 384, 500, 9973]:
        for width in [*range(1, 132), 160, 256, 257]:
            shape = cuda.layout(height, width, size)
            if shape is None:
                continue
            fitting += 1
            assert (shape.columns * shape.lanes, shape.rows * shape.groups) == (width, height)
            assert shape.lanes <= 32
            assert shape.columns * shape.rows * size <= 128
            assert shape.threads % 32 == 0
            assert shape.planes * shape.groups <= shape.threads // 32 * (32 // shape.lanes)
            assert shape.threads <= 768
            assert 2 * 2 * shape.planes * shape.groups * width * size <= 48 * 1024
    assert fitting > 5000
    assert cuda.layout(50, 50, size)


# What no GPU is needed for


def builds() -> Iterator[cuda.Build]:
    for real, size in (("float", 4), ("double", 8)):
        for even, exact in ((True, True), (True, False), (False, True), (False, False)):
            for vector in (1, 2, 4) if size == 4 else (1, 2):
                yield cuda.Build(real, vector, even, exact)
            for side in ((64, 64), (50, 50), (4, 4), (192, 128)):
                shape = cuda.layout(*side, size)
                if shape:
                    vector = math.gcd(shape.columns, 16 // size)
                    yield cuda.Build(real, vector, even, exact, shape)


@pytest.mark.parametrize("arch", ["sm_80", "sm_90"])
def test_every_kernel_compiles_for_gpus(arch: str) -> None:
    codes = {build: cuda.cubin(arch, build) for build in builds()}
    assert len(codes) > 40
    for build, code in codes.items():
        assert code.startswith(b"\x7fELF")
        assert build.name.encode() in code


def test_nothing_is_fused_where_steps_are_exact_and_no_compiler_warns() -> None:
    for build in builds():
        options = ProgramOptions(arch="compute_90", fma=not build.exact, define_macro=build.macros)
        words = options.as_bytes("nvrtc")
        _, program = nvrtc.nvrtcCreateProgram(SOURCE.read_bytes(), b"steps.cu", 0, None, None)
        (fault,) = nvrtc.nvrtcCompileProgram(program, len(words), words)
        _, size = nvrtc.nvrtcGetProgramLogSize(program)
        log = b" " * size
        nvrtc.nvrtcGetProgramLog(program, log)
        assert (fault, log.strip(b"\0")) == (nvrtc.nvrtcResult.NVRTC_SUCCESS, b"")
        _, size = nvrtc.nvrtcGetPTXSize(program)
        code = b" " * size
        nvrtc.nvrtcGetPTX(program, code)
        nvrtc.nvrtcDestroyProgram(program)
        assert (b"fma.rn" in code) != build.exact


def refusal(asked: str) -> str:
    with pytest.raises(NotFound) as caught:
        load(asked)
    return str(caught.value)


def test_without_a_gpu_it_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line = (
        f": PyTorch {torch.__version__} finds no CUDA device here; "
        "install its CUDA build and NVIDIA's driver, or use 'torch' or 'native'"
    )
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert refusal("cuda") == "backend='cuda'" + line
    assert refusal("cuda:1") == "backend='cuda:1'" + line
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.version, "cuda", None)  # as where PyTorch is built for AMD
    assert refusal("cuda") == "backend='cuda'" + line


def test_a_gpu_that_is_not_here_names_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for asked in ("cuda:1", "cuda:x", "cuda:cuda:1", "cuda:cpu", "cuda:-1"):
        assert refusal(asked) == f"backend='{asked}': no such device here; use cuda:0"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert refusal("cuda:2") == "backend='cuda:2': no such device here; use cuda:0 to cuda:1"
    assert [cuda._number(asked) for asked in (None, "0", "1", "cuda:1")] == [0, 0, 1, 1]


def test_the_kernels_are_installed_with_the_package(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.so", "*.egg-info"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", "built"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "built/torimem/field/backends/steps.cu").read_bytes() == SOURCE.read_bytes()


# That the CPU is strict enough to find faults


def test_no_read_or_write_is_out_of_bounds() -> None:
    """A build with sanitizers, which end the process at the first fault; needs g++."""
    find = ["g++", "-print-file-name=libasan.so"]
    library = subprocess.run(find, capture_output=True, text=True, check=True).stdout.strip()
    done = subprocess.run(
        [sys.executable, "backends/cuda_on_cpu.py"],
        cwd=ROOT / "tests",
        env={**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "driven\n"), done.stderr


FAULTS = {
    "a barrier forgotten": ("!__syncthreads_or(step < steps)", "step >= steps"),
    "one place for edges instead of two": ("edges[step % 2]", "edges[0]"),
    "north not wrapping": ("group ? team - 1 : team + GROUPS - 1", "group ? team - 1 : team"),
    "lanes left over write": ("lane < TEAMS_OF_WARP * LANES && team < TEAMS", "team < TEAMS"),
    "planes of a block not told apart": ("PLANES == 1 || step < steps", "true"),
    "a lane that misses a shuffle": ("const REAL after =", "if (x)\n continue;\n const REAL after ="),
    "a thread that misses a barrier": ("/* the planes of a block may", "if (!busy) return; /*"),
    "the last row of a band left out": ("y + rows < height ? y + rows : height", "y + rows - 1"),
    "buffers mixed up": ("left % 2 ? scratch : out", "left % 2 ? out : scratch"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    right, wrong = FAULTS[fault]
    source = tmp_path / "steps.cu"
    text = SOURCE.read_text("utf-8")
    assert right in text
    source.write_text(text.replace(right, wrong), "utf-8")
    found = []
    for shape in ((3, 1, 50, 50), (3, 1, 5, 6), (2, 1, 37, 41)):
        cells, n = random(*shape), np.arange(shape[0]) + 2
        wanted = load("numpy").advance(cells, (GUIDE,), n, "exact")
        for backwards in (False, True):
            try:
                got = stepped(OnCpu(backwards=backwards, source=source), cells, (GUIDE,), n)
            except RuntimeError as error:
                found.append(str(error))
            else:
                if not np.array_equal(got, wanted):
                    found.append("other cells")
    assert found
    if "that misses" in fault:
        assert "miss a" in found[0]
