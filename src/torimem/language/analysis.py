"""What one message alone says, as values: its mentions, their valence, its claims. It reads no text."""

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
class Claim:
    """One slot of somebody's life and what it is said to hold: ("home", "berlin").

    `ended` where it is said to be over; only then may `value` be "", for whatever it was; `said` as written.
    """

    slot: str
    value: str
    ended: bool = False
    said: str = ""


def replaces(later: Claim, earlier: Claim) -> bool:
    """Whether what is claimed later makes an earlier claim outdated; claims of two slots never do.

    A value that has all the words of another is the same: "Berlin" and "Berlin Mitte" are one home.

    >>> berlin, rome = Claim("home", "berlin"), Claim("home", "rome")
    >>> replaces(rome, berlin), replaces(Claim("home", "berlin", ended=True), berlin), replaces(rome, rome)
    (True, True, False)
    """
    if later.slot != earlier.slot:
        return False
    new, old = set(later.value.split()), set(earlier.value.split())
    if earlier.ended:  # "I left Rome" is outdated by living there again, "I lost my job" by any other
        return not later.ended and (not old or new == old)
    return (new <= old or old <= new) == later.ended


GIVEN = "given"
"""Stands in the name of an analyser for what the caller gave: its topics, or its valence."""

_CLAIMS = "claims-"


@dataclass(frozen=True, slots=True)
class Readers:
    """What has read a message: the version that found its topics, who judged its feelings, the version that
    read its claims (None where they were not looked for). The three make the name of an analyser.

    >>> Readers("words-2", "vader-2", "claims-1").name, Readers(GIVEN, GIVEN).name
    ('words-2+claims-1+vader-2', 'given')
    >>> Readers.named("words-2+vader-2")
    Readers(topics='words-2', feelings='vader-2', claims=None)
    """

    topics: str
    feelings: str
    claims: str | None = None

    @property
    def name(self) -> str:
        """The name of the analyser, from which `named` reads the three again."""
        if self.topics == self.feelings == GIVEN and self.claims is None:
            return GIVEN
        return "+".join(filter(None, (self.topics, self.claims, self.feelings)))

    @classmethod
    def named(cls, analyser: str) -> Readers:
        """The three that the name of an analyser stands for."""
        topics, _, rest = analyser.partition("+")
        claims, _, feelings = rest.partition("+") if rest.startswith(_CLAIMS) else (None, "", rest)
        return cls(topics, feelings or topics, claims)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one message alone says: a function of its text, stored with the version that made it.

    The senses in it are all of one model, or there are none. `analyser` names what has read the message; one
    that names no version of claims has not looked for them.
    """

    mentions: tuple[Mention, ...]
    valence: float | None
    analyser: str
    claims: tuple[Claim, ...] = ()

    def packed(self) -> dict[str, Any]:
        """The same as a JSON object: how the store and exports write it."""
        mentions = [
            [m.key, m.label, m.valence, m.weight, *([m.sense.signs] if m.sense else [])]
            for m in self.mentions
        ]
        packed = {"analyser": self.analyser, "mentions": mentions, "valence": self.valence}
        if self.claims:
            packed["claims"] = [[one.slot, one.value, one.ended, one.said] for one in self.claims]
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
        claims = [
            Claim(str(slot), str(value), bool(ended), str(said))
            for slot, value, ended, said in raw.get("claims", ())
        ]
        return cls(tuple(mentions), raw["valence"], raw["analyser"], tuple(claims))


def _hex(signs: str) -> str:
    """Hex digits as they are; raises `ValueError` for anything else."""
    return bytes.fromhex(signs).hex()
