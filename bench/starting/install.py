"""What `pip install .` brings into a new virtual environment: packages, and their bytes on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import venv
from importlib.metadata import distributions
from pathlib import Path

from ..record import ROOT
from ..trees import Row, beside

IGNORED = shutil.ignore_patterns(".*", "build", "dist", "out", "__pycache__", "*.egg-info", "*.so", "*.pyd")
NUMPY = "numpy"


class NotInstalled(Exception):
    """pip could not do it; the text is the last error that it told, and a question."""


def install(other: Path) -> list[Row]:
    """Rows of how many packages come along, and of megabytes: all, all but NumPy's, torimem's own."""
    found = {tree: brought(tree) for tree in (ROOT, other)}
    rows = []
    for measure, kept in (
        ("pip install, MB", lambda name: True),
        ("pip install, MB beside NumPy's", lambda name: name != NUMPY),
        ("pip install, MB of torimem", lambda name: name == "torimem"),
    ):
        this, that = (
            [sum(size for name, size in sizes.items() if kept(name)) / 1e6] for sizes in found.values()
        )
        rows.append(beside(measure, this, that, other))
    ours, theirs = ([float(len(sizes) - 1)] for sizes in found.values())
    return [beside("pip install, packages beside torimem", ours, theirs, other), *rows]


def brought(tree: Path) -> dict[str, int]:
    """The bytes of each package that comes with the tree, itself among them; raises `NotInstalled`."""
    with tempfile.TemporaryDirectory() as name:
        source, home = Path(name) / "tree", Path(name) / "venv"
        shutil.copytree(tree, source, ignore=IGNORED)  # building leaves files in a tree
        venv.create(home, with_pip=True)
        python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        where = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
        site = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
        before = _sizes(site)
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", str(source)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
            errors = [line for line in lines if line.startswith("ERROR: ")]
            why = (errors or [f"pip ended with exit code {done.returncode}"])[-1]
            raise NotInstalled(f"{why}; is the package index that pip is configured for within reach?")
        return {package: size for package, size in _sizes(site).items() if package not in before}


def _sizes(site: str) -> dict[str, int]:
    """The bytes of the packages in a folder, compiled modules included."""
    found = {}
    for package in distributions(path=[site]):
        files = [Path(str(file.locate())) for file in package.files or ()]
        found[package.name.lower()] = sum(file.stat().st_size for file in files if file.exists())
    return found
