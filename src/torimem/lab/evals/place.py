"""Does nearness on the torus mean something? Places of topics against what was named together.

A topic should lie near those it was named with in one message. Beside the places of the fold, by words alone
and by what names mean, stand those of a keyed hash of the name, which mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput
from ...field import torus
from ...language.analysis import Analysis
from ...language.meaning.embed import Embedder
from ...language.meaning.name_vectors import NameVectors
from ...log.turn import Turn
from ...state import fold, place
from ...state.dynamics import Dynamics
from . import metrics
from .context import turns_of
from .locomo import Dialogue
from .sheet import Line

NEIGHBOURS = 10
NOTE = (
    "AUC: how often two topics named together lie nearer than two that never were; trust: trustworthiness "
    "of the 10 nearest (1: no stranger among them); hits: of the 10 that were most often named with a topic, "
    "how many are among its 10 nearest. Means over dialogues, topics on the torus at the end."
)


def evaluate(
    dialogues: Sequence[Dialogue], dynamics: Dynamics | None = None, embedder: Embedder | None = None
) -> tuple[Line, ...]:
    """A line for the fold's places, one for those with a local embedder if there is one, and one for a hash.

    Raises `InvalidInput` where no message names two topics.
    """
    dynamics, senses = dynamics or Dynamics(), NameVectors(embedder)
    size = dynamics.width, dynamics.height
    found: dict[str, list[tuple[float, float, float]]] = {}
    for one in dialogues:
        turns = turns_of(one)
        state = _folded(turns, dynamics)
        together = _together(turns, list(state.topics))
        pairs = together[np.triu_indices(len(together), 1)]
        if not pairs.any() or pairs.all():
            continue
        cells = {"torimem": [(topic.x, topic.y) for topic in state.topics.values()]}
        if (model := senses.model()) is not None:
            analyses = senses.given([turn.analysis for turn in turns])
            meant = _folded(map(_with, turns, analyses), dynamics)
            cells[f"torimem + {model}"] = [(meant.topics[key].x, meant.topics[key].y) for key in state.topics]
        cells["hash"] = [place.hashed(key, *size) for key in state.topics]
        for method, places in cells.items():
            found.setdefault(method, []).append(_scores(_squared(places, *size), together))
    if not found:
        raise InvalidInput("no two topics are named in one message: give dialogues that name topics together")
    names = ("AUC", "trust", "hits")
    return tuple(
        Line(method, len(each), dict(zip(names, np.mean(each, axis=0).round(4).tolist(), strict=True)))
        for method, each in found.items()
    )


def _with(turn: Turn, analysis: Analysis) -> Turn:
    return replace(turn, analysis=analysis)


def _folded(turns: Iterable[Turn], dynamics: Dynamics) -> fold.State:
    state = fold.begin(dynamics)
    for turn in turns:
        fold.apply(state, turn)
    return state


def _together(turns: Sequence[Turn], keys: Sequence[str]) -> NDArray[np.int64]:
    """How often each two of the topics were named in one message, shape (topic, topic)."""
    number: Mapping[str, int] = {key: i for i, key in enumerate(keys)}
    counts = np.zeros((len(keys), len(keys)), np.int64)
    for turn in turns:
        named = [number[mention.key] for mention in turn.analysis.mentions if mention.key in number]
        for one, other in combinations(named, 2):
            counts[one, other] += 1
            counts[other, one] += 1
    return counts


def _squared(cells: Sequence[tuple[int, int]], width: int, height: int) -> NDArray[np.int64]:
    x, y = np.array(cells, np.int64).T
    table = torus.squared_distances(width, height)
    return np.asarray(table[(y[:, None] - y) % height, (x[:, None] - x) % width], np.int64)


def _scores(squared: NDArray[np.int64], together: NDArray[np.int64]) -> tuple[float, float, float]:
    """AUC, trustworthiness and hits of `NEIGHBOURS` neighbours; both arrays have the shape (topic, topic)."""
    upper = np.triu_indices(len(squared), 1)
    named = together[upper] > 0
    auc = metrics.auc(-squared[upper][named], -squared[upper][~named])
    n = len(squared)
    k = min(NEIGHBOURS, max(1, (n - 1) // 2))
    own = np.eye(n, dtype=bool)
    by_place = np.argsort(np.where(own, -1, squared), axis=1, kind="stable")[:, 1 : k + 1]
    by_mention = np.argsort(np.where(own, -(1 << 40), -together), axis=1, kind="stable")[:, 1:]
    rank = np.zeros((n, n))
    np.put_along_axis(rank, by_mention, np.arange(1.0, n)[None, :], axis=1)
    # those never named with a topic are all equally strange to it: each has the mean of their ranks
    partners = (together > 0).sum(axis=1, keepdims=True)
    rank = np.where((together > 0) | own, rank, (partners + n) / 2)
    strangers = np.maximum(np.take_along_axis(rank, by_place, axis=1) - k, 0)
    trust = 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * float(strangers.sum()) if 2 * n > 3 * k + 1 else 1.0
    hits = []
    for row in range(n):
        wanted = by_mention[row, :k][together[row, by_mention[row, :k]] > 0]
        if len(wanted):
            hits.append(len(set(wanted.tolist()) & set(by_place[row].tolist())) / len(wanted))
    return auc, trust, float(np.mean(hits))
