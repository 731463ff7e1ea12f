"""Folds the spellings of a word to one; knows how writers differ, not what a word means.

British or American, with accents or without, one word or two: what is left is for comparing, not for
showing, and need not be the spelling of any one country.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from ..lists import Lists
from ..pattern import Pattern

_FORMS = Lists("english-forms")
# Four letters in front leave out prize, size and seize.
_IZE = Pattern(r"(?<=[a-z]{4})iz(?=(?:e|ed|es|er|ing|ation|ational)$)|(?<=[a-z]{3})yz(?=(?:e|ed|es|er|ing)$)")
_ACCENT = Pattern("(?<=[a-z])[\u0300-\u036f]+")
_POINTS = Pattern("[\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u065f\u0670]+")
_ALEF = str.maketrans("أإآٱى", "ااااي")


@cache
def _beginnings() -> dict[str, str]:
    return _FORMS.pairs("beginnings")


_BEGINNING = Pattern(lambda: "|".join(sorted(_beginnings(), key=len, reverse=True)))


@cache
def _spellings() -> dict[str, str]:
    return _FORMS.pairs("spellings")


@cache
def _two_words() -> dict[str, str]:
    return {pair.replace("_", ""): pair.replace("_", " ") for pair in _FORMS.in_order("two_words")}


def plain(text: str) -> str:
    """The text, which is in lower case, without accents on Latin letters and without Arabic or Hebrew points.

    >>> plain("crème brûlée"), plain("йога")
    ('creme brulee', 'йога')
    """
    if text.isascii():
        return text
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", _POINTS.sub("", bare)).translate(_ALEF).replace("ё", "е")


@lru_cache(maxsize=1 << 14)
def spelled(word: str) -> str:
    """One spelling of a word, which is in lower case and in the singular.

    >>> [spelled(word) for word in ("colourful", "organization", "prize", "theatre", "roadtrip")]
    ['colorful', 'organisation', 'prize', 'theater', 'road trip']
    """
    if found := _BEGINNING.match(word):
        word = _beginnings()[found[0]] + word[found.end() :]
    word = _IZE.sub(lambda found: found[0][0] + "s", word)
    if word.startswith("ال") and len(word) > 4:  # the Arabic article
        word = word[2:]
    word = _spellings().get(word, word)
    return _two_words().get(word, word)


def joined(parts: list[str]) -> list[str]:
    """The words of a name, two that are customarily one made one.

    >>> joined(["e", "mail", "address"]), joined(["ice", "cream"])
    (['email', 'address'], ['ice', 'cream'])
    """
    found: list[str] = []
    for part in parts:
        if found and f"{found[-1]}_{part}" in _FORMS.one_word:
            found[-1] += part
        else:
            found.append(part)
    return found
