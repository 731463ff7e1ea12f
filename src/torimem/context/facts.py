"""The log -> Facts: which of somebody's own words to quote for what is asked or talked about now.

With a query they are what recall finds, without one the newest turns about the active topics. What was
taken back since stays, marked as earlier, beside what took it back. A question quotes nothing about its
author, so a turn that only asks is no fact.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice

from ..language.block import without_block
from ..language.questions import asks, sentences
from ..language.stems import stems
from ..log.store import Scope, StoreBase
from ..log.turn import Turn
from ..recall.index import Index
from ..recall.query import Query
from .known import Fact, MemoryContext

SHOWN = 8
LEAST = 0.5
"""What a turn must score beside the best one to be quoted: fewer facts are better than wrong ones."""

_TURNS_PER_TOPIC = 8
_FACTS_PER_TOPIC = 2


def _asks(turn: Turn) -> bool:
    return any(map(asks, sentences(turn.text)))


def quotable(turn: Turn) -> bool:
    """Whether a turn says something of its author: somebody's own words, and not only questions."""
    stated = (one for one in sentences(without_block(turn.text)) if not asks(one))
    # "Hi! Where do I live? :)" states nothing
    return turn.role == "user" and any(stem[0].isalnum() for one in stated for stem in stems(one))


def recent(
    index: Index, scope: Scope, context: MemoryContext, query: Query | None, omit: Collection[str] = ()
) -> tuple[Fact, ...]:
    """The facts of a context, newest first: those that answer the query, then those about what is active.

    Without a query nothing is marked as earlier: that alone is not worth reading a long log for.
    """
    others = about(index.store, scope, context, omit)
    if query is None:
        return others
    answers = answering(index, scope, query, context.turns, omit)
    return together(
        answers,
        tuple(
            replace(fact, earlier=index.overtaken_by(fact.index, context.turns) is not None)
            for fact in others
        ),
    )


def answering(
    index: Index, scope: Scope, query: Query, turns: int, omit: Collection[str] = ()
) -> tuple[Fact, ...]:
    """The facts of the first `turns` turns that answer a query, newest first.

    What was taken back since is marked as earlier.
    """
    before = _before(index.store, scope, turns, omit)
    found = index.find(scope, query, 4 * SHOWN, turns=before)
    facts: dict[int, Fact] = {}
    said = index.store.at(scope.number, [hit.index for hit in found])
    hits = [pair for pair in zip(found, said, strict=True) if quotable(pair[1])]
    for hit, turn in hits:
        share = hit.match / hits[0][0].match if hits[0][0].match else 0.0
        if len(facts) >= SHOWN:
            break
        if turn.id in omit or share < LEAST:
            continue
        # scores a fifth apart are no evidence of a better answer: then the newer fact comes first
        score = min(1.0, math.floor(5 * share) / 5 + 0.2)
        if _asks(turn):  # it names what it asks for, as an answer does
            score = max(0.2, score - 0.4)
        if hit.index in facts:  # it overtook a better match: it must not come after that
            score = max(score, facts[hit.index].score)
        later = index.overtaken_by(hit.index, turns)
        facts[hit.index] = _fact(turn, turn.topics, score, hit.why, earlier=later is not None)
        if later is not None and later not in facts:
            for newer in index.store.at(scope.number, [later]):
                if newer.id not in omit:
                    why = f"overtakes what was said in turn {turn.id}: {hit.why}"
                    facts[later] = _fact(newer, newer.topics, score, why)
    return tuple(facts[place] for place in sorted(facts, reverse=True))


def about(
    store: StoreBase, scope: Scope, context: MemoryContext, omit: Collection[str] = ()
) -> tuple[Fact, ...]:
    """The newest facts about the active topics, newest first; equal texts once, as said last."""
    turns: dict[str, Turn] = {}
    strengths: dict[str, dict[str, float]] = {}
    for topic in context.active_topics[:SHOWN]:
        newest = store.mentioning(
            scope.number, topic.key, role="user", before=context.turns, limit=_TURNS_PER_TOPIC + len(omit)
        )
        sayings = (turn for turn in newest if turn.id not in omit and quotable(turn))
        for turn in islice(sayings, _FACTS_PER_TOPIC):
            said = " ".join(without_block(turn.text).split())
            if said not in turns or turn.index > turns[said].index:
                turns[said] = turn
            strengths.setdefault(said, {})[topic.topic] = topic.activation
    facts = [
        _fact(turn, sorted(strengths[said]), 0.5 * max(strengths[said].values()), "")
        for said, turn in turns.items()
    ]
    facts.sort(key=lambda fact: (-fact.score, -fact.index))
    return tuple(sorted(facts[:SHOWN], key=lambda fact: -fact.index))


def together(answers: tuple[Fact, ...], others: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Facts that answer, filled up with others that count half as much, newest first."""
    have = {fact.text for fact in answers}
    free = max(0, SHOWN - len(answers))
    more = sorted(
        (fact for fact in others if fact.text not in have), key=lambda fact: (-fact.score, -fact.index)
    )
    halved = [replace(fact, score=round(fact.score / 2, 4)) for fact in more[:free]]
    return tuple(sorted((*answers, *halved), key=lambda fact: -fact.index))


def _before(store: StoreBase, scope: Scope, turns: int, omit: Collection[str]) -> int:
    """How many turns stand before the last ones that are left out: a message is no answer to itself."""
    while turns and omit and all(turn.id in omit for turn in store.at(scope.number, [turns - 1])):
        turns -= 1
    return turns


def _fact(turn: Turn, topics: Sequence[str], score: float, why: str, *, earlier: bool = False) -> Fact:
    text = without_block(turn.text).strip()
    return Fact(
        text,
        turn.at,
        turn.id,
        turn.index,
        turn.role,
        turn.speaker,
        tuple(topics),
        round(score, 4),
        why,
        earlier,
    )
