"""State -> MemoryContext: what is active now, how it is felt about and what lies near what; changes nothing.

`read` takes the topics off a state with their figures; `extract` turns topics into a context. Every figure is
rounded to 4 decimals before it is compared, every list is sorted, and ties are settled by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from . import torus
from .dynamics import LAYERS, Dynamics
from .fold import Live, State, fading
from .message import Cluster, Fact, MemoryContext, Topic

_ACTIVATION = LAYERS.index("activation")

KNOWN = 0.05
"""The least evidence for a feeling; below it the valence is unknown and not shown."""


def read(state: State, least: float = -1.0) -> list[Topic]:
    """The topics on the torus with their figures, the most active first.

    With `least`, only those that are more active than that, and those named together with one of them.
    """
    x = [live.x for live in state.topics.values()]
    y = [live.y for live in state.topics.values()]
    figures = state.field.numpy()[:, y, x].T.astype(np.float64).round(4).tolist()
    lit = [live for live, row in zip(state.topics.values(), figures, strict=True) if row[_ACTIVATION] > least]
    wanted = {live.key for live in lit}.union(*(live.partners for live in lit))
    topics = []
    for live, row in zip(state.topics.values(), figures, strict=True):
        if live.key not in wanted:
            continue
        at = dict(zip(LAYERS, row, strict=True))
        known = at["confidence"] >= KNOWN
        topics.append(
            Topic(
                topic=live.label,
                key=live.key,
                x=live.x,
                y=live.y,
                activation=at["activation"],
                turns_ago=state.user_turns - live.last_user_turn,
                valence=_ratio(at["emotion"], at["confidence"]) if known else None,
                confidence=at["confidence"],
                recency=at["recency"],
                mentions=live.mentions,
                started=live.started,
                latest=live.latest,
                voices=_voices(state, live),
                first_turn=live.first_turn,
                last_turn=live.last_turn,
            )
        )
    return sorted(topics, key=_strength)


def extract(
    topics: Sequence[Topic],
    dynamics: Dynamics,
    *,
    threshold: float | None = None,
    partners: Mapping[str, Mapping[str, int]] | None = None,
    facts: Sequence[Fact] = (),
    turns: int = 0,
    now: datetime | None = None,
    query: str | None = None,
) -> MemoryContext:
    """The context that topics add up to (guide: `extract_context`).

    `partners` says by key how often two topics were named together. Active are the topics above the
    threshold; near are those within `dynamics.reach` cells. Themes are sorted by feeling times evidence times
    activation.

    >>> python = Topic("Python", "python", 10, 10, 0.85, turns_ago=5, valence=0.3)
    >>> ml = Topic("machine learning", "machine learning", 12, 11, 1.0, valence=-0.2)
    >>> context = extract([python, ml], Dynamics())
    >>> [topic.topic for topic in context.active_topics], context.related_concepts["Python"]
    (['machine learning', 'Python'], ('machine learning',))
    """
    threshold = dynamics.threshold if threshold is None else threshold
    active = tuple(sorted((t for t in topics if t.activation > threshold), key=_strength))
    felt = [t for t in active if t.valence is not None and abs(t.valence) > dynamics.theme]
    felt.sort(key=lambda t: (-_salience(t), t.topic))
    positive = tuple(t for t in felt if (t.valence or 0.0) > 0)
    negative = tuple(t for t in felt if (t.valence or 0.0) < 0)
    clusters = (*_clusters(negative, dynamics), *_clusters(positive, dynamics))
    return MemoryContext(
        active_topics=active,
        positive_themes=positive,
        negative_themes=negative,
        recent_facts=tuple(facts),
        related_concepts=_related(active, topics, threshold / 2, dynamics, partners or {}),
        clusters=tuple(Cluster(tuple(t.topic for t in group), _mean(group)) for group in clusters),
        apart=_apart(clusters, dynamics),
        turns=turns,
        now=now,
        query=query,
    )


def _strength(topic: Topic) -> tuple[float, int, str]:
    return -topic.activation, topic.turns_ago, topic.topic


def _salience(topic: Topic) -> float:
    return round(abs(topic.valence or 0.0) * max(topic.confidence, KNOWN) * topic.activation, 4)


def _ratio(feeling: float, weight: float) -> float:
    return round(max(-1.0, min(1.0, feeling / weight)), 4)


def _voices(state: State, live: Live) -> dict[str, float]:
    """What each speaker feels by their own words alone, where there is more than one speaker."""
    voices = {}
    if len(state.speakers) > 1:
        for speaker, (feeling, weight, step) in sorted(live.voices.items()):
            left = fading(state.dynamics.decay_rate, state.steps - step)
            if speaker and weight * left >= KNOWN:
                voices[speaker] = _ratio(feeling, weight)
    return voices


def _squared(some: Sequence[Topic], others: Sequence[Topic], dynamics: Dynamics) -> NDArray[np.int64]:
    """The squared distance of each topic from each other one, shape (some, others)."""
    table = torus.squared_distances(dynamics.width, dynamics.height)
    x, y = (np.array([getattr(topic, axis) for topic in some], dtype=np.int64)[:, None] for axis in "xy")
    other_x, other_y = (np.array([getattr(topic, axis) for topic in others], dtype=np.int64) for axis in "xy")
    squared: NDArray[np.int64] = table[(other_y - y) % dynamics.height, (other_x - x) % dynamics.width]
    return squared


def _related(
    active: Sequence[Topic],
    topics: Sequence[Topic],
    least: float,
    dynamics: Dynamics,
    partners: Mapping[str, Mapping[str, int]],
) -> dict[str, tuple[str, ...]]:
    """For each active topic those near it that are half active, and those named together with it.

    Most often named together first, then nearest first, then by name.
    """
    lit = [topic for topic in topics if topic.activation > least]
    labels = {topic.key: topic.topic for topic in topics}
    squared = _squared(active, lit, dynamics)
    near = squared <= dynamics.reach**2
    related = {}
    for topic, row, close in zip(active, squared, near, strict=True):
        together = partners.get(topic.key, {})
        far = {lit[i].key: int(row[i]) for i in close.nonzero()[0]}
        ranked = sorted(
            (-together.get(key, 0), far.get(key, dynamics.reach**2 + 1), labels[key])
            for key in (far.keys() | together.keys()) & labels.keys()
            if key != topic.key
        )
        related[topic.topic] = tuple(label for *_, label in ranked)
    return related


def _clusters(themes: Sequence[Topic], dynamics: Dynamics) -> list[list[Topic]]:
    """Groups of at least two topics linked within reach, each strongest feeling first."""
    linked = _squared(themes, themes, dynamics) <= dynamics.reach**2
    left, groups = list(range(len(themes))), []
    while left:
        group, edge = set[int](), {left[0]}
        while edge:
            group |= edge
            edge = {j for i in edge for j in linked[i].nonzero()[0].tolist()} - group
        left = [i for i in left if i not in group]
        groups.append([themes[i] for i in sorted(group)])
    return [group for group in groups if len(group) > 1]


def _mean(group: Sequence[Topic]) -> float:
    total = 0.0
    for topic in group:
        total += topic.valence or 0.0
    return round(total / len(group), 4)


def _apart(groups: Sequence[Sequence[Topic]], dynamics: Dynamics) -> tuple[tuple[int, int], ...]:
    """Pairs of a worried and a happy cluster of which no two topics lie within reach."""
    return tuple(
        (i, j)
        for i, one in enumerate(groups)
        for j, other in enumerate(groups)
        if i < j
        and (one[0].valence or 0.0) < 0 < (other[0].valence or 0.0)
        and bool((_squared(one, other, dynamics) > dynamics.reach**2).all())
    )
