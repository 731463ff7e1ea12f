"""Scores how good or bad the words of one clause are; knows negation and degree, not time.

The valences are VADER's (`lexicon`), the rules are not: VADER looks three words back for a negation. Here one
reaches over its clause, "never ... so" and "couldn't be happier" strengthen, what something is compared with
is not felt, and phrases are read before words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from ..apostrophes import straight
from ..pattern import Pattern
from . import lexicon

FLIP = -0.74  # VADER's: "not good" is less bad than "good" is good
NORM = 15.0  # VADER's: the sum of a few strong words is near 1
CAPITALS, EXCLAMATION, DEGREE = 0.733, 0.292, 0.293

_LISTS = lexicon.LISTS
_TOKEN = Pattern(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+|[^\w\s]")
_REPEATED = Pattern(r"(\W)\1{3,}")  # a wall of one emoji feels no more than three of it
_NO_ONE = Pattern(r"\b(no) (one)\b(?! \w+ing)", re.IGNORECASE)
_STRETCHED = Pattern(r"(\w)\1{2,}")


def compound(clause: str) -> float:
    """How good or bad one clause is, in [-1, 1] to four decimals; 0 without a word of feeling.

    >>> compound("I am not happy") < 0 < compound("I can't wait to play!")
    True
    >>> compound("I don't think that a single person there was helpful") < 0
    True
    """
    total = sum(_felt(_NO_ONE.sub(r"\1-\2", _REPEATED.sub(r"\1\1\1", straight(clause)))))
    if total == 0:
        return 0.0
    total += math.copysign(min(clause.count("!"), 4) * EXCLAMATION, total)
    return round(total / math.sqrt(total * total + NORM), 4)


def _felt(clause: str) -> list[float]:
    """The valence of every word in its place: 0 for most."""
    written = _TOKEN.findall(clause)
    said = [word.lower() for word in written]
    values, hidden = _read(said, written)
    emoticons = lexicon.emoticons()
    for chunk in clause.split():
        if not (chunk[-1].isalpha() and chunk[0].isalpha()) and chunk.lower() in emoticons:
            values.append(emoticons[chunk.lower()])
    if not any(values) and "than" not in said:
        return values  # most clauses: there is nothing to silence or to turn over
    _governed(said, values)
    _compared(said, values)
    _negated(said, values, hidden)
    return values


def _read(said: list[str], written: list[str]) -> tuple[list[float], set[int]]:
    """The valence of each word or phrase, with its degree; and the places that belong to phrases."""
    phrases, degrees, worth = lexicon.by_first_word(), lexicon.degrees(), lexicon.words()
    shouts = any(w.isupper() and len(w) > 1 for w in written) and not all(
        w.isupper() for w in written if w.isalpha()
    )
    values, hidden = [0.0] * len(said), set[int]()
    for place, word in enumerate(said):
        if place in hidden:
            continue
        following = said[place + 1] if place + 1 < len(said) else ""
        for parts, valence in phrases.get(word, ()):
            if len(parts) > 1 and parts[1] and following not in parts[1]:
                continue
            if end := _match(said, place + 1, parts, 1):
                hidden.update(range(place, end))
                values[place] = valence
                break
        else:
            before = said[place - 1] if place else ""
            depends = _DEPENDS.get(word)
            valence = depends(before, following) if depends else _worth(word)
            if not valence:
                continue
            if shouts and written[place].isupper() and len(word) > 1:
                valence += math.copysign(CAPITALS, valence)
            for back, fades in ((1, 1.0), (2, 0.95), (3, 0.9)):
                degree = degrees.get(said[place - back], 0.0) if place >= back else 0.0
                if (
                    degree
                    and said[place - back] not in _LISTS.negations
                    and not worth.get(said[place - back])
                ):
                    valence += math.copysign(degree, degree * valence) * fades
            values[place] = valence
    return values, hidden


def _like(before: str, after: str) -> float:
    """A verb, as in "I like it", or a comparison, as in "like this"."""
    liked = before in _LISTS.likers and after.partition("'")[0] not in _LISTS.subjects - {"it", "you"}
    return 1.7 if liked else 0.0


def _too(before: str, after: str) -> float:
    """Too much of what is no feeling itself: "too slow"."""
    measured = after.isalpha() and after not in _LISTS.subjects and after not in ("and", "but", "so")
    return -1.2 if measured and after not in lexicon.words() else 0.0


# Words whose feeling depends on the word before and the word after.
_DEPENDS: dict[str, Callable[[str, str], float]] = {
    "like": _like,
    "likes": _like,
    "liked": lambda before, after: 1.7,
    "kind": lambda before, after: 0.0 if after in ("of", "regards") else 2.4,
    "pretty": lambda before, after: 0.0 if after.isalpha() and before not in _LISTS.pretty else 2.2,
    "better": lambda before, after: 0.9,
    "more": lambda before, after: 0.0,
    "too": _too,
    "afraid": lambda before, after: 0.0 if after in _LISTS.not_afraid else -2.0,
    "sorry": lambda before, after: -1.6 if before in ("so", "really", "deeply", "feel") else 0.0,
}


def _match(said: list[str], place: int, parts: tuple[frozenset[str], ...], part: int) -> int:
    """Where a phrase ends, if the rest of it stands here; 0 if not."""
    if part == len(parts):
        return place
    if not parts[part]:
        return next((end for gap in range(4) if (end := _match(said, place + gap, parts, part + 1))), 0)
    if place < len(said) and said[place] in parts[part]:
        return _match(said, place + 1, parts, part + 1)
    return 0


@lru_cache(maxsize=8192)
def _worth(word: str) -> float:
    """The valence of a word, or of a form that the lexicon lacks: "friendlier", "cooool", "heart-warming"."""
    known = lexicon.words()
    if word in known:
        return known[word]
    if not word[0].isalpha():
        return lexicon.emoji().get(word, 0.0)
    if "-" in word:
        return sum(known.get(part, 0.0) for part in word.split("-"))
    for ending, instead in (("iest", "y"), ("ier", "y"), ("est", ""), ("'s", "")):
        if word.endswith(ending) and (found := known.get(word[: -len(ending)] + instead)):
            return found
    return known.get(_STRETCHED.sub(r"\1", word), 0.0) if _STRETCHED.search(word) else 0.0


def _governed(said: list[str], values: list[float]) -> None:
    """Silence the object of a verb that says how it is felt: "I love sad songs", "sick of being nice"."""
    verb, since = 0.0, 0
    for place, word in enumerate(said):
        if word in _LISTS.verbs and values[place]:
            verb, since = values[place], place
        elif word in ("and", "or", ",") or word in _LISTS.stops or place - since > 6:
            verb = 0.0
        elif verb * values[place] < 0:
            values[place] = 0.0


def _compared(said: list[str], values: list[float]) -> None:
    """Silence what something is compared with: "than I feared", "as bad as the last"."""
    silent = False
    opened = -9
    sooner = False
    for place, word in enumerate(said):
        if silent:
            if word in (",", ".", "!", "but", ";"):
                silent = False
            else:
                values[place] = 0.0
        elif word in ("sooner", "rather"):
            sooner = True
        elif word == "than":
            silent = True
            if sooner and not any(values[:place]):
                values[place] = -1.8
        elif word == "as":
            silent = place - opened <= 6 and place - opened > 1
            opened = place


def _negated(said: list[str], values: list[float], hidden: set[int]) -> None:
    """Turn over what a negation in front of it, or a word of waning behind it, denies."""
    by, since, pair = "", 0, []
    flipped = -1
    previous = -1
    has_enough = "enough" in said
    for place, word in enumerate(said):
        value = values[place]
        if value:
            previous = place
            if by and not _strengthens(said, since, place, by, has_enough):
                definite = (
                    place
                    and said[place - 1] in _LISTS.definite
                    and since < place - 2
                    and said[place - 2] not in _LISTS.be
                )
                if not definite:
                    values[place] = value * FLIP
                    pair.append(place)
                    flipped = place
            elif by:
                values[place] = value + math.copysign(DEGREE, value)
            if by and by != "neither":
                by, flipped = "", place
            continue
        if place in hidden:
            continue
        if word in (",", ";", ":", "(", ")", ".", "!") or word in _LISTS.stops:
            if by != "neither":
                by, flipped = "", -1
        elif word in ("or", "nor") and flipped >= 0 and place - flipped <= 3:
            by, since = "nor", place
        elif word in _LISTS.less:
            if any(values[place + 1 : place + 4]):
                by, since = "less", place
            elif previous >= 0 and values[previous] < 0 and word != "least":
                values[previous] *= FLIP
        elif word in _LISTS.gone and previous >= 0 and previous != flipped:
            values[previous] *= FLIP
        elif word in _LISTS.waning or _denies(said, place):
            if word in ("not", "ever") and by:
                continue
            # "No, ..." answers, it denies nothing
            if word == "no" and place + 1 < len(said) and said[place + 1] in (",", ".", "!"):
                continue
            if by and "who" in said[since:place]:  # "nobody who isn't happy"
                by = ""
                continue
            by, since = word, place
    if len({values[place] > 0 for place in pair}) == 2 and ({"neither", "nor", "or"} & set(said)):
        for place in pair:
            values[place] = 0.0


def _denies(said: list[str], place: int) -> bool:
    word = said[place]
    if word == "far":
        return place + 1 < len(said) and said[place + 1] == "from"
    if word == "longer":
        return place > 0 and said[place - 1] == "no"
    return word in _LISTS.negations or word in _LISTS.denials or word in _LISTS.cannot or word.endswith("n't")


def _strengthens(said: list[str], since: int, place: int, by: str, has_enough: bool) -> bool:
    """Whether the negation says more: "never so proud", "couldn't be happier", "can't say enough"."""
    near = said[max(since + 1, place - 3) : place]
    comparative = said[place].endswith("er") or "more" in near or said[place] == "worse"
    could = by in _LISTS.cannot or (by == "not" and said[since - 1 : since] in (["could"], ["can"]))
    if could and (comparative or has_enough):
        return True
    if comparative and said[place - 1] in ("a", "any", "anything") and "than" not in said:
        return by != "less"  # "there isn't a nicer place"
    if by in ("doesn't", "don't", "not") and "get" in said[since:place] and comparative:
        return True
    if by in ("never", "nowhere", "nothing", "nobody", "no-one", "haven't", "hasn't", "no"):
        seldom = said[since + 1 : place]
        if by in ("haven't", "hasn't", "no") and "ever" not in seldom and "in" not in said[place:]:
            return False
        if by != "no" and comparative:
            return True
        anything = any(word in seldom for word in ("anything", "anyone", "anybody", "anywhere", "somewhere"))
        return bool({"so", "such", "this"} & set(near)) or ("as" in near and anything)
    return False
