"""What to do with what is known: a sentence of advice a line, each only where the context calls for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...context import subject
from ...context.known import Cluster, MemoryContext, Topic
from ..quote import NAMED, quote
from ..words import Words
from .figures import NEUTRAL, total_feeling
from .kind import Finding, Kind, turns_of
from .order import most_active, most_felt

WEIGHTS = {
    "concern": 1.0,
    "relief": 0.9,
    "struggling": 0.9,
    "enthusiasm": 0.7,
    "discussing": 0.5,  # the topics say this and the next by themselves
    "connect": 0.4,
}
"""The advice there is, by its key in a template, and what each weighs beside the others."""

SENTENCE = ("topics", "first", "second")
"""What a template's sentence of advice can name in braces."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A piece of advice, by its key in the template, and the topics it is about.

    `subjects` are the named clusters that some of the topics belong to.
    """

    key: str
    topics: tuple[Topic, ...]
    subjects: tuple[Cluster, ...] = ()


def find(context: MemoryContext) -> Iterator[Finding[Advice]]:
    """Finds every piece of advice that the context calls for."""
    for key, why, topics in _called_for(context):
        subjects = tuple(
            cluster
            for cluster in context.clusters
            if cluster.name and any(topic.topic in cluster.topics for topic in topics)
        )
        yield Finding(Advice(key, tuple(topics), subjects), key, why, turns_of(*topics), WEIGHTS[key])


def _called_for(context: MemoryContext) -> Iterator[tuple[str, str, list[Topic]]]:
    """The key of a piece of advice, why it is given, and the topics it is about."""
    active = most_active(context.active_topics)
    positive = most_felt(context.positive_themes[:3])
    negative = most_felt([topic for topic in context.negative_themes if not _relieved(topic)][:3])
    strongest = active[0].activation if active else 0.0
    current = [topic for topic in active if topic.turns_ago <= 1 and topic.activation >= 0.8 * strongest][:3]
    if current:
        yield "discussing", "named in the last two turns and among the strongest", current
    if negative:
        yield "concern", "the clearest worries", negative
    hard = [
        topic
        for topic in current
        if topic.valence is not None
        and topic.valence <= -NEUTRAL
        and topic not in context.negative_themes
        and not _relieved(topic)
    ]
    if hard:
        yield "struggling", "under discussion and felt to be hard", hard
    heavy = negative and total_feeling(context.negative_themes) > total_feeling(context.positive_themes)
    shared = negative and any(cluster.valence > 0 for cluster in context.clusters)
    if positive and (heavy or shared):
        weighed = "worries outweigh joys, and" if heavy else "there are worries, and"
        where = "lies apart from them" if context.apart else "is the clearest"
        yield "relief", f"{weighed} this joy {where}", _relief(context)
    elif positive:
        yield "enthusiasm", "the clearest joys", positive
    related = context.related_concepts
    pair = next(((a, b) for a in active for b in active if b.topic in related.get(a.topic, ())), None)
    if pair:
        # the harder one comes first: it can be explained from the other
        yield "connect", "the strongest two that are related", sorted(pair, key=lambda t: t.valence or 0.0)


def _relieved(topic: Topic) -> bool:
    """Whether what was said last of a topic was good."""
    return topic.latest is not None and topic.latest >= NEUTRAL


def _relief(context: MemoryContext) -> list[Topic]:
    """Two happy topics of one cluster, apart from the worries where there is one, else the happiest topic."""
    apart = [happy for _, happy in context.apart]
    happy = apart + [number for number, cluster in enumerate(context.clusters) if cluster.valence > 0]
    if happy:
        names = context.clusters[happy[0]].topics
        return most_felt([topic for topic in context.positive_themes if topic.topic in names][:2])
    return list(context.positive_themes[:1])


def values(advice: Advice, words: Words) -> dict[str, str]:
    """Fills in the template's sentence; nothing where that is empty."""
    sentence = words.guidance[advice.key]
    if not sentence:
        return {}
    quoted = [quote(topic.topic, NAMED) for topic in advice.topics]
    told = sentence.format(
        topics=words.joined(_by_subject(advice, words)),
        first=quoted[0] if quoted else "",
        second=quoted[-1] if quoted else "",
    )
    return {"advice": told}


def _by_subject(advice: Advice, words: Words) -> list[str]:
    """The topics in quotes; several of one named cluster in brackets after its name."""
    groups: dict[str, list[str]] = {}
    for topic in (topic.topic for topic in advice.topics):
        cluster = next((each.name for each in advice.subjects if topic in each.topics and each.name), None)
        groups.setdefault(topic if cluster is None else _heading(cluster), []).append(quote(topic, NAMED))
    return [
        own[0] if len(own) == 1 else words.phrase("named", subject=heading, topics=words.joined(own))
        for heading, own in groups.items()
    ]


def _heading(cluster: str) -> str:
    """A cluster's name: quoted, unless it is one of the everyday subjects, whose words are our own."""
    return cluster if cluster in subject.fields() else quote(cluster, NAMED)


def entry(advice: Advice, words: Words) -> dict[str, Any]:
    """Gives the sentence."""
    return dict(values(advice, words))


GUIDANCE = Kind(
    name="guidance",
    find=find,
    places=("advice",),
    values=values,
    entry=entry,
    phrases={"named": ("subject", "topics")},
    worth=1.2,
)
