"""A query -> hits: the turns that answer it, read in one snapshot of the log and its state."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..checks import integer
from ..errors import InvalidInput, NotFound
from ..log.arrival import When, moment
from ..state.follow import Follower
from .hit import Hit
from .index import Index
from .rank import PARTS


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
