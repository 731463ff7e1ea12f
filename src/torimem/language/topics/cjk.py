"""Finds the topics in a run of Chinese, Japanese or Korean text; knows particles, no dictionary.

Chinese and Japanese set no blanks: a run is cut at particles, pronouns, times and the commonest verbs, and
what is left between two cuts is a topic. A Korean word loses its particle.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..lists import Lists
from ..pattern import Pattern
from ..words import words

LETTER = Pattern(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
KANA = Pattern(r"[\u3041-\u3096\u30a1-\u30fa]")
_RUN = Pattern(r"[\u3400-\u9fff\uf900-\ufaffー々]+|[\u30a0-\u30ff]+")
_HANGUL = Pattern(r"[\uac00-\ud7af]+")
_LONGEST = 6  # characters

_ZH, _JA, _KO = Lists("chinese"), Lists("japanese"), Lists("korean")


def _longest_first(words: Iterable[str]) -> str:
    """An expression for any of the words, the longest first."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


def _in_order(name: str) -> str:
    return "|".join(_ZH.in_order(name))


_CHINESE_KEPT = Pattern(lambda: _longest_first(_ZH.kept))
_CHINESE = Pattern(
    lambda: (
        rf"(?P<kept>{_CHINESE_KEPT.pattern})|(?:[一二两三四五六七八九十几\d]+|这|那|每)(?:{_in_order('measures')})"
        rf"|(?<=学)学|{_longest_first(_ZH.cut)}"
    )
)
_CHINESE_FRONT = Pattern(lambda: rf"(?:{_in_order('front')})+(?=..|$)")
_CHINESE_BACK = Pattern(lambda: rf"(?<=.)(?:{_in_order('happens')})$|(?<=..)(?:{_in_order('back')})$")

_JAPANESE = Pattern(
    lambda: (
        rf"(?P<kept>{_longest_first(_JA.kept)})|{_longest_first(_JA.cut)}"
        rf"|[一二三四五六七八九十]+(?:{_longest_first(_JA.counters)})"
    )
)
# One character is a word where a particle follows it: "妹は".
_PARTICLE = Pattern(r"[はがをのにでとも](?![っり])|へ|から|まで|や")

_KOREAN_END = Pattern(
    r"(에서|에게|한테|까지|부터|하고|이랑|처럼|보다|마다|으로|은|이|을|과|는|가|를|와|로|랑|에|의|도|만)$"
)
_AFTER_CONSONANT = words("은 이 을 과 으로 이랑")
_AFTER_VOWEL = words("는 가 를 와 로 랑")
_KOREAN_VERB = (
    "다",
    "요",
    "까",
    "고",
    "서",
    "면",
    "지",
    "니",
    "죠",
    "네",
    "자",
    "게",
    "던",
    "려고",
    "는데",
    "습니다",
)


def spans(run: str, *, kana: bool) -> list[tuple[int, int]]:
    """Where the topics of a run begin and end; `kana` says that the text is Japanese.

    >>> [run[start:end] for run in ("我喜欢机器学习", "저는") for start, end in spans(run, kana=False)]
    ['机器学习']
    """
    found = [
        (hangul.start(), hangul.start() + length)
        for hangul in _HANGUL.finditer(run)
        if (length := _korean(hangul[0]))
    ]
    for part in _RUN.finditer(run):
        found += _japanese(run, part.start(), part.end()) if kana else _chinese(run, part.start(), part.end())
    return sorted(found)


def _korean(word: str) -> int:
    """How many of the word's letters are its stem, 0 where it is no topic."""
    if word in _KO.nouns:
        return len(word)
    end = _KOREAN_END.search(word)
    if end and _fits(word[: end.start()], end[1]):
        stem = word[: end.start()]
        particle = True
    else:
        stem, particle = word, False
    if not 2 <= len(stem) <= 8 or stem in _KO.cut or word in _KO.cut:
        return 0
    return 0 if not particle and word.endswith(_KOREAN_VERB) else len(stem)


def _fits(stem: str, particle: str) -> bool:
    """Whether the particle can follow the stem: some want a consonant before them, some a vowel."""
    if len(stem) < 2:
        return False
    closed = (ord(stem[-1]) - 0xAC00) % 28
    if particle in _AFTER_CONSONANT:
        return closed != 0
    return closed in (0, 8) if particle == "로" else closed == 0 or particle not in _AFTER_VOWEL


def _chinese(run: str, start: int, end: int) -> list[tuple[int, int]]:
    edges = [start]
    for cut in _CHINESE.finditer(run, start, end):
        if not cut["kept"]:
            edges += [cut.start(), cut.end()]
    edges.append(end)
    found = []
    for begin, stop in zip(edges[::2], edges[1::2], strict=True):
        piece = run[begin:stop]
        kept = _CHINESE_KEPT.match(piece)
        front = None if kept else _CHINESE_FRONT.match(piece)
        begin += front.end() if front else 0
        back = _CHINESE_BACK.search(run[begin:stop])
        stop = begin + back.start() if back else stop
        if 2 <= stop - begin <= _LONGEST or run[begin:stop] in _ZH.one:
            found.append((begin, stop))
    return found


def _japanese(run: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    edge = start
    for cut in [*(cut for cut in _JAPANESE.finditer(run, start, end) if not cut["kept"]), None]:
        stop = cut.start() if cut else end
        # a single character of a kanji word is its whole only in front of a particle
        alone = stop - edge == 1 and run[edge] > "\u3400" and stop == end and _PARTICLE.match(run, end)
        if 2 <= stop - edge <= (12 if run[edge] < "\u3400" else _LONGEST) or alone:
            found.append((edge, stop))
        edge = cut.end() if cut else stop
    return found
