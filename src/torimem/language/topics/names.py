"""Joins the words of one name: titles, people, places, models with their number.

It changes tags only, so that what belongs together stands together; which words become a topic is left to
`find`.
"""

from __future__ import annotations

from .. import words as w
from ..pattern import Pattern
from .tags import Tag
from .tokens import Word

_IS = w.words("is was has isn't wasn't")
_OR = w.words("or and to vs versus than from")
_NUMBER = Pattern(r"\d{1,4}[a-z]{0,2}|[ivx]{1,4}")


def join(words: list[Word], tags: list[Tag], *, telling: bool = True) -> None:
    """Gives the words of one name the tag of a name, in place; `telling` says that only names have capitals.

    >>> from torimem.language.topics.tokens import split
    >>> words = split("I saw Romeo and Juliet on my iPhone 15")
    >>> tags: list[Tag] = ["subject", "verb", "name", "cut", "name", "prep", "det", "name", "cut"]
    >>> join(words, tags); tags[2:5], tags[7:]
    (['name', 'cut', 'name'], ['name', 'name'])
    """
    for place in range(len(words)):
        if telling:
            _capitals(words, tags, place)
        _number(words, tags, place)
        _letter(words, tags, place)
    for place in range(1, len(words) - 1):
        if telling:
            _linked(words, tags, place)
            _title(words, tags, place)


def _beside(words: list[Word], place: int, step: int) -> Word | None:
    """The word right before or behind, nothing between them."""
    there = place + step
    if not 0 <= there < len(words) or words[max(place, there)].gap:
        return None
    return words[there] if words[there].text else None


def _capitals(words: list[Word], tags: list[Tag], place: int) -> None:
    """ "One Hundred Years of Solitude": small words are part of a name that has capitals all through."""
    word = words[place]
    if not word.capital or word.lower in w.CALENDAR or tags[place] == "name" or word.text == "I":
        return
    for step in (-1, 1):
        other = _beside(words, place, step)
        if (
            other is None
            or not other.capital
            or other.text == "I"
            or other.lower in w.CALENDAR
            or other.whole
        ):
            continue
        if word.lower not in w.CHAT or tags[place + step] == "name":  # "Iron Man", but "a big Thank You"
            tags[place] = "name"


def _number(words: list[Word], tags: list[Tag], place: int) -> None:
    """ "iPhone 15", "Model 3", "error 404": a number behind a name, unless it counts what follows."""
    word = words[place]
    if not _NUMBER.fullmatch(word.lower):
        return
    before = _beside(words, place, -1)
    if before is None or before.whole:
        return
    made = tags[place - 1] == "name" or any(letter.isupper() for letter in before.text[1:])
    if not (made and before.lower not in w.CALENDAR) and before.lower not in w.NUMBERED_NOUNS:
        return
    if not word.lower[0].isdigit() and not word.text.isupper():
        return
    after = _beside(words, place, 1)
    counts = after is not None and (
        after.lower in w.TIME or after.lower in w.EMPTY_NOUNS or after.lower == "to"
    )
    if not counts and tags[place - 1] != "verb":
        tags[place - 1] = tags[place] = "name"


def _letter(words: list[Word], tags: list[Tag], place: int) -> None:
    """ "R or Python", "from C to C++": a letter beside a name is the name of a language."""
    word = words[place]
    if len(word.text) != 1 or not word.text.isupper() or word.text in "IA":
        return
    for step in (-1, 1):
        link = _beside(words, place, step)
        other = _beside(words, place + step, step) if link and link.lower in _OR else None
        if other and len(other.text) > 1 and tags[place + 2 * step] == "name":
            tags[place] = "name"


def _linked(words: list[Word], tags: list[Tag], place: int) -> None:
    """ "Lord of the Rings", "University of Oxford", "Camino de Santiago"."""
    head, link = words[place - 1], words[place]
    if link.lower not in w.NAME_LINKS or link.gap or not link.text.islower() or not head.text[:1].isupper():
        return
    if tags[place - 1] not in ("name", "noun"):
        return
    tail = place + 1 + (words[place + 1].lower in ("the", "la", "los") and place + 2 < len(words))
    if tags[tail] == "name" and not any(word.gap for word in words[place : tail + 1]):
        tags[place:tail] = ["name"] * (tail - place)


def _title(words: list[Word], tags: list[Tag], place: int) -> None:
    """ "Pride and Prejudice": two names joined by "and" are one where they are read, watched, or is one."""
    one, link, two = words[place - 1 : place + 2]
    if link.lower != "and" or link.gap or two.gap or (tags[place - 1] != "name" and not one.first):
        return
    if not one.text[:1].isupper() or not two.capital or one.whole or two.whole:
        return
    before, after = _beside(words, place - 1, -1), _beside(words, place + 1, 1)
    titled = (before is not None and before.lower in w.MADE) or (after is not None and after.lower in _IS)
    if titled and tags[place + 1] in ("name", "adj", "cut", "noun"):
        tags[place - 1 : place + 2] = ["name"] * 3
