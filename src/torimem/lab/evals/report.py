"""Rows of found evidence -> tables, JSON, lines of a CSV file; knows how figures are shown, not how got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...prompt.quote import plain
from ..machine import processor, versions
from . import metrics, sheet
from .locomo import Dialogue
from .metrics import Found
from .recall import MAIN, Row
from .sheet import share

METRICS: Mapping[str, Callable[[Sequence[Found]], float]] = {
    "recall@5": lambda found: metrics.recall(found, 5),
    "recall@10": lambda found: metrics.recall(found, 10),
    "recall@20": lambda found: metrics.recall(found, 20),
    "any@10": lambda found: metrics.any_at(found, 10),
    "all@10": lambda found: metrics.all_at(found, 10),
    "MRR": metrics.mrr,
    "500 tokens": lambda found: metrics.recall_within(found, 500),
    "1000 tokens": lambda found: metrics.recall_within(found, 1000),
    "2000 tokens": lambda found: metrics.recall_within(found, 2000),
}
DIFFERENCE = (
    "difference: recall@10 less that of the first row, +- half of a 95% interval over 1000 draws of the "
    "questions; questions of one dialogue are not independent, so take it for wider than it says"
)
TOKENS = (
    "tokens: recall in a prompt of so many, turns written as facts in rank order until one does not fit; "
    "counted by estimate_tokens, which is 1.8 to 2.8 times a real count on purpose"
)
_COLUMNS = ("embedder", "without", "n", *METRICS, "difference", "low", "high")


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured, on which data, with what and where."""

    file: str
    sha256: str
    dialogues: int
    turns: int
    questions: int
    left_out: int
    unknown: int
    notes: tuple[str, ...]
    embedder: str
    without: tuple[str, ...]
    device: str
    rows: tuple[Row, ...]

    @classmethod
    def of(
        cls,
        path: Path,
        dialogues: Sequence[Dialogue],
        rows: Sequence[Row],
        *,
        embedder: str = "none",
        without: Sequence[str] = (),
    ) -> Report:
        """The report of an evaluation of that file."""
        return cls(
            file=path.name,
            sha256=sheet.sha256(path),
            dialogues=len(dialogues),
            turns=sum(len(one.messages) for one in dialogues),
            questions=sum(len(one.questions) for one in dialogues),
            left_out=sum(one.left_out for one in dialogues),
            unknown=sum(one.unknown for one in dialogues),
            notes=tuple(note for one in dialogues for note in one.notes),
            embedder=embedder,
            without=tuple(without),
            device=processor(),
            rows=tuple(rows),
        )


def summary(report: Report) -> str:
    """The data, the embedder and the machine in one line.

    >>> summary(Report("talk.json", "", 1, 20, 8, 1, 0, (), "none", (), "a laptop", ()))
    'talk.json: 1 dialogue, 20 turns, 8 questions (1 left out: no evidence); embedder none; a laptop'
    """
    data = data_of(report)
    dropped = []
    if report.left_out:
        dropped.append(f"{report.left_out} left out: no evidence")
    if report.unknown:
        dropped.append(
            f"{report.unknown} evidence id{'' if report.unknown == 1 else 's'} dropped: no such turn"
        )
    data += f" ({'; '.join(dropped)})" if dropped else ""
    off = f", without {', '.join(report.without)}" if report.without else ""
    return f"{plain(report.file)}: {data}; embedder {report.embedder}{off}; {report.device}"


def data_of(report: Report) -> str:
    """How much was read.

    >>> data_of(Report("talk.json", "", 1, 20, 8, 1, 0, (), "none", (), "a laptop", ()))
    '1 dialogue, 20 turns, 8 questions'
    """
    counts = ((report.dialogues, "dialogue"), (report.turns, "turn"), (report.questions, "question"))
    return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)


# For a person


