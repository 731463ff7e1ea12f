"""One message's text -> clauses with the feeling of each; knows VADER's lexicon, leaves topics to `topics`.

A clause is a sentence, or the part of one up to "but", "although" or a semicolon: what is said about one
thing must not colour another. Inside a clause a `Sentiment` judges. VADER's own rules hold for negation,
intensity and emoji, a few idioms are spelled out for it first; a trained one stands in `classifier`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Protocol

from torimem.analyse.key import straight
from torimem.errors import InvalidInput, ModelError

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

VERSION = "vader-1"
FORMS = "vader, hf:MODEL (a folder or a name on the hub; hf:MODEL#DEVICE), an object with name and valences"
FELT = 1.0  # weight of a clause that carries feeling
WEAK = 0.25  # weight of a neutral clause, and of a question
LONGEST = 1000  # characters of a clause; a text without punctuation is cut here

_END = re.compile(
    r"""
    (?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\b[A-Za-z]\.[A-Za-z])
    [.!?…]{1,20}["'”’)\]]{0,5}(?=\s|\Z) | [。！？]{1,20} | \n
  | ;(?=\s)
  | (?=\b(?:but|although|though|however|whereas)\b(?!\s*(?:[.!?;,](?:\s|\Z)|\Z)))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPENS_CONTRAST = re.compile(r"\s*(?:even\s+)?(?:although|though|while)\b[^,]*,", re.IGNORECASE)
_REPEATED = re.compile(r"(\W)\1{3,}")  # a wall of one emoji feels no more than three of it
_SPACE = re.compile(r"\s(?=\S*\Z)")

# What VADER gets wrong word by word, said in words it knows; what is left out says nothing of a feeling.
_PLAIN = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (r"\b(?:can't|cant|cannot) wait\b", "am excited"),
        (r"\blook(?:s|ing|ed)? forward to\b", "am excited about"),
        (r"\b(?:can't|cannot|couldn't) (?:stand|bear)\b|\b(?:fed up with|sick of)\b", "hate"),
        (r"\b(?:can't|couldn't) (?:complain|be (?:happier|prouder|better))\b", "am glad"),
        (r"\bno longer\b", "not"),
        (r"(?:\bwould|'d) (?:like|love) to\b", " want to"),
        (r"(\b(?:am|is|are|was|were|be|been|feel|feels|felt|looks?)|'m|'s|'re) pretty (?=\w)", r"\1 very "),
        (
            r"\b((?:feel|look|sound|seem|smell|taste)(?:s|ed|ing)?|felt|is|was|are|were|be|something|anything|things|stuff|more|much)"
            r" like\b",
            r"\1",
        ),
        (r"\bas well\b|^\s*well\b,?|\bof course\b|\bno (?:problem|worries|wonder|doubt)\b", ""),
        (r"\bnot only\b|\blong time no \w+\b", ""),
        (r"\bincredible\b", "amazing"),  # VADER takes it for an adverb of degree
        (r"\b(what(?:'s|s| is| was| are| were)\b[^.!?]*?) like\b", r"\1"),
        (r"\btake care\b(?! of)", ""),
    )
)

# Everyday words of feeling that VADER's lexicon lacks, on its scale of -4 to 4.
_MISSING = {
    **dict.fromkeys(
        ("breathtaking", "phenomenal", "spectacular", "unforgettable", "uplifting", "stoked"), 2.4
    ),
    **dict.fromkeys(
        ("fulfilling", "magical", "memorable", "refreshing", "tasty", "cozy", "hyped", "pumped"), 1.8
    ),
    **dict.fromkeys(
        ("afraid", "overwhelming", "swamped", "exhausting", "tiring", "hectic", "unwell", "rough"), -1.6
    ),
    **dict.fromkeys(("complicated", "concerned", "concerning", "burnout", "toxic", "laggy", "buggy"), -1.2),
}

