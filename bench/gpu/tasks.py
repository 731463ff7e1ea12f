"""What is measured on a GPU: shapes, numbers of steps, who else takes turns and what is to be kept.

Nothing is done here, and nothing imported that a machine may lack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STEPPING = ("torch roll", "torch conv2d", "torch.compile", "cuDNN")
"""Peers that make steps."""


@dataclass(frozen=True)
class Task:
    """`n` steps of a field `(..., layer, y, x)`, the peers to take turns with, and what is to be kept.

    `target` is about the column `measure` of ours; `bars` say what part of a peer's time the fastest of ours
    may take. `small` and `few` are shape and number of steps on a CPU, where only the way is tried. `weight`
    is how much of the time it gets. `apart` says that layers also go one after another, `another` that no
    two calls make the same number of steps: then no table of the last one serves.
    """

    shape: tuple[int, ...]
    n: int
    small: tuple[int, ...]
    few: int
    how: Mapping[str, Any] = field(default_factory=dict)
    decay: float = 0.1
    peers: Sequence[str] = STEPPING
    measure: str = ""
    target: float | None = None
    bars: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0
    apart: bool = False
    another: bool = False


STEP, JUMP = {"method": "step"}, {"method": "jump"}
WIDE, HUGE, BATCH = (1, 500, 500), (1, 16384, 16384), (65_536, 4, 64, 64)
LARGE = (*STEPPING, "copy")
TASKS = {
    "500-step": Task(
        WIDE, 100, (1, 20, 20), 5, how=STEP, measure="wall_us", target=80, weight=4
    ),
    "500-jump": Task(
        WIDE, 10**6, (1, 20, 20), 10**6, how=JUMP, decay=0.0, peers=["torch rfft2"], measure="wall_us",
        target=40,
    ),
    "500-jump-new": Task(
        WIDE, 10**6, (1, 20, 20), 10**6, how=JUMP, decay=0.0, peers=(), measure="wall_us", target=40,
        another=True, weight=0.5,
    ),
    "16384-1": Task(HUGE, 1, (1, 40, 48), 1, peers=LARGE, measure="share", target=0.85, weight=3),
    "batch": Task(
        BATCH, 5, (3, 2, 8, 8), 5, peers=LARGE, measure="wall_us", target=3000, weight=4,
        bars={"torch roll": 1 / 40, "torch.compile": 1 / 3, "torch conv2d": 1 / 15},
    ),
    "16384-8": Task(HUGE, 8, (1, 40, 48), 2, how=STEP, measure="share", target=1.7, weight=2),
    "16384-16": Task(HUGE, 16, (1, 40, 48), 3, how=STEP, measure="share", target=1.7, weight=2),
    **{
        f"{side}-{n}": Task((1, side, side), n, (1, side // 10, side // 10), min(n, 40))
        for side in (50, 100, 200, 500) for n in (1, 100)
    },
    **{
        f"layers-{n}": Task((4, 100, 100), n, (4, 6, 6), min(n, 3), peers=(), apart=True, weight=0.5)
        for n in (1, 100)
    },
}  # fmt: skip
CROSSINGS = {  # shapes, and what is tried on a CPU
    "256 memories of 4x64x64": ((256, 4, 64, 64), (2, 1, 8, 8)),
    "500x500": ((1, 500, 500), (1, 9, 9)),
    "4096x4096": ((1, 4096, 4096), (1, 20, 20)),
}
CROSSED = "so many steps cost what a jump does"
COUNTS = (4, 8, 16, 32, 64, 128)
