"""What `observe` and `prompt` take in this tree and in another one.

    python -m bench.memory.against TREE [--dialogues FILE] [--rounds 15] [--write]

TREE is another checkout, such as one made by `git worktree add TREE COMMIT`. In each round two fresh
processes, one with each tree, remember the same dialogue in new database files: the demo, or those in the
layout of LoCoMo. They take turns message by message, so that a ratio is of two calls a few milliseconds
apart; after each message its text is what a prompt is asked for. The first message of a process stands by
itself, and counts from `import torimem` on, so that it is the same whether much is imported early or late.
Words only. `--write` appends the rows to results/against.csv.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from torimem import Message

from .. import record
from ..record import ROOT
from ..trees import Row, beside, environment, other_tree, show
from .message import talks

RESULTS = record.RESULTS / "against.csv"
MEASURES = "observe, ms", "observe, CPU ms", "prompt, ms", "prompt, CPU ms"
FIGURES: dict[str, Callable[[list[float]], float]] = {
    "first": lambda values: values[0],
    "median": lambda values: statistics.median(values[1:]),
    "mean": lambda values: statistics.mean(values[1:]),
}
Times = list[list[float]]
"""The figures of `MEASURES` for each message of a dialogue."""


@contextmanager
def listening(tree: Path, file: Path) -> Iterator[Any]:
    """A process that has imported the tree's torimem, and remembers in that file what it is asked to."""
    command = [sys.executable, "-m", "bench.memory.work", str(file)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(tree), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        if not Path(_answer(process)).is_relative_to(tree):
            raise SystemExit(f"torimem was not imported from {tree}: mend the bench")
        yield process


def _answer(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("a process ended before its time; it said why above")
    return json.loads(line)


def remembered(trees: Sequence[Path], said: Sequence[Message], rng: random.Random) -> dict[Path, Times]:
    """What each message took in each tree; who comes first is drawn for each."""
    found: dict[Path, Times] = {tree: [] for tree in trees}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        processes = {
            tree: stack.enter_context(listening(tree, Path(folder) / f"{number}.db"))
            for number, tree in enumerate(trees)
        }
        for message in said:
            asked = json.dumps(_plain(message)) + "\n"
            for tree in rng.sample(trees, len(trees)):
                processes[tree].stdin.write(asked)
                processes[tree].stdin.flush()
                found[tree].append(_answer(processes[tree]))
    return found


def _plain(message: Message) -> dict[str, Any]:
    """The arguments of `observe`."""
    return {
        "text": message.text, "role": message.role, "speaker": message.speaker,
        "at": message.at and message.at.isoformat(), "session": message.session, "id": message.id,
    }  # fmt: skip


def rows(other: Path, dialogues: list[list[Message]], rounds: int, of: str) -> list[Row]:
    """Of each measure: the first message of a process, the median of all others, and their mean."""
    rng = random.Random(1)
    found: dict[Path, list[Times]] = {ROOT: [], other: []}
    remembered([ROOT, other], dialogues[0][:2], rng)  # the first processes write bytecode
    for _ in range(rounds):
        for said in dialogues:
            for tree, times in remembered([ROOT, other], said, rng).items():
                found[tree].append(times)
    made = []
    for column, measure in enumerate(MEASURES):
        for figure, of_one in FIGURES.items():
            this, that = (
                [of_one([message[column] for message in times]) for times in found[tree]]
                for tree in (ROOT, other)
            )
            what = measure.replace("observe", "import and observe") if figure == "first" else measure
            made.append(beside(f"{figure} {what}, {of}", this, that, other))
    return made


def main() -> None:
    """Measure, print, and append the rows where that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", metavar="TREE", type=other_tree, help="the other tree")
    parser.add_argument("--dialogues", type=Path, help="a file of dialogues in place of the demo")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", action="store_true", help="append the rows")
    args = parser.parse_args()
    of = args.dialogues.stem if args.dialogues else "the demo"
    found = rows(args.tree, talks(args.dialogues), args.rounds, of)
    show(found)
    if args.write:
        record.write(RESULTS, found, record.described())
        print(f"{len(found)} rows appended to {RESULTS}")


if __name__ == "__main__":
    main()
