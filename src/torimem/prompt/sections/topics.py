"""The active topics: a line each, the most active first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...context.known import MemoryContext, Topic
from ..quote import name, plain_name
from ..words import Words
from .figures import rounded
from .kind import Finding, Kind, topic_now, turns_of
from .order import most_active

LIMIT = 8


def find(context: MemoryContext) -> Iterator[Finding[Topic]]:
    """Finds every active topic; one that the query names weighs twice."""
    for topic in most_active(context.active_topics):
        ago = {0: "just now", 1: "one user turn ago"}.get(
            topic.turns_ago, f"{topic.turns_ago} user turns ago"
        )
        asked = "the question names it; " if topic.asked else ""
        named = f"{asked}named {times(topic)}, last {ago}"
        why = f"{named}; activation {topic.activation:.2f} at ({topic.x}, {topic.y})"
        weight = topic.activation * (2 if topic.asked else 1)
        yield Finding(topic, topic.key, why, turns_of(topic), weight)


def times(topic: Topic) -> str:
    """Says how often a topic was named."""
    return "once" if topic.mentions == 1 else f"{topic.mentions} times"


def values(topic: Topic, words: Words) -> dict[str, str]:
    """Tells its name, its activation, and how long ago it was named: in turns, or in a word."""
    ago = "now" if topic.turns_ago == 0 else "once" if topic.turns_ago == 1 else "ago"
    return {
        "topic": name(topic.topic),
        "activation": f"{topic.activation:.2f}",
        "when": words.phrase(ago, n=topic.turns_ago),
        "period": words.band("periods", topic.turns_ago),
    }


def entry(topic: Topic, words: Words) -> dict[str, Any]:
    """Gives its name, its activation, and how many turns ago it was named."""
    activation = {"activation": rounded(topic.activation), "turns_ago": topic.turns_ago}
    return {"topic": plain_name(topic.topic), **activation, **({"asked": True} if topic.asked else {})}


TOPICS = Kind(
    name="topics",
    find=find,
    limit=LIMIT,
    places=("topic", "activation", "when", "period"),
    values=values,
    entry=entry,
    phrases={"now": ("n",), "once": ("n",), "ago": ("n",)},
    worth=1.2,
    first=True,
    gone=topic_now,
)
