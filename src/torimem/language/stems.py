"""Stems a text: the words by which a turn is found, and which forms of a word count as one.

English words lose their endings (Snowball), irregular ones become their plain form, function words go. Runs
of Chinese, Japanese, Thai and their like, which set no blanks, become overlapping pairs of characters; an
emoji is a word.
"""

from __future__ import annotations

import sys
import unicodedata
from datetime import datetime
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol, cast

from . import words as w
from .apostrophes import straight
from .lists import Lists
from .pattern import Pattern

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0002fa1f"
)
TOKEN = Pattern(
    rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])\w)+(?:'(?:(?![{_UNSPACED}])\w)+)*[+#]*"
    r"|[\u203c\u2049\u20e3\u2122-\u2bff\U0001f000-\U0001faff]"
)
IS_UNSPACED = Pattern(f"[{_UNSPACED}]")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


@cache
def _stemmer() -> _Stemmer:
    """Snowball's stemmer of English.

    Importing its package would load the stemmers of thirty languages, and take another implementation where
    PyStemmer is installed: the one module is loaded from the package's folder, as part of a package of ours.
    """
    found = find_spec("snowballstemmer")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("No module named 'snowballstemmer'", name="snowballstemmer")
    folder = ModuleType(f"{__package__}.snowball")
    folder.__path__ = list(found.submodule_search_locations)
    sys.modules[folder.__name__] = folder
    return cast(_Stemmer, import_module(f"{folder.__name__}.english_stemmer").EnglishStemmer())


def stems(text: str) -> list[str]:
    """The stems of a text's words in order, repeated as they are; function words are left out.

    >>> stems("Which guitars did I buy?"), stems("I bought a guitar"), stems("C++ and 我住在柏林")
    (['guitar', 'buy'], ['buy', 'guitar'], ['c++', '我住', '住在', '在柏', '柏林'])
    """
    found: list[str] = []
    for word in TOKEN.findall(straight(unicodedata.normalize("NFKC", text)).casefold()):
        found += _stems_of(word)
    return found


@lru_cache(maxsize=1 << 16)
def _stems_of(word: str) -> tuple[str, ...]:
    if IS_UNSPACED.match(word):
        return tuple(word[i : i + 2] for i in range(len(word) - 1)) or (word,)
    word = word.removesuffix("'s")
    if word in _left_out():
        return ()
    return (_stemmer().stemWord(_irregular().get(word, word)),)


@cache
def _left_out() -> frozenset[str]:
    """Words that no turn is found by; "my back hurts" is found by "back", which is no topic by itself."""
    return (w.FUNCTION | w.FILLERS) - w.words("back past")


@cache
def _irregular() -> dict[str, str]:
    return Lists("english-forms").pairs("irregular_forms")


MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def date_stems(at: datetime) -> tuple[str, str, str]:
    """Day, month and year of a moment as words that can be asked for.

    >>> date_stems(datetime(2026, 3, 7))
    ('7', 'march', '2026')
    """
    return str(at.day), MONTHS[at.month - 1], str(at.year)