# Courtesy and plain doings that the lexicon scores as pleasure.
_NEUTRAL = (
    "please yes yeah yep ok okay sure thanks thank thx hello dear play plays played playing "
    "share shares shared sharing"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a text with one feeling; where it shows none, `felt` is False and `valence` 0."""

    start: int
    end: int
    valence: float
    weight: float
    felt: bool


class Sentiment(Protocol):
    """What a judge of feelings is to torimem: a name that changes with its numbers, and one method.

    `valences` gets all clauses of a message at once and gives for each, in order, a number from -1 (worst) to
    1 (best), or None where it shows no feeling. A failure is a `ModelError`.
    """

    @property
    def name(self) -> str: ...

    def valences(self, texts: Sequence[str]) -> Sequence[float | None]: ...


class Vader:
    """VADER with a few words of our own: English, no model, the same on every machine.

    >>> Vader().valences(["I love it!", "The train leaves at nine."])
    [0.6696, None]
    """

    name = VERSION

    def __repr__(self) -> str:
        return "Vader()"

    def valences(self, texts: Sequence[str]) -> list[float | None]:
        """The compound score of each text, None where it is too little to call it a feeling."""
        # "the game was okay" is too little; a hint of displeasure is not
        return [None if -0.05 < valence < 0.2 else valence for valence in map(compound, texts)]


VADER = Vader()


def load(spec: str | Sentiment = "vader") -> Sentiment:
    """The judge of feelings that a text names; an object that is one already is returned as it is.

    A classifier is read at its first use. Raises `InvalidInput` for anything unknown, `MissingExtra` without
    the packages that it needs.

    >>> load("vader").name
    'vader-1'
    """
    if not isinstance(spec, str):
        named = getattr(spec, "name", None)
        if isinstance(named, str) and named.strip() and callable(getattr(spec, "valences", None)):
            return spec
        raise InvalidInput(
            f"emotion of type {type(spec).__name__} lacks name or valences; use one of: {FORMS}"
        )
    kind, _, model = spec.partition(":")
    if spec == "vader":
        return VADER
    if kind == "hf" and model.strip():
        from torimem.analyse.classifier import opened

        return opened(model.strip())
    raise InvalidInput(f"emotion {spec!r} is not known; use one of: {FORMS}")


def clauses(text: str, sentiment: Sentiment = VADER) -> tuple[Clause, ...]:
    """The clauses of a text in order; together they cover it. Raises `ModelError` where the judge fails.

    >>> [(c.valence > 0, c.valence < 0) for c in clauses("I love the guitar but my boss is horrible")]
    [(True, False), (False, True)]
    """
    spans = [(start, end) for start, end in _spans(text) if text[start:end].strip()]
    valences = _judged(sentiment, [text[start:end] for start, end in spans])
    return tuple(_clause(text, *span, valence) for span, valence in zip(spans, valences, strict=True))


def overall(found: tuple[Clause, ...]) -> float | None:
    """The valence of a whole message from its clauses; None where none shows a feeling.

    >>> overall(clauses("The train leaves at nine.")) is None
    True
    """
    felt = [clause for clause in found if clause.felt]
    if not felt:
        return None
    return round(sum(c.valence * c.weight for c in felt) / sum(c.weight for c in felt), 4)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    opens_sentence = True
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        if opens_sentence and (contrast := _OPENS_CONTRAST.match(text, start, end)):
            yield start, contrast.end()
            start = contrast.end()
        while end - start > LONGEST:
            space = _SPACE.search(text, start, start + LONGEST)
            cut = space.end() if space else start + LONGEST
            yield start, cut
            start = cut
        if end > start:
            yield start, end
            opens_sentence = match is not None and match.end() > match.start()
        start = end


def _judged(sentiment: Sentiment, texts: list[str]) -> list[float | None]:
    """What the judge says of each clause, checked: nothing else may get into a log."""
    given: list[object] = list(sentiment.valences(texts)) if texts else []
    if len(given) != len(texts):
        raise ModelError(
            f"emotion {sentiment.name!r} gives {len(given)} valences for {len(texts)} clauses; give one each"
        )
    valences: list[float | None] = []
    for valence in given:
        if valence is None:
            valences.append(None)
        elif isinstance(valence, Real) and abs(float(valence)) <= 1:
            valences.append(round(float(valence), 4) + 0.0)  # no negative zero
        else:
            raise ModelError(
                f"emotion {sentiment.name!r} gives {valence!r}; a number in [-1, 1] or None is needed"
            )
    return valences


def _clause(text: str, start: int, end: int, valence: float | None) -> Clause:
    if valence is None:
        return Clause(start, end, 0.0, WEAK, felt=False)
    if "?" in text[max(start, end - 8) : end]:  # "Are you happy?" asks, it does not say
        return Clause(start, end, round(valence / 2, 4), WEAK, felt=True)
    return Clause(start, end, valence, FELT, felt=True)


def compound(clause: str) -> float:
    """VADER's compound score of one clause in [-1, 1], idioms spelled out first.

    >>> compound("I am not happy") < 0 < compound("I can't wait to play!")
    True
    """
    plain = _REPEATED.sub(r"\1\1\1", straight(clause))
    for pattern, words in _PLAIN:
        plain = pattern.sub(words, plain)
    return round(float(_vader().polarity_scores(plain)["compound"]), 4)


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    with warnings.catch_warnings():  # it opens its lexicon in a way that Python 3.14 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        vader = SentimentIntensityAnalyzer()
    vader.lexicon.update(_MISSING)
    for word in _NEUTRAL.split():
        vader.lexicon.pop(word, None)
    return vader
