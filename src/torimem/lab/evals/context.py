"""Does a memory know what the next session will speak of? It ranks topics at the start of each session.

Every topic named so far is ranked; right are those that the session then names. Beside what torimem ranks
them by (`tally.standing`), and activation alone, stand plain frequency, frequency that fades, the last
session alone, and how lately a topic was named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from ...context import context as contexts
from ...errors import InvalidInput
from ...log.turn import Turn
from ...memory import Memory
from ...state import counts, fold
from ...state.dynamics import Dynamics
from . import metrics
from .locomo import Dialogue
from .sheet import Line

FADING = 0.98
"""What a mention is worth a turn later, in frequency that fades: about the default Dynamics' own rate."""
NOTE = (
    "AUC: how often a topic that the next session names is ranked above one that it does not; P@20: how many "
    "of the first 20 it names. Means over sessions; equal scores count half, and share their ranks."
)


def evaluate(dialogues: Sequence[Dialogue], dynamics: Dynamics | None = None) -> tuple[Line, ...]:
    """A line for each way of ranking; raises `InvalidInput` where no session can be scored.

    A session is scored where it names a topic of an earlier one, and leaves one unnamed.
    """
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in dialogues:
        for ranked, right in _starts(turns_of(one), dynamics or Dynamics()):
            for method, scores in ranked.items():
                found[method].append((auc(scores, right), precision(scores, right)))
    if not found:
        raise InvalidInput("no session names a topic of an earlier one: give dialogues of several sessions")
    return tuple(
        Line(
            method,
            len(each),
            dict(zip(("AUC", "P@20"), np.mean(each, axis=0).round(4).tolist(), strict=True)),
        )
        for method, each in found.items()
    )


def turns_of(dialogue: Dialogue) -> list[Turn]:
    """The turns of a dialogue as a memory analyses them."""
    with Memory(":memory:", embedder="none") as memory:
        memory.observe_many(dialogue.messages)
        return memory.turns()


def _starts(
    turns: Sequence[Turn], dynamics: Dynamics
) -> Iterator[tuple[dict[str, Mapping[str, float]], set[str]]]:
    """For each session but the first: the scores of all topics so far by each method, and who is right."""
    state = fold.begin(dynamics)
    frequency, last, latest = Counter[str](), Counter[str](), dict[str, int]()
    faded = defaultdict[str, float](float)
    for _, group in groupby(turns, key=lambda turn: turn.session):
        session = list(group)
        named = {mention.key for turn in session for mention in turn.analysis.mentions}
        right = named & set(frequency)
        if right and len(right) < len(frequency):
            lit = {topic.key: topic.activation for topic in contexts.read(state)}
            standing = {key: counts.standing(each) for key, each in state.tallies.items()}
            yield (
                {
                    "torimem": {key: standing.get(key, 0) for key in frequency},
                    "plain frequency": dict(frequency),
                    "fading frequency": dict(faded),
                    "last session only": {key: last[key] for key in frequency},
                    "how lately": dict(latest),
                    "activation": {key: lit.get(key, -1.0) for key in frequency},
                },
                right,
            )
        last = Counter()
        for turn in session:
            fold.apply(state, turn)
            for key in faded:
                faded[key] *= FADING
            for mention in turn.analysis.mentions:
                frequency[mention.key] += 1
                last[mention.key] += 1
                faded[mention.key] += 1
                latest[mention.key] = turn.index


def auc(scores: Mapping[str, float], right: Collection[str]) -> float:
    """How often one that is right scores higher than one that is not (see `metrics.auc`).

    >>> auc({"a": 3, "b": 1, "c": 1}, {"a"}), auc({"a": 3, "b": 1, "c": 1}, {"b"})
    (1.0, 0.25)
    """
    wrong = [score for key, score in scores.items() if key not in right]
    return metrics.auc([score for key, score in scores.items() if key in right], wrong)


def precision(scores: Mapping[str, float], right: Collection[str], k: int = 20) -> float:
    """The share of the first `k` that are right; of equals at the end, each has the same chance to be in.

    >>> precision({"a": 3, "b": 1, "c": 1}, {"a", "b"}, k=2)
    0.75
    """
    hits, room = 0.0, k
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    for _, group in groupby(ranked, key=lambda item: item[1]):
        equal = [key for key, _ in group]
        hits += min(room, len(equal)) * sum(key in right for key in equal) / len(equal)
        room -= min(room, len(equal))
    return hits / k
