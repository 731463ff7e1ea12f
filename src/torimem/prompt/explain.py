"""A turn's id or a ledger line -> the turns behind it, their topics now, the prompt lines that cite them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..context import context as contexts
from ..context.known import Topic
from ..log.turn import Turn
from ..state.follow import Follower
from .ledger import LedgerLine, Prompt


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a memory says something: the turns behind it, their topics now, the prompt lines that cite them."""

    turns: tuple[Turn, ...]
    topics: tuple[Topic, ...]
    lines: tuple[LedgerLine, ...]


def explained(log: Follower, what: str | LedgerLine, prompt: Callable[[], Prompt]) -> Explanation:
    """Finds the turns behind an id or a ledger line, their topics, and the prompt lines that cite them.

    `prompt` writes the prompt whose lines are looked through. Raises `NotFound` for an id that no turn has,
    `InvalidInput` for what is neither.
    """
    ids = what.sources if isinstance(what, LedgerLine) else (what,)
    with log.reading() as (scope, state):
        turns = tuple(log.turn(scope, id) for id in ids)
        keys = {mention.key for turn in turns for mention in turn.analysis.mentions}
        topics = tuple(topic for topic in contexts.read(state) if topic.key in keys)
        cited = tuple(line for line in prompt().lines if set(line.sources) & set(ids))
        return Explanation(turns, topics, cited)
