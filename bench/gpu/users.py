"""Many users: their memories folded together on a device, against each by itself on the CPU."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from torimem import Memory, Message, advance_many
from torimem.context.known import Topic
from torimem.field.backends import load

from .here import Settings, backends, missing
from .rows import Row

USERS, TURNS = 1000, 6


def together(settings: Settings, seconds: float) -> list[Row]:
    """A row for each backend and one for the CPU; fewer users where the time is too short for all."""
    end = time.monotonic() + seconds
    with TemporaryDirectory(prefix="torimem-") as folder:
        path, users = Path(folder) / "memory.db", 0
        while users < (12 if settings.cpu else USERS) and time.monotonic() < end - 0.65 * seconds:
            with Memory(path, f"user {users}", embedder="none") as memory:
                memory.observe_many(_said(users))
            users += 1
        title = f"{users} users, {TURNS} messages each, folded"
        with _opened(path, users) as memories:
            begin = time.perf_counter()
            wanted = [memory.topics() for memory in memories]
            alone = 1e6 * (time.perf_counter() - begin)
        rows = [Row(title, f"one by one, {load('auto').name}", TURNS, 1, wall_us=alone, right="yes")]
        for name in backends(settings.cpu):
            rows.append(_folded(name, path, users, wanted, end, Row(title, name, TURNS), settings))
    own = [row for row in rows[1:] if row.wall_us and row.right == "yes"]
    best = min((row.wall_us or 0.0 for row in own), default=None)
    return [replace(row, ratio=best and row.wall_us and best / row.wall_us) for row in rows]


def _folded(
    name: str, path: Path, users: int, wanted: list[list[Topic]], end: float, row: Row, settings: Settings
) -> Row:  # fmt: skip
    """The row of one backend: the first time, which compiles, and where there is time for it a second one."""
    if why := settings.without.get(name):
        return replace(row, note=f"left out: {why}")
    if why := missing(name):
        return replace(row, note=f"missing: {why}")
    for number in range(2):
        with _opened(path, users) as memories:
            begin = time.perf_counter()
            turns = advance_many(memories, name)
            spent = time.perf_counter() - begin
            right = turns == users * TURNS and [memory.topics() for memory in memories] == wanted
        first = row.first_s or spent
        row = replace(row, wall_us=1e6 * spent, first_s=first, rounds=1, right="yes" if right else "no")
        if time.monotonic() + 2 * spent > end:
            return replace(row, note="" if number else "the first time, which compiles")
    return row


def _said(user: int) -> list[Message]:
    """What a user says; topics and mood are given, so nothing is analysed."""
    return [
        Message(
            f"Message {turn} of user {user}",
            id=f"{turn}",
            topics=(f"topic {(7 * turn + user) % 5}",),
            emotion=0.3,
        )
        for turn in range(TURNS)
    ]


@contextmanager
def _opened(path: Path, users: int) -> Iterator[list[Memory]]:
    """The memories, none of them folded yet."""
    with ExitStack() as stack:
        yield [stack.enter_context(Memory(path, f"user {user}", embedder="none")) for user in range(users)]
