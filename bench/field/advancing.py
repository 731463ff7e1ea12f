"""Fields that advance, ours in turns with those of others: what is asked of each, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from torimem import Field, Stencil

from .. import pairs
from ..pairs import Row
from .peers import PEERS, Peer
from .precision import difference, truth

OURS, RATE = "torimem", 0.25
FADED = 1e-20
EVERY = tuple(name for name, peer in PEERS.items() if peer.steps)
BATCH = (256, 4, 64, 64)


@dataclass(frozen=True)
class Settings:
    """What the command line says."""

    backend: str = "auto"
    rounds: int = 25
    seconds: float = 25.0


@dataclass(frozen=True)
class Task:
    """`n` steps of a field of `shape` `(..., layer, y, x)`, and the peers to take turns with.

    `bars` says what part of a peer's time ours may take, or is allowed to with `per` times the peer's.
    """

    name: str
    shape: tuple[int, ...]
    n: int
    how: Mapping[str, Any] = field(default_factory=lambda: {"method": "auto"})
    bars: Mapping[str, float] = field(default_factory=dict)
    others: Sequence[str] = ()
    decay: float = 0.1
    per: Mapping[str, int] = field(default_factory=dict)
    threads: int = 1


TUNED = ("numpy in place, tuned",)
"""In place, flat and in blocks that fit a cache, as few would write it: measured, but no bar is about it."""

STEP = {"method": "step"}
WIDE, HUGE = (1, 500, 500), (1, 4096, 4096)
TASKS = {
    "50": Task(
        "50x50, 1 step", (1, 50, 50), 1, how={},
        bars={"numpy in place": 1 / 12, "jax jit": 1 / 25, "torch conv2d": 1 / 25}, others=EVERY,
    ),
    "100": Task(
        "100x100, 5 steps", (1, 100, 100), 5,
        bars={"jax jit": 1 / 8, "numpy in place": 1 / 14, "torch conv2d": 1 / 25, "plain C": 1 / 1.8},
        others=EVERY,
    ),
    "500-step": Task(
        "500x500, 100 steps one by one", WIDE, 100, how=STEP,
        bars={"jax jit": 1 / 6, "numpy in place": 1 / 10, "torch conv2d": 1 / 40, "plain C": 1 / 1.4},
        others=EVERY,
    ),
    "500-auto": Task("500x500, 100 steps", WIDE, 100, bars={"jax jit": 1 / 12, "plain C": 1 / 2.2}),
    "500-long": Task(
        "500x500, 1000 steps, decay .001", WIDE, 1000, decay=0.001,
        bars={"jax jit": 1 / 100, "numpy in place": 1 / 180}, others=("plain C", *TUNED),
    ),
    "500-still": Task(
        "500x500, 1000 steps, no decay", WIDE, 1000, decay=0.0,
        bars={"jax jit": 1 / 100, "numpy in place": 1 / 180}, others=("plain C", *TUNED),
    ),
    "4096": Task(
        "4096x4096, 16 steps", HUGE, 16,
        bars={"plain C": 1 / 3, "numpy in place": 1 / 8, "non-temporal copy": 1.0}, others=("copy", *TUNED),
        per={"non-temporal copy": 16, "copy": 16},
    ),
    "4096-all": Task("4096x4096, 2 steps", HUGE, 2, others=EVERY),
    "batch": Task(
        "256 memories of 4x64x64, 5 steps", BATCH, 5,
        bars={"plain C": 1 / 3.3, "jax jit": 1 / 10, "numpy in place": 1 / 25, "copy": 3.5}, others=EVERY,
    ),
    "500-2": Task("500x500, 100 steps one by one", WIDE, 100, how=STEP, others=("plain C",), threads=2),
    "4096-2": Task("4096x4096, 16 steps", HUGE, 16, others=("plain C",), threads=2),
    "batch-2": Task("256 memories of 4x64x64, 5 steps", BATCH, 5, others=("plain C",), threads=2),
}  # fmt: skip


class Ours:
    """A torimem field; the clock measures the whole Python call."""

    steps = True

    def __init__(self, shape: tuple[int, ...], decay: float, backend: str, how: Mapping[str, Any]) -> None:
        self.shape, self.backend, self.how = shape, backend, how
        self.stencil = Stencil.diffusion(RATE, decay)

    def fresh(self, cells: NDArray[np.float32]) -> None:
        """A new field with a copy of the cells."""
        self.field = Field.from_numpy(cells.reshape(self.shape), backend=self.backend)

    def call(self, n: Any) -> Callable[[], object]:
        """What the clock measures."""
        return partial(self.field.advance, n, self.stencil, **self.how)

    def cells(self) -> NDArray[np.float32]:
        """The cells now."""
        return self.field.numpy()


def advance(task: Task, settings: Settings) -> list[Row]:
    """One task: ours first, then each peer that is here."""
    shape = (prod(task.shape[:-2]), *task.shape[-2:])
    engines: dict[str, Ours | Peer] = {OURS: Ours(task.shape, task.decay, settings.backend, task.how)}
    for name in dict.fromkeys((*task.bars, *task.others)):
        try:
            engines[name] = PEERS[name](shape, RATE, task.decay)
        except (ImportError, OSError) as error:
            print(f"left out: {name}: {error}")
    cells = np.random.default_rng(1).random(shape, dtype=np.float32)
    rows = compared(engines, cells, task.n, task.decay, settings, Row(task.name, "", task.threads, task.n))
    for index, row in enumerate(rows[1:], 1):
        bar, scale = task.bars.get(row.engine), task.per.get(row.engine, 1)
        ratio = row.ratio / scale if row.ratio else None
        name = row.engine if scale == 1 else f"{row.engine}, by step"
        met = pairs.verdict(ratio, bar)
        rows[index] = replace(row, engine=name, ratio=ratio, bar=bar, met=met)
    return rows


def compared(
    engines: dict[str, Any], cells: NDArray[np.float32], n: Any, decay: float, settings: Settings, row: Row
) -> list[Row]:
    """A row for each engine that computes what it should, the first being ours; `row` says the rest."""
    after = truth(cells.reshape(engines[OURS].shape), n, RATE, decay)
    wrong = max(1e-5, 3e-8 * float(np.max(n)))  # weights rounded to float32 drift that much in a step
    errors: dict[str, float | None] = {}
    for name, engine in list(engines.items()):
        engine.fresh(cells)
        engine.call(n)()
        errors[name] = difference(engine.cells().reshape(after.shape), after) if engine.steps else None
        if (errors[name] or 0) > wrong or not np.isfinite(engine.cells()).all():
            if isinstance(engine, Ours):
                raise SystemExit(f"{row.task}: {name} is off by {errors[name]:.1e}")
            print(f"left out: {name}: it is off by {errors.pop(name):.1e}")
            del engines[name]
    times = pairs.measure(engines, cells, n, settings.rounds, settings.seconds)
    rows = []
    for name, engine in engines.items():
        peak = float(np.abs(engine.cells()).max())
        if peak <= FADED:
            raise SystemExit(f"{row.task}: the field of {name} has faded to {peak:.1e}, which times nothing")
        figures = {"rounds": len(times[name].rounds), "peak": peak, "error": errors[name]}
        ratio = None if name == OURS else times[OURS].over(times[name])
        rows.append(replace(row, engine=name, ratio=ratio, **figures, **times[name].microseconds()))
    return rows


def own_n(settings: Settings) -> list[Row]:
    """Every memory by its own number of steps in one call, against stepping each."""
    n = np.random.default_rng(2).integers(0, 1001, BATCH[0])
    return _ourselves("256 memories, 0 to 1000 steps each", {}, STEP, n, "0..1000", 1 / 2.5, settings)


def exact(settings: Settings) -> list[Row]:
    """The canonical order of rounding, against the fast one."""
    name = "256 memories of 4x64x64, 5 steps, exact"
    return _ourselves(name, {"exact": True}, STEP, 5, "5", 1.6, settings)


def _ourselves(
    task: str, how: Mapping[str, Any], other: Mapping[str, Any], n: Any, shown: str, bar: float,
    settings: Settings,
) -> list[Row]:  # fmt: skip
    decay = 0.001
    engines = {OURS: Ours(BATCH, decay, settings.backend, how)}
    engines["torimem, steps"] = Ours(BATCH, decay, settings.backend, other)
    cells = np.random.default_rng(1).random(BATCH, dtype=np.float32)
    ours, steps = compared(engines, cells, n, decay, settings, Row(task, "", 1, shown))
    return [ours, replace(steps, bar=bar, met=pairs.verdict(steps.ratio, bar))]
