"""Gives each clause of a message the valence of what is felt in it; knows no topics.

`clauses` cuts the text, and `factuality` finds how each clause stands to fact: what is asked or wished is not
felt, and is not judged. A `Sentiment` judges the rest: by words (`polarity`) or by a model (`classifier`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

from ...errors import InvalidInput, ModelError
from . import polarity
from .clauses import Span, cut
from .factuality import Factuality, factualities

VERSION = "vader-2"
FORMS = "vader, hf:MODEL (a folder or a name on the hub; hf:MODEL#DEVICE), an object with name and valences"
FELT = 1.0  # weight of a clause that carries feeling
INFERRED = 0.25  # weight of a feeling that is only inferred
NEUTRAL = 0.1  # weight of a clause without any: naming a thing says little of how it is felt about
LACK = -0.4  # valence of a wish against what is


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause, text[start:end], with one feeling; where it shows none, `felt` is False and `valence` 0.

    `weight` in [0, 1] is how much evidence the valence is. `joined` says that the clause continues the one
    before it, in the same sentence and without a contrast.
    """

    start: int
    end: int
    valence: float
    weight: float
    felt: bool
    joined: bool = False


class Sentiment(Protocol):
    """The interface of a judge of feelings: a name, and one method.

    `name` is stored with each turn; let it change when the judge gives other numbers. `valences` gets all
    clauses of a message at once and returns for each, in order, a number from -1 (worst) to 1 (best), or None
    where it shows no feeling. Raise `ModelError` for a failure.
    """

    @property
    def name(self) -> str: ...

    def valences(self, texts: Sequence[str]) -> Sequence[float | None]: ...


class Vader:
    """Judges by VADER's words and the rules of `polarity`: English, no model, the same on every machine.

    >>> Vader().valences(["I love it!", "The train leaves at nine."])
    [0.6696, None]
    """

    name = VERSION

    def __repr__(self) -> str:
        return "Vader()"

    def valences(self, texts: Sequence[str]) -> list[float | None]:
        """The compound score of each text, None where it is too little to call it a feeling."""
        # "the game was okay" is too little; less displeasure is enough
        return [None if -0.2 < valence < 0.24 else valence for valence in map(polarity.compound, texts)]


VADER = Vader()


def load_sentiment(spec: str | Sentiment = "vader") -> Sentiment:
    """Return the judge of feelings with this name; an object that is one already is returned as it is.

    "vader" is words and rules. "hf:MODEL" is a text classifier of the transformers package, from a folder or
    the hub, read at its first use. Raises `InvalidInput` for any other name, `MissingExtra` without the
    packages that a classifier needs.

    >>> load_sentiment("vader").name
    'vader-2'
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
        from .classifier import opened

        return opened(model.strip())
    raise InvalidInput(f"emotion {spec!r} is not known; use one of: {FORMS}")


def clauses(text: str, sentiment: Sentiment = VADER) -> tuple[Clause, ...]:
    """Divide a text into clauses with their valence; together they cover it. Raises what the judge raises.

    >>> [(c.valence > 0, c.valence < 0) for c in clauses("I love the guitar but my boss is horrible")]
    [(True, False), (False, True)]
    """
    spans = list(cut(text))
    stand = factualities(spans, text)
    judged = [
        place for place, standing in enumerate(stand) if standing not in (Factuality.VOID, Factuality.REGRET)
    ]
    given = _judged(sentiment, [text[spans[place].start : spans[place].end] for place in judged])
    said = dict(zip(judged, given, strict=True))
    return tuple(_clause(place, spans, stand, said) for place in range(len(spans)))


def overall(found: tuple[Clause, ...]) -> float | None:
    """The valence of a whole message from its clauses; None where none shows a feeling.

    >>> overall(clauses("The train leaves at nine.")) is None
    True
    """
    felt = [clause for clause in found if clause.felt]
    if not felt:
        return None
    return round(sum(c.valence * c.weight for c in felt) / sum(c.weight for c in felt), 4)


def _judged(sentiment: Sentiment, texts: list[str]) -> list[float | None]:
    """Ask the judge for a valence of each clause, and check each: a log must hold nothing else."""
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


def _clause(
    place: int, spans: Sequence[Span], stand: Sequence[Factuality], said: dict[int, float | None]
) -> Clause:
    span, standing, valence = spans[place], stand[place], said.get(place)
    joined = not (span.opens or span.turns) and standing is not Factuality.VOID
    if standing is Factuality.REGRET:
        return Clause(span.start, span.end, LACK, INFERRED, felt=True, joined=joined)
    if standing is Factuality.SAID and valence is not None:
        return Clause(span.start, span.end, valence, FELT, felt=True, joined=joined)
    inferred = _opposite(place, spans, stand, said) if valence else None
    if inferred is None:
        return Clause(span.start, span.end, 0.0, NEUTRAL, felt=False, joined=joined)
    return Clause(span.start, span.end, inferred, INFERRED, felt=True, joined=joined)


def _opposite(
    place: int, spans: Sequence[Span], stand: Sequence[Factuality], said: dict[int, float | None]
) -> float | None:
    """Half the opposite of a feeling expected or past, where no clause after it is felt; else None."""
    later = range(place + 1, min(place + 4, len(spans)))
    if any(stand[other] is Factuality.SAID and said[other] is not None for other in later):
        return None
    valence = said[place] or 0.0
    turned = any(spans[other].turns or spans[other].opens for other in later)
    gone = stand[place] is Factuality.PAST and valence > 0
    return round(-valence / 2, 4) + 0.0 if turned or gone else None
