"""What a memory is asked -> its answer, read in one snapshot of the log and its state; it changes nothing.

It brings the stages together that an answer needs: the state seen from a moment, recall, facts, context.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from ..checks import integer
from ..context import context as contexts
from ..context import facts
from ..errors import InvalidInput, NotFound
from ..language.analyse import analyse
from ..language.meaning import name_vectors
from ..log.replay import moment
from ..log.turn import Explanation, Hit, LedgerLine, MemoryContext, Prompt
from ..state import counts, profile
from ..state.follow import Follower
from .index import Index
from .rank import PARTS

When = datetime | str
"""A moment, or one in ISO 8601."""


def context(
    log: Follower, index: Index, threshold: float | None, query: str | None, *,
    as_of: When | int | None, now: When | None, omit: Collection[str],
) -> MemoryContext:  # fmt: skip
    """What is active, how it is felt, what was said of it; raises as `Memory.context`."""
    if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
        raise InvalidInput(f"threshold is {threshold!r}, it must be a number between 0 and 1")
    asked = facts.asked_in(query) if query else ""
    named = [mention.key for mention in analyse(query).mentions] if query else []
    at = None if now is None else moment(now, "now")
    vectors = index.read(asked)
    with log.reading() as (scope, newest):
        state = log.seen(scope, newest, as_of, at, named)
        least = (log.dynamics.threshold if threshold is None else threshold) / 2
        topics = [replace(t, asked=True) if t.key in named else t for t in contexts.read(state, least)]
        partners = {topic.key: state.topics[topic.key].partners for topic in topics}
        alike = name_vectors.alike({topic.key: state.topics[topic.key].sense for topic in topics})
        found = contexts.extract(
            topics, log.dynamics, threshold=threshold, partners=partners, alike=alike, turns=state.turns,
            usual=counts.usual(state.tallies, state.sessions), now=state.at, query=query,
            profile=[one for one in profile.traits(state.profile) if one.turn_id not in omit],
        )  # fmt: skip
        if scope is None or state.at is None:
            return found
        question = facts.Question(asked, vectors, state.turns, at or state.at) if asked else None
        return replace(found, recent_facts=facts.recent(index, scope, found, question, omit))


def search(
    log: Follower, index: Index, question: str, limit: int, *, since: When | None, until: When | None,
    as_of: When | int | None, now: When | None, without: Collection[str],
    progress: Callable[[int], None] | None,
) -> list[Hit]:  # fmt: skip
    """The turns that answer a question, best first; raises as `Memory.search`."""
    limit = integer("limit", limit, 0)
    unknown = sorted(set(without) - set(PARTS))
    if unknown:
        raise NotFound(f"part {unknown[0]!r} is not one of {', '.join(PARTS)}: choose one of these")
    if not isinstance(question, str):
        raise InvalidInput(f"question is {question!r}, it must be text")
    named = (("since", since), ("until", until), ("now", now))
    start, end, at = (None if when is None else moment(when, name) for name, when in named)
    vectors = index.read(question, progress)
    with log.reading() as (scope, newest):
        state = log.seen(scope, newest, as_of, None)
        if scope is None or state.at is None:
            return []
        found = index.find(
            scope, question, vectors, limit, turns=state.turns, now=at or state.at, since=start,
            until=end, without=without,
        )  # fmt: skip
        return [index.hit(scope, one, state.turns) for one in found]


def explain(log: Follower, what: str | LedgerLine, prompt: Callable[[], Prompt]) -> Explanation:
    """The turns behind an id or a ledger line, their topics, and the prompt lines that cite them."""
    ids = (what,) if isinstance(what, str) else what.sources
    with log.reading() as (scope, state):
        turns = tuple(log.turn(scope, id) for id in ids)
        keys = {mention.key for turn in turns for mention in turn.analysis.mentions}
        topics = tuple(topic for topic in contexts.read(state) if topic.key in keys)
        cited = tuple(line for line in prompt().lines if set(line.sources) & set(ids))
        return Explanation(turns, topics, cited)
