"""Which turns say which words, who said them and when: what recall looks things up in.

It grows with the log and holds no text. It knows how well each turn matches stems (BM25); what a query
means, and what else speaks for a turn, is left to `recall`.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..language.block import without_block
from ..language.stems import date_stems, stems
from ..log.session import Session
from ..models.message import Role

# b = .75 is Robertson's own default. A smaller one suits short chat turns, but lets an assistant's long
# answers drown what the user said. k1 = .9: in a short text a word said twice says little more.
K1, B = 0.9, 0.75

BLANK = 4
"""Cells between two sessions on the ring of the conversation, so that little flows from one to the next."""

# What a word counts for the turns after (and before) the one that says it, in the same session, by how far
# off they are. It fades evenly, faster backwards: a thing is named before more is said of it.
REACH = {1: 0.9, 2: 0.8, 3: 0.7, -1: 0.6, -2: 0.4, -3: 0.2}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Postings:
    """The words, speakers and times of the first `turns` turns of a log.

    >>> postings = Postings()
    >>> moment = datetime(2026, 3, 7, tzinfo=UTC)
    >>> for text in ("I bought a guitar", "Nice!", "And my sister sings"):
    ...     postings.add(text, role="user", speaker=None, at=moment, session=None)
    >>> own, near = postings.match(["guitar"], postings.turns)
    >>> int(own.argmax()), near.round(2).tolist()
    (0, [1.0, 0.9, 0.8])
    """

    def __init__(self) -> None:
        self._index: dict[str, tuple[array[int], array[int]]] = {}  # stem -> turns, how often in each
        self._lengths = array("I")
        self._sessions = array("I")
        self._roles = array("B")
        self._speakers = array("I")
        self._times = array("q")
        self._texts = array("q")
        self._session = Session()
        self._first: dict[str, tuple[int, int]] = {}  # speaker -> number, first turn

    @property
    def turns(self) -> int:
        """How many turns are in it."""
        return len(self._lengths)

    def add(self, text: str, *, role: Role, speaker: str | None, at: datetime, session: str | None) -> None:
        """Take in the next turn of the log."""
        index = self.turns
        said = " ".join(without_block(text).split())
        found = Counter(stems(said))
        found.update(date_stems(at))
        for stem, count in found.items():
            known = self._index.get(stem)
            if known is None:
                known = self._index[stem] = array("I"), array("H")
            known[0].append(index)
            known[1].append(min(count, 65535))
        self._session = self._session.after(session, at)
        self._sessions.append(self._session.number - 1)
        self._lengths.append(found.total())
        self._roles.append(role == "user")
        name = speaker or ""
        self._first.setdefault(name, (len(self._first), index))
        self._speakers.append(self._first[name][0])
        self._times.append(microseconds(at))
        self._texts.append(hash((name, said)))  # two who say the same are two

    # What is known of the first `limit` turns, as arrays of that length

    def sessions(self, limit: int) -> NDArray[np.uint32]:
        """The number of each turn's session."""
        return _copied(self._sessions, np.uint32, limit)

    def cells(self, limit: int) -> NDArray[np.int64]:
        """Where each turn lies on the ring of the conversation."""
        return np.arange(limit) + BLANK * self.sessions(limit).astype(np.int64)

    def by_user(self, limit: int) -> NDArray[np.bool_]:
        """Which turns are the user's."""
        return _copied(self._roles, np.uint8, limit).astype(bool)

    def speakers(self, limit: int) -> list[str]:
        """Who has spoken by name."""
        return [name for name, (_, first) in self._first.items() if name and first < limit]

    def said_by(self, limit: int, speakers: Iterable[str]) -> NDArray[np.bool_]:
        """Which turns one of these speakers said."""
        numbers = [self._first[name][0] for name in speakers if name in self._first]
        return np.isin(_copied(self._speakers, np.uint32, limit), numbers)

    def times(self, limit: int) -> NDArray[np.int64]:
        """When each turn was said, in microseconds since 1970."""
        return _copied(self._times, np.int64, limit)

    def latest(self, limit: int) -> datetime:
        """The latest moment of the first `limit` turns, of which there is at least one."""
        return _EPOCH + timedelta(microseconds=int(self.times(limit).max()))

    def texts(self, limit: int) -> NDArray[np.int64]:
        """A number for each turn's text; turns that say the same have the same."""
        return _copied(self._texts, np.int64, limit)

    # Words

    def found(self, stem: str, limit: int) -> int:
        """How many turns have a stem."""
        known = self._index.get(stem)
        return int(np.searchsorted(np.frombuffer(known[0], np.uint32), limit)) if known else 0

    def turns_with(self, stem: str, among: Iterable[int]) -> list[int]:
        """Those of some turns that have a stem."""
        known = self._index.get(stem)
        if known is None:
            return []
        turns = np.frombuffer(known[0], np.uint32)
        wanted = np.fromiter(among, np.int64)
        places = np.minimum(np.searchsorted(turns, wanted), len(turns) - 1)
        found: list[int] = wanted[turns[places] == wanted].tolist()
        return found

    def rarity(self, stem: str, limit: int) -> float:
        """The weight of a stem (Robertson's idf, never below zero): the rarer, the heavier."""
        found = self.found(stem, limit)
        return math.log(1 + (limit - found + 0.5) / (found + 0.5))

    def match(self, asked: Sequence[str], limit: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How well each turn matches stems: by its own words, and by those said next to it; the best has 1.

        Own is BM25. Near takes for each stem the best of the turn and, less the further off, its neighbours
        in the session; summed over stems. Both have the shape (limit,).
        """
        own, near = np.zeros(limit), np.zeros(limit)
        if not limit or not asked:
            return own, near
        lengths = _copied(self._lengths, np.uint32, limit)
        longest = K1 * (1 - B + B * lengths / (int(lengths.sum(dtype=np.int64)) / limit or 1.0))
        sessions = self.sessions(limit)
        best = np.zeros(limit)
        for stem in asked:
            if not (found := self.found(stem, limit)):
                continue
            turns = _copied(self._index[stem][0], np.uint32, found).astype(np.int64)
            counts = _copied(self._index[stem][1], np.uint16, found)
            score = self.rarity(stem, limit) * (K1 + 1) * counts / (counts + longest[turns])
            own[turns] += score
            best[:] = 0
            best[turns] = score
            near += spread(best, sessions, turns)
        return of_best(own), of_best(near)


def microseconds(at: datetime) -> int:
    """A moment in microseconds since 1970, UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def spread(
    scores: NDArray[np.float64], sessions: NDArray[np.uint32], turns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Scores with the best that the neighbours give each turn; only `turns` (sorted) have any to give."""
    best = scores.copy()
    for later, share in REACH.items():
        there = turns + later
        inside = (there >= 0) & (there < len(scores))
        inside[inside] = sessions[there[inside]] == sessions[turns[inside]]
        there = there[inside]
        best[there] = np.maximum(best[there], share * scores[turns[inside]])
    return best


def of_best(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores as shares of the best one."""
    best = scores.max(initial=0.0)
    return scores / best if best > 0 else scores


def _copied(values: array[int], dtype: Any, limit: int) -> NDArray[Any]:
    """A copy: a view would forbid the array to grow."""
    return np.frombuffer(values, dtype, limit).copy() if limit else np.zeros(0, dtype)
