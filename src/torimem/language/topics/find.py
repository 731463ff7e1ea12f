"""Finds the topics that a message names; knows how tagged words form one, leaves feelings to `feeling`.

There is no model. The text is cut at punctuation, at function words, verbs and words of judgement; what is
left standing together, at most three words or a longer name, is a topic. What a word is, `tags` says for
English and for scripts that are not Latin, `other_languages` for the languages of `function_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .. import words as w
from ..apostrophes import straight
from ..pattern import Pattern
from . import names, other_languages
from . import verbs as v
from .emoji import things
from .function_words import language_of
from .key import topic_key
from .tags import CARRYING, STANDING, Tag, tag
from .tokens import Word, split

VERSION = "words-2"
LONGEST = 60  # characters of a label

# "SYSTEM:", "## Guidance:", "assistant:" at the start of a line say who speaks or what follows
_HEADER = Pattern(
    r"^[ \t]*(?:#{1,6}[ \t]*[\w -]{1,40}|[A-Z][A-Z _-]{2,40}|(?i:system|assistant|user|human|developer)):",
    re.MULTILINE,
)

_Run = list[tuple[Word, Tag]]


@dataclass(frozen=True, slots=True)
class Found:
    """A topic in a text: its key, how it is written there first, and every place where it begins."""

    key: str
    label: str
    starts: tuple[int, ...]


def find(text: str, *, leave_out: Iterable[str] = ()) -> tuple[Found, ...]:
    """The topics a text names, in order of appearance; at most 6, in a text above 600 characters 8.

    `leave_out` are names that are no topic here, such as those of the people who speak.

    >>> [topic.label for topic in find("My boss moved the work deadline, so no C++ course this weekend!")]
    ['boss', 'work deadline', 'C++ course']
    """
    words = split(_HEADER.sub(lambda header: "\n" * len(header[0]), text))
    out = {topic_key(name) for name in leave_out if name.strip()}
    labels: dict[str, str] = {}
    starts: dict[str, list[int]] = {}
    score: dict[str, float] = {}
    language = language_of(word.lower for word in words if word.text and not word.whole)
    if language:
        words = other_languages.apart(words)
    tags = other_languages.tag(words, language) if language else tag(words)
    keeps_capital = language is not None and language.capital
    names.join(words, tags, telling=not keeps_capital)
    ornaments = _ornaments(words, tags)
    runs = list(_runs(words, tags))
    said = [run for run in runs if run[0][0].start not in ornaments]
    for run in said or runs:
        label = _label(text, run, keeps_capital)
        if not label or (key := topic_key(label)) in out:
            continue
        labels.setdefault(key, label)
        starts.setdefault(key, []).append(run[0][0].start)
        score[key] = score.get(key, 0.0) + _weight(run)
    limit = 6 if len(text) <= 600 else 8
    best = sorted(labels, key=lambda key: (-score[key], starts[key][0]))[:limit]
    in_order = sorted(best, key=lambda key: starts[key][0])
    return tuple(Found(key, labels[key], tuple(starts[key])) for key in in_order)


def _ornaments(words: list[Word], tags: list[Tag]) -> set[int]:
    """Where emoji begin that dress up what is said already: "so good 🍕", but not "we had 🍕"."""
    found: set[int] = set()
    for place, word in enumerate(words):
        if word.text not in things():
            continue
        last = words[place - 1] if place and not word.gap else None
        if last and last.text in things():
            stands = last.start not in found
        else:
            small = last is not None and tags[place - 1] == "cut" and last.lower in w.FUNCTION
            stands = last is not None and (small or tags[place - 1] in ("det", "prep", "verb", "to"))
        if not stands:
            found.add(word.start)
    return found


def _runs(words: list[Word], tags: list[Tag]) -> Iterator[_Run]:
    """Neighbours that may stand in a topic, cut to size."""
    run: _Run = []
    for word, found in zip(words, tags, strict=True):
        apart = word.gap or word.whole or (run and (run[-1][0].whole or _new_name(run[-1], (word, found))))
        if run and (found not in STANDING or apart):
            yield from _trimmed(run)
            run = []
        if found in STANDING:
            run.append((word, found))
    yield from _trimmed(run)


def _new_name(last: tuple[Word, Tag], new: tuple[Word, Tag]) -> bool:
    """Whether a name begins behind a plain noun: "my dog Rex" is two topics, "smart TV" is one."""
    return (
        new[1] == "name"
        and new[0].text.istitle()
        and last[1] in ("noun", "gerund")
        and last[0].text.islower()
    )


def _trimmed(run: _Run) -> Iterator[_Run]:
    end = len(run)
    while end and run[end - 1][1] in ("kind", "link"):
        end -= 1
    while end > 3 and run[end - 1][1] == "soft":
        end -= 1
    run = run[:end]
    longest = 5 if all(found == "name" for _, found in run) else 3
    run = run[-longest:] if len(run) <= longest else run[-3:]
    while len(run) > 1 and (run[0][1] == "link" or run[0][0].lower in ("of", "the")):
        run = run[1:]
    if any(found in CARRYING for _, found in run):
        yield run


def _label(text: str, run: _Run, keeps_capital: bool) -> str:
    """The run as written; an ordinary word that opens a sentence loses its capital."""
    opening, found = run[0]
    label = " ".join(text[opening.start : run[-1][0].end].split())
    if straight(label[-2:]).lower() == "'s":
        label = label[:-2]
    if len(label) > LONGEST:
        return _label(text, run[1:], keeps_capital) if len(run) > 1 else ""
    lower = opening.lower.removesuffix("'s")
    plain = len(run) > 1 or found == "gerund" or lower in v.EITHER or lower in w.COMMON_NOUNS
    if keeps_capital:
        return label
    if opening.first and not opening.whole and plain and label[:1].isupper() and label[1:].islower():
        return label[0].lower() + label[1:]
    return label


def _weight(run: _Run) -> float:
    """How much a run looks like a topic: names, short forms and several words before single plain words."""
    name = any(found == "name" or (word.text.isupper() and len(word.text) > 1) for word, found in run)
    return 1.0 + (len(run) > 1 or run[0][0].whole) + name
