"""What one message costs: its analysis alone, and the whole of `observe` into a database file.

    python -m bench.memory.message [--dialogues FILE] [--rounds 5] [--write]

The messages are those of the demo, or those of dialogues in the layout of LoCoMo. Words only on the native
backend, and where MiniLM is installed also with that, which is asked what each new topic means. Of each
message the quickest of all rounds counts, each round in a new file: what neighbours on a shared machine take
is left out. Beside stands how long that machine adds a million numbers in Python. `--write` appends the rows
to results/memory.csv.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from torimem import Memory, Message
from torimem.lab.evals import locomo
from torimem.language.analyser import analyse
from torimem.language.meaning import minilm
from torimem.log.replay import read_replay

from .. import record

DEMO = record.ROOT / "src/torimem/cli/demo.jsonl"


def talks(dialogues: Path | None) -> list[list[Message]]:
    """The messages of a file of dialogues, or of the demo."""
    return [list(one.messages) for one in locomo.read(dialogues)] if dialogues else [read_replay(DEMO)]


def analysed(said: list[Message]) -> list[float]:
    """Milliseconds of the analysis of each message."""
    spent = []
    for message in said:
        begin = time.perf_counter()
        analyse(message.text, speaker_names=[message.speaker] if message.speaker else [])
        spent.append(1000 * (time.perf_counter() - begin))
    return spent


def observed(talks: list[list[Message]], embedder: str) -> tuple[list[float], float, int]:
    """Milliseconds of each observe but the first of a process, that of the first, and how many topics."""
    spent, topics = [], set[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number, said in enumerate(talks):
            with Memory(Path(folder) / f"{number}.db", embedder=embedder, backend="native") as memory:
                for message in said:
                    begin = time.perf_counter()
                    turn = memory.observe(
                        message.text, message.role, speaker=message.speaker, at=message.at,
                        session=message.session, id=message.id,
                    )  # fmt: skip
                    spent.append(1000 * (time.perf_counter() - begin))
                    topics |= {mention.key for mention in turn.analysis.mentions}
    return spent[1:], spent[0], len(topics)


def main() -> None:
    """Measure, print, and append the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dialogues", type=Path, help="a file of dialogues in place of the demo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    said = talks(args.dialogues)
    of = args.dialogues.stem if args.dialogues else "the demo"
    rounds: dict[str, list[list[float]]] = {}
    firsts: dict[str, float] = {}
    topics = 0
    sums = []
    for _ in range(args.rounds):
        begin = time.perf_counter()
        sum(range(1_000_000))
        sums.append(1000 * (time.perf_counter() - begin))
        rounds.setdefault("analysis", []).append([ms for talk in said for ms in analysed(talk)])
        for embedder in ("none", *(["minilm"] if minilm.ready() else [])):
            what = "observe" if embedder == "none" else "observe with MiniLM"
            spent, first, topics = observed(said, embedder)
            rounds.setdefault(what, []).append(spent)
            firsts.setdefault(f"first {what}, ms, {of}", first)
    found = {}
    for what, times in rounds.items():
        best = [min(each) for each in zip(*times, strict=True)]
        found[f"{what}, median ms, {of}"] = statistics.median(best)
        found[f"{what}, p95 ms, {of}"] = statistics.quantiles(best, n=20)[-1]
    found["a million numbers added in Python, ms"] = min(sums)
    found |= firsts
    for what, value in found.items():
        print(f"{what:50} {value:9.3f}")
    if args.write:
        about = {"turns": sum(map(len, said)), "topics": topics}
        record.note(record.RESULTS / "memory.csv", about, found)


if __name__ == "__main__":
    main()
