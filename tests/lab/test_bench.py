"""torimem bench: every table is there beside the claims, and a wrong result cannot look fast."""

from __future__ import annotations

import gc
import io
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from torimem import Field, InvalidInput
from torimem.cli import cli
from torimem.field import backends
from torimem.field.backends.numpy import NumpyBackend
from torimem.lab import bench, machine
from torimem.lab.bench import conversation, fields, race, tables
from torimem.lab.bench.race import Share
from torimem.lab.bench.row import Row, Size, Time, timed

NOW = Share(end=0.0)  # no time: one round


@pytest.fixture(scope="module")
def report() -> bench.Report:
    """The shortest measurement there is."""
    return bench.measure(seconds=0)


Register = Callable[[type[NumpyBackend]], str]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """Makes a class a backend by the name of "stub"."""

    def add(made: type[NumpyBackend]) -> str:
        module = ModuleType("torimem.field.backends.stub")
        module.Stub = made  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(backends._BACKENDS, "stub", ("Stub", "", "a stand-in"))
        made.name = "stub"
        return "stub"

    yield add
    backends._named.cache_clear()


def run(*arguments: str, **environment: str) -> Result:
    result = CliRunner(env={"COLUMNS": "100", **environment}).invoke(cli, ["bench", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def drawn(report: bench.Report, columns: int) -> str:
    """The tables as a terminal of so many columns shows them."""
    console = Console(width=columns, file=io.StringIO(), color_system=None)
    console.print(tables.shown(report, narrow=columns < 100))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# What is measured


def test_every_table_is_complete_however_little_time_there_is(report: bench.Report) -> None:
    found = [(row.table, row.what, getattr(row, "steps", "")) for row in report.rows]
    grids = ("50 x 50", "100 x 100", "200 x 200", "500 x 500")
    expected: list[tuple[str, str, str]] = [
        *(("diffusion", grid, steps) for grid in grids for steps in ("1", "100", "100, auto")),
        *(("layers", how, "") for how in ("one by one", "at once")),
        *(("search", f"pattern {size} x {size}", "") for size in (5, 16, 32)),
        *(("footprint", f"field {grid}", "") for grid in grids),
        ("footprint", "a memory's field, 4 layers", ""),
        ("footprint", "conversation of 305 turns, on disk", ""),
        ("footprint", "the same, opened and asked", ""),
        *(("conversation", what, "") for what in conversation._PARTS),
    ]
    assert sorted(found) == sorted(expected)
    for row in (row for row in report.rows if isinstance(row, Time)):
        assert row.rounds >= 1
        assert row.median > 0
        assert row.rough == (row.rounds < (305 if row.table == "conversation" else 10))
        if row.table != "conversation":
            assert row.rival_median is not None
            assert row.faster is not None
    assert all(row.bytes > 1000 for row in report.rows if isinstance(row, Size))


def test_what_was_claimed_stands_beside(report: bench.Report) -> None:
    claims = {
        (row.table, row.what): list(row.claims.values())
        for row in (row for row in report.rows if isinstance(row, Time))
    }
    assert claims["diffusion", "50 x 50"] == [0.025, 0.0005, 0.0007]
    assert claims["diffusion", "100 x 100"] == [0.1, 0.0012, 0.0015]
    assert claims["diffusion", "200 x 200"] == [0.4, 0.0035, 0.004]
    assert claims["diffusion", "500 x 500"] == [2.5, 0.02, 0.025]
    assert (claims["layers", "one by one"], claims["layers", "at once"]) == ([2.0], [0.008])
    assert claims["search", "pattern 5 x 5"] == [0.2, 0.002]
    assert claims["conversation", "extract the context"] == [0.005]
    assert claims["conversation", "write the prompt from it"] == [0.002]
    sizes = {row.what: (row.claim, row.bytes) for row in report.rows if isinstance(row, Size)}
    assert sizes["field 200 x 200"] == (160_000, 160_000)
    assert sizes["field 500 x 500"] == (1_000_000, 1_000_000)
    assert sizes["a memory's field, 4 layers"] == (None, 4 * 64 * 64 * 4)
    shown = drawn(report, 100)
    for quoted in ("25 / 0.5 / 0.7 ms", "2500 / 20 / 25 ms", "2000 ms CPU", "160 KB", "1 MB", "5 ms"):
        assert quoted in shown
    assert "nobody measured them" in shown


@pytest.mark.parametrize("backend", [row.name for row in backends.available() if row.here])
def test_every_backend_here_computes_what_numpy_does(backend: str) -> None:
    rows = [
        *(row for n in (1, 100) for row in fields.diffusion(backend, 50, n, NOW)),
        *fields.layers(backend, NOW),
        *fields.search(backend, 5, NOW),
    ]
    assert len(rows) == 6
    assert not any(row.wrong for row in rows)
    computed = [row for row in rows if row.rounds]  # on a slow machine the longest is only estimated
    assert len(computed) >= 5
    assert all(row.error is not None and row.error < 1e-5 for row in computed)


def broken(gives: Callable[..., Any], scores: Callable[..., Any] = np.zeros_like) -> type[NumpyBackend]:
    """A backend that gives `gives(cells)` for cells later, and scores places by `scores(plane)`."""

    class Broken(NumpyBackend):
        def advance(self, *given: Any) -> Any:
            return gives(*given)

        def ncc(self, plane: Any, patterns: Any) -> Any:
            return [scores(plane) for _ in patterns]

    return Broken


def a_step_too_many(field: Any, stencils: Any, n: int, *rest: Any) -> Any:
    return NumpyBackend().advance(field, stencils, n + 1, *rest)


IDLE = broken(lambda cells, *_: cells.copy())
BROKEN = {
    "idle": IDLE,
    "empty": broken(lambda cells, *_: np.zeros_like(cells), np.ones_like),
    "no number": broken(lambda cells, *_: np.full_like(cells, np.nan)),
    "a step too many": broken(a_step_too_many),
}


@pytest.mark.parametrize("made", BROKEN.values(), ids=BROKEN)
def test_a_backend_that_computes_something_else_is_wrong_not_fast(
    register: Register, made: type[NumpyBackend]
) -> None:
    name = register(made)
    rows = [
        *fields.diffusion(name, 50, 1, NOW),
        *fields.diffusion(name, 50, 100, NOW),
        *fields.layers(name, NOW),
        *fields.search(name, 5, NOW),
    ]
    assert all(row.wrong for row in rows)
    assert all(row.error is not None and 0 < row.error <= 1 for row in rows)
    found = bench.Report({}, tuple(rows), False, True, False, "")
    shown = drawn(found, 100)
    assert shown.count(" wrong ") >= len(rows)
    assert "faster" not in shown
    assert "worth nothing" in shown


def test_a_wrong_result_makes_the_command_fail(monkeypatch: pytest.MonkeyPatch, register: Register) -> None:
    short = lambda name: [(1.0, lambda share: fields.diffusion(name, 50, 1, share))]  # noqa: E731
    monkeypatch.setattr(bench, "_tasks", short)
    assert run("--backend", register(IDLE), "--seconds", "0").exit_code == 1
    assert run("--backend", "numpy", "--seconds", "0").exit_code == 0


def test_a_field_that_has_faded_to_nothing_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "_cells", lambda *shape: np.full(shape, 1e-25, dtype=np.float32))
    assert [(row.error, row.wrong) for row in fields.diffusion("numpy", 50, 1, NOW)] == [(1.0, True)]


def test_what_would_take_too_long_is_estimated_and_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "sample", lambda start: 3.0)
    steps, auto = fields.diffusion("reference", 50, 100, NOW)
    assert (steps.median, steps.rounds, steps.rough, steps.error) == (300.0, 0, True, None)
    assert auto.rounds == 1
    assert "~300 s" in drawn(bench.Report({}, (steps, auto), True, False, False, ""), 100)


