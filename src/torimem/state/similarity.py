"""Similarity of topic names, from the signs of their vectors: whole numbers only, equal on every machine."""

from __future__ import annotations

from collections.abc import Mapping

from ..language.analysis import Sense

ALIKE = 0.25
"""The least similarity of two names that belong together: MiniLM gives machine learning and Python .26."""


def likeness(one: Sense | None, other: Sense | None) -> float | None:
    """The similarity of two names in [-1, 1]: signs that agree less signs that differ, over all signs.

    None if one of them is missing or they are of different models.

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
    """For each key, its similarity to every other key with a vector of the same model.

    >>> alike({"a": Sense("m", "f0"), "b": Sense("m", "f1"), "c": None})
    {'a': {'b': 0.75}, 'b': {'a': 0.75}, 'c': {}}
    """
    found: dict[str, dict[str, float]] = {key: {} for key in senses}
    # parsed once: the topics of a torus make thousands of pairs
    known = [(key, (s.model, len(s.signs)), _bits(s)) for key, s in senses.items() if s is not None]
    for place, (one, kind, bits) in enumerate(known):
        for other, its_kind, its_bits in known[place + 1 :]:
            if kind == its_kind:
                found[one][other] = found[other][one] = _agreement(bits, its_bits, 4 * kind[1])
    return found
