"""What recall looks things up in, for one scope: it follows the log, whoever writes to it.

It ties the store, the postings and the embedder together; ranking is `rank`'s. Vectors are an index like any
other: made from the log, never the other way round. Reading takes those that there are and makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from ..errors import EmbedderMismatch, ModelError
from ..language.analysis import Claim, replaces
from ..language.block import without_block
from ..language.meaning.embed import Embedder, Encoded
from ..language.meaning.vectors import Wholes, pack, sentences_like, small, words_like
from ..log.store import Scope, StoreBase
from ..log.turn import Turn
from . import rank
from .hit import Hit
from .postings import Postings
from .query import Query
from .rank import Alike, Answer, Found

BATCH = 64
"""Turns embedded between two looks at the progress bar: a killed process loses at most so many."""

CATCH_UP = 8
"""Turns left without vectors that each writing embeds beside its own."""

CANDIDATES = 128
"""How many turns by words, and how many by whole vectors, have their sentences and words compared, with the
turns around them."""

WHOLE = 2048
"""A log of up to so many turns is compared whole."""

NEAR = 3
"""A candidate is compared together with the turns around it, which it lends to and borrows from."""


Reals = NDArray[np.float64]
_Slot = tuple[str, str]


class Index:
    """Postings and vectors of one user's and agent's log.

    An embedder that nobody named (`given` is False) gives way to the model that made the vectors there are.
    """

    def __init__(
        self, store: StoreBase, user: str, agent: str, embedder: Embedder | None, *, given: bool,
        lock: RLock | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self._lock = lock or RLock()  # before any snapshot: what is looked up is one for all threads
        self.user: str = user
        self.agent: str = agent
        known = store.find(user, agent)
        other = embedder and known and known.embedder not in (None, embedder.name)
        self.embedder: Embedder | None = None if other and not given else embedder
        self._postings = Postings()
        self._wholes: Wholes | None = None
        self._blank: set[int] = set()  # turns whose text was corrected, and not embedded since
        self._slots: dict[_Slot, list[tuple[int, Claim]]] = {}  # by whom and of what -> turns that claim it
        self._claimed: dict[int, list[tuple[_Slot, Claim]]] = {}
        self._seen: tuple[int, int] | None = None

    def scope(self) -> Scope | None:
        """The scope as it is now; raises `EmbedderMismatch` where another model made its vectors."""
        scope = self.store.find(self.user, self.agent)
        if scope and self.embedder and scope.embedder not in (None, self.embedder.name):
            raise EmbedderMismatch(
                f"the memory of {self.user!r} was embedded with {scope.embedder}, not {self.embedder.name}: "
                "open it with that embedder or 'none', or embed it afresh with torimem embed --afresh"
            )
        return scope

    def backlog(self) -> int:
        """How many turns have no vectors yet, 0 without an embedder."""
        with self.store.snapshot():
            return self.missing(self.scope())

    def missing(self, scope: Scope | None) -> int:
        """How many turns of a scope have no vectors yet, 0 without an embedder. Call it inside a snapshot."""
        if scope is None or self.embedder is None:
            return 0
        return scope.turns - self.store.embedded(scope.number)

    def written(
        self, turns: int, progress: Callable[[int], None] | None = None,
        encoded: Mapping[str, Encoded] | None = None,
    ) -> None:  # fmt: skip
        """Embed what was just written, so many turns, and a few that were left before, by a local model.

        `encoded` has the vectors of texts that the model has read already.
        A model that is reached over a network is not asked, and one that fails leaves its turns without
        vectors: a turn is in the log, whatever becomes of its index.
        """
        if self.embedder is not None and getattr(self.embedder, "local", False):
            with suppress(ModelError, EmbedderMismatch):
                self.embed(progress, limit=turns + CATCH_UP, encoded=encoded)

    def embed(
        self, progress: Callable[[int], None] | None = None, *, afresh: bool = False,
        limit: int | None = None, encoded: Mapping[str, Encoded] | None = None,
    ) -> int:  # fmt: skip
        """Embed what has no vectors yet, the oldest first, or all `afresh`; returns the number of turns.

        At most `limit` turns are embedded. The model runs outside of any transaction, so that others can
        write meanwhile.
        """
        if self.embedder is None:
            return 0
        if afresh:
            with self.store.transaction():
                if found := self.store.find(self.user, self.agent):
                    self.store.drop_vectors(found.number)
            with self._lock:
                self._wholes = None
        done = 0
        while scope := self.scope():
            most = BATCH if limit is None else min(BATCH, limit - done)
            turns = self._next(scope, most)
            if not turns:
                break
            texts = [without_block(turn.text) for turn in turns]
            known = dict(encoded or {})
            if new := [text for text in dict.fromkeys(texts) if text not in known]:
                known.update(zip(new, self.embedder.encode(new), strict=True))
            rows = [pack(known[text]) for text in texts]
            # not written where others embedded or forgot meanwhile: then go on from what there is now
            if self.store.add_vectors(scope, self.embedder.name, [turn.index for turn in turns], rows):
                done += len(turns)
                if progress:
                    progress(done)
                if limit is not None and len(turns) < most:
                    break  # spares a look, once for each message that is written
        return done

    def _next(self, scope: Scope, most: int) -> list[Turn]:
        with self.store.snapshot():
            return self.store.at(scope.number, self.store.unembedded(scope.number, most))

    def known(self, scope: Scope, turns: int) -> tuple[list[str], datetime]:
        """Who speaks in the first `turns` turns (at least one) and their latest moment. In a snapshot."""
        self._follow(scope)
        return self._postings.speakers(turns), self._postings.latest(turns)

    def encoded(self, query: Query) -> Query:
        """A query with its vectors, where there are any to compare them with.

        Call it outside of any snapshot: models are slow.
        """
        if self.embedder is None or self._wholes is None or not query:
            return query
        return replace(query, vectors=self.embedder.encode([query.plain])[0])

    def find(
        self, scope: Scope, query: Query, limit: int, *, turns: int, since: datetime | None = None,
        until: datetime | None = None, without: Collection[str] = (),
    ) -> list[Found]:  # fmt: skip
        """The turns that answer a query, of the first `turns`, best first. Call it inside a snapshot."""
        if not query:
            return []
        self._follow(scope)
        alike = None
        if query.vectors is not None and self._wholes is not None:
            alike = partial(self._alike, scope, query.vectors, turns)
        return rank.rank(
            query, self._postings, turns, limit, alike=alike, answers=self._answers(query, turns),
            since=since, until=until, without=without,
        )  # fmt: skip

    def hit(self, scope: Scope, found: Found, turns: int) -> Hit:
        """What was found, with its words, and how often the first `turns` turns say the same."""
        (turn,) = self.store.at(scope.number, [found.index])
        texts = self._postings.texts(turns)
        count = int((texts == texts[found.index]).sum())
        return Hit(
            turn.id, turn.index, turn.text, turn.role, turn.speaker, turn.at, turn.session, found.score,
            found.why, count,
        )  # fmt: skip

    def overtaken_by(self, turn: int, turns: int) -> int | None:
        """The last of the first `turns` turns in which its speaker took back what a turn says."""
        for slot, claim in self._claimed.get(turn, ()):
            later = self._overtaken(slot, turn, claim, turns)
            if later is not None:
                return later
        return None

    def _overtaken(self, slot: _Slot, turn: int, claim: Claim, turns: int) -> int | None:
        """The last of the first `turns` turns in which a claim that a turn makes was taken back."""
        for later, other in reversed(self._slots[slot]):
            if turn < later < turns and replaces(other, claim):
                return later
            if later <= turn or (later < turns and not other.ended):  # it was said again since
                break
        return None

    def _answers(self, query: Query, turns: int) -> dict[int, Answer]:
        """Of the first `turns` turns those that claim what is asked for, of those who are named if any is."""
        found: dict[int, Answer] = {}
        asked = [one for one in self._slots if one[1] in query.slots] if query.slots else []
        for slot in asked:
            if query.names and slot[0] not in query.names:
                continue
            said = [(turn, claim) for turn, claim in self._slots[slot] if turn < turns]
            standing = [one for one in said if self._overtaken(slot, *one, turns) is None]
            # that something is over answers where nothing else holds
            holding = [turn for turn, claim in standing if not claim.ended] or [turn for turn, _ in standing]
            for turn, _ in said:
                if turn in holding or turn not in found:
                    found[turn] = Answer(slot[1], turn in holding)
        return found

    def _follow(self, scope: Scope) -> None:
        """Take in what was appended, by whomever; begin again where the past has changed."""
        if self._seen != (scope.number, scope.epoch):
            self._postings, self._wholes, self._blank = Postings(), None, set()
            self._slots, self._claimed = {}, {}
            self._seen = (scope.number, scope.epoch)
        try:
            for turn in self.store.turns(scope.number, self._postings.turns):
                for claim in turn.analysis.claims if turn.role == "user" else ():
                    slot = turn.speaker or "", claim.slot
                    self._slots.setdefault(slot, []).append((turn.index, claim))
                    self._claimed.setdefault(turn.index, []).append((slot, claim))
                self._postings.add(
                    turn.text, role=turn.role, speaker=turn.speaker, at=turn.at, session=turn.session
                )
        except BaseException:
            self._seen = None  # it may hold half a turn
            raise
        if self.embedder is not None and scope.embedder == self.embedder.name:
            self._follow_vectors(scope)

    def _follow_vectors(self, scope: Scope) -> None:
        """Take in new vectors; all of them again where one that was left blank was filled in."""
        if self._blank and self._blank != set(self.store.unembedded(scope.number, len(self._blank))):
            self._wholes = None
        start = self._wholes.turns if self._wholes else 0
        rows = self.store.wholes(scope.number, start)
        if self._wholes is None:
            self._blank = set()
            if not any(rows):
                return
            self._wholes = Wholes(len(next(filter(None, rows))))
        self._blank |= {start + place for place, row in enumerate(rows) if not row}
        if rows:
            self._wholes.add(rows)

    def _alike(self, scope: Scope, asked: Encoded, turns: int, words: Reals) -> Alike:
        """Whole vectors of all turns; sentences and words of those that these or the words speak for."""
        assert self._wholes is not None
        whole, asked_words = small(asked.whole), small(asked.words)
        likeness = np.zeros(turns)
        compared = self._wholes.likeness(whole, turns)
        likeness[: len(compared)] = compared
        among = _candidates(words, likeness)
        rows = self.store.vectors(scope.number, among.tolist())
        sentences, tokens = np.zeros(turns), np.zeros((turns, len(asked_words)))
        sentences[among] = sentences_like(whole, [row[0] for row in rows])
        tokens[among] = words_like(asked_words, [row[1] for row in rows])
        return Alike(likeness, sentences, tokens, among, asked.names, self._wholes.known(turns))


def _candidates(words: Reals, likeness: Reals) -> NDArray[np.intp]:
    """The best turns by words and by whole vectors, and their neighbours; all turns of a short log."""
    turns = len(words)
    if turns <= WHOLE:
        return np.arange(turns)
    best = [np.argpartition(-scores, CANDIDATES)[:CANDIDATES] for scores in (words, likeness)]
    around = np.concatenate(best)[:, None] + np.arange(-NEAR, NEAR + 1)
    every: NDArray[np.intp] = np.unique(around[(around >= 0) & (around < turns)])
    return every
