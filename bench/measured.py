"""Committed rows -> docs/measured.md: every figure with its command, device and date; it measures nothing.

python -m bench.measured
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "measured.md"
ENGINES = (
    *("torimem", "plain C", "numba", "jax jit", "opencl (pocl)", "numpy in place", "torch conv2d"),
    "opencv matchTemplate",
)
OPERATIONS = "step", "jump", "stamp", "correlate", "match"
Table = Sequence[Mapping[str, str]]


_HEAD = """# What was measured

Written by `python -m bench.measured` from the rows in `bench/results`: change those, not this page. The
machines are shared, so of CPU times only ratios carry over to another one. What did not help, and why bars
were missed, stands in `docs/log.md`.""".splitlines()


def page() -> str:
    """The whole page.

    >>> page().startswith("# What was measured")
    True
    """
    parts = [
        _HEAD,
        _fields(_rows("field")),
        _errors(_rows("errors")),
        _gpu(_rows("gpu")),
        _memories(_rows("memory")),
        _searches(_rows("recall")),
        _beside("Installing and starting", "python -m bench.starting TREE", _rows("starting")),
        _beside("Messages", "python -m bench.memory.against TREE", _rows("against")),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _rows(name: str) -> Table:
    """The rows of a file; none where it is not there."""
    path = RESULTS / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _told(rows: Table, command: str) -> list[str]:
    """Where rows come from."""
    last = rows[-1]
    return [
        "",
        f"`{command}`, {last['date']}, commit {last['commit']}, {last['device']}; {last['versions']}.",
        "",
    ]


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines)]


def _fields(rows: Table) -> list[str]:
    """Steps and matches on one thread, ours beside others; and bars that were missed."""
    last = [row for row in rows if row["commit"] == rows[-1]["commit"]]
    times = {(row["task"], row["engine"]): row for row in last if row["threads"] == "1" and row["median_us"]}
    lines = [
        [task, *(_time(times[task, name]["median_us"]) if (task, name) in times else "" for name in ENGINES)]
        for task, name in times
        if name == "torimem"
    ]
    barred, missed = ([row for row in last if row["met"] in kinds] for kinds in (("yes", "no"), ("no",)))
    named = "; ".join(f"{row['task']} against {row['engine']}" for row in missed)
    return [
        "",
        "## Fields on one CPU thread",
        *_told(last, "make bench-field"),
        *_table(["", *ENGINES], lines),
        "",
        f"{len(barred) - len(missed)} of {len(barred)} bars were met. Missed: {named}.",
        "More engines, spreads and errors: `bench/results/field.csv`.",
    ]


def _errors(rows: Table) -> list[str]:
    """How far each backend is from the definition."""
    if not rows:
        return []
    worst = {(row["backend"], row["operation"], row["dtype"]): float(row["error"]) for row in rows}
    kinds = "float32", "float64"
    lines = [
        [name, *(" / ".join(_error(worst.get((name, one, kind))) for kind in kinds) for one in OPERATIONS)]
        for name in dict.fromkeys(row["backend"] for row in rows)
    ]
    return [
        "",
        "## Largest errors of the backends",
        *_told(rows, "python tests/backends/run.py --write"),
        "Against the definition in float64, over all that the conformance suite drew, for cells in [-1, 1]:",
        "float32 / float64. A match is scored in float64 whatever the cells are.",
        "",
        *_table(["backend", *OPERATIONS], lines),
    ]


def _gpu(rows: Table) -> list[str]:
    if rows:
        raise SystemExit("results/gpu.csv has rows: write their table here")
    return [
        "",
        "## GPUs",
        "",
        "No GPU has been at hand, so no figure was taken. `make bench-gpu` takes them in nine minutes.",
    ]


def _memories(rows: Table) -> list[str]:
    newest = {(row["turns"], row["topics"], row["measure"]): row for row in rows}
    lines = [[row["measure"], row["turns"], row["value"], row["date"]] for row in newest.values()]
    return [
        "",
        "## Memories",
        *_told(rows, "make bench"),
        *_table(["measure", "turns", "value", "date"], lines),
    ]


def _searches(rows: Table) -> list[str]:
    newest = {(row["measure"], row["embedder"]): row for row in rows}
    lines = [[row["measure"], row["embedder"], row["value"]] for row in newest.values()]
    return ["", "## Search", *_told(rows, "make bench"), *_table(["measure", "embedder", "value"], lines)]


def _beside(title: str, command: str, rows: Table) -> list[str]:
    """What this tree takes beside another one, by the last run; nothing where there was none."""
    if not rows:
        return []
    run = "commit", "against", "date"
    last = [row for row in rows if all(row[name] == rows[-1][name] for name in run)]
    lines = [
        [row["measure"], row["this"], row["other"], row["ratio"], f"{row['low']} to {row['high']}"]
        for row in last
    ]
    return [
        "",
        f"## {title}, beside commit {last[-1]['against']}",
        *_told(last, command),
        *_table(["measure", "this", "other", "ratio", "of the middle 60 % of pairs"], lines),
    ]


def _time(us: str) -> str:
    """Microseconds with three digits, in the unit that suits them.

    >>> _time("1234.5"), _time("0.98")
    ('1.23 ms', '0.98 us')
    """
    value, unit = (float(us), "us") if float(us) < 1000 else (float(us) / 1000, "ms")
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def _error(error: float | None) -> str:
    return "-" if error is None else f"{error:.0e}" if error else "0"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
