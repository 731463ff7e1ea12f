"""Rewrites of the log: forget, correct, reanalyse, restore; then fold it again.

Each rewrite is one transaction, applied wholly or not at all. What was forgotten is left in no file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO

from ..checks import integer
from ..errors import InvalidInput
from ..language.analyser import analyse, topic_key
from ..language.analysis import Analysis
from ..language.feeling.judge import Sentiment
from ..language.meaning.name_vectors import NameVectors
from ..log.arrival import moment
from ..log.correction import Change, Given, afresh, analyser, change, corrected
from ..log.store import Scope
from ..log.turn import Receipt, Turn
from .archive import Export
from .follow import Follower

_TOLD_EVERY = 64
"""Turns between two looks at the progress bar."""


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """What analysing a log afresh has changed, or would change.

    So many `turns` were looked at, and so many of them `changed`: topics `gained` and `lost`, and topics
    `felt` otherwise (of another sign, or by more than 0.1), in all; `claiming` is how many turns claim
    something else of their author. `changes` has the first one by one.
    """

    turns: int = 0
    changed: int = 0
    gained: int = 0
    lost: int = 0
    felt: int = 0
    changes: tuple[Change, ...] = ()
    dry_run: bool = False
    claiming: int = 0


def forget(
    log: Follower, turn: str | None, topic: str | None, before: datetime | str | None, *,
    everything: bool, dry_run: bool,
) -> Receipt:  # fmt: skip
    """Remove turns for good, or say which; raises as `Memory.forget`."""
    if sum((turn is not None, topic is not None, before is not None, everything)) != 1:
        raise InvalidInput("forget needs exactly one of turn, topic, before and everything: name one")
    until = None if before is None else moment(before, "before")
    key = None if topic is None else topic_key(topic)
    with log.reading() if dry_run else log.store.transaction():
        scope = log.find()
        ids = log.matching(scope, turn=turn, topic=key, before=until)
        if scope is not None and key is not None:
            ids = _with_amended(log, scope, key, ids)
        if dry_run or scope is None or not (ids or everything):
            return Receipt(ids, "nothing", dry_run)
        if everything:
            log.store.drop(scope.number)
        else:
            log.store.forget(scope.number, ids)
    erased = log.store.erase()
    log.catch_up()
    return Receipt(ids, "done" if erased else "pending")


def _with_amended(log: Follower, scope: Scope, key: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids, and those of turns on a topic as they were first said: that text is in the log still."""
    found = {turn.id for turn in log.store.amended(scope.number) if _once_on(turn, key)}.union(ids)
    if len(found) == len(ids):
        return ids
    return tuple(turn.id for turn in log.store.turns(scope.number) if turn.id in found)


def _once_on(turn: Turn, key: str) -> bool:
    return any(mention.key == key for mention in analyse(turn.original).mentions)


def correct(log: Follower, sentiment: Sentiment, senses: NameVectors, id: str, given: Given) -> Turn:
    """Put a turn right; raises as `Memory.correct`."""
    while True:
        with log.store.snapshot():
            scope = log.find()
            old = log.turn(scope, id)
        # outside of any transaction: who judges feelings may be slow
        turn = corrected(old, given, datetime.now(UTC), sentiment)
        turn = replace(turn, analysis=senses.given([turn.analysis], old.analysis)[0])
        if scope is not None and log.store.revise(scope, [turn]):
            break  # else the past has changed meanwhile
    log.store.erase()
    log.catch_up()
    return turn


def reanalyse(
    log: Follower, sentiment: Sentiment, senses: NameVectors, *, dry_run: bool, every: bool,
    limit: int | None, progress: Callable[[int], None] | None,
) -> Reanalysis:  # fmt: skip
    """Analyse the log afresh, or say what that would change; raises as `Memory.reanalyse`.

    The new analyses wait in a nameless file until all are there, so a long log needs little memory, and
    others can write meanwhile. Where the past has changed before they are written, it begins again.
    """
    limit = None if limit is None else integer("limit", limit, 0)
    while True:
        scope = log.find()
        if scope is None:
            return Reanalysis(dry_run=dry_run)
        with TemporaryFile("w+", encoding="ascii") as waiting:
            found = _analysed(
                log, scope, sentiment, senses, waiting, every=every, limit=limit, progress=progress
            )
            waiting.seek(0)
            if dry_run:
                return replace(found, dry_run=True)
            if log.store.revise(scope, _put_in(log, scope, waiting)):
                break
    if log.store.pending():
        log.store.erase()
    log.catch_up(progress)
    return found


def _analysed(
    log: Follower, scope: Scope, sentiment: Sentiment, senses: NameVectors, waiting: IO[str], *, every: bool,
    limit: int | None, progress: Callable[[int], None] | None,
) -> Reanalysis:  # fmt: skip
    """What is found afresh, with every analysis that is another one written to a file."""
    turns = changed = gained = lost = felt = claiming = 0
    changes: list[Change] = []
    for turn in log.store.turns(scope.number, 0, scope.turns):
        old = turn.analysis
        if every or analyser(turn, sentiment) != old.analyser or senses.missing(old):
            turns += 1
            [fresh] = senses.given([afresh(turn, sentiment)], old)
            if fresh != old:
                waiting.write(json.dumps([turn.index, fresh.packed()]) + "\n")
            if (one := change(turn, fresh)) is not None:
                changed += 1
                gained += len(one.gained)
                lost += len(one.lost)
                felt += len(one.felt)
                claiming += one.claims[0] != one.claims[1]
                if limit is None or len(changes) < limit:
                    changes.append(one)
        done = turn.index + 1
        if progress and (done % _TOLD_EVERY == 0 or done == scope.turns):
            progress(done)
    return Reanalysis(turns, changed, gained, lost, felt, tuple(changes), claiming=claiming)


def _put_in(log: Follower, scope: Scope, waiting: IO[str]) -> Iterator[Turn]:
    """The turns of the log with the analyses that wait in a file."""
    for line in waiting:
        index, packed = json.loads(line)
        for turn in log.store.at(scope.number, [index]):
            yield replace(turn, analysis=Analysis.unpacked(packed))


def restore(log: Follower, export: Export) -> None:
    """Put an export in place; raises `InvalidInput` where the user already has turns."""
    with log.writing() as scope:
        if scope.turns:
            raise InvalidInput(
                f"{log.user!r} already has {scope.turns} turns in {log.store.name}: give another user"
            )
        log.store.append(scope.number, export.turns)
        log.refold(export.dynamics)
