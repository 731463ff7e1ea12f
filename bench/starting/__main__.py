"""What it takes to install torimem and to start with it, in this tree and in another one.

    python -m bench.starting TREE [--only imports|install] [--rounds 15] [--write]

TREE is another checkout, such as one made by `git worktree add TREE COMMIT`. Imports are measured in fresh
processes that take turns: the processor time beyond NumPy's, which is imported before, and the modules of
torimem that are loaded then. An installation is `pip install TREE` into a new virtual environment: the
packages and megabytes that come with it; where the package index that pip is configured for cannot be
reached, a line says so. `--write` appends the rows to results/starting.csv.
"""

from __future__ import annotations

import argparse

from .. import record
from ..trees import other_tree, show
from .imports import imports
from .install import NotInstalled, install

RESULTS = record.RESULTS / "starting.csv"


def main() -> None:
    """Measure, print, and append the rows where that is asked for."""
    parser = argparse.ArgumentParser(
        "python -m bench.starting",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tree", metavar="TREE", type=other_tree, help="the other tree")
    parser.add_argument("--only", choices=("imports", "install"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", action="store_true", help="append the rows")
    args = parser.parse_args()
    rows = []
    if args.only != "install":
        rows += imports(args.tree, args.rounds)
        show(rows)
    if args.only != "imports":
        try:
            found = install(args.tree)
        except NotInstalled as error:
            print(f"left out: pip install: {error}")
        else:
            show(found)
            rows += found
    if args.write and rows:
        record.write(RESULTS, rows, record.described())
        print(f"{len(rows)} rows appended to {RESULTS}")


if __name__ == "__main__":
    main()