class Elsewhere(NumpyBackend):
    """Works on its cells when it is waited for, not before."""

    waited = 0
    due: ClassVar[list[Callable[[], None]]] = []

    def advance(self, field: Any, *rest: Any) -> Any:
        later = field.copy()
        self.due.append(lambda: np.copyto(later, NumpyBackend.advance(self, field, *rest)))
        return later

    def synchronize(self, field: Any) -> None:
        Elsewhere.waited += 1
        while self.due:
            self.due.pop()()


def test_a_device_is_waited_for_inside_the_clock(register: Register) -> None:
    for name, waits in ((register(Elsewhere), 2), ("numpy", 0)):
        call = fields._advance(name, [np.ones((4, 4), np.float32)] * 2, 3, "step")
        before = Elsewhere.waited
        done = call()
        assert Elsewhere.waited - before == waits
        expected = Field.from_numpy(np.ones((4, 4)), backend="reference").advance(3).numpy()
        assert all(np.allclose(field.numpy(), expected) for field in done)


def test_transfers_stand_apart_where_cells_lie_on_a_device(register: Register) -> None:
    name = register(Elsewhere)
    found = [(row.what, row.wrong) for row in fields.transfers(name, NOW)]
    assert found == [
        (f"{what}, {way}", False)
        for what in ("500 x 500", "256 memories of 4 x 64 x 64")
        for way in ("there", "back")
    ]
    assert "Transfers" in drawn(
        bench.Report({}, tuple(fields.transfers(name, NOW)), True, False, False, ""), 100
    )


