"""Every backend against one suite, and what it was off by: installs nothing, fails where anything is missing.

    python tests/backends/run.py [NAME ...] [--write]

Some backends are told by the environment what to be before they are imported, so each part is a process of
its own; two run at a time. At the end stands a table: for each backend and operation the largest error
against float64 over all that the suite drew; `--write` puts it into bench/results/errors.csv.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from torimem.lab.machine import processor, versions

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PARTS = [  # the longest first
    *("test_gpu_harness", "test_jax_eight", "test_triton", "test_jax", "test_opencl", "test_cuda"),
    *("test_examples", "test_language", "../field/test_native", "test_triton_compile", "test_everywhere"),
    *("test_torch", "test_mlx", "../field/test_backends", "test_modules"),
]
OPERATIONS = "step", "jump", "stamp", "correlate", "match"


def run(part: str, errors: Path) -> tuple[str, int, str, float]:
    """One part: its name, exit code, what it printed and how long it took."""
    where = {**os.environ, "TORIMEM_ERRORS": str(errors), "TORIMEM_NO_SKIPS": "1", "OMP_NUM_THREADS": "1"}
    begin = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        HERE / f"{part}.py",
        "--deselect=tests/field/test_native.py::test_no_read_or_write_is_out_of_bounds",
    ]
    done = subprocess.run(command, cwd=ROOT, env=where, capture_output=True, text=True, check=False)
    return part, done.returncode, done.stdout + done.stderr, time.monotonic() - begin


def worst(file: Path) -> dict[tuple[str, str, str], float]:
    """The largest error of each backend, operation and dtype."""
    found: dict[tuple[str, str, str], float] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        *key, error = json.loads(line)
        found[tuple(key)] = max(error, found.get(tuple(key), 0.0))
    return found


def table(errors: dict[tuple[str, str, str], float]) -> Table:
    """A line for each backend, float32 / float64."""
    title = "largest error against float64, cells in [-1, 1]: float32 / float64"
    shown = Table("backend", *OPERATIONS, title=title)
    for backend in dict.fromkeys(key[0] for key in errors):
        cells = []
        for operation in OPERATIONS:
            found = [errors.get((backend, operation, dtype)) for dtype in ("float32", "float64")]
            cells.append(
                " / ".join("-" if error is None else f"{error:.0e}" if error else "0" for error in found)
            )
        shown.add_row(backend, *cells)
    return shown


def write(errors: dict[tuple[str, str, str], float]) -> None:
    """Put them into the file that docs are written from, in place of older ones."""
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    measured = [date.today().isoformat(), commit, processor(), versions()]
    with (ROOT / "bench/results/errors.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["date", "commit", "device", "versions", "backend", "operation", "dtype", "error"])
        rows.writerows([*measured, *key, f"{error:.3g}"] for key, error in errors.items())


def main() -> int:
    """Run all parts, or those named; 1 where one of them failed, skipped something or ran nothing."""
    asked = [word for word in sys.argv[1:] if word != "--write"]
    chosen = [part for part in PARTS if not asked or part.rpartition("test_")[2] in asked]
    if not chosen:
        raise SystemExit(f"no part is named {', '.join(asked)}; there are {', '.join(PARTS)}")
    console, failed, passed = Console(width=110), [], 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        errors = Path(folder) / "errors.jsonl"
        errors.touch()
        for part, code, said, seconds in pool.map(lambda one: run(one, errors), chosen):
            count = re.search(r"(\d+) passed", said)
            passed += int(count[1]) if count else 0
            if code or not count:
                failed.append(part)
                console.print(said[-6000:], markup=False, highlight=False)
            verdict = f"{count[1]} passed" if count and not code else "FAILED"
            console.print(f"{part.removeprefix('../'):22} {verdict:14} {seconds:6.0f} s", highlight=False)
        found = worst(errors)
    console.print(table(found))
    if "--write" in sys.argv[1:] and not failed:
        write(found)
    console.print(f"{passed} passed, {len(failed)} of {len(chosen)} parts failed, 0 skipped", highlight=False)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
