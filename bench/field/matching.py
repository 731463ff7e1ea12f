"""Finding a pattern on a torus by normalised cross-correlation, against OpenCV's matchTemplate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from torimem import Field

from .. import pairs
from ..pairs import Row

Plane = NDArray[np.float32]
COPIES, ERROR = 10, 1e-6
OURS, OPENCV = "torimem", "opencv matchTemplate"


class Ours:
    """Scores of the whole plane and the best ten places."""

    def __init__(self, pattern: Plane, backend: str) -> None:
        self.pattern, self.backend = pattern, backend

    def fresh(self, plane: Plane) -> None:
        """A new field with a copy of the plane."""
        self.field = Field.from_numpy(plane, backend=self.backend)

    def call(self, n: int) -> Callable[[], Any]:
        """What the clock measures."""
        return partial(self.field.match, self.pattern, method="ncc", threshold=0.9, limit=COPIES)


class OpenCV:
    """Scores of the whole plane and the best place; the plane is wrapped outside the clock."""

    def __init__(self, pattern: Plane) -> None:
        import cv2

        cv2.setNumThreads(1)
        self.cv2, self.pattern = cv2, pattern

    def fresh(self, plane: Plane) -> None:
        """Wrap a copy of the plane."""
        height, width = self.pattern.shape
        self.wide = np.pad(plane, ((0, height - 1), (0, width - 1)), mode="wrap")

    def call(self, n: int) -> Callable[[], Any]:
        """What the clock measures."""
        return self.run

    def run(self) -> Plane:
        """The scores."""
        scores = self.cv2.matchTemplate(self.wide, self.pattern, self.cv2.TM_CCOEFF_NORMED)
        self.cv2.minMaxLoc(scores)
        return scores


def planted(side: int, pattern: Plane) -> tuple[Plane, set[tuple[int, int]]]:
    """Noise with ten copies of the pattern, paler and a little blurred, one of them over the corner."""
    rng, size = np.random.default_rng(side), len(pattern)
    plane = rng.random((side, side), dtype=np.float32)
    slots = side // size  # copies lie in slots of a grid, so none covers another
    chosen = {0, *(int(slot) for slot in 1 + rng.choice(slots**2 - 1, COPIES - 1, replace=False))}
    places = {((s % slots * size - size // 2) % side, (s // slots * size - size // 2) % side) for s in chosen}
    for x, y in places:
        copy = 0.5 * pattern + 0.2 + 0.05 * rng.random(pattern.shape, dtype=np.float32)
        plane[np.ix_(*(np.arange(start, start + size) % side for start in (y, x)))] = copy
    return plane, places


def likeness(plane: Plane, pattern: Plane, x: int, y: int) -> float:
    """The score at one place in float64, by the definition."""
    rows, columns = (np.arange(start, start + len(pattern)) % len(plane) for start in (y, x))
    patch, shape = (
        values.astype(np.float64) - values.mean(dtype=np.float64)
        for values in (plane[np.ix_(rows, columns)], pattern)
    )
    return float((patch * shape).sum() / np.sqrt((patch * patch).sum() * (shape * shape).sum()))


def matching(side: int, size: int, settings: Any) -> list[Row]:
    """One size of plane and of pattern."""
    pattern = np.random.default_rng(size).random((size, size), dtype=np.float32)
    plane, places = planted(side, pattern)
    right = {place: likeness(plane, pattern, *place) for place in places}
    engines: dict[str, Any] = {OURS: Ours(pattern, settings.backend)}
    try:
        engines[OPENCV] = OpenCV(pattern)
    except ImportError as error:
        print(f"left out: {OPENCV}: {error}")
    errors = {}
    for name, engine in engines.items():
        engine.fresh(plane)
        found = engine.call(1)()
        if name == OURS:
            if {(match.x, match.y) for match in found} != places:
                raise SystemExit(f"{size}x{size} on {side}x{side}: the copies were not found")
            errors[name] = max(abs(match.score - right[match.x, match.y]) for match in found)
        else:
            errors[name] = max(abs(float(found[y, x]) - right[x, y]) for x, y in places)
    times = pairs.measure(engines, plane, 1, settings.rounds, settings.seconds)
    rows = []
    for name in engines:
        row = Row(
            f"match {size}x{size} on {side}x{side}", name, rounds=len(times[name].rounds),
            error=errors[name], **times[name].microseconds(),
        )  # fmt: skip
        if name == OURS:
            rows.append(replace(row, measure="error", bar=ERROR, met=pairs.verdict(row.error, ERROR)))
            continue
        ratio, bar = times[OURS].over(times[name]), 1 / 1.7 if size == 5 else 1 / 0.95
        rows.append(replace(row, ratio=ratio, bar=bar, met=pairs.verdict(ratio, bar)))
    return rows