def test_a_conversation_is_heard_to_its_end_and_leaves_no_tracing_on() -> None:
    said = conversation._said()
    assert len({message.id for message in said}) == len(said) == 305
    moments = [message.at for message in said if message.at]
    assert moments == sorted(moments)
    assert len(moments) == len(said)
    rows = conversation.conversation(NOW)
    assert [row.rounds for row in rows if isinstance(row, Time)] == [10] * 4
    assert not tracemalloc.is_tracing()


# How it is timed


def test_rivals_take_turns_from_fresh_cells_with_nothing_collected() -> None:
    laid_out: list[str] = []
    called: list[object] = []

    def start(name: str) -> race.Start:
        def prepare() -> Callable[[], object]:
            laid_out.append(name)
            fresh = object()

            def call() -> None:
                assert fresh not in called
                called.append(fresh)

            return call

        return prepare

    left = iter([1.0, 1.0, 1.0, 0.0])

    class ThreeMore(Share):
        def left(self) -> float:
            assert not gc.isenabled()
            return next(left)

    assert gc.isenabled()
    found = race.race({"ours": start("ours"), "theirs": start("theirs")}, ThreeMore(0.0))
    assert gc.isenabled()
    assert {name: len(rounds) for name, rounds in found.items()} == {"ours": 4, "theirs": 4}
    assert len(called) == len(laid_out) > 8
    turns = [name for name, _ in groupby(laid_out)]
    assert 6 <= len(turns) <= 10  # one each to begin with, then one each in four rounds


def test_collecting_garbage_is_left_as_it_was() -> None:
    gc.disable()
    try:
        with race.uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(ZeroDivisionError), race.uncollected():
        _ = 1 / 0
    assert gc.isenabled()


def test_a_ratio_is_taken_round_by_round() -> None:
    row = timed("layers", "x", [1.0, 10.0, 100.0], claims={}, rival="y", others=[2.0, 30.0, 100.0])
    assert (row.median, row.rival_median, row.faster) == (10.0, 30.0, 2.0)
    assert [row.p20, row.p80] == pytest.approx([4.6, 64.0])
    assert timed("layers", "x", [1.0, 2.0], claims={}).p20 is None


