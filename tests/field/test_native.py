"""The CPU engine on every instruction set that runs here: the public suite, and what is promised besides."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from torimem.errors import InvalidInput
from torimem.field.backends import load
from torimem.field.field import Field
from torimem.field.stencil import Stencil
from torimem.testing import BackendTests

_native = pytest.importorskip("torimem.field.backends._native")

from torimem.field.backends import native  # noqa: E402

Cells = NDArray[Any]

ROOT = Path(__file__).parents[2]
ENGINES = list(_native.engines())
GUIDE, FLOW = Stencil.diffusion(0.05, 0.004), Stencil.flow(0.3, 0.1, 0.01, 0.4)
LEANING, SWINGING = Stencil(-0.3, 0.2, -0.1, 0.25, 0.1), Stencil.diffusion(0.9, 0.15)
SIDES = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 9), (64, 1), (3, 3), (7, 5), (17, 31), (13, 100), (64, 64)]
LARGE = [(700, 900), (3, 50_000), (50_000, 3)]  # too large for the scratch of any processor

each_engine = pytest.mark.parametrize("name", ENGINES)


class TestNative(BackendTests):
    backend = "native"


for _name in ENGINES:  # one class for each instruction set of this processor
    _class = f"Test{_name.capitalize()}"
    globals()[_class] = type(_class, (BackendTests,), {"backend": f"native:{_name}", "__module__": __name__})


def made(name: str | None = None, threads: int = 1) -> native.NativeBackend:
    """A backend of that instruction set with that many threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORIMEM_THREADS", str(threads))
        return native.NativeBackend(name)


def random(*shape: int, dtype: str = "float32", least: float = 0.0) -> Cells:
    return np.random.default_rng(sum(shape)).uniform(least, 1, shape).astype(dtype)


def same(got: Cells, wanted: Cells) -> None:
    """Equal to the bit."""
    np.testing.assert_array_equal(got.view(f"u{got.itemsize}"), wanted.view(f"u{wanted.itemsize}"))


def far_off(got: Cells, wanted: Cells) -> float:
    """The relative L2 error."""
    return float(np.linalg.norm(got.astype("float64") - wanted) / np.linalg.norm(wanted))


