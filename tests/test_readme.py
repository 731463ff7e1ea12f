"""The README shows what runs: its sessions are executed, its figures stand in a committed row."""

import csv
import doctest
import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_sessions_print_what_they_show() -> None:
    sessions = re.findall(r"```python\n(>>>.*?)```", README, flags=re.DOTALL)
    assert sessions
    names: dict[str, object] = {}  # a later session goes on from an earlier one
    for number, session in enumerate(sessions):
        # a blank line in what is printed, which doctest wants marked and readers do not
        session = re.sub(r"\n(?=\n)(?!\n>>>)", "\n<BLANKLINE>", session)
        test = doctest.DocTestParser().get_doctest(session, names, f"README session {number}", "README.md", 0)
        test.globs = names  # the parser made a copy
        report: list[str] = []
        runner = doctest.DocTestRunner()
        assert runner.run(test, out=report.append, clear_globs=False).failed == 0, "".join(report)


def test_every_measured_figure_stands_in_a_committed_row() -> None:
    with (ROOT / "bench/results/memory.csv").open(encoding="utf-8") as file:
        rows = {(row["measure"], row["value"]) for row in csv.DictReader(file)}
    measured = README.split("## Measured")[1].split("\n## ")[0]
    shown = re.findall(r"^\| ([^|]+?) \| ([\d.]+) \|$", measured, flags=re.MULTILINE)
    assert len(shown) >= 5
    assert set(shown) <= rows


def test_every_time_of_a_field_stands_in_a_committed_row() -> None:
    with (ROOT / "bench/results/field.csv").open(encoding="utf-8") as file:
        rows = {(row["task"], row["engine"]): row for row in csv.DictReader(file) if row["threads"] == "1"}
    table = README.split("| one thread |")[1].split("\n\n")[0]
    engines = ("torimem", "plain C", "numba", "jax jit", "numpy in place", "torch conv2d")
    shown = [re.split(r" *\| *", line)[1:-1] for line in table.splitlines()[2:]]
    assert len(shown) >= 7
    for task, *cells in shown:
        for engine, cell in zip(engines, cells, strict=True):
            if cell:
                number, unit = cell.split()
                shown_us = float(number) * {"us": 1, "ms": 1000}[unit]
                assert shown_us == pytest.approx(float(rows[task, engine]["median_us"]), rel=0.006), task


def test_every_figure_of_meaning_stands_in_the_rows_that_its_line_names() -> None:
    table = README.split("| what | torimem | beside it | rows |")[1].split("\n\n")[0]
    shown = re.findall(r"^\| .* \| ([\d.]+) \| \D* ([\d.]+) \| `(.+\.csv)` \|$", table, flags=re.MULTILINE)
    assert len(shown) == len(table.strip().splitlines()) - 1 >= 7
    for ours, others, file in shown:
        with (ROOT / file).open(encoding="utf-8") as lines:
            values = {value for row in csv.DictReader(lines) for value in row.values()}
        known = [float(value) for value in values if re.fullmatch(r"\d\.\d{4}", value)]
        for figure in (float(ours), float(others)):
            assert any(abs(figure - value) < 0.00056 for value in known), (figure, file)


def test_every_figure_of_recall_stands_in_a_committed_row() -> None:
    with (ROOT / "bench/results/recall-quality.csv").open(encoding="utf-8") as file:
        rows = {(row["method"], row["embedder"]): row for row in csv.DictReader(file)}
    table = README.split("| method | embedder |")[1].split("\n\n")[0]
    shown = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| (\.\d+) \| (\.\d+) \| (\.\d+) \|$", table, flags=re.MULTILINE
    )
    assert len(shown) >= 10
    for method, embedder, *figures in shown:
        measured = [float(rows[method, embedder][f"recall@{k}"]) for k in (5, 10, 20)]
        assert [float(figure) for figure in figures] == pytest.approx(measured, abs=0.00056)


def test_every_time_of_a_search_stands_in_a_committed_row() -> None:
    with (ROOT / "bench/results/recall.csv").open(encoding="utf-8") as file:
        rows = {(row["measure"], row["embedder"][:4], row["value"]) for row in csv.DictReader(file)}
    table = README.split("| measure | words only | with MiniLM |")[1].split("\n\n")[0]
    shown = re.findall(r"^\| ([a-z].+?) \| ([\d.]*) ?\| ([\d.]+) \|$", table, flags=re.MULTILINE)
    assert len(shown) >= 8
    for measure, words, minilm in shown:
        assert {(measure, "mini", minilm)} | ({(measure, "none", words)} if words else set()) <= rows


def test_the_readme_has_a_row_for_each_room_and_names_nothing_that_is_not_there() -> None:
    table = README.split("| room | what happens in it |")[1].split("\n\n")[0]
    names = {name.rstrip("/") for name in re.findall(r"`([\w/]+(?:\.py|/))`", table)}
    package = ROOT / "src/torimem"
    assert [name for name in sorted(names) if not (package / name).exists()] == []
    files = {path.name for path in package.glob("*.py")} - {"__init__.py", "__main__.py"}
    rooms = {path.parent.name for path in package.glob("*/__init__.py")}
    assert len(rooms) > 10
    assert (files | rooms) - names == set()


def test_the_code_it_shows_is_well_typed_for_a_strict_user(tmp_path: Path) -> None:
    """Each block as a user would type it, checked by mypy --strict against the package's own types."""
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) > 4
    typed: list[str] = []
    for block in blocks:
        lines = block.splitlines()
        if block.startswith(">>>"):  # sessions follow one another
            typed += [line[4:] for line in lines if line.startswith((">>> ", "... "))]
            continue
        typed.append(f"async def block_{len(typed)}() -> None:")
        typed += [f"    {line}" for line in lines]
    file = tmp_path / "readme.py"
    file.write_text("\n".join(typed) + "\n", "utf-8")
    found, errors, status = api.run(
        ["--strict", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path), str(file)]
    )
    assert (found.strip().splitlines()[-1:], errors, status) == (
        ["Success: no issues found in 1 source file"], "", 0
    ), found  # fmt: skip
