"""How fast a field advances and matches, against the ways people would do it otherwise.

    python -m bench.field [--only TASK ...] [--rounds 25] [--backend auto] [--quick] [--write]

Needs `pip install -r bench/field/requirements.txt`; a peer that is missing is left out and named. All engines
of a task take turns in one process, on one CPU, with one thread, each sample from fresh cells laid out before
the clock starts; a ratio is the median over the rounds of our time by theirs in the same round. Before its
time is believed, every result is compared with float64 NumPy; after it, the field must not have faded away.
Tasks with two threads run in a process of their own, on no fixed CPU. `--write` appends the rows to
results/field.csv; `python -m bench.field.figure` draws them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from .. import record
from ..pairs import Row
from .advancing import Settings
from .jobs import jobs, work

RESULTS = record.RESULTS / "field.csv"


def apart(threads: int, names: Sequence[str], settings: Settings) -> list[Row]:
    """Measure in a process that has so many threads; with one thread, on one CPU."""
    for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    os.environ.update(TORIMEM_THREADS=str(threads), POCL_MAX_PTHREAD_COUNT=str(threads), JAX_PLATFORMS="cpu")
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    try:
        if allowed and threads == 1:
            os.sched_setaffinity(0, {max(allowed)})
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            return process.submit(work, names, settings).result()
    finally:
        if allowed:
            os.sched_setaffinity(0, allowed)


def _asked(name: str, only: Sequence[str]) -> bool:
    """Whether it is named in full, or by its first letters where these are no full name."""
    return any(name == one or (one not in jobs() and name.startswith(one)) for one in only)


def main() -> None:
    """Measure, print, and append the rows where that is asked for."""
    parser = argparse.ArgumentParser(
        "python -m bench.field", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", metavar="TASK", help=f"the first letters of: {', '.join(jobs())}"
    )
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument(
        "--seconds", type=float, default=25.0, help="the most that one task's rounds may take"
    )
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--quick", action="store_true", help="three rounds, for trying")
    parser.add_argument("--write", nargs="?", type=Path, const=RESULTS, metavar="CSV", help="append the rows")
    args = parser.parse_args()
    chosen = [name for name in jobs() if not args.only or _asked(name, args.only)]
    if not chosen:
        parser.error(f"no task begins so; there are {', '.join(jobs())}")
    settings = Settings(args.backend, 3 if args.quick else args.rounds, args.seconds)
    rows = []
    for threads in (1, 2):
        names = [name for name in chosen if jobs()[name][0] == threads]
        rows += apart(threads, names, settings) if names else []
    barred = [row for row in rows if row.met]
    print(f"{sum(row.met == 'yes' for row in barred)} of {len(barred)} bars met")
    if args.write:
        record.write(args.write, rows)
        print(f"{len(rows)} rows appended to {args.write}")


if __name__ == "__main__":
    main()
