"""Topics -> the subject they have in common, in a word; knows words and their everyday fields, no places.

A word that all of them share names it; else the everyday field, such as work or music, that most of them fall
in; else nothing does. There is no model: the fields and their words are listed in `subjects.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ..language.topics.key import topic_key
from .known import Topic

_WORD = re.compile(r"[^\W_][\w+#'’]*")


@cache
def fields() -> Mapping[str, frozenset[str]]:
    """The everyday subjects, each with its words in the form of a topic's key.

    >>> "guitar" in fields()["music"]
    True
    """
    table = _table()["fields"].items()
    return {name: frozenset(topic_key(word) for word in (name, *words.split())) for name, words in table}


def common(topics: Sequence[Topic]) -> str | None:
    """What topics, the most important first, have in common; None where it is nothing.

    A field names them where more than half of them fall in it, and of the others none falls in another field
    alone, or only one in four. Of several such fields the largest is taken, then the one with the more
    important topics, then the first by name.

    >>> work = [Topic(name, name, 0, 0, 1.0) for name in ("work deadline", "project stress", "team issues")]
    >>> common(work)
    'work'
    >>> common([Topic(name, name, 0, 0, 1.0) for name in ("guitar practice", "new guitar")])
    'guitar'
    """
    if not topics:
        return None
    words = [_words(topic.key) for topic in topics]
    return _shared(topics, words) or _field(words)


def attributive(subject: str) -> str:
    """The subject as it stands before another noun.

    >>> f"{attributive('pets')} topics, {attributive('Python')} topics"
    'pet topics, Python topics'
    """
    return topic_key(subject) if subject in fields() else subject


def _shared(topics: Sequence[Topic], words: Sequence[Sequence[str]]) -> str | None:
    """The longest run of words of the first topic that stand in all of them, as somebody wrote it.

    It must end one of the topics or belong to a field: "long trip" and "long weekend" are not about long.
    """
    first, rest = words[0], [set(own) for own in words[1:]]
    known = frozenset().union(*fields().values())
    for size in range(len(first), 0, -1):
        for start in range(len(first) - size, -1, -1):
            run = first[start : start + size]
            head = run[-1]
            if head in _nothing() or not all(own.issuperset(run) for own in rest):
                continue
            if rest and (head in known or any(own[-1] == head for own in words)):
                return _written(topics, run)
    return None


def _written(topics: Sequence[Topic], run: Sequence[str]) -> str:
    for topic in topics:
        written = _WORD.findall(topic.label)
        folded = [topic_key(word) for word in written]
        for start in range(len(folded) - len(run) + 1):
            if folded[start : start + len(run)] == list(run):
                return " ".join(written[start : start + len(run)])
    return " ".join(run)


def _field(words: Sequence[Sequence[str]]) -> str | None:
    held = {
        name: [number for number, own in enumerate(words) if not listed.isdisjoint(_pieces(own))]
        for name, listed in fields().items()
    }
    placed = {number for numbers in held.values() for number in numbers}
    fitting = sorted(
        (-len(numbers), numbers, name)
        for name, numbers in held.items()
        if 2 * len(numbers) > len(words) and 4 * len(placed - set(numbers)) <= len(words)
    )
    return fitting[0][2] if fitting else None


def _pieces(words: Sequence[str]) -> set[str]:
    """The words of a topic and the pairs of them: a greenhouse is a topic of two words."""
    return {*words, *(" ".join(pair) for pair in pairwise(words))}


@cache
def _nothing() -> frozenset[str]:
    return frozenset(_table()["nothing"]["words"].split())


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("torimem") / "context/subjects.toml").read_text("utf-8"))


def _words(key: str) -> list[str]:
    """The words of a topic, each in its singular."""
    return [topic_key(word) for word in _WORD.findall(key)]
