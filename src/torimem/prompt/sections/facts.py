"""Turns quoted word for word, newest first: what answers the query, or bears on what is spoken of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...context.known import Fact, MemoryContext, Topic
from ..ledger import LedgerLine
from ..quote import QUOTED, name, plain, plain_name, quote
from ..words import Words
from .kind import Finding, Kind


def find(context: MemoryContext) -> Iterator[Finding[Fact]]:
    """Finds every fact; one about a topic with a clear feeling weighs more, as it may say why."""
    felt = {topic.topic for topic in (*context.positive_themes, *context.negative_themes)}
    for fact in context.recent_facts:
        about = ", ".join(plain_name(topic) for topic in fact.topics)
        why = fact.why or (f"said about {about}" if about else "said last")
        explains = 1.25 if felt.intersection(fact.topics) else 1.0
        yield Finding(fact, fact.turn_id, why, (fact.turn_id,), fact.score * explains)


def values(fact: Fact, words: Words) -> dict[str, str]:
    """Quotes the turn, with its date and who said it; one taken back since is marked as earlier."""
    speaker = name(fact.speaker) if fact.speaker else words.phrases[fact.role]
    if fact.earlier:
        speaker = words.phrase("earlier", speaker=speaker)
    return {"date": fact.at.date().isoformat(), "speaker": speaker, "text": quote(fact.text, QUOTED)}


def entry(fact: Fact, words: Words) -> dict[str, Any]:
    """Gives the turn as plain text, with its date and who said it."""
    speaker = plain_name(fact.speaker) if fact.speaker else words.phrases[fact.role]
    said = {"date": fact.at.date().isoformat(), "speaker": speaker, "text": plain(fact.text, QUOTED)}
    return {**said, **({"earlier": True} if fact.earlier else {})}


def gone(line: LedgerLine, topics: Mapping[str, Topic]) -> str:
    """Says that others took its place: a turn that was said stays said."""
    return f"other turns bear more on what is spoken of now; it was {line.why}"


FACTS = Kind(
    name="facts",
    find=find,
    limit=8,
    places=("date", "speaker", "text"),
    values=values,
    entry=entry,
    phrases={"user": (), "assistant": (), "earlier": ("speaker",)},
    worth=4.0,  # the most, and they cost the most
    first=True,
    answers=True,
    gone=gone,
)
