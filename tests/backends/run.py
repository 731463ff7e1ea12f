"""Every backend against one suite, and what it was off by: installs nothing, fails where anything is missing.

    python tests/backends/run.py [NAME ...]

Some backends are told by the environment what to be before they are imported, so each part is a process of
its own; two run at a time. At the end stands a table: for each backend and operation the largest error
against float64 over all that the suite drew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PARTS = [  # the longest first
    *("test_cuda", "test_triton", "test_jax_eight", "test_gpu_harness", "test_jax", "../test_native"),
    *("test_opencl", "test_examples", "test_language", "test_triton_compile", "test_everywhere"),
    *("test_mlx", "test_torch", "../test_backends", "test_modules"),
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
    ]
    done = subprocess.run(command, cwd=ROOT, env=where, capture_output=True, text=True, check=False)
    return part, done.returncode, done.stdout + done.stderr, time.monotonic() - begin


def table(file: Path) -> Table:
    """The largest error of each backend and operation, float32 / float64."""
    worst: dict[tuple[str, str, str], float] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        *key, error = json.loads(line)
        worst[tuple(key)] = max(error, worst.get(tuple(key), 0.0))
    shown = Table(
        "backend", *OPERATIONS, title="largest error against float64, cells in [-1, 1]: float32 / float64"
    )
    for backend in dict.fromkeys(key[0] for key in worst):
        cells = []
        for operation in OPERATIONS:
            found = [worst.get((backend, operation, dtype)) for dtype in ("float32", "float64")]
            cells.append(" / ".join("-" if error is None else f"{error:.0e}" for error in found))
        shown.add_row(backend, *cells)
    return shown


def main() -> int:
    """Run all parts, or those named; 1 where one of them failed, skipped something or ran nothing."""
    chosen = [
        part
        for part in PARTS
        if not sys.argv[1:] or part.removeprefix("../test_").removeprefix("test_") in sys.argv[1:]
    ]
    if not chosen:
        raise SystemExit(f"no part is named {', '.join(sys.argv[1:])}; there are {', '.join(PARTS)}")
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
        console.print(table(errors))
    console.print(f"{passed} passed, {len(failed)} of {len(chosen)} parts failed, 0 skipped", highlight=False)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
