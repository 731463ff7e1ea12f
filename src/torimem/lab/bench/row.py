"""A line of a table: a time or a size, beside what was claimed; it knows what makes a time worthless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

Table: TypeAlias = Literal["diffusion", "layers", "search", "transfers", "footprint", "conversation"]

ENOUGH = 10
"""Rounds that a median needs."""

_WRONG = 1e-4  # a relative error above this is no rounding


@dataclass(frozen=True, slots=True)
class Time:
    """What one call takes, in seconds. `claims` is what was claimed, by the device it was claimed for.

    `faster` is how many times the `rival` takes as long. `error` is relative and at most 1; `wrong` says that
    it is more than rounding. `rough` says that there were too few rounds; fewer than three have no spread,
    and without any the median is only estimated.
    """

    table: Table
    what: str
    steps: str
    claims: Mapping[str, float]
    median: float
    rounds: int
    rough: bool
    p20: float | None = None
    p80: float | None = None
    p95: float | None = None
    rival: str = ""
    rival_median: float | None = None
    faster: float | None = None
    error: float | None = None
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """What something takes up, in bytes. `claim` is what was claimed."""

    table: Table
    what: str
    bytes: int
    claim: int | None = None


Row: TypeAlias = Time | Size


def timed(
    table: Table,
    what: str,
    times: Sequence[float],
    *,
    steps: str = "",
    claims: Mapping[str, float],
    enough: int = ENOUGH,
    rival: str = "",
    others: Sequence[float] = (),
    error: float | None = None,
) -> Time:
    """The line of what took these times, `others` being those of the rival in the same rounds.

    >>> row = timed("search", "a word", [2.0, 4.0, 3.0], claims={}, rival="a peer", others=[4.0, 12.0, 9.0])
    >>> row.median, row.rival_median, row.faster, row.rough
    (3.0, 9.0, 3.0, True)
    """
    p20, p80, p95 = (float(np.percentile(times, p)) if len(times) > 2 else None for p in (20, 80, 95))
    return Time(
        table,
        what,
        steps,
        claims,
        float(np.median(times)),
        len(times),
        len(times) < enough,
        p20,
        p80,
        p95,
        rival,
        float(np.median(others)) if rival else None,
        float(np.median(np.array(others) / np.array(times))) if rival else None,
        error,
        error is not None and error > _WRONG,
    )


def estimated(table: Table, what: str, seconds: float, *, steps: str, claims: Mapping[str, float]) -> Time:
    """The line of what would take too long to be measured.

    >>> estimated("diffusion", "a planet", 1e9, steps="1", claims={}).rounds
    0
    """
    return Time(table, what, steps, claims, seconds, rounds=0, rough=True)
