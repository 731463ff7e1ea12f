"""Query -> ranked turns: what speaks for each turn, part by part, and why it was found.

It weighs; what is asked stands in `query`, what turns say in `postings`, how alike they are in `vectors`.
Every part has a name and can be switched off. The weights are rounded by hand, not fitted: a match counts
about one in all, a cue a fifth or so (docs/log.md has what was tried).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..field.field import Field
from ..field.stencil import Stencil
from ..language.dates import Span
from ..language.stems import stems
from .postings import Postings, microseconds, of_best, spread
from .query import Query

PARTS = ("words", "spread", "speaker", "dates", "author", "claims", "flow", "sentences", "tokens")
"""The parts by name: BM25 and its spreading to neighbours; three cues; claims that answer the query; the
flow; with an embedder the vectors of sentences and of words (tokens)."""

# Without an embedder a match by words counts 1. With one, what a turn means and what its words mean have most
# of the weight: two thirds of the turns that words alone miss share no stem with their query.
WORDS, SENTENCES, TOKENS = 0.2, 0.5, 0.5
SPEAKER, AUTHOR = 0.2, 0.2
DATES = 0.3  # more than the other cues: who names a time means it, and time words are seldom ambiguous
HOLDS, OUTDATED = 1.0001, 0.6  # of the best: a claim that answers and holds comes first by a hair
FLOW = 0.15  # light: it reorders what is close together
KEPT = 3  # the best turns that no neighbour may displace

SEEDS = 10
STEPS = 60
FLOW_STENCIL = Stencil.flow(0.5, 0.0, 0.02, 0.0)

MOST_STEMS = 64
"""So many of a query's rarest stems are looked up: a pasted page must not take a second."""

MOST = 4096
"""How many turns are put in order, unless more are asked for."""

_DAY = 86_400_000_000  # microseconds

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """A turn that claims what is asked for: in which slot, and whether that is what holds now."""

    slot: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The position of a turn in the log, its score, what it scored before the flow, and the reasons."""

    index: int
    score: float
    match: float
    why: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Likeness of each turn with the query, shape (turns,) each, 0 for turns that were not compared.

    `words` has for each word of the query the best word of each turn, shape (turns, words); `among` are
    the turns of which sentences and words were compared, sorted, and `known`, shape (turns,), those that have
    vectors at all.
    """

    whole: Reals
    sentences: Reals
    words: Reals
    among: NDArray[np.intp]
    names: tuple[str, ...]
    known: NDArray[np.bool_]


def rank(
    query: Query,
    postings: Postings,
    turns: int,
    limit: int,
    *,
    alike: Callable[[Reals], Alike] | None = None,
    answers: Mapping[int, Answer] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    without: Collection[str] = (),
) -> list[Found]:
    """The best `limit` of the first `turns` turns, best first; of those that say the same, one.

    `alike` compares vectors, given how well the words match; `answers` are the turns that claim what is asked
    for. `since` and `until` leave out turns said before or from then on; the query's own time words only
    favour turns. The best has the score 1.
    """
    on = set(PARTS) - set(without)
    answers = answers if answers and "claims" in on else {}
    rarest = sorted(query.stems, key=lambda stem: -postings.rarity(stem, turns))[:MOST_STEMS]
    own, near = postings.match(rarest if "words" in on else [], turns)
    words = _halves(own, near, "spread" in on)
    compared = alike(words) if alike and on & {"sentences", "tokens"} else None
    # where a turn's own words are compared as vectors, what is left to tell is around which turns they stand;
    # for a turn that has no vectors its own words speak in their place
    shares = {"words": words}
    if compared is not None:
        shares["words"] = WORDS * (near if "spread" in on else own)
        shares["words"] += np.where(compared.known, 0.0, (1 - WORDS) * own)
        if "sentences" in on:
            shares["sentences"] = SENTENCES * _sentences(compared)
        if "tokens" in on:
            shares["tokens"] = TOKENS * _tokens(compared, postings, turns, "spread" in on)
    shares |= {name: share for name, share in _cues(query, postings, turns).items() if name in on}
    scores = np.sum(list(shares.values()), axis=0)
    if "author" in on:
        # whose words they are is no reason by itself
        shares["author"] = AUTHOR * _by_author(query, postings, turns) * (scores > 0)
        scores += shares["author"]
    allowed = _between(postings.times(turns), since, until)
    scores = of_best(_answering(of_best(scores * allowed), answers) * allowed).round(4)
    ranked = _best(scores, max(MOST, limit))
    raised, lit = scores, dict[int, int]()
    if "flow" in on:
        ranked, raised, lit = _flow(scores, ranked, postings.cells(turns), allowed)
    hits = _once(ranked, postings.texts(turns))[:limit].tolist()
    says = {stem: set(postings.turns_with(stem, hits)) for stem in rarest if "words" in on}
    return [
        Found(
            hit,
            float(raised[hit]),
            float(scores[hit]),
            _why(hit, query, shares, says, compared, answers.get(hit), lit.get(hit)),
        )
        for hit in hits
    ]


