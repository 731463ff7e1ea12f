"""All that is asked of a store beyond its own operations, derived from them.

Each method here is right for any store and reads the log from its beginning; a store overrides those that an
index of its own answers faster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Self

from ...errors import NotFound
from ...models.message import Role
from ..turn import Turn
from .protocol import Scope, Store

WHOLE, SENTENCES, WORDS = VECTORS = ("whole", "sentences", "words")
"""Kinds of bytes: the vectors of a turn's text. An empty `WHOLE` is that of a text that was corrected."""

CHECKPOINT = "checkpoint"
"""Kind of bytes: the fold of the log up to and including the turn that it is kept with."""

Vectors = tuple[bytes, bytes, bytes]
"""The vectors of one turn, of the kinds `WHOLE`, `SENTENCES` and `WORDS`."""


class StoreBase(Store):
    """Base of every store: write the operations of `Store`, and have the rest.

    >>> from torimem.testing import ListStore
    >>> with ListStore() as store:
    ...     store.checkpoints(store.scope("ada", "", "{}").number)
    []
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # The store and its scopes

    def find(self, user: str, agent: str) -> Scope | None:
        """The scope of a user and an agent, None where nothing was written yet."""
        return next((one for one in self.scopes() if (one.user, one.agent) == (user, agent)), None)

    def set_dynamics(self, scope: int, dynamics: str) -> None:
        """Store other Dynamics; every checkpoint of the scope goes, every process folds afresh."""
        with self.transaction():
            self.update(scope, dynamics=dynamics)
            self._drop_checkpoints(scope)

    def size(self) -> int:
        """How many bytes the store takes on disk, 0 where it takes none."""
        return 0

    def integrity(self) -> list[str]:
        """What is wrong with the store itself, one line each; empty when it is sound."""
        return []

    # Finding turns

    def turn(self, scope: int, id: str) -> Turn:
        """The turn with this id; raises `NotFound`."""
        for turn in self.turns(scope):
            if turn.id == id:
                return turn
        raise NotFound(f"no turn has the id {id!r}: take one from the ledger or an export")

    def at(self, scope: int, indexes: Iterable[int]) -> list[Turn]:
        """The turns with these indexes, in the order given; an index that is not in the log is left out."""
        return [turn for index in indexes if index >= 0 for turn in self.turns(scope, index, index + 1)]

    def amended(self, scope: int) -> list[Turn]:
        """The turns about which something was put right, in order of the log."""
        return [turn for turn in self.turns(scope) if turn.corrected is not None]

    def before(self, scope: int, at: datetime) -> list[Turn]:
        """The turns said before a moment, in order of the log."""
        return [turn for turn in self.turns(scope) if turn.at < at]

    def said_until(self, scope: int, at: datetime) -> int:
        """How many turns stand in the log before the first that was said after a moment."""
        index = 0
        for turn in self.turns(scope):
            if turn.at > at:
                break
            index += 1
        return index

    def mentioning(
        self, scope: int, topic: str, *, role: Role | None = None, before: int | None = None, limit: int = -1
    ) -> Iterator[Turn]:
        """The newest turns that mention a topic, newest first, of those of a role with index < before."""
        found = [
            turn
            for turn in self.turns(scope, 0, before)
            if topic in _keys(turn) and role in (None, turn.role)
        ]
        return islice(reversed(found), None if limit < 0 else limit)

    def mention_counts(self, scope: int) -> dict[str, int]:
        """How many turns mention each topic key, ever."""
        return dict(Counter(topic for topic, _ in self.mention_rows(scope)))

    def mention_rows(self, scope: int) -> list[tuple[str, int]]:
        """The whole index: (topic key, turn index), sorted."""
        return sorted((key, turn.index) for turn in self.turns(scope) for key in _keys(turn))

    # Changing the past

    def forget(self, scope: int, ids: Sequence[str]) -> None:
        """Delete turns, all that is kept with them, and every checkpoint that saw them, at once.

        Raises `NotFound`, with nothing deleted, where an id is not in the log. Call `erase` afterwards.
        """
        with self.transaction():
            gone = {self._index(scope, id) for id in ids}
            if not gone:
                return
            self._drop_checkpoints(scope, min(gone))
            self.rewrite(scope, remove=gone)
            if not self.embedded(scope):  # then any model may make the next ones
                self.update(scope, embedder="")

    def _index(self, scope: int, id: str) -> int:
        return self.turn(scope, id).index

    def revise(self, scope: Scope, turns: Iterable[Turn]) -> bool:
        """Write turns over those that have their index now, and drop every checkpoint that saw one of them.

        False, with nothing written, where the past has changed since `scope` was read. The vectors of a turn
        that got another text are left blank. Call `erase` afterwards.
        """
        blank: list[int] = []
        first: list[int] = []

        def noted() -> Iterator[Turn]:
            for turn in turns:
                first[:] = [min([turn.index, *first])]
                old = self.at(scope.number, [turn.index])
                blank.extend(one.index for one in old if one.text != turn.text)
                yield turn

        with self.transaction():
            if not self._unchanged(scope):
                return False
            self.rewrite(scope.number, replace=noted())
            if first:
                self._drop_checkpoints(scope.number, first[0])
            had = self.get(scope.number, WHOLE, blank)
            self.put(scope.number, WHOLE, dict.fromkeys(had, b""))
            for kind in (SENTENCES, WORDS):
                self.put(scope.number, kind, dict.fromkeys(had))
        return True

    def _unchanged(self, scope: Scope) -> bool:
        """Whether the past is what it was when `scope` was read."""
        now = self.find(scope.user, scope.agent)
        return now is not None and (now.number, now.epoch) == (scope.number, scope.epoch)

    # Vectors

    def embedded(self, scope: int) -> int:
        """How many turns have vectors."""
        return sum(map(bool, self.get(scope, WHOLE, self.keys(scope, WHOLE)).values()))

    def unembedded(self, scope: int, limit: int) -> list[int]:
        """The indexes of the first turns that have no vectors."""
        there = self.get(scope, WHOLE, self.keys(scope, WHOLE))
        missing = (turn.index for turn in self.turns(scope) if not there.get(turn.index))
        return list(islice(missing, limit))

    def add_vectors(
        self, scope: Scope, embedder: str, indexes: Sequence[int], rows: Sequence[Vectors]
    ) -> bool:
        """Write the vectors of turns that have none; False where log or vectors changed meanwhile."""
        with self.transaction():
            now = self.find(scope.user, scope.agent)
            if now is None or now.embedder not in (None, embedder) or not self._unchanged(scope):
                return False
            if list(indexes) != self.unembedded(scope.number, len(indexes)):
                return False
            if now.embedder is None:
                self.update(scope.number, embedder=embedder)
            for kind, column in zip(VECTORS, zip(*rows, strict=True), strict=True) if rows else ():
                self.put(scope.number, kind, dict(zip(indexes, column, strict=True)))
        return True

    def drop_vectors(self, scope: int) -> None:
        """Delete the vectors of a scope, and forget which model made them."""
        with self.transaction():
            for kind in VECTORS:
                self.put(scope, kind, dict.fromkeys(self.keys(scope, kind)))
            self.update(scope, embedder="")

    def wholes(self, scope: int, start: int) -> list[bytes]:
        """The vectors of whole turns from an index on, in order, empty for one left blank."""
        return [*self.get(scope, WHOLE, self.keys(scope, WHOLE, start)).values()]

    def vectors(self, scope: int, indexes: Iterable[int]) -> list[tuple[bytes, bytes]]:
        """The sentence and the word vectors of turns, empty for a turn that has none."""
        indexes = list(indexes)
        sentences, words = (self.get(scope, kind, indexes) for kind in (SENTENCES, WORDS))
        return [(sentences.get(index, b""), words.get(index, b"")) for index in indexes]

    # Checkpoints

    def save_checkpoint(self, scope: Scope, turns: int, state: bytes, *, drop: Collection[int] = ()) -> None:
        """Keep a fold of the first `turns` turns, unless the past was rewritten meanwhile; drop others."""
        with self.transaction():
            if self._unchanged(scope):
                changes: dict[int, bytes | None] = {old - 1: None for old in drop}
                self.put(scope.number, CHECKPOINT, changes | {turns - 1: state})

    def checkpoints(self, scope: int) -> list[int]:
        """How many turns each kept checkpoint covers, ascending."""
        return [index + 1 for index in self.keys(scope, CHECKPOINT)]

    def checkpoint(self, scope: int, turns: int) -> bytes:
        """The state kept after `turns` turns, empty where there is none."""
        return self.get(scope, CHECKPOINT, [turns - 1]).get(turns - 1, b"")

    def _drop_checkpoints(self, scope: int, first: int = 0) -> None:
        """Drop the checkpoints that saw the turn with index `first`."""
        self.put(scope, CHECKPOINT, dict.fromkeys(self.keys(scope, CHECKPOINT, first)))


def _keys(turn: Turn) -> set[str]:
    return {mention.key for mention in turn.analysis.mentions}
