"""Splits a text into words as written, with what stands between them; knows scripts, not word classes.

What is no prose is left out here: code blocks, addresses, handles and sums of money. A quoted title and a
piece of Chinese, Japanese or Korean writing are whole topics already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from .. import words as w
from ..apostrophes import straight
from ..pattern import Pattern
from . import cjk, scripts
from . import verbs as v
from .emoji import THING

_MARKS = r"\u0300-\u036f\u0590-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094d\u0e31-\u0e4e"
_PART = rf"(?:[^\W_]|[{_MARKS}])+"
_FENCE = Pattern(r"```.*?(?:```|\Z)", re.DOTALL)
_FILES = (
    "js|ts|jsx|tsx|py|ipynb|java|cpp|hpp|cs|go|rs|rb|php|swift|kt|sh|sql|html|css|json|ya?ml|toml|ini|xml|csv|md|"
    "txt|log|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|svg|mp[34]|wav|zip|exe"
)
_SKIPPED = r"""
    (?P<skip> (?:https?://|www\.)\S+ | [\w.+-]{1,64}@[\w-]+\.[\w.-]+ | [@$€£]\w+
            | \w{1,40}(?:\.\w{1,40}){0,4}\.(?:com|org|net|io|gov|edu)\b
            | `[^`\n]{1,200}` | (?<![\w)])/[\w.-]+(?:/[\w.-]+)+ )
  | """


def _kept() -> str:
    return rf"""
    (?P<thing> (?<!\u200d){THING.pattern} )\ufe0f?
  | ["“](?P<title> [A-Z0-9][^"“”\n]{{1,58}} )["”]
  | (?P<word> (?:[A-Z]\w{{0,20}})?\.NET\b | [A-Za-z]\w{{0,30}}(?:\+\+|\#(?!\w))
            | \w{{1,40}}\.(?:{_FILES})\b | (?:[A-Za-z]\.){{2,}}
            | {_PART}(?:['’‘ʼ＇`´&-]{_PART})* )
    """


_TOKEN = Pattern(lambda: _SKIPPED + _kept(), re.VERBOSE)
_PLAIN_TOKEN = Pattern(_kept, re.VERBOSE)  # reads a text without anything to skip twice as fast
_MAY_SKIP = Pattern(r"[@$€£`/]|www\.|\.(?:com|org|net|io|gov|edu)")
_WRITTEN = Pattern(rf"(?:{cjk.LETTER.pattern}|[々ー])+|(?P<other>[^\W_](?:(?!{cjk.LETTER.pattern})\w)*)")
_SENTENCE_END = Pattern(r"[.!?…:\n。！？]")
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "st", "mt", "jr"})


@dataclass(slots=True)
class Word:
    """A word where it stands in the text, with what its writing says about it."""

    start: int
    end: int
    text: str
    lower: str
    gap: str = " "  # what stands between the word before and this one, spaces off
    first: bool = False  # opens a sentence
    capital: bool = False  # written as a name is, where that says something
    whole: bool = False  # a topic by itself: a quoted title, a piece of Chinese, an emoji


def split(text: str) -> list[Word]:
    """The words of a text in order; a text in place of one that was left out is empty.

    >>> [word.text for word in split("I don't know C++, see https://example.org.")]
    ['I', "don't", 'know', 'C++', 'see', '']
    """
    text = _FENCE.sub(lambda fence: "\n" * len(fence[0]), text)
    found: list[Word] = []
    before = 0
    kana = bool(cjk.KANA.search(text))
    for match in (_TOKEN if _MAY_SKIP.search(text) else _PLAIN_TOKEN).finditer(text):
        kind, (start, end) = match.lastgroup, match.span()
        gap = text[before:start]
        before = end
        if kind == "word":
            written = text[start:end]
            if not written.isascii() and cjk.LETTER.search(written):
                found += _east_asian(written, start, kana, gap)
                continue
            if prefix := 0 if written.isascii() else scripts.prefix(written):
                start, written, gap = start + prefix, written[prefix:], "|"
            lower = straight(written).lower()
            if lower.endswith("in") and straight(text[end : end + 1]) == "'":
                lower += "g"  # "thinkin'"
            found.append(Word(start, end, written, lower, gap))
        elif kind == "title":
            found += _title(match, gap)
        elif kind == "thing":
            thing = match["thing"]
            found.append(Word(start, start + len(thing), thing, thing, gap, whole=True))
        else:
            found.append(Word(start, end, "", "", gap))
    _capitals(found)
    return found


def _title(match: re.Match[str], gap: str) -> Iterator[Word]:
    title = match["title"]
    parts = title.split()
    start = match.start("title")
    named = all(part[0].isupper() or len(part) <= 3 or part[0].isdigit() for part in parts)
    if named and len(parts) <= 6 and title[-1] not in ".!?,":
        word = Word(start, start + len(title), title, title.lower(), gap + '"', whole=True)
        yield word
        return
    for inner in _TOKEN.finditer(title):
        if inner["word"]:
            place = start + inner.start()
            yield Word(place, place + len(inner[0]), inner[0], straight(inner[0]).lower(), gap + '"')
            gap = ""


def _east_asian(word: str, start: int, kana: bool, gap: str) -> Iterator[Word]:
    """The topics of a run without blanks, and the words of another script in it ("我在学Python")."""
    for part in _WRITTEN.finditer(word):
        if not part["other"]:
            for begin, end in cjk.spans(part[0], kana=kana):
                place = start + part.start()
                yield Word(
                    place + begin, place + end, part[0][begin:end], part[0][begin:end], "|", whole=True
                )
            gap = "|"
        else:
            place = start + part.start()
            yield Word(place, place + len(part[0]), part[0], part[0].lower(), gap)


@cache
def _stressed() -> frozenset[str]:
    """Words that are written in capitals to stress them: "I LOVE it"."""
    return w.MOOD | w.GENERIC_ADJECTIVES | v.VERBS | v.EITHER | v.PALE


def _capitals(words: list[Word]) -> None:
    title = ""
    for place, word in enumerate(words):
        word.first = place == 0 or (bool(_SENTENCE_END.search(word.gap)) and title not in _TITLES)
        if title in _TITLES and word.gap.strip() == ".":
            word.gap = " "
        word.gap = word.gap if "\n" in word.gap else word.gap.strip()
        title = word.lower
    plain = [
        word.text[0].isupper()
        for word in words
        if not word.first and word.text[:1].isalpha() and word.text != "I"
    ]
    shouting = sum(plain) > 0.6 * len(plain) and len(plain) >= 3  # a headline: capitals say nothing
    loud = [word.text.isupper() and len(word.text) > 1 for word in words]
    for place, word in enumerate(words):
        emphasis = word.text.isupper() and len(word.text) > 2 and word.lower in _stressed()
        # "JUST DO IT": two short words in capitals side by side are shouted, not US and IT
        emphasis |= len(word.text) == 2 and loud[place] and (place > 0 and loud[place - 1])
        word.capital = word.text[:1].isupper() and not word.first and not shouting and not emphasis
