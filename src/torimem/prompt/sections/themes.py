"""Topics with a clear feeling, in two kinds: what is felt to be good, and what is felt to be hard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ...context.known import MemoryContext, Topic
from ..quote import name, plain_name
from ..words import Words
from .figures import by_speaker, rounded, signed
from .kind import Finding, Kind, topic_now, turns_of
from .order import most_felt

LIMIT = 5


def find_positive(context: MemoryContext) -> Iterator[Finding[Topic]]:
    """Finds the positive themes."""
    return _find(context.positive_themes)


def find_negative(context: MemoryContext) -> Iterator[Finding[Topic]]:
    """Finds the negative themes."""
    return _find(context.negative_themes)


def _find(themes: Sequence[Topic]) -> Iterator[Finding[Topic]]:
    for topic in most_felt(themes[:LIMIT]):  # a context lists the most salient themes first
        valence = topic.valence or 0.0
        evidence = f"evidence of {topic.confidence:.2f} at ({topic.x}, {topic.y})"
        why = f"valence {signed(valence)} by {evidence}"
        # a mild feeling is worth a line, too; one seen once, or on little evidence, less than one seen again
        often, sure = 0.4 + 0.2 * min(topic.mentions, 3), 0.5 + min(topic.confidence, 1) / 2
        weight = (0.5 + abs(valence) / 2) * topic.activation * often * sure
        yield Finding(topic, topic.key, why, turns_of(topic), weight)


def values(topic: Topic, words: Words, *, kind: str) -> dict[str, str]:
    """Tells the feeling as a figure and in a word; both for each speaker, too, where several showed one."""
    figures = [f"{name(speaker)} {signed(valence)}" for speaker, valence in topic.voices.items()]
    graded = [
        f"{name(speaker)} {words.band('negative' if valence < 0 else 'positive', abs(valence))}"
        for speaker, valence in topic.voices.items()
    ]
    intensity = words.band(kind, abs(topic.valence or 0.0))
    several = len(topic.voices) > 1
    return {
        "topic": name(topic.topic),
        "sentiment": signed(topic.valence or 0.0) + (f"; {', '.join(figures)}" if several else ""),
        "intensity": intensity,
        "feeling": intensity + (f"; {', '.join(graded)}" if several else ""),
    }


def entry(topic: Topic, words: Words, *, kind: str) -> dict[str, Any]:
    """Gives the feeling as a figure and in a word, and each speaker's figure where several showed one."""
    valence = topic.valence or 0.0
    feeling = {"valence": rounded(valence), "feeling": words.band(kind, abs(valence))}
    voices = {"voices": by_speaker(topic.voices)} if len(topic.voices) > 1 else {}
    return {"topic": plain_name(topic.topic), **feeling, **voices}


PLACES = ("topic", "sentiment", "intensity", "feeling")

POSITIVE = Kind(
    name="positive",
    find=find_positive,
    limit=LIMIT,
    places=PLACES,
    values=partial(values, kind="positive"),
    entry=partial(entry, kind="positive"),
    worth=1.5,
    first=True,
    gone=topic_now,
)
NEGATIVE = Kind(
    name="negative",
    find=find_negative,
    limit=LIMIT,
    places=PLACES,
    values=partial(values, kind="negative"),
    entry=partial(entry, kind="negative"),
    worth=1.6,
    first=True,
    gone=topic_now,
)