def run(code: str, **environment: str) -> str:
    """A script in a process of its own, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_instruction_set_of_this_processor_is_tried() -> None:
    info = Path("/proc/cpuinfo")
    flags = info.read_text("utf-8").split() if info.exists() else []
    if "sse2" in flags:
        wide = {"avx512": {"avx512f", "avx512dq", "avx512bw", "avx512vl"}, "avx2": {"avx2", "fma"}}
        assert [*(name for name, needs in wide.items() if needs <= set(flags)), "sse2"] == ENGINES
    assert ENGINES[-1] in ("sse2", "neon")
    for name in ENGINES:
        assert issubclass(globals()[f"Test{name.capitalize()}"], BackendTests)
        assert load(f"native:{name}").name == f"native:{name}"


def test_an_instruction_set_that_does_not_run_here_names_those_that_do() -> None:
    with pytest.raises(InvalidInput) as caught:
        Field(3, 3, backend="native:nonsense")
    assert str(caught.value) == (
        "backend='native:nonsense' does not run here; this processor has "
        + ", ".join(f"native:{name}" for name in ENGINES)
    )


@pytest.mark.parametrize("threads", ["0", "x", "-1", "1.5", " "])
def test_a_number_of_threads_that_is_none_is_refused(threads: str) -> None:
    with pytest.raises(InvalidInput, match=r"TORIMEM_THREADS='.*' must be a whole number from 1 on"):
        made(threads=threads)  # type: ignore[arg-type]


def test_as_many_threads_as_one_likes_are_no_trouble() -> None:
    cells = random(2, 700, 900)
    same(
        made(threads=10**30).advance(cells, (GUIDE,) * 2, 3, "step"),
        made().advance(cells, (GUIDE,) * 2, 3, "step"),
    )


# Exact steps: the same bits everywhere


@each_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exact_steps_are_those_of_numpy_to_the_bit(name: str, dtype: str) -> None:
    stencils = (GUIDE, FLOW, LEANING, SWINGING, Stencil(0, 0, 0, 1, 0))
    for side in SIDES:
        cells = random(3, len(stencils), *side, dtype=dtype, least=-1)
        for n in (1, 2, 7):
            wanted = load("numpy").advance(cells, stencils, n, "exact")
            for threads in (1, 2, 5):
                backend = made(name, threads)
                same(backend.advance(cells, stencils, n, "exact"), wanted)
                same(backend.advance(cells.copy(), stencils, n, "exact", True), wanted)


@each_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("side", LARGE)
def test_exact_steps_of_large_planes_are_those_of_numpy_to_the_bit(
    name: str, dtype: str, side: tuple[int, int]
) -> None:
    cells, stencils = random(2, *side, dtype=dtype, least=-1), (GUIDE, FLOW)
    for n in (1, 2, 17, 40):
        wanted = wanted_of_large(dtype, side, n)
        for threads in (1, 2, 5):
            same(made(name, threads).advance(cells.copy(), stencils, n, "exact", threads == 2), wanted)


_known: dict[object, Cells] = {}


def wanted_of_large(dtype: str, side: tuple[int, int], n: int) -> Cells:
    """What NumPy makes of it, worked out once for all instruction sets."""
    key = dtype, side, n
    if key not in _known:
        cells = random(2, *side, dtype=dtype, least=-1)
        _known[key] = load("numpy").advance(cells, (GUIDE, FLOW), n, "exact")
    return _known[key]


@each_engine
def test_exact_steps_keep_numbers_that_are_too_small_to_be_normal(name: str) -> None:
    cells = (random(1, 9, 21, least=-1) * 1e-38).astype("float32")
    wanted = load("numpy").advance(cells, (GUIDE,), 9, "exact")
    assert (np.abs(wanted[wanted != 0]) < np.finfo("float32").tiny).any()
    same(load(f"native:{name}").advance(cells, (GUIDE,), 9, "exact"), wanted)


# Fast steps and jumps: the same whoever works on them


@each_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape",
    [(5, 4, 17, 31), (40, 1, 64, 64), (1, 2, 700, 900), (8, 1, 300, 350), (1, 1, 3, 50_000), (2, 1, 37, 41)],
)
def test_threads_company_and_memory_change_no_bit(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    cells, stencils = random(*shape, dtype=dtype), (GUIDE, FLOW, LEANING, SWINGING)[: shape[1]]
    alone = made(name)
    for n in (1, 3, 60):
        for method in ("auto", "step", "jump"):
            if method == "step" and n * cells.size > 10**7:
                continue
            wanted = np.stack([alone.advance(item, stencils, n, method) for item in cells])
            same(alone.advance(cells, stencils, n, method), wanted)
            same(made(name, 2).advance(cells, stencils, np.full(shape[0], n), method), wanted)
            same(made(name, 5).advance(cells.copy(), stencils, n, method, True), wanted)


@pytest.mark.parametrize(
    "arrange",
    [
        np.ascontiguousarray,
        np.asfortranarray,
        lambda n: np.repeat(n, 2, axis=0)[::2],
        lambda n: n[::-1, ::-1],
        lambda n: np.broadcast_to(n[:1], n.shape),
        lambda n: np.frombuffer(n.tobytes(), "int64").reshape(n.shape),  # read-only
        lambda n: n.astype("int16"),
    ],
)
def test_numbers_of_steps_may_lie_in_any_order(arrange: Callable[[Cells], Cells]) -> None:
    cells = random(2, 3, 1, 6, 5)
    n = arrange(np.array([[1, 200, 3], [0, 5, 90]]))
    field = Field.from_numpy(cells, backend="native").advance(n, GUIDE)
    for item in np.ndindex(2, 3):
        alone = Field.from_numpy(cells[item], backend="native").advance(int(n[item]), GUIDE)
        same(field.numpy()[item], alone.numpy())


@each_engine
def test_none_one_and_very_many_steps_in_one_batch(name: str) -> None:
    for side in ((8, 12), (37, 41)):
        cells = random(4, 1, *side)
        backend = load(f"native:{name}")
        got = backend.advance(cells, (Stencil.diffusion(0.2, 0.0),), np.array([0, 1, 2**53, 10**9]), "auto")
        same(got[0], cells[0])
        same(got[1], backend.advance(cells[1], (Stencil.diffusion(0.2, 0.0),), 1, "step"))
        for item in (2, 3):
            np.testing.assert_allclose(got[item], cells[item].mean(dtype="float64"), rtol=1e-6)


# Accuracy


@each_engine
@pytest.mark.parametrize("decay", [0.0, 0.001])
@pytest.mark.parametrize("side", [(64, 64), (50, 50), (61, 67), (128, 96), (200, 300)])
def test_a_thousand_steps_stay_close_to_float64(name: str, decay: float, side: tuple[int, int]) -> None:
    cells, backend = random(1, *side), load(f"native:{name}")
    for stencil in (
        Stencil.diffusion(0.25, decay),
        Stencil.diffusion(0.05, decay),
        Stencil.flow(0.3, 0.1, decay, 0.4),
    ):
        for n, most in ((100, 3e-7), (1000, 2e-6)):
            wanted = load("numpy").advance(cells.astype("float64"), (stencil,), n, "jump")
            assert far_off(backend.advance(cells, (stencil,), n, "step"), wanted) <= most


@each_engine
@pytest.mark.parametrize("decay", [0.0, 0.001])
@pytest.mark.parametrize(
    "side", [(64, 64), (50, 50), (100, 100), (512, 16), (29, 31), (7, 11), (1, 961), (61, 67), (500, 500)]
)
def test_a_jump_is_exact_to_rounding_however_long(name: str, decay: float, side: tuple[int, int]) -> None:
    cells, backend = random(1, *side), load(f"native:{name}")
    for stencil in (Stencil.diffusion(0.25, decay), Stencil.flow(0.3, 0.1, decay, 0.4)):
        for n in (1, 100, 1000, 10**4, 4 * 10**4, 10**6):
            wanted = load("numpy").advance(cells.astype("float64"), (stencil,), n, "jump")
            got = backend.advance(cells, (stencil,), n, "jump")
            if wanted.max() < np.finfo("float32").tiny:
                assert not got.any()
            else:
                assert far_off(got, wanted) <= 3e-7


@each_engine
@pytest.mark.parametrize("side", [(100, 100), (512, 16), (29, 31)])
def test_a_field_that_fades_faster_than_its_gain_keeps_its_digits(name: str, side: tuple[int, int]) -> None:
    cells, stencil = (
        random(1, *side),
        Stencil(0.2, 0.2, -0.2, 0.2, -0.2),
    )  # every wave falls below the gain of 1
    wanted = load("numpy").advance(cells.astype("float64"), (stencil,), 100, "jump")
    assert np.abs(wanted).max() < 1e-8
    assert far_off(load(f"native:{name}").advance(cells, (stencil,), 100, "jump"), wanted) <= 6e-7


@each_engine
@pytest.mark.parametrize(("scale", "n"), [(3e38, 1000), (1e37, 60_000), (1.0, 80_000), (1e-25, 10_000)])
def test_a_jump_is_as_exact_near_the_ends_of_the_type(name: str, scale: float, n: int) -> None:
    cells, stencil = (random(1, 48, 50) * scale).astype("float32"), Stencil.diffusion(0.25, 0.001)
    wanted = load("numpy").advance(cells.astype("float64"), (stencil,), n, "jump") / scale
    got = load(f"native:{name}").advance(cells, (stencil,), n, "jump").astype("float64") / scale
    assert far_off(got, wanted) <= 3e-7


@each_engine
@pytest.mark.parametrize("scale", [1e30, 1e-25])
def test_a_jump_of_huge_or_tiny_cells_is_as_exact(name: str, scale: float) -> None:
    cells = (random(1, 48, 50) * scale).astype("float32")
    wanted = load("numpy").advance(cells.astype("float64"), (GUIDE,), 300, "jump")
    assert far_off(load(f"native:{name}").advance(cells, (GUIDE,), 300, "jump"), wanted) <= 3e-7


@each_engine
def test_an_even_number_of_steps_is_told_from_an_odd_one(name: str) -> None:
    board = (-1.0) ** np.add.outer(np.arange(6), np.arange(10))[None].astype("float32")
    for n, sign in ((2**53, 1), (2**53 - 1, -1), (10**9 + 1, -1)):
        got = load(f"native:{name}").advance(
            board.astype("float32"), (Stencil.diffusion(1.0, 0.0),), n, "auto"
        )
        np.testing.assert_allclose(got, sign * board, atol=1e-6)


@each_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_cell_becomes_negative_or_more_than_it_could(name: str, dtype: str) -> None:
    nearly = Stencil.diffusion(1 - 1e-9, 0.0)
    stencils = (
        Stencil.diffusion(0.25, 0.1),
        FLOW,
        nearly,
        Stencil(0, 0.1, 0.2, 0.3, 0.4),
        Stencil(0.1, 0, 0, 0.9, 0),
    )
    for side in ((1, 7), (5, 5), (16, 33), (300, 400)):
        cells = np.zeros((1, len(stencils), *side), dtype)
        cells[..., 0, 0], cells[..., -1, -1] = 1, 1e-30
        for n in (1, 2, 3, 7):
            for method in ("step", "jump"):
                got = load(f"native:{name}").advance(cells, stencils, n, method)
                assert got.min() >= 0
                assert got.max() <= 1 + 1e-6


@each_engine
@pytest.mark.parametrize(
    ("dtype", "counts"), [("float32", (700, 820, 850, 5000)), ("float64", (5000, 6700, 6760, 9000))]
)
def test_a_field_fades_to_nothing_without_debris(name: str, dtype: str, counts: tuple[int, ...]) -> None:
    backend, stencil = load(f"native:{name}"), (Stencil.diffusion(0.25, 0.1),)
    for side in ((7, 5), (64, 64), (1, 300)):
        cells = random(1, *side, dtype=dtype)
        for n in counts:
            for method in ("step", "jump", "auto"):
                got = backend.advance(cells, stencil, n, method)
                assert np.isfinite(got).all()
                assert not (got[got != 0] < np.finfo(dtype).tiny).any()
        assert not got.any()


@each_engine
def test_how_the_caller_computes_is_left_as_it_was(name: str) -> None:
    tiny = np.full(8, 1e-38, "float32")

    def small() -> list[float]:
        return (tiny * np.float32(0.001)).tolist() + (np.full(8, 5e-324) * 3).tolist()

    before = small()
    assert all(before)
    for threads in (1, 3):
        for shape in ((3, 1, 9, 9), (1, 1, 700, 900)):
            for method in ("auto", "step", "jump", "exact"):
                made(name, threads).advance(random(*shape), (GUIDE,), 25, method)
                assert small() == before


# What belongs to whom


def layouts(cells: Cells) -> Iterator[Cells]:
    """The same cells in other memory orders, and read-only."""
    yield np.asfortranarray(cells)
    wide = np.zeros((*cells.shape[:-2], 2 * cells.shape[-2], 3 * cells.shape[-1]), cells.dtype)
    wide[..., ::2, ::-3] = cells
    yield wide[..., ::2, ::-3]
    yield cells.swapaxes(-1, -2).copy().swapaxes(-1, -2)
    still = cells.copy()
    still.flags.writeable = False
    yield still
    yield np.frombuffer(b"." + cells.tobytes(), cells.dtype, offset=1).reshape(
        cells.shape
    )  # at an odd address


@each_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cells_may_come_in_any_order_and_are_not_written_to(name: str, dtype: str) -> None:
    cells = random(2, 3, 12, 35, dtype=dtype)
    wanted = Field.from_numpy(cells, backend=f"native:{name}").advance(7, FLOW).numpy()
    for given in layouts(cells):
        field = Field.from_numpy(given, backend=f"native:{name}")
        assert field.dtype == dtype
        same(field.advance(7, FLOW).numpy(), wanted)
        same(np.ascontiguousarray(given), cells)


@each_engine
@pytest.mark.parametrize("how", [{}, {"exact": True}, {"method": "jump"}, {"method": "step"}])
def test_a_copy_and_its_original_go_their_own_ways(name: str, how: dict[str, Any]) -> None:
    cells = random(2, 9, 33)
    for n in (1, 5, 60):
        field = Field.from_numpy(cells, layers=("activation", "other"), backend=f"native:{name}")
        field.advance(2, GUIDE, **how)
        before = field.numpy()
        later = Field.from_numpy(before, backend=f"native:{name}").advance(n, GUIDE, **how).numpy()
        twin = field.copy()
        same(twin.advance(n, GUIDE, **how).numpy(), later)
        same(field.numpy(), before)
        third = field.copy()
        same(field.advance(n, GUIDE, **how).numpy(), later)
        same(third.numpy(), before)
        fourth = field.copy()
        field.copy().set(1, 1, 5.0)
        field.activate_radius(3, 3, 2, 0.7).set(8, 8, 0.1)
        same(fourth.numpy(), later)
        field = fourth
        third.set(0, 0, 2.0).activate_radius(4, 4, 2, 3.0, mode="add").advance(1, GUIDE)
        same(field.numpy(), later)
        same(twin.advance(1, GUIDE).numpy(), field.copy().advance(1, GUIDE).numpy())
        same(field.numpy(), later)


def test_what_was_read_stays_as_it_was_read() -> None:
    field = Field.from_numpy(random(1, 8, 8), backend="native")
    before, cell = field.numpy(), field.get(3, 3)
    kept = before.copy()
    field.advance(3)
    same(before, kept)
    assert cell == kept[0, 3, 3] != field.get(3, 3)


def test_eight_threads_at_once_get_what_one_gets() -> None:
    shared = Field.from_numpy(random(2, 3, 100, 120))
    meet = Barrier(8)

    def work(number: int, wait: Callable[[], object] = meet.wait) -> list[bytes]:
        stencil = (GUIDE, FLOW)[number % 2]
        own = Field.from_numpy(random(1, 300 + number, 500))
        wait()
        found = []
        for n in (1, 30, 200):
            found.append(own.advance(n, stencil).numpy().tobytes())
            found.append(shared.copy().advance(n, stencil).advance(2, GUIDE, exact=True).numpy().tobytes())
        return found

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, range(8)))
    assert together == [work(number, lambda: None) for number in range(8)]


def test_after_a_fork_it_goes_on() -> None:
    code = """
