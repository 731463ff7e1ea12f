"""Pattern matching on a torus: correlation at every position, and the places where it is highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import finite, integer, show
from ..errors import InvalidInput
from .checks import reals

Method: TypeAlias = Literal["ncc", "correlate"]
Plane = NDArray[np.float64]

DIRECT = 144
"""The largest pattern, in cells, that is summed directly; larger ones use the Fourier transform."""

FAINT = 1e-6
"""Below this share of the highest contrast, correlate directly: FFT rounding would dominate."""

_AT_ONCE = 1 << 20
"""The most values held at once when patches are compared directly."""


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a pattern fits: its cell [0, 0] lies at column `x`, row `y`."""

    x: int
    y: int
    score: float


def checked(pattern: ArrayLike, height: int, width: int) -> Plane:
    """A pattern `(y, x)` for a torus of that size; raises `InvalidInput` where it is not one.

    >>> checked([[0, 1]], 4, 4)
    array([[0., 1.]])
    """
    array = reals("pattern", pattern)
    if array.ndim != 2 or not array.size or array.shape[0] > height or array.shape[1] > width:
        raise InvalidInput(
            f"pattern of shape {array.shape} must have rows and columns, at most {(height, width)}; "
            f"it is {show(pattern)}"
        )
    return array


def split(pattern: Any, height: int, width: int) -> tuple[list[Plane], bool]:
    """The patterns of an argument, each checked, and whether it was a list of several.

    >>> [len(split(given, 4, 4)[0]) for given in ([[0, 1], [1, 0]], [[[0, 1]], [[1, 0]], [[1, 1]]])]
    [1, 3]
    """
    several = isinstance(pattern, Sequence) and not any(_is_row(one) for one in pattern)
    return [checked(one, height, width) for one in (pattern if several else [pattern])], several


def correlation(cells: Plane, pattern: Plane) -> Plane:
    """`sum over j, i of pattern[j, i] * cells[y+j, x+i]` at every (y, x), everything wrapping.

    `cells` has shape `(..., y, x)`, `pattern` two axes no longer than those; the result has the shape of
    `cells`.

    >>> correlation(np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 3.0]]))
    array([[3., 7., 2.]])
    """
    height, width = pattern.shape
    if pattern.size > DIRECT:
        size = cells.shape[-2:]
        spectrum = np.fft.rfft2(cells) * np.fft.rfft2(pattern, size).conj()
        return np.fft.irfft2(spectrum, size)
    total = np.zeros(cells.shape)
    for j, i in np.ndindex(height, width):
        total += pattern[j, i] * np.roll(cells, (-j, -i), axis=(-2, -1))
    return total


def ncc(cells: Plane, pattern: Plane) -> Plane:
    """Zero-mean normalised cross-correlation of plane `(y, x)` and pattern at every position, in [-1, 1].

    It is 1 where patch and pattern differ only in brightness and contrast, and 0 where one of them is
    constant, because then there is nothing to compare (J. P. Lewis, Fast Normalized Cross-Correlation, 1995).

    >>> ncc(np.array([[5.0, 5.0, 7.0, 5.0]]), np.array([[0.0, 1.0]]))
    array([[ 0.,  1., -1.,  0.]])
    """
    scores, sure = np.zeros(cells.shape), np.zeros(cells.shape, dtype=np.bool_)
    shape = outline(pattern)
    if shape is None:
        return scores
    cells = unit(cells)
    if pattern.size > DIRECT:
        norm = np.sqrt((shape * shape).sum())
        level, ones = cells - cells.mean(), np.ones(pattern.shape)
        power = correlation(level * level, ones) - correlation(level, ones) ** 2 / pattern.size
        sure = power > FAINT * power.max()
        scores[sure] = (correlation(level, shape)[sure] / np.sqrt(power[sure])) / norm
    # in faint patches the difference of squares is rounding noise, which would score at random
    scores[~sure] = patchwise(cells, shape, np.argwhere(~sure))
    return np.clip(scores, -1.0, 1.0)


