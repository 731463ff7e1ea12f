"""What one message alone says: its mentions and their valence; imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sense:
    """What a name means to a model, in small: the signs of its vector, one bit a dimension, as hex digits.

    Signs of one model compare with those of the same model only.
    """

    model: str
    signs: str


@dataclass(frozen=True, slots=True)
class Mention:
    """One topic as one message speaks of it.

    `key` identifies the topic (case, plural and filler adjectives folded away), `label` is how it was
    written, `valence` is how the speaker feels about it in [-1, 1], `weight` in [0, 1] is how much evidence
    that is, `sense` what the label means where an embedder was there to say it.
    """

    key: str
    label: str
    valence: float = 0.0
    weight: float = 0.0
    sense: Sense | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one message alone says: a function of its text, stored with the version that made it.

    The senses in it are all of one model, or there are none.
    """

    mentions: tuple[Mention, ...]
    valence: float | None
    analyser: str

    def packed(self) -> dict[str, Any]:
        """The same as a JSON object: how the store and exports write it."""
        mentions = [
            [m.key, m.label, m.valence, m.weight, *([m.sense.signs] if m.sense else [])]
            for m in self.mentions
        ]
        packed = {"analyser": self.analyser, "mentions": mentions, "valence": self.valence}
        models = [m.sense.model for m in self.mentions if m.sense]
        return packed | ({"embedder": models[0]} if models else {})

    @classmethod
    def unpacked(cls, raw: Mapping[str, Any]) -> Analysis:
        """Back from `packed`; raises `KeyError`, `TypeError` or `ValueError` for anything else.

        >>> given = Analysis((Mention("c++", "C++", 0.5, 1.0),), 0.5, "given")
        >>> Analysis.unpacked(given.packed()) == given
        True
        """
        mentions = [
            Mention(str(k), str(n), float(v), float(w), Sense(str(raw["embedder"]), _hex(*s)) if s else None)
            for k, n, v, w, *s in raw["mentions"]
        ]
        return cls(tuple(mentions), raw["valence"], raw["analyser"])


def _hex(signs: str) -> str:
    """Hex digits as they are; raises `ValueError` for anything else."""
    return bytes.fromhex(signs).hex()
