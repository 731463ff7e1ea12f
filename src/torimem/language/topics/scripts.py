"""Tags a word in Cyrillic, Arabic or Hebrew script; knows endings and prefixes, no dictionary.

What no rule knows is taken for a noun.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from ..lists import Lists
from ..pattern import Pattern

_RUSSIAN, _ARABIC, _HEBREW, _GREEK = (Lists(name) for name in ("russian", "arabic", "hebrew", "greek"))

_IS_CYRILLIC = Pattern("[\u0400-\u04ff]")
_RUSSIAN_ADJECTIVE = Pattern("(.+?)(?:ый|ий|ая|яя|ое|ые|ие|ую|юю|ого|его|ому|ему|ых|их|ыми|ими)")
_RUSSIAN_VERB = Pattern(
    r"""
    .{2,}(?: [аеёиоуыя]ть | [её]шь | ишь | [аеуяю]ет | [аяуею]ют | [аеия]ем | ит | ят
           | [аеёиоуыя]л(?:а|о|и)? ) (?:ся)? | .{2,}(?: лась | лось | лись | юсь | усь | йте | йся )
    | .+(?: д[её]т | д[её]м | дут | жу | чу | щу | шу | аю | яю | ую | ею )
    | [^л]+ёт(?:ся)? | учу | живу | иду | веду | пью | жду
    """,
    re.VERBOSE,
)
_RUSSIAN_NOUNS = ("ние", "тие", "вие", "ствие", "рие")
_ARABIC_PREFIX = Pattern("(?:و?[بك]|و|ف)(?=ال..)|و?لل(?=..)")


def tag(lower: str) -> Literal["noun", "verb", "adj", "kind", "cut"] | None:
    """What a word in lower case is; None for one of another script.

    >>> tag("новую"), tag("гитару"), tag("купила"), tag("guitar")
    ('adj', 'noun', 'verb', None)
    """
    if lower in _no_topics():
        return "cut"
    if _IS_CYRILLIC.match(lower):
        return _russian(lower)
    if "\u0600" <= lower[0] <= "\u06ff":
        return _arabic(lower)
    if "\u0590" <= lower[0] <= "\u05ff":
        return _hebrew(lower)
    return None


@cache
def _no_topics() -> frozenset[str]:
    return _RUSSIAN.cut | _ARABIC.cut | _HEBREW.cut | _GREEK.cut


def prefix(word: str) -> int:
    """How many letters of an Arabic word are "and", "with", "for" or "as" in front of its article.

    >>> prefix("والكتاب"), prefix("كتاب")
    (1, 0)
    """
    found = _ARABIC_PREFIX.match(word)
    return found.end() if found else 0


def _russian(lower: str) -> Literal["noun", "verb", "adj", "kind", "cut"]:
    if len(lower) < 3:
        return "cut"
    if lower in _RUSSIAN.nouns:
        return "noun"
    adjective = _RUSSIAN_ADJECTIVE.fullmatch(lower)
    if adjective and adjective[1] in _RUSSIAN.adjective_stems:
        return "adj"
    if _RUSSIAN_VERB.fullmatch(lower):
        return "verb"
    kind = adjective and len(adjective[1]) > 2 and not lower.endswith(_RUSSIAN_NOUNS)
    return "kind" if kind else "noun"


def _arabic(lower: str) -> Literal["noun", "verb"]:
    """A verb begins with who does it, or ends with who did it; behind an article there is none."""
    if lower.startswith("ال"):
        return "noun"
    does = (lower[0] == "ي" and 4 <= len(lower) <= 5) or lower.startswith(("أت", "يت", "نت", "سأ"))
    did = len(lower) >= 4 and lower[-1] == "ت" and lower[-2] != "ا" and lower not in _ARABIC.nouns
    did = did or (len(lower) >= 5 and lower.endswith("وا"))
    return "verb" if does or did else "noun"


def _hebrew(lower: str) -> Literal["noun", "verb"]:
    did = len(lower) >= 4 and lower.endswith("תי") and lower not in _HEBREW.nouns
    to_do = len(lower) >= 5 and lower[0] == "ל" and lower.endswith("ות") and lower not in _HEBREW.nouns
    return "verb" if did or to_do else "noun"