import multiprocessing
import numpy as np
from torimem.field.field import Field
def later():
    cells = np.ones((700, 900)) * np.arange(900)
    return Field.from_numpy(cells, backend="native").advance(20).numpy().tobytes()
def send(end):
    end.send_bytes(later())
context = multiprocessing.get_context("fork")
wanted = later()
here, there = context.Pipe()
child = context.Process(target=send, args=(there,))
child.start()
assert here.recv_bytes() == wanted
child.join()
assert child.exitcode == 0
"""
    assert run(code, TORIMEM_THREADS="4") == ""


@pytest.mark.parametrize("how", [{"exact": True}, {"method": "step"}])
@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
def test_very_many_steps_are_interrupted_at_once_and_the_field_is_whole(
    how: dict[str, Any], batch: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = random(*batch, 2, 6, 7)
    wanted = Field.from_numpy(cells, backend="native").advance(100, GUIDE, **how).numpy()
    monkeypatch.setattr(native, "_UNBROKEN", 5000)
    field = Field.from_numpy(cells, backend="native")
    backend, seen = field._backend, []

    def steps(*given: Any) -> Any:
        seen.append(given)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)
        return native.NativeBackend.steps(backend, *given)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell's background job ignores
    with monkeypatch.context() as patch:
        patch.setattr(backend, "steps", steps, raising=False)
        with pytest.raises(KeyboardInterrupt):
            field.advance(100, GUIDE, **how)
    signal.signal(signal.SIGINT, before)
    assert len(seen) == 2
    same(field.numpy(), cells)
    later = field.advance(100, GUIDE, **how).numpy()
    np.testing.assert_allclose(later, wanted, rtol=0 if "exact" in how else 1e-6)
    counts = np.arange(int(np.prod(batch))).reshape(batch) * 40
    own = Field.from_numpy(cells, backend="native").advance(counts, GUIDE, **how).numpy()
    for item in np.ndindex(batch):
        alone = Field.from_numpy(cells[item], backend="native").advance(int(counts[item]), GUIDE, **how)
        np.testing.assert_allclose(own[item], alone.numpy(), rtol=0 if "exact" in how else 1e-6)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to so much memory")
def test_short_of_memory_it_fails_or_takes_fewer_threads_and_fields_are_whole() -> None:
    code = """
