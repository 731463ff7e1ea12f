"""A text -> its words as written, with what stands between them; knows scripts, not word classes.

What is no prose is left out here: code blocks, addresses, handles and sums of money. A quoted title and a
run of Han or Katakana are whole topics already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from torimem.analyse import verbs as v
from torimem.analyse import words as w
from torimem.analyse.key import straight

_MARKS = r"\u0300-\u036f\u0590-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094d\u0e31-\u0e4e"
_PART = rf"(?:[^\W_]|[{_MARKS}])+"
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_TOKEN = re.compile(
    rf"""
    (?P<skip> (?:https?://|www\.)\S+ | [\w.+-]{{1,64}}@[\w-]+\.[\w.-]+ | [@$€£]\w+
            | \w{{1,40}}(?:\.\w{{1,40}}){{0,4}}\.(?:com|org|net|io|gov|edu)\b )
  | ["“](?P<title> [A-Z0-9][^"“”\n]{{1,58}} )["”]
  | (?P<word> \.NET\b | [A-Za-z]\w{{0,30}}(?:\+\+|\#(?!\w)) | \w{{1,30}}\.js\b | (?:[A-Za-z]\.){{2,}}
            | {_PART}(?:['’‘ʼ＇`´&-]{_PART})* )
    """,
    re.VERBOSE,
)
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaffー々]+|[\u30a0-\u30ff]+")
_CJK_ANY = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
# Particles and the commonest verbs and time words, where a run without spaces is cut.
_CJK_CUT = re.compile(
    r"我们|你们|他们|她们|我|你|您|他|她|它|的|了|是|在|有|和|就|不|很|也|都|这|那|吗|呢|吧|啊|被|把|对|跟|与|"
    r"喜欢|喜歡|非常|今天|明天|昨天|今日|昨日|明日|今年|去年|什么|什麼|怎么|一个|一個|"
    r"因为|所以|但是|觉得|私|僕|何|每日|最近|時間"
)
_HANGUL_END = re.compile(r"(?:에서|으로|에게|까지|부터|은|는|이|가|을|를|에|의|도|로|와|과|랑)$")
_SENTENCE_END = re.compile(r"[.!?…:\n。！？]")
_STRESSED = w.MOOD | w.GENERIC_ADJECTIVES | v.VERBS | v.EITHER | v.PALE
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
    whole: bool = False  # a topic by itself: a quoted title, a run of Han


def split(text: str) -> list[Word]:
    """The words of a text in order; a text in place of one that was left out is empty.

    >>> [word.text for word in split("I don't know C++, see https://example.org.")]
    ['I', "don't", 'know', 'C++', 'see', '']
    """
    text = _FENCE.sub(lambda fence: "\n" * len(fence[0]), text)
    found: list[Word] = []
    before = 0
    for match in _TOKEN.finditer(text):
        gap = text[before : match.start()]
        before = match.end()
        if match["skip"]:
            found.append(Word(match.start(), match.end(), "", "", gap))
        elif match["title"]:
            found += _title(match, gap)
        elif _CJK_ANY.search(match["word"]):
            found += _east_asian(match["word"], match.start())
        else:
            lower = straight(match["word"]).lower()
            if lower.endswith("in") and straight(text[match.end() : match.end() + 1]) == "'":
                lower += "g"  # "thinkin'"
            found.append(Word(match.start(), match.end(), match["word"], lower, gap))
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


def _east_asian(word: str, start: int) -> Iterator[Word]:
    """Runs of Han or Katakana between common particles, and Korean words without theirs."""
    spans: list[tuple[int, int]] = []
    if re.search(r"[\uac00-\ud7af]", word):
        stem = _HANGUL_END.sub("", word)
        if 2 <= len(stem) <= 8 and not word.endswith(("다", "요", "까", "서", "고")):
            spans.append((0, len(stem)))
    for run in _CJK.finditer(word):
        edge = run.start()
        for cut in [*_CJK_CUT.finditer(word, run.start(), run.end()), None]:
            end = cut.start() if cut else run.end()
            if 2 <= end - edge <= 6:
                spans.append((edge, end))
            edge = cut.end() if cut else end
    for begin, end in spans:
        yield Word(start + begin, start + end, word[begin:end], word[begin:end], "|", whole=True)


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
        emphasis = word.text.isupper() and len(word.text) > 2 and word.lower in _STRESSED  # "I LOVE it"
        # "JUST DO IT": two short words in capitals side by side are shouted, not US and IT
        emphasis |= len(word.text) == 2 and loud[place] and (place > 0 and loud[place - 1])
        word.capital = word.text[:1].isupper() and not word.first and not shouting and not emphasis
