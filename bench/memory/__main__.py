"""How long a turn takes as a memory grows, and how fast a conversation replays.

    python -m bench.memory [--turns 10000] [--topics 3000] [--refold 100000] [--users 1000]

The first measurement is `observe` followed by `context` in a database file, the text analysed, with topics
that come back by a Zipf law, each at least once. The second replays the same turns in one call. The third
folds a longer log afresh, its progress reported turn by turn. The fourth folds the last turns of many users,
each by itself and all as one batch, in turns. Rows are appended to results/memory.csv.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from torimem import Memory, Message, advance_many

from .. import record

START = datetime(2026, 1, 1, tzinfo=UTC)


def names(count: int) -> list[str]:
    """So many words that nobody has heard before, each a topic of its own."""
    syllables = ["ba", "do", "fe", "gu", "ki", "la", "mo", "nu", "pa", "re", "so", "tu", "vi", "wo", "za"]
    words = ("".join(three) + "k" for three in product(syllables, repeat=3))
    return [word for word, _ in zip(words, range(count), strict=False)]


def messages(turns: int, topics: int, seed: int = 1) -> list[Message]:
    """Messages that name all the topics, some of them often."""
    rng = random.Random(seed)
    known = names(topics)
    weights = [1 / (rank + 1) for rank in range(topics)]
    drawn = known + rng.choices(known, weights, k=max(0, turns - topics))
    rng.shuffle(drawn)
    moods = ["I love {}", "I worry about {}", "We talked about {} again", "Tell me more about {}"]
    return [
        Message(rng.choice(moods).format(name) + ".", id=f"t{n}", at=START + timedelta(minutes=n))
        for n, name in enumerate(drawn[:turns])
    ]


def by_turn(folder: Path, said: list[Message]) -> tuple[list[float], Memory]:
    """Milliseconds of each observe with the context after it."""
    memory = Memory(folder / "turns.db", embedder="none")
    spent = []
    for message in said:
        begin = time.perf_counter()
        memory.observe(message.text, id=message.id, at=message.at)
        memory.context()
        spent.append(1000 * (time.perf_counter() - begin))
    return spent, memory


def replayed(folder: Path, said: list[Message]) -> float:
    """Turns a second when the conversation is replayed in one call."""
    with Memory(folder / "replay.db", embedder="none") as memory:
        begin = time.perf_counter()
        memory.observe_many(said)
        return len(said) / (time.perf_counter() - begin)


def refolded(folder: Path, said: list[Message]) -> tuple[float, float]:
    """Seconds to replay a log in one call, and to fold it afresh with its progress reported."""
    with Memory(folder / "refold.db", embedder="none") as memory:
        begin = time.perf_counter()
        memory.observe_many(said)
        replay, reports = time.perf_counter() - begin, list[int]()
        begin = time.perf_counter()
        memory.refold(progress=reports.append)
        refold = time.perf_counter() - begin
    if reports[-1] != len(said):
        raise SystemExit(f"progress ended at {reports[-1]} of {len(said)} turns: mend the bench")
    return replay, refold


def folded(folder: Path, users: int, turns: int = 20, rounds: int = 5) -> dict[str, float]:
    """Median seconds to fold the turns of many users, each by itself and all together, and their ratio."""
    path = folder / "users.db"
    for user in range(users):
        with Memory(path, f"user {user}", embedder="none") as memory:
            memory.observe_many(messages(turns, 8, seed=user))
    spent: dict[str, list[float]] = {"one by one": [], "as one batch": []}
    for number in range(2 * rounds):
        way = list(spent)[number % 2]
        memories = [Memory(path, f"user {user}", embedder="none") for user in range(users)]
        begin = time.perf_counter()
        if way == "as one batch":
            if advance_many(memories) != users * turns:
                raise SystemExit(f"not all of {users * turns} turns were folded: mend the bench")
        else:
            for memory in memories:
                memory.cells()
        spent[way].append(time.perf_counter() - begin)
        for memory in memories:
            memory.close()
    ratios = [one / batch for one, batch in zip(*spent.values(), strict=True)]
    rows = {f"{users} users folded {way}, s": statistics.median(times) for way, times in spent.items()}
    return rows | {"one by one / as one batch": statistics.median(ratios)}


def main() -> None:
    """Measure, print, and append the rows."""
    parser = argparse.ArgumentParser(
        "python -m bench.memory", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--topics", type=int, default=3_000)
    parser.add_argument("--refold", type=int, default=100_000)
    parser.add_argument("--users", type=int, default=1_000)
    args = parser.parse_args()
    said = messages(args.turns, args.topics)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spent, memory = by_turn(folder, said)
        stats = memory.stats()
        memory.close()
        rate = replayed(folder, said)
        replay, refold = refolded(folder, messages(args.refold, args.topics))
        many = folded(folder, args.users)
    if stats["topics_ever"] != args.topics:
        raise SystemExit(
            f"{stats['topics_ever']} topics were named, {args.topics} were meant: mend the bench"
        )
    part = max(1, args.turns // 10)
    first, last = statistics.median(spent[:part]), statistics.median(spent[-part:])
    quantiles = statistics.quantiles(spent, n=100)
    rows = {
        "observe + context, median ms": statistics.median(spent),
        "observe + context, p95 ms": quantiles[94],
        "median ms of the first tenth": first,
        "median ms of the last tenth": last,
        "last tenth / first tenth": last / first,
        "replay, turns/s": rate,
        "topics on the torus": stats["topics"],
        "evictions": stats["evictions"],
        "bytes per turn": stats["bytes"] / args.turns,
    }
    long = {"replay, s": replay, "refold, s": refold}
    kinds = (args.turns, args.topics, rows), (args.refold, args.topics, long), (20, 8, many)
    for turns, topics, found in kinds:
        record.note(record.RESULTS / "memory.csv", {"turns": turns, "topics": topics}, found)
    named = {f"{what}, {args.refold} turns": value for what, value in long.items()}
    for what, value in (rows | named | many).items():
        print(f"{what:40} {value:12.3f}")


if __name__ == "__main__":
    main()
