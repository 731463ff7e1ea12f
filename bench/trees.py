"""This tree of sources beside another one: where each is, how a process imports it, and rows of their ratios.

It knows nothing of what is measured. Figures are taken in pairs, one of each tree right after the other, so
that what neighbours on a shared machine take from both cancels out in their ratio.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .record import ROOT, commit


@dataclass(frozen=True)
class Row:
    """A figure of this tree and of the other; `low` to `high` hold the middle 60 % of the pairs' ratios."""

    measure: str
    against: str
    pairs: int
    this: float
    other: float
    ratio: float
    low: float
    high: float


def beside(measure: str, this: Sequence[float], other: Sequence[float], tree: Path) -> Row:
    """The row of figures that were taken in pairs: their medians, and the median of this by the other."""
    ratios = [one / another for one, another in zip(this, other, strict=True)]
    fifths = statistics.quantiles(ratios, n=5, method="inclusive") if len(ratios) > 1 else 4 * ratios
    ours, theirs, ratio = (statistics.median(each) for each in (this, other, ratios))
    against = commit(tree) or tree.name
    return Row(measure, against, len(ratios), ours, theirs, ratio, fifths[0], fifths[-1])


def other_tree(path: str) -> Path:
    """The root of a checked-out tree, as the command line names it; raises `SystemExit` where it is none."""
    tree = Path(path).resolve()
    if not (tree / "src/torimem/__init__.py").exists():
        raise SystemExit(f"{path} has no src/torimem: name a checkout, made by git worktree add PATH COMMIT")
    without = [str(one) for one in (ROOT, tree) if not _compiled(one)]
    if len(without) == 1:  # the other would win, whatever else is different
        raise SystemExit(f"{without[0]} has no C engine: run python setup.py build_ext --inplace there")
    return tree


def _compiled(tree: Path) -> bool:
    found = (tree / "src/torimem").rglob("_native.*")
    return any(path.suffix in (".so", ".pyd") for path in found)


def environment(tree: Path) -> dict[str, str]:
    """What a process is told so that it imports torimem from that tree, reads words only, on one thread."""
    found = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    own = {"PYTHONPATH": str(tree / "src"), "TORIMEM_EMBEDDER": "none", "TORIMEM_THREADS": "1"}
    return found | threads | own


def show(rows: Sequence[Row]) -> None:
    """Print rows, a line each."""
    for row in rows:
        spread = f"{row.low:.3f} to {row.high:.3f}" if row.pairs > 1 else ""
        print(
            f"{row.measure:44} {row.this:10.4g} {row.other:10.4g}   x {row.ratio:.3f}  {spread}", flush=True
        )
