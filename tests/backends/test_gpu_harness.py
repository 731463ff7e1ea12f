"""`bench.gpu` without a GPU: all its ways on a CPU, what becomes of faults, hangs and missing packages."""

from __future__ import annotations

import csv
import doctest
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parents[2]
OURS = ["torch:cpu", "triton", "cuda", "jax:cpu"]
PEERS = ["torch roll", "torch conv2d", "torch.compile", "cuDNN"]
BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""
SANITIZER = """#!/bin/sh
tool=$2
shift 2
if [ $tool = memcheck ]; then shift 2; fi
"$@"
if [ $tool = memcheck ]; then echo '========= ERROR SUMMARY: 0 errors'; exit; fi
echo '========= Error: Potential RAW hazard detected'
echo '========= RACECHECK SUMMARY: 2 hazards displayed (2 errors, 0 warnings)'
"""


@dataclass
class Ran:
    """What a run said, and the rows that it wrote."""

    code: int
    said: str
    rows: list[dict[str, str]]

    def of(self, **columns: str) -> list[dict[str, str]]:
        """The rows in which these columns hold these values."""
        return [row for row in self.rows if all(row[name] == value for name, value in columns.items())]

    def one(self, **columns: str) -> dict[str, str]:
        """The only such row."""
        (row,) = self.of(**columns)
        return row