def patchwise(cells: Plane, shape: Plane, places: NDArray[np.intp]) -> Plane:
    """Correlate an `outline` with the patches at places (n, 2), one by one: exact at any contrast; (n,).

    >>> patchwise(np.array([[5.0, 5.0, 7.0]]), np.array([[-0.5, 0.5]]), np.array([[0, 1]])).round(9)
    array([1.])
    """
    norm = np.sqrt((shape * shape).sum())
    wide = np.pad(cells, [(0, side - 1) for side in shape.shape], mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(wide, shape.shape)
    scores = []
    for y, x in (part.T for part in np.array_split(places, len(places) * shape.size // _AT_ONCE + 1)):
        patches = windows[y, x]
        patches = patches - patches.mean(axis=(1, 2), keepdims=True)
        spread = np.sqrt((patches * patches).sum(axis=(1, 2)))
        spread[windows[y, x].max(axis=(1, 2)) == windows[y, x].min(axis=(1, 2))] = np.inf
        scores.append(((patches * shape).sum(axis=(1, 2)) / spread) / norm)
    return np.concatenate(scores)


def outline(pattern: Plane) -> Plane | None:
    """A pattern less its mean, scaled, as `ncc` compares it; None for a constant pattern.

    >>> outline(np.array([[1.0, 3.0]]))
    array([[-0.5,  0.5]])
    """
    return None if pattern.min() == pattern.max() else unit(pattern - pattern.mean())


def ncc_each(plane: NDArray[Any], patterns: Sequence[Plane]) -> list[Plane]:
    """The scores of `ncc` for each pattern: the fallback for backends without an `ncc` of their own.

    >>> ncc_each(np.array([[0.0, 1.0, 0.0]]), [np.array([[0.0, 1.0]])])
    [array([[ 1., -1.,  0.]])]
    """
    return [ncc(plane.astype(np.float64), pattern) for pattern in patterns]


def search(
    engine: Any, cells: Any, *, layer: int, patterns: Sequence[Plane], dtype: np.dtype[Any],
    method: Method, threshold: float, limit: int | None,
) -> list[list[Match]]:  # fmt: skip
    """The best places of each pattern in one layer of a backend's array `(layer, y, x)` of that dtype.

    Raises `InvalidInput` for an unknown method, a threshold that is not finite and a limit below 0.

    >>> from .backends import load
    >>> plane, kind = np.array([[[0.0, 1.0, 0.0]]]), np.dtype("float64")
    >>> how = dict(layer=0, dtype=kind, method="ncc", threshold=0.9, limit=None)
    >>> search(load("numpy"), plane, patterns=[np.array([[0.0, 1.0]])], **how)
    [[Match(x=0, y=0, score=1.0)]]
    """
    if method not in ("ncc", "correlate"):
        raise InvalidInput(f"method={method!r} is not known; use 'ncc' or 'correlate'")
    least = finite("threshold", threshold)
    most = None if limit is None else integer("limit", limit, 0)
    if method == "correlate":
        sums = (engine.correlate(cells, pattern.astype(dtype), layer) for pattern in patterns)
        scores = [engine.get(each).astype(np.float64) for each in sums]
    elif own := getattr(engine, "ncc", None):
        scores = own(cells[layer], patterns)
    else:
        scores = ncc_each(engine.get(cells[layer]), patterns)
    decimals = 9 if method == "ncc" else None
    return [
        peaks(each, (pattern.shape[0], pattern.shape[1]), least, most, decimals)
        for each, pattern in zip(scores, patterns, strict=True)
    ]


def peaks(
    scores: Plane,
    size: tuple[int, int],
    threshold: float,
    limit: int | None = None,
    decimals: int | None = None,
) -> list[Match]:
    """The places of the highest scores, highest first (ties by y, then x), at most `limit` of them.

    `scores` has shape `(y, x)`, `size` is the pattern's `(height, width)`. Scores are compared as rounded to
    `decimals`. A match suppresses the places within half the pattern's size on both axes, over the edges too
    (non-maximum suppression).

    >>> peaks(np.array([[0.9, 0.2, 0.3, 0.1, 0.95, 1.0]]), (1, 2), 0.25)
    [Match(x=5, y=0, score=1.0), Match(x=2, y=0, score=0.3)]
    """
    height, width = scores.shape
    near_y, near_x = (np.arange(-(cells // 2), cells // 2 + 1) for cells in size)
    slack = 0.0 if decimals is None else 10.0**-decimals
    candidates = np.flatnonzero(scores >= threshold - slack)
    values = scores.ravel()[candidates]
    if decimals is not None:
        values = values.round(decimals)
        candidates, values = candidates[values >= threshold], values[values >= threshold]
    order = np.argsort(-values, kind="stable")
    free = np.ones(scores.shape, dtype=np.bool_)
    found: list[Match] = []
    for place, score in zip(candidates[order].tolist(), values[order].tolist(), strict=True):
        if limit is not None and len(found) >= limit:
            break
        y, x = divmod(place, width)
        if free[y, x]:
            found.append(Match(x, y, score))
            free[((y + near_y) % height)[:, None], (x + near_x) % width] = False
    return found


def unit(values: Plane) -> Plane:
    """Values times the power of two that brings the largest near 1, so that no square over- or underflows.

    >>> unit(np.array([3.0, 12.0]))
    array([0.1875, 0.75  ])
    """
    scaled: Plane = np.ldexp(values, -np.frexp(np.abs(values).max())[1])
    return scaled


def _is_row(value: Any) -> bool:
    """Whether a value is one row of numbers, so that a list of such is one pattern."""
    return not any(isinstance(one, Sequence | np.ndarray) for one in value) if np.iterable(value) else True
