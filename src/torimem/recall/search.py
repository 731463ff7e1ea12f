"""A query -> hits: the turns that answer it, read in one snapshot of the log and its state."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from ..checks import collection, integer
from ..errors import InvalidInput, NotFound
from ..log.arrival import When, moment
from ..state.follow import Follower
from .hit import Hit
from .index import Index
from .query import Query, parse
from .rank import PARTS


def ask(
    log: Follower, index: Index, text: str, *, as_of: When | int | None, now: datetime | None,
    message: bool = False,
) -> Query:  # fmt: skip
    """A text as a query to a log: parsed once, with its vectors. Call it outside of any snapshot.

    `now` defaults to the time of the last turn that is looked at; of a `message` its questions are asked.
    """
    if not isinstance(text, str):
        raise InvalidInput(f"query is {text!r:.60}, it must be text")
    speakers: list[str] = []
    with log.lock, log.store.snapshot():
        scope = index.scope()
        turns = 0
        if scope is not None:
            turns = scope.turns if as_of is None else log.until(scope, as_of)
        if scope is not None and turns:
            speakers, latest = index.known(scope, turns)
            now = latest if now is None else now
    return index.encoded(parse(text, speakers, now or datetime.now(UTC), message=message))


def search(
    log: Follower, index: Index, text: str, limit: int, *, since: When | None, until: When | None,
    as_of: When | int | None, now: When | None, without: Collection[str],
) -> list[Hit]:  # fmt: skip
    """The turns that answer a query, best first; raises as `Memory.search`."""
    limit = integer("limit", limit, 0)
    collection("without", without)
    unknown = sorted(set(without) - set(PARTS))
    if unknown:
        raise NotFound(f"part {unknown[0]!r} is not one of {', '.join(PARTS)}: choose one of these")
    named = (("since", since), ("until", until), ("now", now))
    start, end, at = (None if when is None else moment(when, name) for name, when in named)
    query = ask(log, index, text, as_of=as_of, now=at)
    with log.reading() as (scope, newest):
        state = log.seen(scope, newest, as_of, None)
        if scope is None or state.at is None:
            return []
        found = index.find(scope, query, limit, turns=state.turns, since=start, until=end, without=without)
        return [index.hit(scope, one, state.turns) for one in found]
