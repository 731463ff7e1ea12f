"""Valences of words, phrases and emoji, from -4 (worst) to 4 (best); reads lists, knows no rules of use.

The words are VADER's (`lists/vader.txt`) with those it lacks, without those that everyday language does not
feel, and with phrases whose feeling is not that of their parts (`lists/english-feelings.txt`).
"""

from __future__ import annotations

from functools import cache

from ..lists import Lists
from ..pattern import Pattern

LISTS = Lists("english-feelings")
_VADER = Lists("vader")
_SIGN = Pattern(r"[^\w\s'-]")

Phrase = tuple[tuple[frozenset[str], ...], float]
"""The alternatives for each word of a phrase (none: up to three words of any kind), and its valence."""


@cache
def _vader() -> dict[str, float]:
    return _VADER.valences("words")


@cache
def words() -> dict[str, float]:
    """Each word that carries feeling, with its valence.

    >>> words()["love"], "play" in words()
    (3.2, False)
    """
    plain = LISTS.plain
    scored = {word: valence for word, valence in _vader().items() if word not in plain}
    return scored | LISTS.valences("words")


@cache
def emoticons() -> dict[str, float]:
    """Each entry of VADER's lexicon that is written with signs, such as ":)"."""
    return {word: valence for word, valence in _vader().items() if _SIGN.search(word)}


@cache
def emoji() -> dict[str, float]:
    """Each emoji that carries feeling, with its valence."""
    return _VADER.valences("emoji")


@cache
def degrees() -> dict[str, float]:
    """What an adverb of degree adds to the valence of the word behind it."""
    return _VADER.valences("degrees")


def phrases() -> tuple[tuple[str, float], ...]:
    """Every phrase with its valence, as written; 0 says that it hides the words in it."""
    return tuple(
        (phrase, valence) for valence, name in LISTS.numbered("phrases") for phrase in LISTS.lines(name)
    )


@cache
def by_first_word() -> dict[str, tuple[Phrase, ...]]:
    """The phrases that begin with a word, the longest first.

    >>> [(len(parts), valence) for parts, valence in by_first_word()["tickled"]]
    [(2, 3.0)]
    """
    found: dict[str, list[Phrase]] = {}
    for phrase, valence in phrases():
        parts = tuple(_alternatives(part) for part in phrase.split())
        for word in sorted(parts[0]):
            found.setdefault(word, []).append((parts, valence))
    return {word: tuple(sorted(each, key=lambda one: -len(one[0]))) for word, each in found.items()}


def _alternatives(part: str) -> frozenset[str]:
    if part == "~":
        return frozenset()
    return LISTS.persons if part == "_" else frozenset(part.split("/"))
