"""Rewrites of the log: forget, correct, reanalyse, restore; then fold it again.

Each rewrite is one transaction, applied wholly or not at all. What was forgotten is left in no file.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO

from ..checks import flag, integer
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which turns are meant: those of which all that is not None holds.

    `topic` is a key; `text` stands somewhere in what was said, or was first said, letter case aside.
    """

    id: str | None = None
    topic: str | None = None
    text: str | None = None
    speaker: str | None = None
    session: str | None = None
    before: datetime | None = None

    def __contains__(self, turn: Turn) -> bool:
        return (
            self.id in (None, turn.id)
            and self.speaker in (None, turn.speaker)
            and self.session in (None, turn.session)
            and (self.before is None or turn.at < self.before)
            and (self.topic is None or _speaks_of(turn, self.topic))
            and (self.text is None or any(self.text in _folded(said) for said in (turn.text, turn.original)))
        )


def forget(
    log: Follower, *, id: str | None, topic: str | None, text: str | None, speaker: str | None,
    session: str | None, before: datetime | str | None, everything: bool, dry_run: bool,
) -> Receipt:  # fmt: skip
    """Remove turns for good, or say which; raises as `Memory.forget`."""
    flag("everything", everything)
    flag("dry_run", dry_run)
    names = {"id": id, "topic": topic, "text": text, "speaker": speaker, "session": session}
    for name, value in names.items():
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise InvalidInput(f"{name} is {value!r:.60}, it must be text of at least one character, or None")
    given = [name for name, value in (*names.items(), ("before", before)) if value is not None]
    if not given and not everything:
        raise InvalidInput(f"nothing was named to forget: give {', '.join(names)}, before or everything")
    if given and everything:
        raise InvalidInput(f"forget got everything and {given[0]}: give one of the two")
    chosen = Chosen(
        id=id,
        topic=None if topic is None else topic_key(topic),
        text=None if text is None else _folded(text),
        speaker=speaker,
        session=session,
        before=None if before is None else moment(before, "before"),
    )
    with log.reading() if dry_run else log.store.transaction():
        scope = log.find()
        ids = _ids(log, scope, chosen)
        if dry_run or scope is None or not (ids or everything):
            return Receipt(ids, "nothing", dry_run)
        if everything:
            log.store.drop(scope.number)
        else:
            log.store.forget(scope.number, ids)
    erased = log.store.erase()
    log.catch_up()
    return Receipt(ids, "done" if erased else "pending")


def _ids(log: Follower, scope: Scope | None, chosen: Chosen) -> tuple[str, ...]:
    """The ids of the turns that are meant, in order of the log; raises `NotFound` for an unknown id."""
    found: Iterable[Turn]
    if chosen.id is not None:
        found = [log.turn(scope, chosen.id)]
    elif scope is None:
        found = []
    elif chosen.topic is not None:  # those that speak of it, or did before they were corrected
        amended = log.store.amended(scope.number)
        named = {turn.index: turn for turn in (*log.store.mentioning(scope.number, chosen.topic), *amended)}
        found = [named[index] for index in sorted(named)]
    elif chosen.before is not None:
        found = log.store.before(scope.number, chosen.before)
    else:
        found = log.store.turns(scope.number)
    return tuple(turn.id for turn in found if turn in chosen)


def _speaks_of(turn: Turn, key: str) -> bool:
    """Whether a turn speaks of a topic, or did as it was first said: that text is in the log still."""
    said = [turn.analysis] if turn.corrected is None else [turn.analysis, analyse(turn.original)]
    return any(mention.key == key for analysis in said for mention in analysis.mentions)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


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
    flag("dry_run", dry_run)
    flag("every", every)
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
