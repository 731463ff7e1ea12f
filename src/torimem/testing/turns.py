"""Turns to fill a store with: it knows what they look like, not what is tested."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ..language.analysis import Analysis, Mention
from ..log.turn import JSON, Correction, Turn
from ..models.message import Role

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
NOTE = Correction(START, ("text", "topics"), (), "a slip of the pen", "as it was first said")


def said(
    id: str, text: str = "hello", *topics: str, role: Role = "user", speaker: str | None = None,
    minutes: float = 0, meta: Mapping[str, JSON] | None = None,
) -> Turn:  # fmt: skip
    """A turn that is in no log yet, so many minutes after `START`, mentioning these topics.

    >>> said("a", "I love tea", "tea").topics
    ('tea',)
    """
    analysis = Analysis(tuple(Mention(topic, topic, 0.5, 1.0) for topic in topics), 0.5, "given")
    at = START + timedelta(minutes=minutes)
    return Turn(id, -1, text, role, speaker, at, None, analysis, meta=meta)


def mentions(turns: list[Turn]) -> list[tuple[str, int]]:
    """The index of mentions that belongs to a log.

    >>> mentions([said("a", "I love tea", "tea")])
    [('tea', -1)]
    """
    return sorted({(mention.key, turn.index) for turn in turns for mention in turn.analysis.mentions})