def shown(report: Report) -> RenderableType:
    """Two tables: every row, and the main rows by category; around them what the figures are of."""
    parts: list[RenderableType] = [Text(summary(report), style="bold"), Text(), _overall(report), Text()]
    parts += [_categories(report), Text(), Text(DIFFERENCE, style="dim"), Text(TOKENS, style="dim")]
    parts += [Text(f"note: {plain(note)}", style="dim") for note in report.notes[:5]]
    if len(report.notes) > 5:
        parts.append(Text(f"note: and {len(report.notes) - 5} more like these; --json has all", style="dim"))
    return Group(*parts)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(columns[0], vertical="bottom")
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True, vertical="bottom")
    return table


def _overall(report: Report) -> Table:
    heads = ["recall\n@5", "@10", "@20", "any\n@10", "all\n@10", "MRR", "tokens\n500", "1000", "2000"]
    table = _table("method", *heads, "difference")
    best = {name: max(measure(row.found) for row in report.rows) for name, measure in METRICS.items()}
    for row in report.rows:
        cells = [Text(row.method, style="" if row.method in MAIN else "dim")]
        for name, measure in METRICS.items():
            value = measure(row.found)
            cells.append(Text(share(value), style="bold" if value == best[name] else ""))
        table.add_row(*cells, _interval(row, report.rows[0]))
    return table


def _interval(row: Row, base: Row) -> Text:
    if row is base:
        return Text("")
    mean, low, high = metrics.difference(row.found, base.found)
    clear = low > 0 or high < 0
    return Text(f"{signed(mean)} +-{share((high - low) / 2)}", style="" if clear else "dim")


def _categories(report: Report) -> Table:
    main = [row for row in report.rows if row.method in MAIN]
    table = _table("recall@10", "questions", *(row.method.replace(", ", ",\n") for row in main))
    counts = Counter(found.category for found in report.rows[0].found)
    for category in sorted(counts):
        values = [share(metrics.recall(_of(row, category), 10)) for row in main]
        table.add_row(plain(category, 40), str(counts[category]), *values)
    return table


def _of(row: Row, category: str) -> list[Found]:
    return [found for found in row.found if found.category == category]


def signed(value: float) -> str:
    """A difference of shares.

    >>> signed(-0.0214), signed(0.0001)
    ('-.021', '+.000')
    """
    value = round(value, 3) + 0.0  # adding zero turns -0.0 into 0.0
    return ("-" if value < 0 else "+") + share(abs(value))


# For a program


def as_dict(report: Report) -> dict[str, Any]:
    """Everything in the report as plain values."""
    rows = []
    for row in report.rows:
        counts = Counter(found.category for found in row.found)
        mean, low, high = metrics.difference(row.found, report.rows[0].found)
        rows.append(
            {
                "method": row.method,
                **{name: round(measure(row.found), 4) for name, measure in METRICS.items()},
                "difference": {"recall@10": round(mean, 4), "low": round(low, 4), "high": round(high, 4)},
                "categories": {
                    category: {
                        "n": counts[category],
                        "recall@10": round(metrics.recall(_of(row, category), 10), 4),
                    }
                    for category in sorted(counts)
                },
            }
        )
    named = ("file", "sha256", "dialogues", "turns", "questions", "left_out", "unknown")
    about = {name: getattr(report, name) for name in named}
    about |= {"embedder": report.embedder, "without": report.without, "device": report.device}
    return {
        **about,
        "versions": versions(),
        "notes": report.notes,
        "about": [DIFFERENCE, TOKENS],
        "rows": rows,
    }


def check_csv(path: Path) -> None:
    """Raise `InvalidInput` where rows could not be appended: in time, before the work is done."""
    sheet.check_csv(path, _COLUMNS)


def append_csv(path: Path, report: Report) -> None:
    """Append a line for each row; a new file gets a header first."""
    off = " ".join(report.without)
    rows = []
    for row in report.rows:
        values = [measure(row.found) for measure in METRICS.values()]
        values += metrics.difference(row.found, report.rows[0].found)
        rows.append((row.method, report.embedder, off, len(row.found), *(f"{value:.4f}" for value in values)))
    sheet.append_rows(path, _COLUMNS, rows, file=report.file, sha256=report.sha256)
