"""Break the code on purpose, one patch at a time: the test that a patch names must fail.

    python tests/mutants/run.py [NAME ...]

A mutant is a `*.patch` in this folder. Its first lines say what it breaks and, after `test:`, which test must
bite. Each is applied to a copy of the tree, never to the tree itself, and compiled there if it breaks C code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXTENSION = "src/torimem/field/backends/_native*.so"


@dataclass(frozen=True)
class Mutant:
    """A fault to plant: its patch, what it breaks, and the test that must fail."""

    patch: Path
    breaks: str
    test: str


def read(patch: Path) -> Mutant:
    """A mutant from its file."""
    breaks, test = "", ""
    for line in patch.read_text(encoding="utf-8").splitlines():
        if line.startswith("test:"):
            test = line.removeprefix("test:").strip()
        elif line.startswith("---"):
            break
        elif line and not breaks:
            breaks = line
    if not test:
        raise SystemExit(f"{patch} names no test: add a line `test: tests/test_x.py::test_y`")
    return Mutant(patch, breaks, test)


def copied(folder: Path) -> Path:
    """A copy of what the tests need."""
    folder.mkdir()
    for name in ("src", "tests", "native"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", "setup.py"):
        shutil.copy(ROOT / name, folder)
    return folder


def run(folder: Path, tests: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """The tests on a copy; the copy's package comes before an installed one."""
    where = {**os.environ, "PYTHONPATH": str(folder / "src"), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header"]
    command += ["--hypothesis-profile=unshrunk", *options, *tests]
    return subprocess.run(command, cwd=folder, env=where, capture_output=True, text=True, check=False)


def compiled(folder: Path) -> str:
    """Compile the copy's own C code, unoptimised: the same numbers, sooner. Empty, or what went wrong."""
    for extension in folder.glob(EXTENSION):
        extension.unlink()
    target = str(folder / EXTENSION.replace("*", ".abi3"))
    options = ["-O0", "-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden", "-fno-math-errno"]
    options += ["-pthread", "-fPIC", "-shared", f"-I{sysconfig.get_paths()['include']}"]
    command = ["gcc", *options, *map(str, (folder / "native").glob("*.c")), "-o", target, "-lm"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()


def bites(mutant: Mutant, sound: Path) -> str:
    """An empty text where the test fails on the mutant of a sound copy, else what went wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = shutil.copytree(sound, Path(name) / "mutant")  # with its bytecode, but for what is patched
        command = ["git", "apply", "-p1", str(mutant.patch)]
        applied = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if applied.returncode:
            return f"does not apply: {applied.stderr.strip()}"
        if "--- a/native/" in mutant.patch.read_text(encoding="utf-8") and (wrong := compiled(folder)):
            return f"does not compile: {wrong[-400:]}"
        result = run(folder, [mutant.test])
    if result.returncode == 1:  # pytest: tests ran and failed; any other code is no verdict
        return ""
    return (
        "survives"
        if result.returncode == 0
        else f"gave no verdict: {result.stdout[-400:]}{result.stderr[-400:]}"
    )


def main() -> int:
    """Check that the tests pass unbroken, then that each fault makes its own fail."""
    chosen = sys.argv[1:]
    mutants = [read(patch) for patch in sorted(HERE.glob("*.patch")) if not chosen or patch.stem in chosen]
    if not mutants:
        raise SystemExit(f"no mutant in {HERE} is named {', '.join(chosen) or 'anything'}")
    with tempfile.TemporaryDirectory() as name:
        folder = copied(Path(name) / "sound")
        sound = run(folder, sorted({mutant.test for mutant in mutants}), "-n", "2")
        if sound.returncode:
            print(
                sound.stdout[-2000:],
                sound.stderr[-2000:],
                "the named tests must pass before anything is broken",
                sep="\n",
            )
            return 1
        with ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(partial(bites, sound=folder), mutants))
    for mutant, verdict in zip(mutants, verdicts, strict=True):
        print(f"{'survived' if verdict else 'caught':9} {mutant.patch.stem:32} {mutant.breaks}")
        print(f"{'':9} by {mutant.test}" if not verdict else f"{'':9} {verdict}")
    survived = sum(map(bool, verdicts))
    print(f"{len(mutants) - survived} of {len(mutants)} mutants caught")
    return 1 if survived else 0


if __name__ == "__main__":
    raise SystemExit(main())
