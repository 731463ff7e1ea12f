"""Turns -> Facts: which of somebody's own words to quote for what is asked or talked about now.

It scores candidate turns that the log hands over; it knows no database and no prompt. A question quotes
nothing about its author, so a turn that only asks is no fact.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Protocol, cast

from .analyse.words import FUNCTION
from .message import Fact, Turn, without_block

SHOWN = 8
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")

# Pasts that share no stem with their verb: "Which one did I buy?" is answered by "I bought ...".
_PASTS = """
ate:eat became:become began:begin bought:buy broke:break brought:bring built:build came:come caught:catch
chose:choose did:do done:do drank:drink drew:draw drove:drive eaten:eat fed:feed fell:fall felt:feel
flew:fly forgot:forget fought:fight found:find gave:give given:give gone:go got:get grew:grow had:have
heard:hear held:hold hid:hide kept:keep knew:know known:know lay:lie led:lead left:leave lent:lend lost:lose
made:make meant:mean met:meet paid:pay ran:run rode:ride said:say sang:sing sat:sit saw:see seen:see
sent:send slept:sleep sold:sell spent:spend spoke:speak stole:steal stood:stand swam:swim taken:take
taught:teach thought:think threw:throw told:tell took:take understood:understand went:go woke:wake won:win
wore:wear wrote:write written:write
"""
_VERBS = dict(pair.split(":") for pair in _PASTS.split())


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


@cache
def _stemmer() -> _Stemmer:
    from snowballstemmer import stemmer

    return cast(_Stemmer, stemmer("english"))


def stems(text: str) -> set[str]:
    """The stems of a text's words, without those that say nothing by themselves.

    >>> sorted(stems("Which guitars did I buy?")), sorted(stems("I bought a guitar"))
    (['buy', 'guitar'], ['buy', 'guitar'])
    """
    stemmer = _stemmer()
    words = {word for word in _WORD.findall(text.casefold().replace("’", "'")) if word not in FUNCTION}
    return {stemmer.stemWord(_VERBS.get(word, word)) for word in words}


def asked_in(text: str) -> str:
    """The questions in a message, or all of it where it asks none.

    >>> asked_in("The airline wants the model. Which guitar did I buy?")
    'Which guitar did I buy?'
    """
    questions = [
        sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.rstrip().endswith(("?", "？"))
    ]
    return " ".join(questions) or text


def quotable(turn: Turn) -> bool:
    """Whether a turn says something of its author: somebody's own words, and not only questions."""
    said = _said(turn.text)
    return turn.role == "user" and not all(
        sentence.rstrip().endswith(("?", "？")) for sentence in _SENTENCE.findall(said)
    )


def choose(candidates: Iterable[tuple[Turn, str, float]], query: str | None) -> tuple[Fact, ...]:
    """The best facts among (quotable turn, topic that brought it, how active that topic is), newest first.

    With a query, a turn counts by how much of what is asked it says (rare words count more), and by its
    topic; without one, by its topic alone. Equal texts appear once, as said last.
    """
    turns: dict[str, Turn] = {}
    about: dict[str, dict[str, float]] = {}
    for turn, topic, strength in candidates:
        turns[turn.id] = turn
        about.setdefault(turn.id, {})[topic] = strength
    newest: dict[str, Turn] = {}
    for turn in sorted(turns.values(), key=lambda turn: turn.index):
        newest[_said(turn.text)] = turn
    shares = _shares(newest, stems(asked_in(query)) if query else set())
    facts = [_fact(turn, about[turn.id], shares[said]) for said, turn in newest.items()]
    facts.sort(key=lambda fact: (-fact.score, -fact.index))
    return tuple(sorted(facts[:SHOWN], key=lambda fact: -fact.index))


def _shares(texts: Iterable[str], asked: set[str]) -> dict[str, float]:
    """How much of what is asked each text has, in [0, 1]; a word counts the less the more texts have it."""
    has = {text: stems(text) & asked if asked else set() for text in texts}
    found = Counter(stem for stems_of in has.values() for stem in stems_of)
    whole = math.fsum(1 / count for count in found.values())
    return {
        text: math.fsum(1 / found[stem] for stem in own) / whole if own else 0.0 for text, own in has.items()
    }


def _said(text: str) -> str:
    return " ".join(without_block(text).split())


def _fact(turn: Turn, about: Mapping[str, float], share: float) -> Fact:
    score = round(0.5 * max(about.values()) + 0.5 * share, 4)
    topics: Sequence[str] = sorted(about)
    text = without_block(turn.text).strip()
    return Fact(text, turn.at, turn.id, turn.index, turn.role, turn.speaker, tuple(topics), score)
