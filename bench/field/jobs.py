"""Everything that can be measured of a field, by name; done in a process that was told its threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rich.console import Console

from .. import pairs
from ..pairs import Row
from .advancing import TASKS, Settings, advance, exact, own_n
from .matching import matching
from .precision import precision
from .starting import starting


def jobs() -> dict[str, tuple[int, Callable[[Settings], list[Row]]]]:
    """What can be measured, by the name that `--only` takes: how many threads, and the work."""
    found: dict[str, tuple[int, Callable[[Settings], list[Row]]]] = {
        name: (task.threads, partial(advance, task)) for name, task in TASKS.items()
    }
    found |= {"batch-own-n": (1, own_n), "batch-exact": (1, exact), "import": (1, starting)}
    for side, pattern in ((500, 5), (1000, 5), (2048, 5), (500, 16), (500, 32), (500, 64)):
        found[f"match-{side}-{pattern}"] = (1, partial(matching, side, pattern))
    return found | {"error": (1, precision)}


def work(names: Sequence[str], settings: Settings) -> list[Row]:
    """Measure these in this process, and show each as it comes."""
    console = Console()
    console = console if console.is_terminal else Console(width=120)
    rows = []
    for name in names:
        found = jobs()[name][1](settings)
        pairs.show(console, found)
        rows += found
    return rows
