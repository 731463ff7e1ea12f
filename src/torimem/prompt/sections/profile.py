"""What the speakers said of themselves and still holds: a line a statement, in their own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...context.known import MemoryContext
from ...state.profile import Trait
from ..quote import QUOTED, name, plain, plain_name, quote
from ..words import Words
from .kind import Finding, Kind


def find(context: MemoryContext) -> Iterator[Finding[Trait]]:
    """Finds the statements, but for one that the best fact quotes anyway."""
    best = max(context.recent_facts, key=lambda fact: fact.score, default=None)
    for trait in context.profile:
        if best is None or trait.turn_id != best.turn_id:
            about = f"{trait.speaker}: {trait.slot}" if trait.speaker else trait.slot
            yield Finding(trait, about, f"{trait.slot}, as said last", (trait.turn_id,))


def values(trait: Trait, words: Words) -> dict[str, str]:
    """Quotes the statement, with its date and, where several people speak, by whom."""
    by = f"{name(trait.speaker)}: " if trait.speaker else ""
    date = trait.at.date().isoformat()
    return {"slot": trait.slot, "date": date, "by": by, "text": quote(trait.text, QUOTED)}


def entry(trait: Trait, words: Words) -> dict[str, Any]:
    """Gives the statement as plain text, with its date and speaker."""
    speaker = {"speaker": plain_name(trait.speaker)} if trait.speaker else {}
    said = {"date": trait.at.date().isoformat(), "text": plain(trait.text, QUOTED)}
    return {"slot": trait.slot, **speaker, **said}


PROFILE = Kind(
    name="profile",
    find=find,
    limit=5,
    places=("slot", "date", "by", "text"),
    values=values,
    entry=entry,
    worth=5.0,
    first=True,
)
