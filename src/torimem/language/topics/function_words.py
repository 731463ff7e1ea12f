"""The function words of languages other than English, and which of these languages a text is in.

Each language has the words that stand around its nouns, in the classes that decide what comes next (a file of
`lists` for each), and patterns for endings (here). Nouns are in no list: they are what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from .. import words as w
from ..lists import Lists
from ..pattern import Pattern
from . import verbs as v

Class = Literal["det", "prep", "subject", "be", "verb", "adj", "and", "link", "cut"]


@dataclass(frozen=True, eq=False)
class Language:
    """A language: the class of each of its function words, and what endings say of other words.

    `verb` are endings of infinitives and gerunds, `participle` of what follows "have", `finite` of a verb
    that opens a sentence, `adjective` of adjectives that say which kind of thing. `bare` says that an object
    may stand without an article, `capital` that nouns have a capital. The words are read at the first use.
    """

    name: str
    verb: Pattern
    participle: Pattern
    finite: Pattern
    adjective: Pattern
    bare: bool
    capital: bool = False

    @cached_property
    def classes(self) -> dict[str, Class]:
        """The class of each function word."""
        lists = Lists(self.name)
        known: dict[str, Class] = {}
        classes: tuple[Class, ...] = ("cut", "adj", "verb", "be", "subject", "prep", "det", "and", "link")
        for each in classes:  # a word of two classes is of the later one
            known |= dict.fromkeys(lists.in_order(each), each)
        return known


def _ending(written: str) -> Pattern:
    return Pattern(rf"\w+(?:{written})")


GERMAN = Language(
    "german",
    verb=_ending(r"ieren"),
    participle=_ending(r"t|en"),
    finite=_ending(r"st|te|ten|t"),
    adjective=_ending(r"e[nmrs]?"),
    bare=True,
    capital=True,
)
FRENCH = Language(
    "french",
    verb=_ending(r"er|ir|oir|dre|ttre|vre|ire|ant"),
    participle=_ending(r"ée?s?|ie?s?|ue?s?|ite?s?"),
    finite=_ending(r"ons|ez"),
    adjective=_ending(r"iques?|elle?s?|ales?|aux|ive?s?|aires?|ien(?:ne)?s?|[oa]ise?s?"),
    bare=False,
)
SPANISH = Language(
    "spanish",
    verb=_ending(r"[aei]r(?:me|te|se|nos|l[aeo]s?)?|ando|iendo|yendo"),
    participle=_ending(r"ado|ido|to|cho"),
    finite=_ending(r"o|é|í|ó|amos|emos|imos|aste|iste"),
    adjective=_ending(r"ic[oa]s?|al(?:es)?|iv[oa]s?|ari[oa]s?|an[oa]s?|os[oa]s?|és|esas?"),
    bare=True,
)
ITALIAN = Language(
    "italian",
    verb=_ending(r"[aei]r(?:e|si|mi|ti|l[aoie]|ne|ci|vi)|ando|endo"),
    participle=_ending(r"at[oaie]|it[oaie]|ut[oaie]|s[oaie]|tt[oaie]"),
    finite=_ending(r"o|iamo|ai|ei|ii"),
    adjective=_ending(r"ic[oaie]|ich[ei]|al[ei]|iv[oie]|ari[oae]?|an[oaie]|os[oaie]|ese|esi"),
    bare=True,
)
PORTUGUESE = Language(
    "portuguese",
    verb=_ending(r"[aei]r(?:-\w+)?|ando|endo|indo"),
    participle=_ending(r"ado|ido|to"),
    finite=_ending(r"o|ei|i|ou|iu|amos|emos|imos"),
    adjective=_ending(r"ic[oa]s?|a(?:l|is)|iv[oa]s?|ári[oa]s?|an[oa]s?|os[oa]s?|ês|esas?"),
    bare=True,
)

LANGUAGES = (GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE)

_PARTS = Pattern(r"(\w{1,7})'\w{2,}|\w+-(\w{2,})")  # "l'esame", "peux-tu"


@cache
def _english() -> frozenset[str]:
    nouns_and_adjectives = w.MOOD | w.GENERIC_ADJECTIVES | w.EMPTY_NOUNS
    return w.FUNCTION | w.CHAT | w.TIME | nouns_and_adjectives | v.VERBS | v.EITHER | v.PALE


@cache
def _known_in() -> dict[str, tuple[int, ...]]:
    """For each function word the places in `LANGUAGES` of those that have it."""
    found: dict[str, tuple[int, ...]] = {}
    for n, language in enumerate(LANGUAGES):
        for word in language.classes:
            found[word] = (*found.get(word, ()), n)
    return found


def language_of(words: Iterable[str]) -> Language | None:
    """The language of a text's words, which are in lower case; None for English and for those without a list.

    It must know more of the words than English does, and more than one of them in a text of more than three.

    >>> language_of("meine neue gitarre".split()) is GERMAN, language_of("die hard was great".split())
    (True, None)
    """
    known = [0] * len(LANGUAGES)
    english = count = 0
    all_english, known_in = _english(), _known_in()
    for word in words:
        count += 1
        english += word in all_english
        places = known_in.get(word)
        if places is None and word not in all_english and (parts := _PARTS.fullmatch(word)):
            places = known_in.get(parts[1] or parts[2])
        for n in places or ():
            known[n] += 1
    most = max(known)
    if most <= english or (most == 1 and count > 3):
        return None
    return LANGUAGES[known.index(most)]
