"""A conversation: what its turns take in a database file, and how large the file and the memory become."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

from ...log.replay import read_replay
from ...log.turn import Message
from ...memory import Memory
from ...prompt.generator import PromptGenerator
from .race import Share, uncollected
from .row import ENOUGH, Row, Size, timed

_TIMES = 5  # how often the conversation that ships with torimem is held

# What is timed at each turn, and what was claimed of it in seconds.
_PARTS: dict[str, dict[str, float]] = {
    "observe a message": {},
    "extract the context": {"": 0.005},
    "write the prompt from it": {"": 0.002},
    "context and prompt for a question": {},
}


def conversation(share: Share) -> list[Row]:
    """Turn by turn in a new database, then again in others until the time is up; words only.

    >>> [row.what for row in conversation(Share(end=0.0))][:2]
    ['observe a message', 'extract the context']
    """
    said = _said()
    spent: list[list[float]] = [[] for _ in _PARTS]
    with Memory(":memory:", "ada", embedder="none") as warm:  # word lists are read when first needed
        warm.observe_many(said[:1])
        warm.prompt(said[0].text)
    with TemporaryDirectory(prefix="torimem-") as folder:
        first = Path(folder) / "first"
        first.mkdir()
        with _memory(first) as memory:
            heard = _hear(memory, said, spent, share)
            memory.observe_many(said[heard:])
        disk = sum(file.stat().st_size for file in first.iterdir())
        sizes = [
            Size("footprint", f"conversation of {len(said)} turns, on disk", disk),
            Size("footprint", "the same, opened and asked", _held(first)),
        ]
        while share.left() > 0:
            with TemporaryDirectory(dir=folder) as another, _memory(Path(another)) as memory:
                _hear(memory, said, spent, share)
    times = [
        timed("conversation", what, each, claims=claims, enough=len(said))
        for (what, claims), each in zip(_PARTS.items(), spent, strict=True)
    ]
    return [*times, *sizes]


def _said() -> list[Message]:
    """The conversation that ships with torimem, held several times, a quarter of a year apart."""
    with as_file(files("torimem") / "cli/demo.jsonl") as path:
        once = read_replay(path)
    return [
        replace(
            message,
            id=f"{message.id}/{number}",
            session=f"{message.session}/{number}",
            at=message.at and message.at + timedelta(days=91 * number),
        )
        for number in range(_TIMES)
        for message in once
    ]


def _memory(folder: Path) -> Memory:
    return Memory(folder / "memory.db", "ada", embedder="none")


def _hear(memory: Memory, said: Sequence[Message], spent: Sequence[list[float]], share: Share) -> int:
    """Time each message until the time is up, a few at least; how many it were."""
    writer = PromptGenerator()
    with uncollected():
        for heard, message in enumerate(said):
            if heard >= ENOUGH and share.left() <= 0:
                return heard
            begin = time.perf_counter()
            memory.observe_many([message])
            observed = time.perf_counter()
            context = memory.context()
            extracted = time.perf_counter()
            writer.generate(context)
            written = time.perf_counter()
            memory.prompt(message.text)
            marks = (begin, observed, extracted, written, time.perf_counter())
            for times, start, end in zip(spent, marks[:-1], marks[1:], strict=True):
                times.append(end - start)
    return len(said)


def _held(folder: Path) -> int:
    """Bytes that Python and NumPy hold for a memory that was opened and asked; SQLite's are not seen."""
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        with _memory(folder) as memory:
            memory.prompt("Which guitar did I buy?")
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        return after - before
    finally:
        if not tracing:
            tracemalloc.stop()
