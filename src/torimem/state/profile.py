"""What people have said of themselves and still holds: where they live, what they do, what they eat.

What a turn claims stands in its analysis; here a later claim takes the place of an earlier one, and what is
over is gone. It is kept with the state, so that it can be told without reading the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..language.analysis import Claim, replaces
from ..log.turn import Turn

SLOTS = ("name", "home", "work", "occupation", "school", "study", "relationship", "diet")
"""What is kept, in the order to tell it; what is said of others, and dates, is left to the log."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What a speaker has said of themselves in a slot ("home", "work") and still holds, in their words."""

    slot: str
    text: str
    at: datetime
    turn_id: str
    speaker: str | None = None


@dataclass(slots=True)
class Said:
    """One claim that holds: its value as a key, the words, their turn and its time in ISO 8601."""

    value: str
    text: str
    turn: str
    at: str


Profile = dict[str, dict[str, Said]]
"""By speaker ("" where turns name none) and slot."""


def take_in(profile: Profile, turn: Turn) -> None:
    """Take in what a turn claims of its author.

    >>> from torimem.language.analyser import analyse
    >>> profile, text = {}, "I work at Siemens. I moved to Berlin."
    >>> take_in(profile, Turn("a", 0, text, "user", None, datetime(2026, 1, 31), None, analyse(text)))
    >>> [(trait.slot, trait.text) for trait in traits(profile)]
    [('home', 'I moved to Berlin'), ('work', 'I work at Siemens')]
    """
    if turn.role != "user":
        return
    for claim in turn.analysis.claims:
        if claim.slot not in SLOTS:
            continue
        own = profile.setdefault(turn.speaker or "", {})
        before = own.get(claim.slot)
        if not claim.ended:
            own[claim.slot] = Said(claim.value, claim.said, turn.id, turn.at.isoformat())
        elif before is not None and replaces(claim, Claim(claim.slot, before.value)):
            del own[claim.slot]


def traits(profile: Profile) -> tuple[Trait, ...]:
    """What holds, in the order of `SLOTS`, then by speaker."""
    return tuple(
        Trait(slot, said.text, datetime.fromisoformat(said.at), said.turn, speaker or None)
        for slot in SLOTS
        for speaker, own in sorted(profile.items())
        if (said := own.get(slot)) is not None
    )
