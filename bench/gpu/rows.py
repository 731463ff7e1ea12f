"""A line of results/gpu.csv: its columns, whether a target is met, how it is shown; it measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..pairs import duration, faster

CHECKED = "against numpy"
"""The task whose rows say of a backend whether it is right wherever it is used."""


@dataclass(frozen=True)
class Row:
    """One engine on one task, or what one check found.

    `wall_us` is the median of a call and the wait for its end, with its spread; `device_us` how long the
    device is busy with it. `ratio` is the time of the fastest of ours over this one, the median of the
    rounds. `share` is the rate at which cells would have been read and written once in every step, over that
    of a copy. `first_s` is the first call, which compiles. `error` is the largest, over the largest cell.
    `right` is empty where nothing is claimed. `measure` names the column that `target` is about: the least
    that `share` may be, the most of any other. `n` is the number of steps, or what else was looked at.
    """

    task: str
    engine: str
    n: int | str = ""
    rounds: int = 0
    wall_us: float | None = None
    p20_us: float | None = None
    p80_us: float | None = None
    device_us: float | None = None
    ratio: float | None = None
    share: float | None = None
    first_s: float | None = None
    peak: float | None = None
    error: float | None = None
    right: str = ""
    measure: str = ""
    target: float | None = None
    met: str = ""
    note: str = ""

    def judged(self) -> Row:
        """With `met`; what is wrong meets nothing, and what was not measured has not met its target either.

        >>> Row("a step", "ours", share=0.9, measure="share", target=0.85).judged().met
        'yes'
        """
        if self.target is None:
            return self
        value = getattr(self, self.measure)
        kept = value is not None and (
            value >= self.target if self.measure == "share" else value <= self.target
        )
        return replace(self, met="yes" if kept and self.right != "no" else "no")


def tallied(backend: str, passed: int, failed: int, faults: Sequence[str], right: str) -> Row:
    """The row of a suite: how many tests passed and failed, and some words about them."""
    note = "; ".join([f"{passed} passed, {failed} failed", *faults])
    return Row("torimem.testing.BackendTests", backend, right=right, note=note)


def show(console: Console, rows: Sequence[Row]) -> None:
    """A table for each task; columns in which nothing stands are left out."""
    for task, part in groupby(rows, lambda row: row.task):
        lines = [_shown(row) for row in part]
        names = [name for name in lines[0] if any(line[name] for line in lines)]
        console.print(f"[bold]{escape(task)}[/bold]")
        table = Table(box=None, pad_edge=False)
        for name in names:
            table.add_column(name, justify="left" if name in ("engine", "note", "") else "right")
        for line in lines:
            table.add_row(*(line[name] for name in names))
        console.print(table, "")


def _shown(row: Row) -> dict[str, str]:
    spread = [duration(us) for us in (row.p20_us, row.p80_us) if us is not None]
    return {
        "engine": row.engine,
        "n": str(row.n),
        "median": _said(duration, row.wall_us),
        "20 to 80 %": " to ".join(spread),
        "device": _said(duration, row.device_us),
        "of a copy": _said("{:.3g} %".format, row.share and 100 * row.share),
        "torimem is": _said(faster, row.ratio),
        "first": _said("{:.2g} s".format, row.first_s),
        "error": _said("{:.1e}".format, row.error),
        "target": _target(row),
        "": {"yes": "[green]met[/green]", "no": "[red]missed[/red]"}.get(row.met, ""),
        "right": {"yes": "right", "no": "[bold red]WRONG[/bold red]"}.get(row.right, ""),
        "note": escape(row.note),
    }


def _said(how: Any, value: float | None) -> str:
    return "" if value is None else str(how(value))


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    if row.measure == "share":
        return f"> {100 * row.target:g} %"
    return faster(row.target) if row.measure == "ratio" else f"< {duration(row.target)}"
