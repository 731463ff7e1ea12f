"""What comes up session after session: one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...context.known import MemoryContext
from ...state.counts import Usual
from ..quote import name, plain_name
from ..words import Words
from . import topics
from .kind import Finding, Kind
from .order import most_active


def find(context: MemoryContext) -> Iterator[Finding[tuple[Usual, ...]]]:
    """Finds all that is not shown among the active topics anyway, as one finding."""
    shown = {topic.key for topic in most_active(context.active_topics)[: topics.LIMIT]}
    rest = tuple(usual for usual in context.usual if usual.key not in shown)
    if rest:
        why = "; ".join(f"{plain_name(usual.topic)} in {usual.sessions} sessions" for usual in rest)
        sources = tuple(dict.fromkeys(usual.last_turn for usual in rest))
        yield Finding(rest, "usual", why, sources)


def values(usual: tuple[Usual, ...], words: Words) -> dict[str, str]:
    """Names them."""
    return {"topics": ", ".join(name(each.topic) for each in usual)}


def entry(usual: tuple[Usual, ...], words: Words) -> dict[str, Any]:
    """Gives, by name, in how many sessions and how often each was named."""
    return {plain_name(each.topic): {"sessions": each.sessions, "mentions": each.mentions} for each in usual}


USUAL = Kind(
    name="usual",
    find=find,
    limit=1,
    places=("topics",),
    values=values,
    entry=entry,
    worth=0.7,
)