def test_time_that_a_task_leaves_over_goes_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    shares: list[float] = []
    told: list[int] = []

    def task(spent: float) -> Callable[[Share], list[Row]]:
        def do(share: Share) -> list[Row]:
            shares.append(share.left())
            clock[0] += spent
            share.left()
            return []

        return do

    tasks = [(1.0, task(5.5)), (2.0, task(90.0)), (1.0, task(9.0)), (1.0, task(1.0))]
    monkeypatch.setattr(bench, "_tasks", lambda _: tasks)
    bench.measure(seconds=100, progress=told.append)
    assert shares == [20.0, 94.5 * 2 / 4, 4.5 / 2, 0.0]
    assert told == [5, 95, 104, 105]


# The command


def test_the_command_shows_machine_tables_and_how_to_repeat_it(report: bench.Report) -> None:
    shown = drawn(report, 100).splitlines()
    heads = [line.split("  ")[0] for line in shown[:6]]
    assert [head for head in heads if head.strip()] == ["processor", "cores", "backend", "versions", "date"]
    assert report.command.endswith(f"torimem bench --backend {backends.load().name} --seconds 0")
    assert shown[-1].strip() == f"again: {report.command}"
    for title in ("Diffusion", "four layers", "Search", "Footprint", "conversation", "~ rough"):
        assert any(title in line for line in shown)
    options = report.command.partition(" bench ")[2].split()
    assert cli.commands["bench"].make_context("bench", options).params["seconds"] == 0


def test_the_threads_that_were_asked_for_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_tasks", lambda name: [])
    monkeypatch.setenv("TORIMEM_THREADS", "1")
    assert bench.measure("numpy", 3).command == "TORIMEM_THREADS=1 torimem bench --backend numpy --seconds 3"


@pytest.mark.parametrize("columns", [80, 100])
def test_no_figure_is_cut_off(columns: int) -> None:
    claims = {"CPU": 2.5, "CUDA": 0.0035, "Metal": 0.0015}
    spread, others = [0.000_99, 0.001_01, 0.001_03], [1.0] * 3
    row = timed(
        "diffusion", "500 x 500", spread, steps="100, auto", claims=claims, rival="NumPy", others=others,
        error=1e-7,
    )  # fmt: skip
    rows = row, row
    shown = drawn(bench.Report({}, (*rows, *fields.footprint(NOW)), True, False, True, "x"), columns)
    assert "…" not in shown
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert "2500 / 3.5 / 1.5 ms" in shown
    assert ("998 us-1.02 ms" in shown) == (columns == 100)
    assert "stopped early" in shown


def test_it_runs_in_an_empty_directory_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    result = run("--seconds", "0", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [list(folder.iterdir()) for folder in tmp_path.iterdir()] == [[], []]
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert set(found["machine"]) == {"processor", "cores", "backend", "versions", "date"}
    assert (found["rough"], found["wrong"], found["stopped"]) == (True, False, False)
    assert len(found["rows"]) == 28
    assert found["rows"][5]["claims"] == {"CPU": 0.025, "CUDA": 0.0005, "Metal": 0.0007}


def test_ctrl_c_ends_it_with_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list[Time]:
        raise KeyboardInterrupt

    monkeypatch.setattr(fields, "layers", interrupted)
    result = run("--backend", "numpy", "--seconds", "0")
    assert result.exit_code == 1
    assert "500 x 500" in result.stdout
    assert "stopped early" in result.stdout
    assert "Search" not in result.stdout
    found = json.loads(run("--backend", "numpy", "--seconds", "0", "--json").stdout)
    assert found["stopped"]
    assert {row["table"] for row in found["rows"]} == {"footprint", "diffusion"}


def test_what_cannot_be_measured_is_one_line() -> None:
    result = run("--backend", "abacus")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: no backend 'abacus'; known are auto, ")
    assert result.stderr.count("\n") == 1
    for seconds in (float("nan"), float("inf"), "long"):
        with pytest.raises(InvalidInput, match="seconds="):
            bench.measure(seconds=seconds)  # type: ignore[arg-type]
    assert run("--seconds", "-1").exit_code == 2


def test_a_processor_without_a_name_of_its_own_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "")
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert machine.processor() == "riscv64"
