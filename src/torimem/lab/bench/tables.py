"""A report of what was measured -> tables for a terminal; it knows units and columns, not how it was got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...view import show
from . import Report
from .row import Row, Size, Time
from .row import Table as Kind

_ABOUT = (
    "claimed: published with the forerunner that docs/origins.md names; nobody measured them.\n"
    "here: the median of calls on fresh cells that lie where they are worked on; a device is waited for. "
    "NumPy: np.roll and the like, taking turns with ours.\n"
    "error: what the result differs by, relative to NumPy in float64."
)
_TITLES: Mapping[Kind, tuple[str, str]] = {
    "diffusion": (
        "Diffusion of one layer",
        "auto: torimem jumps where that costs less than stepping. "
        "The claims do not say how many steps they mean; elsewhere they are 500 ms and 5 ms for 100 x 100.",
    ),
    "layers": ("A step of four layers of 100 x 100", ""),
    "search": (
        "Search of a pattern in 100 x 100, over its edges too",
        "The claims name neither field nor pattern. Error: what the best place lacks of a score of 1.",
    ),
    "transfers": ("Transfers between NumPy and the device", "Beside a copy by NumPy in main memory."),
    "footprint": ("Footprint", "Opened and asked: what Python and NumPy hold, without SQLite's own pages."),
    "conversation": (
        "A conversation, turn by turn in a database file",
        "Words only, no model. A memory folds on the default backend, whatever else is measured.",
    ),
}
_UNITS = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")),
    "B": ((1e6, "MB"), (1e3, "KB"), (1.0, "B")),
}


def shown(report: Report, *, narrow: bool = False) -> RenderableType:
    """The machine, a table for each thing that was measured, and the command that does it again.

    `narrow` is for 80 columns and leaves out the spread, else it takes 100.
    """
    parts: list[RenderableType] = [show.figures(report.machine), Text()]
    parts.append(Text(_ABOUT, style="dim"))
    for kind, (title, remark) in _TITLES.items():
        rows = [row for row in report.rows if row.table == kind]
        if rows:
            parts += [Text(), Text(title, style="bold"), _table(rows, narrow)]
            parts += [Text(remark, style="dim")] if remark else []
    parts.append(Text())
    if report.wrong:
        parts.append(
            Text("wrong: the result is not what NumPy computes, so its time is worth nothing", "red")
        )
    if report.rough:
        parts.append(
            Text(
                "~ rough: too few rounds to lean on, or estimated from one step; give more --seconds",
                "yellow",
            )
        )
    if report.stopped:
        parts.append(Text("stopped early: what is missing was not measured", "yellow"))
    return Group(*parts, Text.assemble("again: ", (report.command, "bold")))


def quantity(value: float, unit: str) -> str:
    """A time ("s") or a size ("B") with three digits, in the unit that suits it.

    >>> quantity(0.00271, "s"), quantity(9.6e-6, "s"), quantity(0.9996, "s"), quantity(65536, "B")
    ('2.71 ms', '9.60 us', '1.00 s', '65.5 KB')
    """
    scale, name = _unit(value, unit)
    value = float(f"{value / scale:.3g}")
    return f"{value:.{max(0, 3 - len(str(int(value))))}f} {name}"


def _unit(value: float, unit: str) -> tuple[float, str]:
    """How large the unit is that suits a value, and its name."""
    return next((each for each in _UNITS[unit] if value >= 0.9995 * each[0]), _UNITS[unit][-1])


def _table(rows: Sequence[Row], narrow: bool) -> Table:
    """A line for each row; a column that would be empty is left out."""
    times = [row for row in rows if isinstance(row, Time)]
    names = " / ".join(times[0].claims) if times and len(times[0].claims) > 1 else ""
    rivals = {row.rival for row in times} - {""}
    against = min(rivals) if len(rivals) == 1 else "against"
    claim = f"claimed\n{names}".strip()
    heads = ("", "steps", claim, "here", "20-80 %", "95 %", against, "", "error")
    lines = [_time(row, len(rivals) > 1) if isinstance(row, Time) else _size(row) for row in rows]
    for above, row, line in zip(rows, rows[1:], lines[1:], strict=False):
        if above.what == row.what:
            line[0] = line[2] = Text()
    if narrow:
        for line in lines:
            line[4] = Text()
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0))
    kept = [number for number in range(len(heads)) if any(line[number] for line in lines)]
    for number in kept:
        justify: Literal["left", "right"] = "left" if number < 2 else "right"
        table.add_column(heads[number], justify=justify, no_wrap=True, vertical="bottom")
    for line in lines:
        table.add_row(*(line[number] for number in kept))
    return table


def _time(row: Time, named: bool) -> list[Text]:
    last = quantity(row.p95, "s") if row.p95 and row.table == "conversation" else ""
    rival = quantity(row.rival_median, "s") if row.rival_median else ""
    error = "" if row.error is None else f"{row.error:.0e}" if row.error else "0"
    return [
        Text(row.what),
        Text(row.steps),
        Text(_claimed(row.claims), style="dim"),
        Text(("~" if row.rough else "") + quantity(row.median, "s"), style="dim" if row.wrong else "bold"),
        Text(_span(row.p20, row.p80) if row.p20 and row.p80 else ""),
        Text(last),
        Text(f"{row.rival} {rival}" if named else rival),
        _faster(row),
        Text(error, style="dim"),
    ]


def _size(row: Size) -> list[Text]:
    scale, unit = _unit(row.claim or 0, "B")
    claim = "" if row.claim is None else f"{row.claim / scale:g} {unit}"
    cells = (row.what, "", claim, quantity(row.bytes, "B"), "", "", "", "", "")
    styles = ("", "", "dim", "bold", "", "", "", "", "")
    return [Text(cell, style=style) for cell, style in zip(cells, styles, strict=True)]


def _claimed(claims: Mapping[str, float]) -> str:
    """Claims in milliseconds; one alone with its name.

    >>> _claimed({"CPU": 0.025, "CUDA": 0.0005}), _claimed({"GPU": 0.008})
    ('25 / 0.5 ms', '8 ms GPU')
    """
    if not claims:
        return ""
    name = next(iter(claims)) if len(claims) == 1 else ""
    return f"{' / '.join(f'{1000 * claim:g}' for claim in claims.values())} ms {name}".strip()


def _span(low: float, high: float) -> str:
    """From one time to another, with one unit where one is enough.

    >>> _span(0.0029, 0.00321), _span(0.0009, 0.002)
    ('2.90-3.21 ms', '900 us-2.00 ms')
    """
    (first, unit), last = quantity(low, "s").split(), quantity(high, "s")
    return f"{first}-{last}" if last.endswith(f" {unit}") else f"{first} {unit}-{last}"


def _faster(row: Time) -> Text:
    if row.wrong:
        return Text("wrong", style="bold red")
    if row.faster is None:
        return Text()
    if 0.95 < row.faster < 1.05:
        return Text("as fast")
    quicker = row.faster > 1
    ratio = row.faster if quicker else 1 / row.faster
    digits = 1 if ratio < 9.95 else 0
    return Text(f"{ratio:.{digits}f} x {'faster' if quicker else 'slower'}", "green" if quicker else "yellow")
