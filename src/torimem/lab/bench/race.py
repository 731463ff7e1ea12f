"""Rivals take turns in one process: it knows clocks, rounds and the time that is left, not what is timed.

Each round has another order. Every sample begins with fresh cells, laid out before the clock starts, and the
garbage collector is off.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Start: TypeAlias = Callable[[], Callable[[], Any]]
"""Lays out fresh cells and returns the call that is then timed."""

_TURN = 0.002  # seconds that a turn takes, about: shorter calls are made several times


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the time that one task may take; `tell` hears whenever somebody looks at the clock."""

    end: float
    tell: Callable[[], None] = lambda: None

    def left(self) -> float:
        """Seconds that are left.

        >>> Share(end=0.0).left() < 0
        True
        """
        self.tell()
        return self.end - time.perf_counter()


def race(starts: Mapping[str, Start], share: Share) -> dict[str, list[float]]:
    """Seconds that a call of each takes, one figure for each round; at least one round.

    A turn of short calls is the median of several, after one that brings code and cells back into the caches,
    which the others have used.

    >>> times = race({"sum": lambda: lambda: sum(range(9)), "max": lambda: lambda: max(range(9))}, Share(0.0))
    >>> {name: len(rounds) for name, rounds in times.items()}
    {'sum': 1, 'max': 1}
    """
    calls = {name: max(1, min(100, int(_TURN / sample(start)))) for name, start in starts.items()}
    times: dict[str, list[float]] = {name: [] for name in starts}
    order, rng = list(starts), random.Random(1)
    with uncollected():
        while True:
            rng.shuffle(order)
            for name in order:
                if calls[name] > 1:
                    sample(starts[name])
                times[name].append(float(np.median([sample(starts[name]) for _ in range(calls[name])])))
            if share.left() <= 0:
                return times


def sample(start: Start) -> float:
    """Seconds that one call takes.

    >>> sample(lambda: lambda: sum(range(9))) > 0
    True
    """
    call = start()
    begin = time.perf_counter()
    result = call()
    spent = time.perf_counter() - begin
    del result  # only now, so that letting go of it is not on the clock
    return max(spent, 1e-9)


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    """
    was = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
