"""Measuring in pairs: engines take turns in one process, and what counts is the ratio within a round.

It knows engines, clocks and rows; what is measured, and why, its users know.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from rich.console import Console
from rich.table import Table

A_TURN = 5_000_000  # ns that an engine's calls take in a turn, about: shorter ones are made several times


class Engine(Protocol):
    """What takes a turn."""

    def fresh(self, cells: Any) -> None:
        """Begin anew from these cells; not measured."""

    def call(self, n: int) -> Callable[[], object]:
        """What is measured."""


@dataclass(frozen=True)
class Row:
    """One engine on one task. `bar` is the most that `measure` (a column's name) may be."""

    task: str
    engine: str
    threads: int = 1
    n: int | str = 1
    rounds: int = 0
    median_us: float | None = None
    p20_us: float | None = None
    p80_us: float | None = None
    ratio: float | None = None
    measure: str = "ratio"
    bar: float | None = None
    met: str = ""
    peak: float | None = None
    error: float | None = None


@dataclass
class Times:
    """The rounds of one engine, in ns."""

    rounds: list[float] = field(default_factory=list)

    def microseconds(self) -> dict[str, float]:
        """Median and spread, by column."""
        low, middle, high = (float(np.percentile(self.rounds, p)) / 1000 for p in (20, 50, 80))
        return {"median_us": middle, "p20_us": low, "p80_us": high}

    def over(self, other: Times, scale: float = 1.0) -> float:
        """The median of the ratios round by round; `scale` times the other is what it is compared with."""
        return statistics.median(a / (scale * b) for a, b in zip(self.rounds, other.rounds, strict=True))


def measure(
    engines: Mapping[str, Engine], cells: Any, n: int, rounds: int, seconds: float
) -> dict[str, Times]:
    """Let the engines take turns, in another order each round, every sample from fresh cells.

    Stops after so many rounds, or when the time is up and there were three. A turn of short calls is the
    median of several, after one that brings code and cells back into the caches, which the others have used.
    """
    repeats = {}
    for name, engine in engines.items():
        once = min(_sample(engine, cells, n) for _ in range(2))
        repeats[name] = max(1, min(200, A_TURN // max(once, 1)))
    times = {name: Times() for name in engines}
    order, rng = list(engines), random.Random(1)
    end = time.perf_counter() + seconds
    gc.collect()
    gc.disable()
    try:
        for done in range(rounds):
            if done >= 3 and time.perf_counter() > end:
                break
            rng.shuffle(order)
            for name in order:
                if repeats[name] > 1:
                    _sample(engines[name], cells, n)
                samples = [_sample(engines[name], cells, n) for _ in range(repeats[name])]
                times[name].rounds.append(statistics.median(samples))
    finally:
        gc.enable()
    return times


def _sample(engine: Engine, cells: Any, n: int) -> int:
    engine.fresh(cells)
    call = engine.call(n)
    begin = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - begin


def verdict(value: float | None, bar: float | None) -> str:
    """Whether a figure keeps its bar; nothing where there is none."""
    return "" if bar is None or value is None else "yes" if value <= bar else "no"


def show(console: Console, rows: Sequence[Row]) -> None:
    """A table of one task's rows: how many times faster we are, and by how much a bar is met or missed."""
    threads = f", {rows[0].threads} threads" if rows[0].threads > 1 else ""
    title = rows[0].task + threads
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in ("engine", "n", "median", "20 to 80 %", "torimem is", "bar", "", "error"):
        left = name in ("engine", "")
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.engine,
            str(row.n),
            "" if row.median_us is None else duration(row.median_us),
            " to ".join(duration(us) for us in (row.p20_us, row.p80_us) if us is not None),
            "" if row.ratio is None else faster(row.ratio),
            _bar(row),
            _missed(row),
            "" if row.error is None else f"{row.error:.1e}",
        )
    console.print(table, "")


def duration(us: float) -> str:
    """Microseconds in the unit that suits them."""
    return f"{us:.3g} us" if us < 999.5 else f"{us / 1e3:.3g} ms" if us < 999.5e3 else f"{us / 1e6:.3g} s"


def faster(ratio: float) -> str:
    """A ratio of times in words."""
    return f"{1 / ratio:.3g} x faster" if ratio <= 1 else f"{ratio:.3g} x slower"


def _bar(row: Row) -> str:
    if row.bar is None:
        return ""
    if row.measure == "ratio":
        return faster(row.bar)
    return duration(row.bar) if row.measure == "median_us" else f"{row.bar:.1g}"


def _missed(row: Row) -> str:
    if row.met != "no":
        return "[green]met[/green]" if row.met else ""
    value, bar = getattr(row, row.measure), row.bar
    by = f" by {value / bar:.2f} x" if value and bar and value > bar else ""
    return f"[red]missed{by}[/red]"
