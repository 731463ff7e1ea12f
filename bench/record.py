"""What is kept of a measurement: rows of CSV files, each with when, of what and on what it was measured."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from torimem.lab import machine

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
HEAD = ("date", "commit", "device", "versions")
PACKAGES = ("numpy", "scipy", "numba", "jax", "torch", "opencv-python-headless", "pyopencl")


def described() -> list[str]:
    """The values of `HEAD`, here and now."""
    return [datetime.now(UTC).date().isoformat(), commit(), machine.processor(), machine.versions()]


def commit(tree: Path = ROOT) -> str:
    """The commit of a tree; empty where git does not know."""
    if not shutil.which("git"):
        return ""
    head = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(head, capture_output=True, text=True, check=False, cwd=tree)
    return found.stdout.strip()


def versions(packages: Sequence[str] = PACKAGES) -> str:
    """Python, torimem and those of the packages that are here."""
    found = [machine.versions().replace(f", numpy {version('numpy')}", "")]
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def write(path: Path, rows: Sequence[Any], head: Sequence[str] | None = None) -> None:
    """Append dataclasses of one kind, a column for each of their fields.

    `head` holds the values of `HEAD` where they are not those of this machine's processor.
    """
    names = [column.name for column in fields(rows[0])]
    _append(path, names, map(astuple, rows), head or [*described()[:3], versions()])


def note(path: Path, about: Mapping[str, object], figures: Mapping[str, float]) -> None:
    """Append a row for each figure; the columns `about` say what all of them have in common."""
    rows = [(*about.values(), measure, float(value)) for measure, value in figures.items()]
    _append(path, [*about, "measure", "value"], rows, described())


def _append(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]], head: Sequence[str]) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow([*HEAD, *names])
        for row in rows:
            values = ("" if v is None else f"{v:.4g}" if isinstance(v, float) else v for v in row)
            writer.writerow([*head, *values])
