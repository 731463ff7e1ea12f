"""What `Memory.stats` counts, by name."""

from __future__ import annotations

from typing import Any, TypedDict


class LogStats(TypedDict):
    """Counts and sizes of one log, its fold and what is kept with it.

    `topics` have a place on the torus now, `topics_ever` were named at any time, `evictions` is how often a
    topic gave up its place on a full torus. `last` is the time of the last turn in ISO 8601, `embedded` how
    many turns have vectors, `bytes` the size of the whole store, `erasure_pending` whether bytes of what was
    forgotten may still be in it.
    """

    turns: int
    user_turns: int
    topics: int
    topics_ever: int
    evictions: int
    steps: int
    speakers: list[str]
    last: str | None
    checkpoints: int
    embedded: int
    bytes: int
    erasure_pending: bool


class Stats(LogStats):
    """The same, with whose memory it is, what it is folded and embedded with, and the model calls it took."""

    user: str
    agent: str | None
    embedder: str | None
    dynamics: dict[str, Any]
    llm_calls: int