def _answering(scores: Reals, answers: Mapping[int, Answer]) -> Reals:
    """Scores in which a turn that claims what is asked for stands above all others, an outdated one high."""
    best, raised = scores.max(initial=0.0) or 1.0, scores.copy()
    for turn, answer in answers.items():
        raised[turn] = HOLDS * best if answer.holds else max(scores[turn], OUTDATED * best)
    return raised


def _halves(own: Reals, near: Reals, spreading: bool) -> Reals:
    """Half for what a turn says itself, half for what is said around it; the best turn has 1."""
    return of_best(own + near) if spreading else own


def _sentences(compared: Alike) -> Reals:
    return of_best(of_best(compared.sentences) + 0.3 * of_best(compared.whole))


def _tokens(compared: Alike, postings: Postings, turns: int, spreading: bool) -> Reals:
    """Word by word, the rarer the heavier: how alike the best word of the turn, or of one next to it, is."""
    own, near = np.zeros(turns), np.zeros(turns)
    sessions = postings.sessions(turns)
    for number, name in enumerate(compared.names):
        rarity = max((postings.rarity(stem, turns) for stem in stems(name)), default=0.0)
        scores = rarity * compared.words[:, number]
        own += scores
        near += spread(scores, sessions, compared.among)
    return _halves(of_best(own), of_best(near), spreading)


def _cues(query: Query, postings: Postings, turns: int) -> dict[str, Reals]:
    """What speaks for a turn besides what it says: who said it, and when."""
    cues: dict[str, Reals] = {}
    if query.names:
        cues["speaker"] = postings.said_by(turns, query.names).astype(np.float64) * SPEAKER
    if query.spans:
        times = postings.times(turns)
        cues["dates"] = np.zeros(turns)
        for span in query.spans:
            np.maximum(cues["dates"], DATES * _when(span, times), out=cues["dates"])
    return cues


def _when(span: Span, times: NDArray[np.int64]) -> Reals:
    """1 for what was said in a span, half for as long again after it: people tell of a day when it is over.
    (At least three days, at most a month.)

    A span that holds nearly all turns says nearly nothing, and counts so much less.
    """
    start, end = microseconds(span.start), microseconds(span.end)
    inside = (times >= start) & (times < end)
    after = (times >= end) & (times < end + min(max(end - start, 3 * _DAY), 31 * _DAY))
    share: Reals = (inside + 0.5 * after) * (1 - inside.mean() if len(times) else 1.0)
    return share


def _by_author(query: Query, postings: Postings, turns: int) -> NDArray[np.bool_]:
    """The messages of the one whose words are wanted: the user's, where the other side is an assistant."""
    users = postings.by_user(turns)
    if users.all():
        return np.zeros(turns, bool)
    return ~users if query.yours else users


def _between(times: NDArray[np.int64], since: datetime | None, until: datetime | None) -> NDArray[np.bool_]:
    allowed = np.ones(len(times), bool)
    if since is not None:
        allowed &= times >= microseconds(since)
    if until is not None:
        allowed &= times < microseconds(until)
    return allowed


