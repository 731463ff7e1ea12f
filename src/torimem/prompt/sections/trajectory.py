"""What became of a feeling: how a topic was felt about at first, and how now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...context.known import MemoryContext, Topic
from ..quote import name, plain_name
from ..words import Words
from .figures import NEUTRAL, rounded, signed
from .kind import Finding, Kind, topic_now, turns_of
from .order import most_active
from .topics import times


def find(context: MemoryContext) -> Iterator[Finding[Topic]]:
    """Finds every active topic that was ever felt about, those first whose feeling changed."""
    for topic in sorted(_felt(context), key=lambda topic: not turned(topic)):
        first, last = signed(topic.started or 0.0), signed(topic.latest or 0.0)
        why = f"named {times(topic)}, first felt {first}, last {last}"
        yield Finding(topic, topic.key, why, turns_of(topic))


def find_changes(context: MemoryContext) -> Iterator[Finding[Topic]]:
    """Finds only those whose feeling changed."""
    return (finding for finding in find(context) if turned(finding.item))


def _felt(context: MemoryContext) -> list[Topic]:
    topics = most_active(context.active_topics)
    return [topic for topic in topics if topic.started is not None and topic.latest is not None]


def turned(topic: Topic) -> bool:
    """Whether anybody's feeling about a topic changed since it was first shown."""
    spoken = ((topic.openings.get(speaker, now), now) for speaker, now in topic.voices.items())
    return any(changed(first, last) for first, last in [(topic.started, topic.latest), *spoken])


def changed(first: float | None, last: float | None) -> bool:
    """Whether two valences tell of a change: opposite signs, a feeling that came or faded, or 0.5 apart.

    >>> changed(0.3, -0.2), changed(0.3, -0.01), changed(0.02, -0.03), changed(0.3, 0.7)
    (True, True, False, False)
    """
    if first is None or last is None:
        return False
    apart = abs(round(last, 2) - round(first, 2))
    opposed = _sign(first) * _sign(last) < 0
    faded = _sign(first) != _sign(last) and apart >= 0.25 - 1e-9
    return opposed or faded or apart >= 0.5 - 1e-9


def _sign(valence: float) -> int:
    return (round(valence, 2) >= NEUTRAL) - (round(valence, 2) <= -NEUTRAL)


def values(topic: Topic, words: Words) -> dict[str, str]:
    """Tells the change in words; where several people speak, each one's."""
    if len(topic.voices) > 1:
        voices = [
            words.phrase(
                "voice",
                speaker=name(speaker),
                story=_change(topic.openings.get(speaker, now), now, words) or _now(now, words),
            )
            for speaker, now in topic.voices.items()
        ]
        return {"topic": name(topic.topic), "story": "; ".join(voices)}
    started, latest = topic.started or 0.0, topic.latest or 0.0
    story = _change(started, latest, words)
    if not story:  # still so: told as it is now where the topic is spoken of now
        phrase, valence = ("feeling", latest) if topic.turns_ago == 0 else ("started", started)
        story = _feeling(phrase, valence, words)
    return {"topic": name(topic.topic), "story": story}


def _change(first: float, last: float, words: Words) -> str:
    """What a feeling was and what it is; empty where it has not changed."""
    if not changed(first, last):
        return ""
    started = _feeling("started", first, words)
    return words.phrase("later", first=started, feeling=words.band("now", last), valence=signed(last))


def _now(valence: float, words: Words) -> str:
    return f"{words.band('now', valence)} ({signed(valence)})"


def _feeling(phrase: str, valence: float, words: Words) -> str:
    return words.phrase(phrase, feeling=words.band("feelings", valence), valence=signed(valence))


def entry(topic: Topic, words: Words) -> dict[str, Any]:
    """Gives the first valence and the latest; where several people speak, each one's, too."""
    voices = {
        plain_name(speaker): {"started": rounded(topic.openings.get(speaker, now)), "now": rounded(now)}
        for speaker, now in topic.voices.items()
    }
    return {
        "topic": plain_name(topic.topic),
        "started": rounded(topic.started or 0.0),
        "now": rounded(topic.latest or 0.0),
        **({"voices": voices} if len(voices) > 1 else {}),
    }


TRAJECTORY = Kind(
    name="trajectory",
    find=find,
    limit=5,
    only={"changes": find_changes},
    places=("topic", "story"),
    values=values,
    entry=entry,
    phrases={
        "started": ("feeling", "valence"),
        "later": ("first", "feeling", "valence"),
        "feeling": ("feeling", "valence"),
        "voice": ("speaker", "story"),
    },
    worth=1.0,
    gone=topic_now,
)
