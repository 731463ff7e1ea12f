"""Topic counts: how often each topic came up, and in how many sessions.

Activation fades within a session or two. What somebody comes back to session after session is counted here,
whether or not the topic has a place on the torus now, and ranked by `standing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..language.analysis import Mention

KEPT = 1024
"""The least number of topics counted; beyond it, those that came up least are dropped now and then."""


@dataclass(frozen=True, slots=True)
class Usual:
    """A topic that comes up again and again: in how many sessions, and how often in all."""

    topic: str
    key: str
    sessions: int
    mentions: int
    last_turn: str


@dataclass(slots=True)
class Tally:
    """How often a topic was named and in how many sessions; `session` is the number of the last one.

    `partners` are the keys it was most often named with, stored when it loses its place on the torus: when it
    is named again, it is placed near them.
    """

    label: str
    sessions: int = 0
    mentions: int = 0
    session: int = 0
    last_turn: str = ""
    partners: list[str] = field(default_factory=list)


Tallies = dict[str, Tally]
"""By key; the topic that was named last comes last."""


def count(tallies: Tallies, mentions: Iterable[Mention], session: int, turn: str) -> None:
    """Count the mentions of one turn, which belongs to the session of that number.

    >>> tallies = {}
    >>> count(tallies, [Mention("guitar", "guitar")], 1, "a")
    >>> count(tallies, [Mention("guitar", "guitars")], 2, "b")
    >>> tallies
    {'guitar': Tally(label='guitar', sessions=2, mentions=2, session=2, last_turn='b', partners=[])}
    """
    for mention in mentions:
        tally = tallies.pop(mention.key, None) or Tally(mention.label)
        tallies[mention.key] = tally
        tally.mentions += 1
        tally.sessions += tally.session != session
        tally.session, tally.last_turn = session, turn


def standing(tally: Tally) -> int:
    """How likely a topic is to come up again: mentions times sessions.

    Measured on dialogues of many sessions: it ranks the topics of the next session better than mentions
    alone, and those better than how lately a topic was named (the log has the figures).

    >>> standing(Tally("guitar", sessions=3, mentions=5))
    15
    """
    return tally.mentions * tally.sessions


def ranked(tallies: Tallies) -> list[str]:
    """The keys by standing, the highest first; of equals, the one named last comes first."""
    latest_first = list(tallies)[::-1]
    return sorted(latest_first, key=lambda key: -standing(tallies[key]))  # stable


def trimmed(tallies: Tallies, spared: Iterable[str]) -> Tallies:
    """The tallies of the `KEPT` topics of highest standing and of those that are spared, in their order."""
    if len(tallies) <= KEPT:
        return tallies
    kept = {*ranked(tallies)[:KEPT], *spared}
    return {key: tally for key, tally in tallies.items() if key in kept}


def usual(tallies: Tallies, sessions: int, limit: int = 5) -> tuple[Usual, ...]:
    """What comes up again and again: topics of at least three sessions and a quarter of all, by standing.

    >>> usual({"guitar": Tally("guitar", 3, 5, 4, "b"), "rain": Tally("rain", 1, 9, 4, "c")}, sessions=4)
    (Usual(topic='guitar', key='guitar', sessions=3, mentions=5, last_turn='b'),)
    """
    # few topics come up so often: they are picked first, and only they are ranked
    often = {key: tally for key, tally in tallies.items() if tally.sessions >= max(3, sessions / 4)}
    return tuple(
        Usual(often[key].label, key, often[key].sessions, often[key].mentions, often[key].last_turn)
        for key in ranked(often)[:limit]
    )