class Tree:
    """A copy of what the harness needs, without the C engine, in which faults can be planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns("*.so", "__pycache__", "results")
        for name in ("src", "bench"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        (folder / "tests" / "backends").mkdir(parents=True)
        for name in ("cuda_on_cpu.py", "cuda_on_cpu.h"):
            shutil.copy(ROOT / "tests" / "backends" / name, folder / "tests" / "backends")

    def plant(self, file: str, right: str, wrong: str) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        assert right in text
        path.write_text(text.replace(right, wrong, 1), "utf-8")

    def run(self, *arguments: str, cpu: bool = True, **environment: str) -> Ran:
        rows = self.folder / "rows.csv"
        options = ["--cpu"] if cpu else []
        done = subprocess.run(
            [sys.executable, "-m", "bench.gpu", *options, *arguments, "--write", "--csv", str(rows)],
            cwd=self.folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        lines = rows.read_text("utf-8").splitlines() if rows.exists() else []
        return Ran(done.returncode, done.stdout, list(csv.DictReader(lines)))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree")


def test_every_way_is_gone_on_a_cpu_and_every_row_is_written(tree: Tree) -> None:
    ran = tree.run("--minutes", "9", "--commit", "abc1234")
    assert (ran.code, ran.of(right="no")) == (0, []), ran.said
    assert ran.said.endswith("missing: compute-sanitizer\n")
    head = list(ran.rows[0])
    assert head[:6] == ["date", "commit", "device", "versions", "task", "engine"]
    assert {"wall_us", "device_us", "ratio", "share", "target", "met", "right", "note"} < set(head)
    assert {row["commit"] for row in ran.rows} == {"abc1234"}
    assert f"torch {torch.__version__}" in ran.rows[0]["versions"]
    timed = {
        "20x20, 5 steps, one by one": [*OURS, *PEERS],
        "20x20, 1000000 steps, at once": [*OURS, "torch rfft2"],
        "20x20, 1000000 steps, at once, another number each time": OURS,
        "40x48, 1 step": [*OURS, *PEERS, "copy"],
        "3 memories of 2x8x8, 5 steps": [*OURS, *PEERS, "copy"],
        "40x48, 2 steps, one by one": [*OURS, *PEERS],
        "40x48, 3 steps, one by one": [*OURS, *PEERS],
        "4x6x6, 1 step": [*OURS, *(f"{one}, one by one" for one in OURS)],
        "4x6x6, 3 steps": [*OURS, *(f"{one}, one by one" for one in OURS)],
    }
    timed |= {
        f"{side}x{side}, {n}": [*OURS, *PEERS] for side in (5, 10, 20, 50) for n in ("1 step", "40 steps")
    }
    for task, engines in timed.items():
        rows = ran.of(task=task)
        assert sorted(row["engine"] for row in rows) == sorted(engines)
        for row in rows:
            assert float(row["wall_us"]) > 0
            assert float(row["error"]) < 1e-5
            assert (row["right"] == "yes") == (row["engine"].partition(",")[0] in OURS)
    assert ran.one(task="40x48, 2 steps, one by one", engine="cuda")["met"] == "no"
    assert sum(not row["ratio"] for row in ran.of(task="5x5, 1 step")) == 1  # the fastest of ours
    for backend in OURS:
        assert ran.one(task="against numpy", engine=backend, n="")["right"] == "yes"
        assert float(ran.one(task="against numpy", engine=backend, n="exact 32")["error"]) == 0
        assert len(ran.of(task="so many steps cost what a jump does", engine=backend)) == 3
        assert ran.one(task="torimem.testing.BackendTests", engine=backend)["note"] == "6 passed, 0 failed"
        assert ran.one(task="12 users, 6 messages each, folded", engine=backend)["right"] == "yes"
    assert ran.of(engine="one by one, numpy")  # torimem's C engine is not in that tree
    assert sorted(path.name for path in tree.folder.iterdir()) == ["bench", "rows.csv", "src", "tests"]
    assert not (tree.folder / "bench" / "results").exists()


def test_what_is_missing_is_said_in_a_line_and_the_others_go_on(tree: Tree, tmp_path: Path) -> None:
    blocked = {"jax", "cuda.core", "hypothesis"}
    (tmp_path / "sitecustomize.py").write_text(BLOCKED.format(names=blocked), "utf-8")
    tree.plant("bench/gpu/peers.py", "    def prepare(self) -> None:\n        backend =", (
        "    def prepare(self) -> None:\n        raise RuntimeError('no compiler here')\n        backend ="
    ))  # fmt: skip
    ran = tree.run("--only", "here", "right", "50-1", "suite", "users", PYTHONPATH=str(tmp_path))
    assert (ran.code, ran.of(right="no")) == (0, []), ran.said
    assert ran.said.endswith("missing: cuda, jax:cpu, hypothesis\n")
    for name in ("cuda", "jax:cpu"):
        assert "is not installed here" in ran.one(task="what is here", engine=name)["note"]
        assert ran.said.count(f"missing: {name}: ") == 1
        for row in ran.of(engine=name):
            assert row["note"].startswith("missing: ")
            assert not row["wall_us"]
    for name in ("torch:cpu", "triton"):
        assert ran.one(task="5x5, 1 step", engine=name)["right"] == "yes"
    left_out = ran.one(task="5x5, 1 step", engine="torch.compile")
    assert (left_out["note"], left_out["right"]) == ("left out: RuntimeError: no compiler here", "")
    assert not ran.of(task="torimem.testing.BackendTests", right="yes")


def test_what_is_wrong_is_marked_wherever_it_is_timed(tree: Tree) -> None:
    tree.plant(
        "src/torimem/field/backends/triton.py", "((north + south) + (west + east))", "(north + (west + east))"
    )
    ran = tree.run("--only", "right:triton", "right:torch:cpu", "500-step", "suite:triton", "50-100")
    assert ran.code == 1
    assert ran.one(task="against numpy", engine="triton", n="")["right"] == "no"
    assert ran.one(task="against numpy", engine="triton", n="step 32")["right"] == "no"
    assert ran.one(task="against numpy", engine="triton", n="stamp 32")["right"] == "yes"
    assert ran.one(task="against numpy", engine="torch:cpu", n="")["right"] == "yes"
    wrong = ran.one(task="20x20, 5 steps, one by one", engine="triton")
    assert (wrong["right"], wrong["note"], wrong["met"]) == ("no", "wrong: see what numpy says of it", "no")
    assert float(wrong["wall_us"]) > 0
    assert float(wrong["error"]) > 0.01
    assert ran.one(task="20x20, 5 steps, one by one", engine="torch:cpu")["right"] == "yes"
    jumping = ran.one(task="5x5, 40 steps", engine="triton")  # which is right, but of a backend that is not
    assert (jumping["right"], float(jumping["error"]) < 1e-5) == ("no", True)
    suite = ran.one(task="torimem.testing.BackendTests", engine="triton")
    assert (suite["right"], suite["note"][:19]) == ("no", "1 passed, 5 failed;")
    assert "WRONG  20x20, 5 steps, one by one: triton 5: wrong" in ran.said


def test_a_crash_and_a_hang_cost_one_backend_each(tree: Tree) -> None:
    tree.plant(
        "src/torimem/field/backends/jax.py",
        "        most = counts.max()\n",
        "        __import__('os').abort()\n",
    )
    tree.plant(
        "src/torimem/field/backends/cuda.py", "        batch, layers, height, width = cells.shape\n",
        "        batch, layers, height, width = cells.shape\n        __import__('time').sleep(1000)\n",
    )  # fmt: skip
    triton = "src/torimem/field/backends/triton.py"
    tree.plant(triton, "        batch, layers, height, width = cells.shape\n", (
        "        raise RuntimeError('no kernel image\\nis available')\n"
        "        batch, layers, height, width = cells.shape\n"
    ))  # fmt: skip
    tree.plant("bench/gpu/__main__.py", "SILENT = 75", "SILENT = 7")
    ran = tree.run("--only", "50-1", "100-1")
    assert ran.code == 1
    jax = ran.one(task="50-1", engine="jax:cpu")
    assert jax["note"].startswith("ended with signal 6 (Aborted)")
    cuda = ran.one(task="50-1", engine="cuda")
    assert cuda["note"] == "not a word for 7 s, so it was ended"
    assert (jax["right"], cuda["right"]) == ("no", "no")
    for task in ("5x5, 1 step", "10x10, 1 step"):
        assert ran.one(task=task, engine="jax:cpu")["note"].startswith(
            "left out: in 50-1: ended with signal 6"
        )
        assert ran.one(task=task, engine="cuda")["note"].startswith("left out: in 50-1: not a word")
        failed = ran.one(task=task, engine="triton")
        assert (failed["note"], failed["right"]) == (
            "failed: RuntimeError: no kernel image is available",
            "no",
        )
        for engine in ("torch:cpu", *PEERS):
            assert float(ran.one(task=task, engine=engine)["wall_us"]) > 0


def test_where_the_time_is_nearly_up_it_ends_in_time_and_says_what_was_left(tree: Tree) -> None:
    begin = time.monotonic()
    ran = tree.run("--minutes", "0.1")
    assert time.monotonic() - begin < 6 + 15
    assert ran.code == 0
    assert "no time left: " in ran.said
    assert "crossing:jax:cpu" in ran.said


def test_what_a_sanitizer_finds_is_wrong(tree: Tree, tmp_path: Path) -> None:
    tool = tmp_path / "compute-sanitizer"
    tool.write_text(SANITIZER)
    tool.chmod(0o755)
    ran = tree.run("--only", "sanitizer", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert ran.code == 1
    for backend in ("cuda", "triton"):
        assert ran.one(task="compute-sanitizer, memcheck", engine=backend)["right"] == "yes"
        race = ran.one(task="compute-sanitizer, racecheck", engine=backend)
        assert (race["right"], "Potential RAW hazard" in race["note"]) == ("no", True)
    tool.write_text("#!/bin/sh\necho '========= Error: Device not supported.'\n")
    ran = tree.run("--only", "memcheck:cuda")
    tool.unlink()
    assert ran.code == 0


def test_without_a_gpu_it_says_so_in_a_line(tree: Tree) -> None:
    ran = tree.run(cpu=False, CUDA_VISIBLE_DEVICES="")
    assert (ran.code, ran.rows) == (1, [])
    assert ran.said.count("\n") < 8
    assert "missing: a GPU: PyTorch" in ran.said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "nonsense"], "there is no nonsense; there are 100-1, "),
        (["--cpu", "--write"], "name another file with --csv"),
    ],
    ids=["a strange name", "rows of a CPU"],
)
def test_what_cannot_be_is_refused(arguments: list[str], says: str) -> None:
    command = [sys.executable, "-m", "bench.gpu", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


# What only a GPU has, played by a CPU


class Clock:
    """A clock that goes on by a microsecond whenever it is looked at, and by what it is told."""

    now = 0.0

    def passes(self, seconds: float) -> None:
        self.now += seconds

    def perf_counter(self) -> float:
        self.passes(1e-6)
        return self.now


CLOCK = Clock()


class Event:
    """An event on a stream that is always done."""

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.at = CLOCK.perf_counter()

    def elapsed_time(self, other: Event) -> float:
        return 1e3 * (other.at - self.at)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """The modules of the harness, on a machine that looks as if it had a GPU."""
    monkeypatch.syspath_prepend(str(ROOT))
    from bench.gpu import fields, here, turns

    about = SimpleNamespace(total_memory=1 << 26, name="a GPU", major=9, minor=0, multi_processor_count=2)
    fakes = {
        "Event": Event,
        "_sleep": lambda cycles: CLOCK.passes(cycles / 2e9),
        "synchronize": lambda *_: None,
        "get_device_properties": lambda *_: about,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(torch.cuda, name, fake)
    for module in (turns, here):
        monkeypatch.setattr(module, "time", CLOCK)
    for module in (fields, here):
        monkeypatch.setattr(module, "device", lambda cpu: torch.device("cpu"))
        monkeypatch.setattr(module, "backends", lambda cpu: ("torch:cpu",))
    monkeypatch.setitem(fields.TASKS, "50-1", replace(fields.TASKS["50-1"], shape=(1, 9, 8)))
    monkeypatch.setattr(here, "no_gpu", lambda: "")
    return {"fields": fields, "here": here, "turns": turns}.__getitem__


def test_events_tell_how_long_a_device_is_busy(played: Callable[[str], Any]) -> None:
    settings = played("here").Settings(False, time.time() + 60)
    rows = played("fields").measured("50-1", settings, 1.0)
    assert [row.engine for row in rows] == ["torch:cpu", *PEERS]
    assert all(row.device_us > 0 and row.wall_us > 0 for row in rows)
    rows, lines = played("here").here(settings)
    assert lines[-2].startswith("a GPU, sm_90, 2 SMs, 0.1 GiB")
    assert rows[-1].engine == "a copy of 16 MiB"
    assert rows[-1].rounds == 50


def test_who_waits_for_the_device_while_asking_is_told_of(played: Callable[[str], Any]) -> None:
    fields, turns = played("fields"), played("turns")
    engine = fields.Ours("torch:cpu", torch.rand(1, 4, 4), 1, 0.1, {})
    assert turns.busy(engine, 2000.0, 64)[1] == ""
    engine.run = lambda state: CLOCK.passes(0.02)
    assert turns.busy(engine, 2000.0, 64)[1] == "waits for the device while it asks"
    engine.streamed = False
    assert turns.busy(engine, 2000.0, 64) == (None, "")


def test_a_broken_device_ends_the_process(
    played: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    def ended(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", broken)
    monkeypatch.setattr(os, "_exit", ended)
    row = played("fields").Row("a task", "cuda")
    with pytest.raises(SystemExit, match="70"):
        played("turns").failed(row, ValueError("a kernel"))
    assert capsys.readouterr().err == "failed: ValueError: a kernel\n"


def test_a_field_that_changes_while_it_is_timed_is_wrong(played: Callable[[str], Any]) -> None:
    fields, turns = played("fields"), played("turns")
    engine = fields.Ours("torch:cpu", torch.ones(1, 4, 4), 1, 0.1, {})  # a step leaves .9 of them
    for peak, right in ((0.9, "yes"), (0.7, "no"), (None, "no")):
        row = fields.Row("a task", "torch:cpu", peak=peak, right="yes")
        assert turns.after(engine, row).right == right


def test_the_examples_in_the_documentation_hold(played: Callable[[str], Any]) -> None:
    for module in (played("fields"), sys.modules["bench.gpu.rows"]):
        failed, tried = doctest.testmod(module)
        assert (failed, tried > 0) == (0, True)
