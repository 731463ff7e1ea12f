"""How long a search takes in a long log, and what it costs in memory and on disk.

    python -m bench.memory.recall [--turns 100000] [--questions 300] [--embedder none|minilm]

The log is made up: twelve words a turn out of 20,000 by a Zipf law, in sessions of twenty turns; a question
asks for five words that some turn says. With an embedder the vectors of the log are random ones of the usual
shape (two sentences and twelve words a turn), since embedding so many turns takes a quarter of an hour; those
of the question come from the model itself, and their time counts. Rows go to results/recall.csv.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from torimem import Memory, Message
from torimem.language.meaning.embed import Embedder, Encoded, load_embedder

from .. import record

START = datetime(2020, 1, 1, 9, tzinfo=UTC)
WORDS, A_TURN, A_QUESTION, A_SESSION = 20_000, 12, 5, 20

APPEND = """
import sys
from torimem import Memory
with Memory(sys.argv[1], embedder="none") as memory:
    memory.observe("A second process says the word quetzalcoatlus.", id="late", at="2035-01-01")
"""


def said(turns: int, rng: random.Random) -> list[list[str]]:
    """The words of each turn."""
    syllables = ["ba", "do", "fe", "gu", "ki", "la", "mo", "nu", "pa", "re", "so", "tu", "vi", "wo", "za"]
    words = ["".join(four) for four, _ in zip(product(syllables, repeat=4), range(WORDS), strict=False)]
    rng.shuffle(words)
    weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))
    return [rng.choices(words, cum_weights=weights, k=A_TURN) for _ in range(turns)]


def messages(texts: list[list[str]]) -> Iterator[Message]:
    """The turns, twenty a day. Topics are given: what a search costs does not depend on them."""
    for n, words in enumerate(texts):
        day, minute = divmod(n, A_SESSION)
        at = START + timedelta(days=day, minutes=minute)
        text = f"I said {' '.join(words[:6])}. And {' '.join(words[6:])}."
        yield Message(text, "assistant" if n % 2 else "user", at=at, session=str(day), topics=(words[0],))


class Random:
    """Embeds a question with the model, and a batch of turns with random vectors of the usual shape."""

    def __init__(self, model: Embedder) -> None:
        self.model, self.name, self.dimensions = model, model.name, model.dimensions
        self.rng = np.random.default_rng(1)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """One text is a question."""
        if len(texts) == 1:
            return self.model.encode(texts)
        found = []
        for _ in texts:
            rows = self.rng.standard_normal((15, self.dimensions), dtype=np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            found.append(Encoded(rows[0], rows[1:3], rows[3:], ("",) * 12))
        return found


def resident() -> float:
    """Megabytes of memory that this process holds."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line)
    return int(line.split()[1]) / 1024


def fill(path: Path, turns: int, spec: str) -> tuple[int, int]:
    """Write the log, and its vectors where there is a model; the bytes of the file before and after those."""
    with Memory(path, embedder="none") as memory:
        memory.observe_many(messages(said(turns, random.Random(1))))
        size = memory.stats()["bytes"]
    model = load_embedder(spec)
    if model is None:
        return size, size
    with Memory(path, embedder=Random(model)) as memory:
        memory.embed()
        return size, memory.stats()["bytes"]


def main() -> None:
    """Measure, print, and append the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--embedder", default="none")
    args = parser.parse_args()
    rng = random.Random(1)
    texts = said(args.turns, rng)
    model = load_embedder(args.embedder)
    embedder = Random(model) if model else "none"
    rows: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.db"
        # another process writes, so that what is held here is what reading takes
        with ProcessPoolExecutor(1, get_context("spawn")) as writer:
            size, with_vectors = writer.submit(fill, path, args.turns, args.embedder).result()
        rows["bytes per turn"] = size / args.turns
        if model:
            rows["bytes of vectors per turn"] = (with_vectors - size) / args.turns
            model.encode(["warm"])
        before, begin = resident(), time.perf_counter()
        with Memory(path, embedder=embedder) as memory:
            memory.context()
            rows["open and first context, s"] = time.perf_counter() - begin
            memory.search("nothing")
            rows["open, first context and first search, s"] = time.perf_counter() - begin
            rows["memory for it, MB"] = resident() - before
            spent = []
            for _ in range(args.questions):
                words = rng.sample(rng.choice(texts), A_QUESTION)
                begin = time.perf_counter()
                found = memory.search(f"When did I talk about {' '.join(words)}?")
                spent.append(1000 * (time.perf_counter() - begin))
                if not found:
                    raise SystemExit("a question found nothing: mend the bench")
            rows["search, median ms"] = statistics.median(spent)
            rows["search, p95 ms"] = statistics.quantiles(spent, n=100)[94]
            rows["search, most ms"] = max(spent)
            subprocess.run([sys.executable, "-c", APPEND, str(path)], check=True)
            begin = time.perf_counter()
            found = memory.search("quetzalcoatlus")
            rows["search after another process appended, ms"] = 1000 * (time.perf_counter() - begin)
            if [hit.turn_id for hit in found[:1]] != ["late"]:
                raise SystemExit("what another process appended was not found")
    about = {"turns": args.turns, "embedder": model.name if model else "none"}
    record.note(record.RESULTS / "recall.csv", about, rows)
    for what, value in rows.items():
        print(f"{what:42} {value:12.3f}")


if __name__ == "__main__":
    main()
