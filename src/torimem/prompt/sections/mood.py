"""How the user feels on the whole, and whether that has changed: one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...context.known import MemoryContext, Mood
from ..quote import name, plain_name
from ..words import Words
from .figures import rounded, signed
from .kind import Finding, Kind, turns_of

MIXED = 0.15
"""A valence nearer to zero than this is a mixed mood."""


def find(context: MemoryContext) -> Iterator[Finding[Mood]]:
    """Finds the mood, unless it is mixed and was so at first: that is not worth a line."""
    mood = context.mood
    if mood is None:
        return
    moods = (mood, *mood.voices.values())
    if all(max(abs(each.valence), abs(each.valence - each.started)) < MIXED for each in moods):
        return
    active = {topic.topic: topic for topic in context.active_topics}
    topics = [active[name] for name in mood.topics[:5] if name in active]
    number = f"{len(mood.topics)} topic{'' if len(mood.topics) == 1 else 's'}"
    why = (
        f"valence {signed(mood.valence)} over {number} by activation and evidence ({mood.evidence:.2f}), "
        f"at first {signed(mood.started)}"
    )
    yield Finding(mood, "mood", why, turns_of(*topics))


def values(mood: Mood, words: Words) -> dict[str, str]:
    """Tells the mood in a word, and each speaker's where several people speak."""
    voices = [f"{name(speaker)} {_told(own, words)}" for speaker, own in mood.voices.items()]
    return {"mood": "; ".join([_told(mood, words), *voices])}


def _told(mood: Mood, words: Words) -> str:
    feeling = words.band("mood", mood.valence)
    now = words.phrase("mood", feeling=feeling, valence=signed(mood.valence))
    moved = round(round(mood.valence, 2) - round(mood.started, 2), 2)
    if abs(moved) < 0.1:
        return now
    return words.phrase("better" if moved > 0 else "worse", mood=now, started=signed(mood.started))


def entry(mood: Mood, words: Words) -> dict[str, Any]:
    """Gives the mood as a figure, now and at first, and in a word; likewise each speaker's."""
    voices = {plain_name(speaker): entry(own, words) for speaker, own in mood.voices.items()}
    return {
        "valence": rounded(mood.valence),
        "started": rounded(mood.started),
        "feeling": words.band("mood", mood.valence),
        **({"voices": voices} if voices else {}),
    }


MOOD = Kind(
    name="mood",
    find=find,
    limit=1,
    places=("mood",),
    values=values,
    entry=entry,
    phrases={
        "mood": ("feeling", "valence"),
        "better": ("mood", "started"),
        "worse": ("mood", "started"),
    },
    worth=0.7,
)
