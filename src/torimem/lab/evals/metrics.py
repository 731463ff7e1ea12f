"""Ranks of evidence -> figures: recall, any, all, reciprocal rank, recall in a token budget; pure functions.

It knows neither turns nor questions, only at which rank, and after how many tokens, each piece of evidence of
a question was found. Every figure is a mean over questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

MISSED = inf
DRAWS = 1000
SEED = 20230508


@dataclass(frozen=True, slots=True)
class Found:
    """How one question fared: for each evidence turn its rank, and the tokens of a prompt that reaches it.

    Ranks count from 1; what was not found has `MISSED` for both.
    """

    category: str
    ranks: tuple[float, ...]
    tokens: tuple[float, ...]


def recall(found: Sequence[Found], k: int) -> float:
    """The mean share of a question's evidence among the first `k`.

    >>> recall([Found("open", (1, 12), (40, 400)), Found("open", (MISSED,), (MISSED,))], 10)
    0.25
    """
    return float(shares(found, k).mean()) if found else 0.0


def shares(found: Sequence[Found], k: int) -> NDArray[np.float64]:
    """The share of each question's evidence among the first `k`, shape (question,).

    >>> shares([Found("open", (1, 12), (40, 400)), Found("open", (MISSED,), (MISSED,))], 10).tolist()
    [0.5, 0.0]
    """
    return np.array([sum(rank <= k for rank in one.ranks) / len(one.ranks) for one in found])


def recall_within(found: Sequence[Found], tokens: int) -> float:
    """The mean share of a question's evidence in a prompt of at most so many tokens.

    >>> recall_within([Found("open", (1, 12), (40, 400)), Found("open", (MISSED,), (MISSED,))], 400)
    0.5
    """
    reached = [sum(cost <= tokens for cost in one.tokens) / len(one.tokens) for one in found]
    return float(np.mean(reached)) if reached else 0.0


def any_at(found: Sequence[Found], k: int) -> float:
    """The share of questions with at least one evidence turn among the first `k`.

    >>> any_at([Found("open", (1, 12), (40, 400)), Found("open", (MISSED,), (MISSED,))], 10)
    0.5
    """
    return float(np.mean([min(one.ranks) <= k for one in found])) if found else 0.0


def all_at(found: Sequence[Found], k: int) -> float:
    """The share of questions with every evidence turn among the first `k`.

    >>> all_at([Found("open", (1, 12), (40, 400)), Found("open", (3,), (90,))], 10)
    0.5
    """
    return float(np.mean([max(one.ranks) <= k for one in found])) if found else 0.0


def mrr(found: Sequence[Found]) -> float:
    """The mean of 1 / rank of a question's first evidence turn; 0 where none was found.

    >>> mrr([Found("open", (2, 12), (40, 400)), Found("open", (MISSED,), (MISSED,))])
    0.25
    """
    return float(np.mean([1 / min(one.ranks) for one in found])) if found else 0.0


def auc(right: ArrayLike, wrong: ArrayLike) -> float:
    """The share of pairs of a right and a wrong one in which the right one scores higher, half where equal.

    >>> auc([3], [1, 1]), auc([1], [3, 1])
    (1.0, 0.25)
    """
    others = np.sort(wrong)
    below = np.searchsorted(others, right, "left") + np.searchsorted(others, right, "right")
    return float(np.mean(below) / (2 * len(others)))


def difference(found: Sequence[Found], base: Sequence[Found], k: int = 10) -> tuple[float, float, float]:
    """How much more recall@k than the base, and from where to where in 95% of 1000 draws of the questions.

    The draws are the same for every pair of equally many questions, so that figures repeat.

    >>> better, worse = Found("open", (1,), (40,)), Found("open", (MISSED,), (MISSED,))
    >>> difference([better, better], [worse, worse])
    (1.0, 1.0, 1.0)
    """
    return interval(shares(found, k) - shares(base, k))


def interval(gains: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean of what each question gains, and from where to where it is in 95% of 1000 draws of them.

    >>> interval(np.array([1.0, 1.0])), interval(np.array([]))
    ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    """
    if not len(gains):
        return 0.0, 0.0, 0.0
    rng = np.random.default_rng(SEED)
    drawn = [gains[rng.integers(len(gains), size=len(gains))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(gains.mean()), float(low), float(high)
