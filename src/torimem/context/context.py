"""State -> MemoryContext: what is active now, how it is felt about and what lies near what; changes nothing.

`read` takes the topics off a state with their figures; `extract` turns topics into a context. Every figure is
rounded to 4 decimals before it is compared, every list is sorted, and ties are settled by name.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from ..checks import collection
from ..errors import InvalidInput
from ..field import torus
from ..log.arrival import When, moment
from ..recall.index import Index
from ..recall.search import ask
from ..state import counts
from ..state import profile as profiles
from ..state.counts import Usual
from ..state.dynamics import LAYERS, Dynamics
from ..state.fold import Live, State, fading
from ..state.follow import Follower
from ..state.profile import Trait
from ..state.similarity import ALIKE
from ..state.similarity import alike as alikeness
from . import facts as said
from .known import Cluster, Fact, MemoryContext, Mood, Topic
from .subject import common

_ACTIVATION = LAYERS.index("activation")

KNOWN = 0.05
"""The least evidence for a feeling; below it the valence is unknown and not shown."""


def read(state: State, least: float = -1.0) -> list[Topic]:
    """The topics on the torus with their figures, the most active first.

    With `least`, only those that are more active than that, and those named together with one of them.
    """
    cells = state.field.numpy().reshape(len(LAYERS), -1)
    figures = cells.take(state.ground.taken, axis=1).astype(np.float64).round(4).tolist()
    levels = zip(state.topics.values(), figures[_ACTIVATION], strict=True)
    lit = [live for live, activation in levels if activation > least]
    wanted = {live.key for live in lit}.union(*(live.partners for live in lit))
    topics = []
    for live, activation, emotion, confidence, recency in zip(state.topics.values(), *figures, strict=True):
        if live.key not in wanted:
            continue
        known = confidence >= KNOWN
        topics.append(
            Topic(
                label=live.label,
                key=live.key,
                x=live.x,
                y=live.y,
                activation=activation,
                turns_ago=state.user_turns - live.last_user_turn,
                valence=_ratio(emotion, confidence) if known else None,
                confidence=confidence,
                recency=recency,
                mentions=live.mentions,
                started=live.started,
                latest=live.latest,
                voices=_voices(state, live),
                openings=dict(sorted(live.openings.items())) if len(state.speakers) > 1 else {},
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
    alike: Mapping[str, Mapping[str, float]] | None = None,
    facts: Sequence[Fact] = (),
    usual: Sequence[Usual] = (),
    profile: Sequence[Trait] = (),
    turns: int = 0,
    now: datetime | None = None,
    query: str | None = None,
) -> MemoryContext:
    """The context that topics add up to.

    `partners` says by key how often two topics were named together, `alike` how like their names are in
    meaning where that is known, `usual` what comes up again and again, `profile` what speakers said of
    themselves.
    Active are the topics above the threshold; near are those within `dynamics.reach` cells. Themes are sorted
    by feeling times evidence times activation.

    >>> python = Topic("Python", "python", 10, 10, 0.85, turns_ago=5, valence=0.3)
    >>> ml = Topic("machine learning", "machine learning", 12, 11, 1.0, valence=-0.2)
    >>> context = extract([python, ml], Dynamics())
    >>> [topic.label for topic in context.active_topics], context.related_concepts["Python"]
    (['machine learning', 'Python'], ('machine learning',))
    """
    threshold = dynamics.threshold if threshold is None else threshold
    active = tuple(sorted((t for t in topics if t.activation > threshold), key=_strength))
    felt = [t for t in active if t.valence is not None and abs(t.valence) > dynamics.theme]
    felt.sort(key=lambda t: (-_salience(t), t.label))
    positive = tuple(t for t in felt if (t.valence or 0.0) > 0)
    negative = tuple(t for t in felt if (t.valence or 0.0) < 0)
    near = _near(active, [t for t in topics if t.activation > threshold / 2], dynamics)
    clusters = (*_clusters(negative, near), *_clusters(positive, near))
    return MemoryContext(
        active_topics=active,
        positive_themes=positive,
        negative_themes=negative,
        recent_facts=tuple(facts),
        related_concepts=_related(active, topics, near, partners or {}, alike or {}),
        clusters=tuple(Cluster(tuple(t.label for t in g), _mean(g), common(g)) for g in clusters),
        apart=_apart(clusters, near),
        usual=tuple(usual),
        profile=tuple(profile),
        mood=_mood(active),
        turns=turns,
        now=now,
        query=query,
    )


def _strength(topic: Topic) -> tuple[float, int, str]:
    return -topic.activation, topic.turns_ago, topic.label


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


def _near(some: Sequence[Topic], others: Sequence[Topic], dynamics: Dynamics) -> dict[str, dict[str, int]]:
    """For each topic, by key, those of the others that lie within reach: their squared distances by key."""
    table = torus.squared_distances(dynamics.width, dynamics.height)
    x, y = np.array([t.x for t in some], np.int64), np.array([t.y for t in some], np.int64)
    other_x, other_y = np.array([t.x for t in others], np.int64), np.array([t.y for t in others], np.int64)
    squared = table[(other_y - y[:, None]) % dynamics.height, (other_x - x[:, None]) % dynamics.width]
    i, j = (squared <= dynamics.reach**2).nonzero()
    near: dict[str, dict[str, int]] = {topic.key: {} for topic in some}
    for one, other, distance in np.stack((i, j, squared[i, j]), axis=1).tolist():
        near[some[one].key][others[other].key] = distance
    return near


def _related(
    active: Sequence[Topic],
    topics: Sequence[Topic],
    near: Mapping[str, Mapping[str, int]],
    partners: Mapping[str, Mapping[str, int]],
    alike: Mapping[str, Mapping[str, float]],
) -> dict[str, tuple[str, ...]]:
    """For each active topic those named together with it, and those like it in meaning.

    Where it is not known what both mean, those near it that are half active stand for those like it. Most
    often named together first, then most alike, then nearest first, then by name.
    """
    labels = {topic.key: topic.label for topic in topics}
    related = {}
    for topic in active:
        close, together = near[topic.key], partners.get(topic.key, {})
        like = alike.get(topic.key, {})
        found = {key for key in close if key not in like} | {key for key in like if like[key] >= ALIKE}
        ranked = sorted(
            [
                (-together.get(key, 0), -like.get(key, 0.0), close.get(key, math.inf), labels[key])
                for key in {*found, *together}
                if key in labels and key != topic.key
            ]
        )
        related[topic.label] = tuple([label for *_, label in ranked])
    return related


def _clusters(themes: Sequence[Topic], near: Mapping[str, Mapping[str, int]]) -> list[list[Topic]]:
    """Groups of at least two topics linked within reach, each strongest feeling first."""
    left, groups = {topic.key: topic for topic in themes}, []
    while left:
        group, edge = set[str](), {next(iter(left))}
        while edge:
            group |= edge
            edge = {other for key in edge for other in near[key] if other in left} - group
        groups.append([left.pop(key) for key in list(left) if key in group])
    return [group for group in groups if len(group) > 1]


def _mean(group: Sequence[Topic]) -> float:
    total = 0.0
    for topic in group:
        total += topic.valence or 0.0
    return round(total / len(group), 4)


def _mood(active: Sequence[Topic]) -> Mood | None:
    """How the active topics are felt about on the whole, by activation and evidence; None without any."""
    felt = [
        (t, t.valence, t.valence if t.started is None else t.started) for t in active if t.valence is not None
    ]
    mood = _weighed(felt)
    if mood is None:
        return None
    spoken = {
        who: _weighed(
            [(t, t.voices[who], t.openings.get(who, t.voices[who])) for t in active if who in t.voices]
        )
        for who in sorted({who for t in active for who in t.voices})
    }
    voices = {who: own for who, own in spoken.items() if own is not None}
    return replace(mood, voices=voices) if len(voices) > 1 else mood


def _weighed(felt: Sequence[tuple[Topic, float, float]]) -> Mood | None:
    """The mean of topics with what is felt about each now and was at first."""
    weights = [t.activation * max(t.confidence, KNOWN) for t, _, _ in felt]
    evidence = math.fsum(weights)
    if round(evidence, 4) <= 0:
        return None
    now = math.fsum(w * valence for w, (_, valence, _) in zip(weights, felt, strict=True)) / evidence
    first = math.fsum(w * started for w, (_, _, started) in zip(weights, felt, strict=True)) / evidence
    order = sorted(range(len(felt)), key=lambda i: (-round(weights[i], 4), felt[i][0].label))
    topics = tuple(felt[i][0].label for i in order)
    return Mood(round(now, 4), round(first, 4), round(evidence, 4), topics)


def _apart(
    groups: Sequence[Sequence[Topic]], near: Mapping[str, Mapping[str, int]]
) -> tuple[tuple[int, int], ...]:
    """Pairs of a worried and a happy cluster of which no two topics lie within reach."""
    return tuple(
        (i, j)
        for i, one in enumerate(groups)
        for j, other in enumerate(groups)
        if i < j
        and (one[0].valence or 0.0) < 0 < (other[0].valence or 0.0)
        and not any(there.key in near[here.key] for here in one for there in other)
    )


def known(
    log: Follower, index: Index, text: str | None, *, threshold: float | None,
    as_of: When | int | None, now: When | None, omit: Collection[str],
) -> MemoryContext:  # fmt: skip
    """What is active, how it is felt, what was said of it; raises as `Memory.context`."""
    if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
        raise InvalidInput(f"threshold is {threshold!r}, it must be a number between 0 and 1")
    collection("omit", omit)
    at = None if now is None else moment(now, "now")
    query = None if text is None or text == "" else ask(log, index, text, as_of=as_of, now=at, message=True)
    named = query.keys if query is not None else ()
    with log.reading() as (scope, newest):
        state = log.seen(scope, newest, as_of, at, named)
        least = (log.dynamics.threshold if threshold is None else threshold) / 2
        topics = [replace(t, asked=True) if t.key in named else t for t in read(state, least)]
        partners = {topic.key: state.topics[topic.key].partners for topic in topics}
        alike = alikeness({topic.key: state.topics[topic.key].sense for topic in topics})
        found = extract(
            topics, log.dynamics, threshold=threshold, partners=partners, alike=alike, turns=state.turns,
            usual=counts.usual(state.tallies, state.session.number), now=state.at, query=text,
            profile=[one for one in profiles.traits(state.profile) if one.turn_id not in omit],
        )  # fmt: skip
        if scope is None or state.at is None:
            return found
        found = replace(found, backlog=index.missing(scope))
        return replace(found, recent_facts=said.recent(index, scope, found, query, omit))
