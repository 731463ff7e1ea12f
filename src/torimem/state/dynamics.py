"""Dynamics: the sizes, rates and thresholds of a memory, checked when they are made."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property

from ..errors import InvalidInput
from ..field.stencil import Stencil

LAYERS = ("activation", "emotion", "confidence", "recency")
GONE = 1e-6
"""The magnitude below which a cell counts as faded out and becomes exactly zero."""


@dataclass(frozen=True)
class Dynamics:
    """How far topics spread, how fast they fade and how much a turn is worth; stored with the scope.

    `width` and `height` are cells, `radius` is that of a topic's disc in cells, rates are per step, a user
    turn is `steps_per_turn` steps. A topic is active above `threshold`, and a theme beyond a valence of
    +-`theme`. With `tick` (seconds), elapsed clock time passes as steps too, one per tick.

    With the defaults, a topic named five turns ago stands at 0.85, one named now at 1. Raises `InvalidInput`
    for values out of range, and for rates under which a cell could become negative.

    >>> Dynamics().spacing
    4
    >>> Dynamics(diffusion_rate=0.9, decay_rate=0.2)
    Traceback (most recent call last):
    torimem.errors.InvalidInput: diffusion_rate + decay_rate is 1.1, it must be at most 1: lower one of them
    """

    width: int = 64
    height: int = 64
    radius: int = 2
    diffusion_rate: float = 0.05
    decay_rate: float = 0.004
    recency_decay: float = 0.02
    steps_per_turn: int = 5
    threshold: float = 0.3
    theme: float = 0.25
    tick: float | None = None

    def __post_init__(self) -> None:
        for name, least, most in (
            ("width", 1, 1 << 24), ("height", 1, 1 << 24), ("radius", 0, 4096), ("steps_per_turn", 0, 1000)
        ):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise InvalidInput(
                    f"{name} is {value!r}, it must be a whole number between {least} and {most}"
                )
        if self.width * self.height > 1 << 24:
            raise InvalidInput(
                f"{self.width}x{self.height} cells are too many for one memory: use at most 4096x4096"
            )
        for name in ("diffusion_rate", "decay_rate", "recency_decay", "threshold", "theme"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise InvalidInput(f"{name} is {value!r}, it must be a number between 0 and 1")
        if self.diffusion_rate + self.decay_rate > 1:
            total = self.diffusion_rate + self.decay_rate
            raise InvalidInput(
                f"diffusion_rate + decay_rate is {total:.6g}, it must be at most 1: lower one of them"
            )
        if self.tick is not None:
            number = isinstance(self.tick, int | float) and not isinstance(self.tick, bool)
            if not number or not 0.001 <= self.tick <= 1e9:
                raise InvalidInput(f"tick is {self.tick!r}, it must be None or between 0.001 and 1e9 seconds")
            # A long absence is stepped through until nothing is left, so its cost must be bounded.
            for name in ("decay_rate", "recency_decay"):
                if getattr(self, name) < 0.001:
                    raise InvalidInput(
                        f"{name} is {getattr(self, name)}, with a tick it must be at least 0.001: "
                        "raise it or drop the tick"
                    )

    @classmethod
    def original(cls) -> Dynamics:
        """The numbers torimem began from: one cell a topic, rate 0.25, decay 0.1, threshold 0.3.

        They forget within the turn: a lone cell at 1 is at 0.161 after five steps, so every topic is below
        the threshold unless it is held lit while it is spoken of. Kept for comparison, not for use.

        >>> Dynamics.original().radius
        0
        """
        return cls(radius=0, diffusion_rate=0.25, decay_rate=0.1, recency_decay=0.1)

    @property
    def spacing(self) -> int:
        """The least distance between two topics, in cells: no disc covers another topic's cell."""
        return self.radius + 2

    @property
    def reach(self) -> int:
        """The distance, in cells, within which topics count as near each other."""
        return 2 * self.spacing

    @cached_property
    def stencils(self) -> tuple[Stencil, ...]:
        """One stencil for each of `LAYERS`; recency fades by itself and does not spread."""
        flow = Stencil.diffusion(self.diffusion_rate, self.decay_rate)
        return flow, flow, flow, Stencil.diffusion(0.0, self.recency_decay)

    @cached_property
    def lifetime(self) -> int:
        """The steps after which a field that nothing activates has faded out; used only with a tick."""
        slowest = 1 - min(self.decay_rate, self.recency_decay)
        left, steps = 1.0, 0
        while left >= GONE:  # repeated products, not a power: the same on every platform
            left *= slowest
            steps += 1
        return steps

    def to_json(self) -> str:
        """One line of JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Dynamics:
        """Back from `to_json`; raises `InvalidInput` for text or names that this version does not know."""
        try:
            values = dict(json.loads(text))
        except (ValueError, TypeError, RecursionError):
            raise InvalidInput(f"Dynamics {text!r:.60} are not a JSON object: use to_json") from None
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise InvalidInput(f"Dynamics {sorted(unknown)} are not known to this version: upgrade torimem")
        return cls(**values)

    def difference(self, other: Dynamics) -> str:
        """What differs, as `name: ours / theirs`, comma separated; empty when equal.

        >>> Dynamics().difference(Dynamics(radius=3))
        'radius: 2 / 3'
        """
        mine, theirs = asdict(self), asdict(other)
        return ", ".join(
            f"{name}: {mine[name]} / {theirs[name]}" for name in mine if mine[name] != theirs[name]
        )
