"""The machine that a measurement rests on, in a line."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def processor() -> str:
    """The name of this machine's processor, as well as the system tells it.

    >>> processor() != ""
    True
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions() -> str:
    """What a measurement rests on, in one line.

    >>> versions().split()[::2]
    ['python', 'numpy', 'torimem']
    """
    numpy, own = (installed(package) or "not installed" for package in ("numpy", "torimem"))
    return f"python {platform.python_version()}, numpy {numpy}, torimem {own}"


def installed(package: str) -> str | None:
    """The version of an installed package, None where it is not here."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
