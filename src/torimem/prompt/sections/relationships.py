"""Which topics belong together: a line for each active topic that is related to others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...context.known import MemoryContext, Topic
from ..quote import name, plain_name
from ..words import Words
from .kind import Finding, Kind, topic_now, turns_of
from .order import most_active


@dataclass(frozen=True, slots=True)
class Related:
    """A topic and the names of those it is related to."""

    topic: Topic
    others: tuple[str, ...]


def find(context: MemoryContext) -> Iterator[Finding[Related]]:
    """Finds each related pair once, with its more active topic; at most four to a topic."""
    active = most_active(context.active_topics)
    by_name = {topic.topic: topic for topic in active}
    told: set[frozenset[str]] = set()
    for topic in active:
        others = context.related_concepts.get(topic.topic, ())
        related = tuple(other for other in others if frozenset((topic.topic, other)) not in told)[:4]
        if related:
            told.update(frozenset((topic.topic, other)) for other in related)
            sources = turns_of(topic, *(by_name[other] for other in related if other in by_name))
            why = "near each other on the torus or named together"
            yield Finding(Related(topic, related), topic.key, why, sources, topic.activation)


def values(item: Related, words: Words) -> dict[str, str]:
    """Names the topic and those it is related to."""
    return {"topic": name(item.topic.topic), "related": ", ".join(name(other) for other in item.others)}


def entry(item: Related, words: Words) -> dict[str, Any]:
    """Names the topic and those it is related to."""
    return {"topic": plain_name(item.topic.topic), "related": [plain_name(other) for other in item.others]}


RELATIONSHIPS = Kind(
    name="relationships",
    find=find,
    limit=5,
    places=("topic", "related"),
    values=values,
    entry=entry,
    worth=0.5,
    gone=topic_now,
)
