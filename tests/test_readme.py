"""The README shows what runs: its sessions are executed, its figures stand in a committed row."""

import csv
import doctest
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_sessions_print_what_they_show() -> None:
    sessions = re.findall(r"```python\n(>>>.*?)```", README, flags=re.DOTALL)
    assert sessions
    for number, session in enumerate(sessions):
        # a blank line in what is printed, which doctest wants marked and readers do not
        session = re.sub(r"\n(?=\n)(?!\n>>>)", "\n<BLANKLINE>", session)
        test = doctest.DocTestParser().get_doctest(session, {}, f"README session {number}", "README.md", 0)
        report: list[str] = []
        assert doctest.DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)


def test_every_measured_figure_stands_in_a_committed_row() -> None:
    with (ROOT / "bench/results/memory.csv").open(encoding="utf-8") as file:
        rows = {(row["measure"], row["value"]) for row in csv.DictReader(file)}
    measured = README.split("## Measured")[1].split("\n## ")[0]
    shown = re.findall(r"^\| ([^|]+?) \| ([\d.]+) \|$", measured, flags=re.MULTILINE)
    assert len(shown) >= 5
    assert set(shown) <= rows


def test_every_file_that_the_readme_names_exists() -> None:
    table = README.split("| file | what it knows |")[1].split("\n\n")[0]
    names = re.findall(r"`([\w/]+(?:\.py|/))`", table)
    assert len(names) > 20
    assert [name for name in names if not (ROOT / "src/torimem" / name).exists()] == []
    here = {path.name for path in (ROOT / "src/torimem").glob("*.py")} - {"__init__.py", "__main__.py"}
    assert here - set(names) == set()
