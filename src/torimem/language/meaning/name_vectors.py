"""A topic's name -> its sense: asks a local embedder once a name, and compares senses in whole numbers.

Senses are part of the log, so that a fold needs no model and gives the same places on every machine. What is
done with likeness is left to `fold` and `context`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...log.turn import Analysis, Sense
from .embed import Embedder

ALIKE = 0.25
"""The least likeness of two names that belong together: MiniLM gives machine learning and Python .26."""

_KEPT = 4096  # names whose senses are not asked for again


def likeness(one: Sense | None, other: Sense | None) -> float | None:
    """How alike two senses are in [-1, 1]: of d signs, those that agree less those that do not, by d.

    None where one of them is missing, or they are of two models.

    >>> likeness(Sense("m", "ff00"), Sense("m", "ff0f")), likeness(Sense("m", "00"), None)
    (0.5, None)
    """
    if one is None or other is None or one.model != other.model or len(one.signs) != len(other.signs):
        return None
    return _agreement(_bits(one), _bits(other), 4 * len(one.signs))


def _bits(sense: Sense) -> int:
    return int(sense.signs or "0", 16)


def _agreement(one: int, other: int, dimensions: int) -> float:
    return (dimensions - 2 * (one ^ other).bit_count()) / max(dimensions, 1)


def alike(senses: Mapping[str, Sense | None]) -> dict[str, dict[str, float]]:
    """For each key, the keys that have comparable senses and how alike the two are.

    >>> alike({"a": Sense("m", "f0"), "b": Sense("m", "f1"), "c": None})
    {'a': {'b': 0.75}, 'b': {'a': 0.75}, 'c': {}}
    """
    found: dict[str, dict[str, float]] = {key: {} for key in senses}
    # read once: of all the topics on a torus there are thousands of pairs
    known = [(key, (s.model, len(s.signs)), _bits(s)) for key, s in senses.items() if s is not None]
    for place, (one, kind, bits) in enumerate(known):
        for other, its_kind, its_bits in known[place + 1 :]:
            if kind == its_kind:
                found[one][other] = found[other][one] = _agreement(bits, its_bits, 4 * kind[1])
    return found


class Senses:
    """Gives the mentions of analyses their senses, by a local embedder; without one they keep what they had.

    A model that is reached over a network is never asked: writing must not depend on one.
    """

    def __init__(self, embedder: Embedder | None) -> None:
        local = embedder is not None and getattr(embedder, "local", False)
        self._embedder = embedder if local else None
        self._known: dict[str, Sense] = {}

    def model(self) -> str | None:
        """The name of the model that is asked, None where there is none."""
        return self._embedder.name if self._embedder else None

    def missing(self, analysis: Analysis) -> bool:
        """Whether a mention has no sense of the present model."""
        model = self.model()
        return model is not None and any(
            mention.sense is None or mention.sense.model != model for mention in analysis.mentions
        )

    def given(self, analyses: Sequence[Analysis], before: Analysis | None = None) -> list[Analysis]:
        """The analyses with senses; without a model, those that the same labels had `before`.

        New names are asked for all at once. Raises `ModelError` where the model fails.
        """
        if self._embedder is None:
            had = {mention.label: mention.sense for mention in before.mentions} if before else {}
            return [_with(analysis, had.get) for analysis in analyses] if had else list(analyses)
        labels = {mention.label: None for analysis in analyses for mention in analysis.mentions}
        senses = {label: self._known[label] for label in labels if label in self._known}
        new = [label for label in labels if label not in senses]
        if new:
            for label, encoded in zip(new, self._embedder.encode(new), strict=True):
                signs = np.packbits(encoded.whole > 0).tobytes().hex()
                senses[label] = Sense(self._embedder.name, signs)
            if len(self._known) + len(new) > _KEPT:
                self._known = {}
            self._known |= senses
        return [_with(analysis, senses.get) for analysis in analyses]


def _with(analysis: Analysis, sense: Callable[[str], Sense | None]) -> Analysis:
    mentions = (replace(mention, sense=sense(mention.label)) for mention in analysis.mentions)
    return replace(analysis, mentions=tuple(mentions))
