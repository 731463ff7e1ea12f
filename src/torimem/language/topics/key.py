"""Folds the ways a topic's name is written to one key; knows names, not the message a name came from."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from ...errors import InvalidInput
from .. import words as w
from ..apostrophes import straight
from ..lists import Lists
from ..pattern import Pattern
from . import emoji
from .spelling import joined, plain, spelled

_FORMS = Lists("english-forms")
_CONTROL = Pattern(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]+")


@lru_cache(maxsize=8192)
def topic_key(name: str) -> str:
    """The identity of a topic: case, plural, possessive, spelling and leading filler words folded away.

    The key of a key is itself. A name without anything visible raises `InvalidInput`.

    >>> topic_key("my new Guitars"), topic_key("Machine-Learning"), topic_key("C++"), topic_key("New York")
    ('guitar', 'machine learning', 'c++', 'new york')
    """
    key = _CONTROL.sub(" ", name)
    for _ in range(
        8
    ):  # folding can uncover something to fold ("my my guitars's"); names settle in two rounds
        folded = _folded(key)
        if folded == key:
            break
        key = folded
    if not key:
        raise InvalidInput(f"topic {name!r} is empty: give a name with a visible character")
    return key


def _folded(name: str) -> str:
    text = straight(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()))
    text = plain(text).strip()
    text = emoji.things().get(text, text)
    parts = joined(text.replace("-", " ").split()) or text.split()
    while len(parts) > 1 and parts[0] in w.LEADING and f"{parts[0]}_{parts[1]}" not in w.FIXED:
        del parts[0]
    return " ".join(spelled(_singular(_owner(word))) for word in parts)


def _owner(word: str) -> str:
    if word.endswith("'s") and len(word) > 2:
        return word[:-2]
    return word[:-1] if word.endswith("s'") and len(word) > 2 else word


def unchanging() -> frozenset[str]:
    """Words that end in -s and are no plural."""
    return _FORMS.unchanging


@cache
def _singulars() -> dict[str, str]:
    return _FORMS.pairs("singulars")


def _singular(word: str) -> str:
    if found := _singulars().get(word):
        return found
    if len(word) <= 3 or not word.endswith("s") or not word.isalpha() or word in unchanging():
        return word
    if word.endswith(("ss", "us", "is")) or (word.endswith("ics") and word not in _FORMS.plurals_in_ics):
        return word
    if word.endswith("ies"):
        return word[:-1] if word[:-1] in _FORMS.singulars_in_ie else word[:-3] + "y"
    es = ("sses", "shes", "ches", "xes", "zzes", "oes", "uses")
    return word[:-2] if word.endswith(es) and word not in _FORMS.plurals_in_es else word[:-1]
