"""Figures as a prompt shows them: two decimals, valences with their sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...context.known import Topic
from ..quote import plain_name

NEUTRAL = 0.05
"""A valence nearer to zero than this counts as no feeling."""


def signed(valence: float) -> str:
    """Writes a valence for a text.

    >>> signed(-0.001), signed(0.456)
    ('+0.00', '+0.46')
    """
    return f"{rounded(valence):+.2f}"


def rounded(value: float) -> float:
    """Rounds a figure for JSON.

    >>> rounded(-0.001), rounded(0.456)
    (0.0, 0.46)
    """
    return round(value, 2) + 0.0  # adding zero turns -0.0 into 0.0


def by_speaker(valences: Mapping[str, float]) -> dict[str, float]:
    """Rounds valences for JSON, under the names of those who showed them."""
    return {plain_name(speaker): rounded(valence) for speaker, valence in valences.items()}


def total_feeling(topics: Sequence[Topic]) -> float:
    """Adds up the valences of topics, each without its sign, to 4 decimals."""
    total = 0.0
    for topic in topics:
        total += abs(topic.valence or 0.0)
    return round(total, 4)