import resource
import numpy as np
from torimem.field.field import Field
cells = np.random.default_rng(0).random((1, 3500, 3000), dtype="float32")  # 40 MB
wanted = Field.from_numpy(cells, backend="native").advance(2).numpy()
field = Field.from_numpy(cells, backend="native")
shared = Field.from_numpy(cells, backend="native")
twin = shared.copy()
def leave(megabytes):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20, -1))
def fails(ask, *given, **how):
    try:
        ask(*given, **how)
    except MemoryError:
        return True
leave(20)
assert fails(shared.advance, 1)  # no room for another field
assert fails(shared.advance, 3, exact=True)
assert fails(field.advance, 10**6)  # none for the waves
leave(60)
assert fails(shared.advance, 10**6)  # room for another field, but not for the waves
leave(40)
field.advance(2)  # room for a few threads, not for twenty
resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
assert field.numpy().tobytes() == wanted.tobytes()
assert shared.numpy().tobytes() == twin.numpy().tobytes() == cells.tobytes()
assert shared.advance(2).numpy().tobytes() == wanted.tobytes()
"""
    assert run(code, TORIMEM_THREADS="20", OPENBLAS_NUM_THREADS="1") == ""


# no memory is kept for the next call, so that it ends where it should; and it is full of NaN
FRESH_SCRATCH = """
#include <stdlib.h>
#include <string.h>
void *scratch_take(size_t bytes) {
    void *memory;
    return posix_memalign(&memory, 64, bytes) ? NULL : memset(memory, 0xff, bytes);
}
void scratch_give(void *memory) { free(memory); }
"""


def test_no_read_or_write_is_out_of_bounds(tmp_path: Path) -> None:
    """A build with sanitizers, which end the process at the first fault; needs gcc."""
    package = tmp_path / "torimem"
    shutil.copytree(
        Path(native.__file__).parents[2], package, ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    build = [
        "gcc",
        "-O0",
        "-g",
        "-std=gnu11",
        "-ffp-contract=off",
        "-fvisibility=hidden",
        "-pthread",
        "-fPIC",
    ]
    build += ["-shared", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
    scratch = tmp_path / "scratch.c"
    scratch.write_text(FRESH_SCRATCH, "utf-8")
    sources = [scratch, *(path for path in (ROOT / "native").glob("*.c") if path.name != scratch.name)]
    target = str(package / "field" / "backends" / "_native.abi3.so")
    include = f"-I{sysconfig.get_paths()['include']}"
    subprocess.run([*build, include, *map(str, sources), "-o", target, "-lm"], check=True)
    library = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/field/native_drive.py")],
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "LD_PRELOAD": library,
            "ASAN_OPTIONS": "detect_leaks=0",
            "OPENBLAS_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["driven:", *ENGINES]), done.stderr
