"""One message's text -> its topics with valence, and its claims: a pure function of that message alone.

`topics` finds what is named, `feeling` what is felt clause by clause, `claims` what its author claims of
themselves, `key` says when two names are one topic; here they are put together.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from .. import checks
from ..errors import InvalidInput
from ..models.message import Role
from .analysis import GIVEN, Analysis, Mention, Readers
from .block import without_block
from .claims import find as _claims
from .feeling import judge as _emotion
from .feeling.judge import VADER, Clause, Sentiment
from .topics import find as _topics
from .topics.find import Found
from .topics.key import topic_key

__all__ = ["analyse", "topic_key"]


def analyse(
    text: str,
    *,
    topics: Sequence[str] | None = None,
    valence: float | None = None,
    speaker_names: Iterable[str] = (),
    sentiment: Sentiment = VADER,
    role: Role = "user",
) -> Analysis:
    """What one message says: its topics in order of appearance, how the speaker feels about each, its claims.

    `topics` replaces the topics found; `valence` in [-1, 1] replaces that of each, with full weight.
    `speaker_names` are never topics; `sentiment` judges each clause, unless `valence` is given. Only a user's
    message is read for claims: an assistant's are of no use. A `valence` outside [-1, 1], or a topic that is
    empty or longer than 60 characters, raises `InvalidInput`; what `sentiment` raises, goes on.

    >>> [(m.label, m.valence > 0) for m in analyse("I love the guitar but my boss is horrible").mentions]
    [('guitar', True), ('boss', False)]
    >>> [(m.key, m.label, m.valence) for m in analyse("See you", topics=["C++"], valence=0.5).mentions]
    [('c++', 'C++', 0.5)]
    """
    felt = None if valence is None else checks.valence(valence)
    text = without_block(text)
    found = _topics.find(text, leave_out=speaker_names) if topics is None else _given(text, topics)
    readers = Readers(
        _topics.VERSION if topics is None else GIVEN,
        sentiment.name if felt is None else GIVEN,
        _claims.VERSION if role == "user" else None,
    )
    claims = _claims.claims(text) if role == "user" else ()
    if felt is not None:
        mentions = tuple(Mention(topic.key, topic.label, felt, 1.0) for topic in found)
        return Analysis(mentions, felt, readers.name, claims)
    said = _emotion.clauses(text, sentiment)
    return Analysis(_mentions(found, said), _emotion.overall(said), readers.name, claims)


def _mentions(found: tuple[Found, ...], said: tuple[Clause, ...]) -> tuple[Mention, ...]:
    begins = [clause.start for clause in said]
    # A place in front of every clause (a topic given, not written) stands for the message as a whole.
    places = {topic.key: [bisect_right(begins, start) - 1 for start in topic.starts] for topic in found}
    felt = _passed_back(said, {place for all_places in places.values() for place in all_places})
    whole = _emotion.overall(said)
    mentions = []
    for topic in found:
        evidence = [felt[place] for place in sorted(set(places[topic.key])) if place >= 0]
        if not evidence:
            evidence = [(0.0, _emotion.NEUTRAL) if whole is None else (whole, _emotion.FELT)]
        total = sum(weight for _, weight in evidence)
        mean = round(sum(valence * weight for valence, weight in evidence) / total, 4)
        mentions.append(Mention(topic.key, topic.label, mean, max(weight for _, weight in evidence)))
    return tuple(mentions)


def _passed_back(said: tuple[Clause, ...], with_topics: set[int]) -> list[tuple[float, float]]:
    """(valence, weight) of each clause; "I got the guitar. It is wonderful!" has that of the second twice.

    A clause that goes on from a feeling without a topic has it too: "I'm so glad, we got the guitar".
    """
    felt = [(clause.valence, clause.weight) for clause in said]
    for place in range(1, len(said)):
        alone = place not in with_topics and said[place].weight == _emotion.FELT
        if alone and place - 1 in with_topics and not said[place - 1].felt:
            felt[place - 1] = felt[place]
    for place in range(1, len(said)):
        bare = place - 1 not in with_topics and said[place - 1].weight == _emotion.FELT
        if bare and place in with_topics and said[place].joined and not said[place].felt:
            felt[place] = felt[place - 1]
    return felt


def _given(text: str, topics: Sequence[str]) -> tuple[Found, ...]:
    if isinstance(topics, str):
        raise InvalidInput(f"topics {topics!r} is one text, not a list of names: give [{topics!r}]")
    given: dict[str, Found] = {}
    for topic in topics:
        label = _printable(topic)
        if len(label) > _topics.LONGEST:
            shown = label[:20] + "..."
            raise InvalidInput(
                f"topic {shown!r} has {len(label)} characters, at most {_topics.LONGEST}: give a shorter name"
            )
        key = topic_key(label)
        written = re.compile(rf"(?<!\w){re.escape(label)}", re.IGNORECASE)
        given.setdefault(key, Found(key, label, tuple(m.start() for m in written.finditer(text)) or (-1,)))
    return tuple(given.values())


def _printable(topic: str) -> str:
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in topic)
    return " ".join(kept.split())
