"""Topics in an order that lasts: figures too close to tell apart when shown leave it to the names.

So a prompt reads the same from one turn to the next where nothing new was said.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...context.known import Topic


def most_active(topics: Sequence[Topic]) -> list[Topic]:
    """Sorts the most active first, to two decimals; then the latest named, then by name."""
    return sorted(topics, key=lambda topic: (-round(topic.activation, 2), topic.turns_ago, topic.topic))


def most_felt(topics: Sequence[Topic]) -> list[Topic]:
    """Sorts the strongest feeling first, to two decimals; then by name."""
    return sorted(topics, key=lambda topic: (-abs(round(topic.valence or 0.0, 2)), topic.topic))
