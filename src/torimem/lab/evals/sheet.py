"""Figures of an evaluation, a row for each method -> table, JSON, lines of a CSV file; knows no measure."""

from __future__ import annotations

import csv
import hashlib
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...errors import InvalidInput, StoreError
from ...prompt.quote import plain
from ..machine import processor, versions

_ABOUT = ("date", "commit", "device", "versions", "file", "sha256", "method")
"""The first columns of every CSV file of an evaluation."""


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one method, by name; `n` is how many cases they are the mean of."""

    method: str
    n: int
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was measured, on which file: lines with the same figures in the same order, and notes on them.

    `parts` are further tables, each with a heading over its first column: shown, not kept as rows. `about`
    says what all lines are of, by name: columns of a CSV file before the figures.
    """

    title: str
    path: Path
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    parts: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(self.lines[0].figures) if self.lines else ()


def shown(sheet: Sheet) -> RenderableType:
    """A table for a person; the best of each figure is bold.

    >>> from rich.console import Console
    >>> lines = (Line("torimem", 2, {"AUC": 0.75}), Line("hash", 2, {"AUC": 0.5}))
    >>> Console(width=40).print(shown(Sheet("places", Path("talk.json"), lines)))
    places: talk.json
    <BLANKLINE>
    method  n  AUC
    torimem 2 .750
    hash    2 .500
    """
    notes = [Text(plain(note, 400), style="dim") for note in sheet.notes]
    return Group(
        Text(f"{sheet.title}: {plain(sheet.path.name)}", style="bold"),
        Text(),
        _table("method", sheet.lines, best=True),
        *(part for head, lines in sheet.parts for part in (Text(), _table(head, lines))),
        *(notes and [Text()]),
        *notes,
    )


def _table(head: str, lines: tuple[Line, ...], *, best: bool = False) -> Table:
    """Lines as a table under the names of their figures; `best` writes the best of each in bold."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(head)
    names = tuple(lines[0].figures) if lines else ()
    for column in ("n", *names):
        table.add_column(column, justify="right", no_wrap=True)
    most = {name: max(line.figures[name] for line in lines) for name in names if best}
    for line in lines:
        cells = [
            Text(share(value), style="bold" if value == most.get(name) else "")
            for name, value in line.figures.items()
        ]
        table.add_row(Text(plain(line.method)), str(line.n), *cells)
    return table


def share(value: float) -> str:
    """A share with three digits, as tables of them are read.

    >>> share(0.5494), share(1), share(0), share(-0.25)
    ('.549', '1.00', '.000', '-.250')
    """
    sign = "-" if value <= -0.0005 else ""
    return sign + ("1.00" if abs(value) >= 0.9995 else f"{abs(value):.3f}"[1:])


def as_dict(sheet: Sheet) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "title": sheet.title,
        "file": sheet.path.name,
        "sha256": sha256(sheet.path),
        "device": processor(),
        "versions": versions(),
        **sheet.about,
        "rows": [{"method": line.method, "n": line.n, **line.figures} for line in sheet.lines],
        "parts": [
            [{head: line.method, "n": line.n, **line.figures} for line in lines]
            for head, lines in sheet.parts
        ],
        "notes": sheet.notes,
    }


def check_csv(path: Path, columns: Sequence[str] | None = None) -> None:
    """Raise `InvalidInput` where rows could not be appended: in time, before the work is done.

    `columns` are those behind the method; without them, those of any evaluation will do.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            head = next(csv.reader(file), None)
    except FileNotFoundError:
        head = None
        if not path.absolute().parent.is_dir():
            raise InvalidInput(f"{path} is in a folder that does not exist: make the folder first") from None
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no CSV file"
        raise InvalidInput(f"{path} cannot be appended to ({reason}): name another file") from None
    known = list(_ABOUT) if columns is None else [*_ABOUT, *columns]
    if head is not None and (head[: len(_ABOUT)] if columns is None else head) != known:
        raise InvalidInput(f"{path} has other columns than this evaluation: name another file")


def append_csv(path: Path, sheet: Sheet) -> None:
    """Append a line for each row; a new file gets a header first."""
    rows = [
        (line.method, *sheet.about.values(), line.n, *(f"{value:.4f}" for value in line.figures.values()))
        for line in sheet.lines
    ]
    columns = (*sheet.about, "n", *sheet.columns)
    append_rows(path, columns, rows, file=sheet.path.name, sha256=sha256(sheet.path))


def append_rows(
    path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]], *, file: str, sha256: str
) -> None:
    """Append rows (a method, then `columns`), each with when, where and on which data it was got."""
    check_csv(path, columns)
    about = (datetime.now(UTC).date().isoformat(), commit(), processor(), versions(), file, sha256)
    lines = [(*about, *row) for row in rows]
    try:
        new = not path.exists() or not path.stat().st_size
        with path.open("a", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([(*_ABOUT, *columns), *lines] if new else lines)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}): name another file") from None


def commit() -> str:
    """The commit that torimem runs from, where that is a checkout of its own."""
    root = Path(__file__).parents[4]
    if not (root / ".git").exists():
        return ""
    described = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(described, capture_output=True, text=True, check=False, cwd=root)
    except OSError:
        return ""
    return done.stdout.strip()


def sha256(path: Path) -> str:
    """The first 12 digits of the SHA-256 sum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