def _best(scores: Reals, most: int) -> NDArray[np.intp]:
    """The `most` turns with a score, and those that equal the last: best first, of equals the newest."""
    some = np.nonzero(scores)[0][::-1]
    if len(some) > most:
        least = np.partition(scores[some], -most)[-most]
        some = some[scores[some] >= least]
    return some[np.argsort(-scores[some], kind="stable")]


def _once(ranked: NDArray[np.intp], texts: NDArray[np.int64]) -> NDArray[np.intp]:
    """The turns in their order, but of those that say the same only the first."""
    first: NDArray[np.intp] = np.sort(np.unique(texts[ranked], return_index=True)[1])
    return ranked[first]


def _flow(
    scores: Reals, ranked: NDArray[np.intp], cells: NDArray[np.int64], allowed: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Reals, dict[int, int]]:
    """Order and scores after the best turns have lit their neighbours on the ring; which turn lit which most.

    Flowing is linear: what one lit cell gives its neighbours, moved and scaled, is what every other gives.
    The ring is not closed: its last turn says nothing of its first.
    """
    given, strongest, by = np.zeros(len(scores)), np.zeros(len(scores)), np.zeros(len(scores), np.intp)
    for seed in ranked[:SEEDS].tolist():
        low, high = np.searchsorted(cells, (cells[seed] - STEPS, cells[seed] + STEPS + 1))
        light = scores[seed] ** 2 * _response()[cells[low:high] - cells[seed] + STEPS]
        light[seed - low] = 0  # its own light tells a turn nothing
        given[low:high] += light
        by[low:high][light > strongest[low:high]] = seed
        np.maximum(strongest[low:high], light, out=strongest[low:high])
    given = of_best(given)
    kept = ranked[:KEPT]
    raised = np.minimum((scores + FLOW * given).round(4) * allowed, scores[kept].min(initial=1.0))
    raised[kept] = scores[kept]
    rest = _best(raised, max(MOST, len(ranked)))
    rest = rest[~np.isin(rest, kept)]
    lit = rest[(given[rest] >= 0.1) | (scores[rest] == 0)]  # what has no other reason needs this one
    return np.concatenate([kept, rest]), raised, {int(turn): int(by[turn]) for turn in lit}


@cache
def _response() -> Reals:
    """What one lit cell of the ring gives the cells around it in all steps: shape (2 * STEPS + 1,)."""
    ring = Field(2 * STEPS + 1, 1, backend="numpy")
    ring.set(STEPS, 0, 1.0)
    ring.advance(STEPS, FLOW_STENCIL, exact=True)
    response: Reals = ring.numpy()[0, 0].astype(np.float64)
    return response


def _why(
    hit: int,
    query: Query,
    shares: Mapping[str, Reals],
    says: Mapping[str, set[int]],
    compared: Alike | None,
    answer: Answer | None,
    lit_by: int | None,
) -> str:
    """The reasons for one turn, the strongest kind first."""
    reasons = []
    if answer is not None:
        reasons.append(f"states {answer.slot} ({'current' if answer.holds else 'earlier'})")
    said = [query.stems[stem] for stem, turns in says.items() if hit in turns]
    if said:
        reasons.append("says " + ", ".join(dict.fromkeys(said)))
    elif shares["words"][hit] > 0:
        reasons.append("what is asked about is said next to it")
    if compared is not None:
        likeness = max(compared.sentences[hit], compared.whole[hit])
        if likeness > 0 and "sentences" in shares:
            reasons.append(f"likeness {likeness:.2f}")
        if "tokens" in shares and len(compared.names):
            best = int(compared.words[hit].argmax())
            if compared.words[hit, best] >= 0.4 and compared.names[best] not in (
                word.casefold() for word in said
            ):
                reasons.append(f"a word like {compared.names[best]} ({compared.words[hit, best]:.2f})")
    if "speaker" in shares and shares["speaker"][hit]:
        reasons.append("said by the one who is named")
    if "dates" in shares and shares["dates"][hit]:
        reasons.append(f"said around {query.spans[0].text}" if len(query.spans) == 1 else "said around then")
    if shares.get("author") is not None and shares["author"][hit]:
        reasons.append("the assistant's words" if query.yours else "the user's own words")
    if lit_by is not None:
        reasons.append(f"lit by turn {lit_by} next to it")
    return "; ".join(reasons)
