"""What importing torimem takes in a fresh process, and going on to a first message."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from ..record import ROOT
from ..trees import Row, beside, environment

NUMPY = "import numpy"
CODES = {
    NUMPY: NUMPY,
    "import torimem": "import torimem",
    "from torimem import Field": "from torimem import Field",
    "import, first observe": "from torimem import Memory; Memory(':memory:').observe('I moved to Rome.')",
}
"""What is run; but for the first, NumPy has been imported before."""

PROCESS = """
import sys, time
{before}
begin = time.process_time()
{code}
spent = time.process_time() - begin
loaded = sum(name.partition(".")[0] == "torimem" for name in sys.modules)
import json, torimem
print(json.dumps([spent, loaded, torimem.__file__]))
"""


def imports(other: Path, rounds: int) -> list[Row]:
    """Seconds of processor time and numbers of modules: two rows for each code, one for NumPy."""
    trees, rng, rows = [ROOT, other], random.Random(1), list[Row]()
    for name, code in CODES.items():
        for tree in trees:
            _process(tree, code)  # the first one writes bytecode
        spent: dict[Path, list[float]] = {tree: [] for tree in trees}
        loaded = {}
        for _ in range(rounds):
            for tree in rng.sample(trees, 2):
                seconds, loaded[tree] = _process(tree, code)
                spent[tree].append(seconds)
        rows.append(beside(f"{name}, CPU s", spent[ROOT], spent[other], other))
        if name != NUMPY:
            rows.append(beside(f"{name}, modules", [loaded[ROOT]], [loaded[other]], other))
    return rows


def _process(tree: Path, code: str) -> tuple[float, int]:
    """The processor time that the code takes in a process of its own, and how many modules it loads."""
    whole = PROCESS.format(before="" if code == NUMPY else NUMPY, code=code)
    command = [sys.executable, "-c", whole]
    done = subprocess.run(command, env=environment(tree), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tree}: {code}: {done.stderr.strip().splitlines()[-1]}")
    spent, loaded, file = json.loads(done.stdout)
    if not Path(file).is_relative_to(tree):
        raise SystemExit(f"{file} was imported in place of {tree}: mend the bench")
    return spent, loaded
