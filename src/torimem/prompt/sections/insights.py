"""Topics felt alike that lie near each other, and joys that lie apart from the worries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...context import subject
from ...context.known import Cluster, MemoryContext
from ..quote import name, plain_name
from ..words import Words
from .figures import rounded, signed, total_feeling
from .kind import Finding, Kind, turns_of
from .order import most_felt

NAMED = 4  # topics of a cluster that a line names


@dataclass(frozen=True, slots=True)
class Insight:
    """A cluster and the worried clusters out of its reach: all there are, or those with a name.

    Clusters of one name are told as one; `places` says how many there are.
    """

    cluster: Cluster
    apart: tuple[Cluster, ...] = ()
    places: int = 1


def find(context: MemoryContext) -> Iterator[Finding[Insight]]:
    """Finds worries before joys, named clusters before others; clusters of one name are one finding."""
    clusters = context.clusters
    groups: dict[tuple[bool, bool, str | int], list[int]] = {}
    for number, cluster in enumerate(clusters):
        key = (cluster.valence > 0, cluster.name is None, cluster.name or number)
        groups.setdefault(key, []).append(number)
    for (happy, unnamed, _), numbers in sorted(groups.items(), key=lambda group: group[0][:2]):
        names = [topic for number in numbers for topic in clusters[number].topics]
        members = most_felt([topic for topic in context.active_topics if topic.topic in names])
        mean = total_feeling(members) / len(members) if members else 0.0
        valence = round(mean, 4) * (1 if happy else -1)
        cluster = Cluster(tuple(topic.topic for topic in members), valence, clusters[numbers[0]].name)
        item = Insight(cluster, _apart(context, numbers), len(numbers))
        where = "near each other" if len(numbers) == 1 else f"in {len(numbers)} places"
        why = f"{len(members)} topics felt alike lie {where}, mean valence {signed(valence)}"
        about = cluster.name or min((topic.key for topic in members), default="")
        weight = abs(valence) * (0.5 if unnamed else 1.0)
        yield Finding(item, f"{'joy' if happy else 'concern'}: {about}", why, turns_of(*members), weight)


def _apart(context: MemoryContext, numbers: list[int]) -> tuple[Cluster, ...]:
    """The clusters that lie apart from all of these; if some worry does not, only those with a name."""
    worried = sum(cluster.valence < 0 for cluster in context.clusters)
    apart = tuple(
        cluster
        for number, cluster in enumerate(context.clusters)
        if all((number, joy) in context.apart for joy in numbers)
    )
    # "apart from the concerns" would not tell from which
    return apart if len(apart) >= worried else tuple(cluster for cluster in apart if cluster.name)


def values(insight: Insight, words: Words) -> dict[str, str]:
    """Tells of the cluster in a sentence."""
    cluster = insight.cluster
    phrase = "apart" if insight.apart else "concern" if cluster.valence < 0 else "joy"
    given = {
        "topics": words.joined([name(topic) for topic in cluster.topics[:NAMED]]),
        "concerns": _concerns(insight, words),
    }
    if cluster.name is not None:
        shown = _attributive(cluster.name)
        given["subject"] = shown
        given["Subject"] = shown[:1].upper() + shown[1:] if shown.islower() else shown
    if insight.places > 1 and not insight.apart:
        phrase = f"several_{phrase}"
    elif cluster.name:
        phrase = f"named_{phrase}"
    return {"insight": words.phrase(phrase, **given)}


def _concerns(insight: Insight, words: Words) -> str:
    """What a joy lies apart from: the worries by name where each has one, else all of them."""
    names = [_attributive(cluster.name) for cluster in insight.apart if cluster.name is not None]
    if names and len(names) == len(insight.apart):
        return words.phrase("named_concerns", subject=words.joined(list(dict.fromkeys(names))))
    return words.phrases["concerns"]


def _attributive(subject_name: str) -> str:
    return name(subject.attributive(subject_name))


def entry(insight: Insight, words: Words) -> dict[str, Any]:
    """Gives the cluster's name and topics, its mean valence, and what it lies apart from."""
    cluster = insight.cluster
    called = {"name": plain_name(cluster.name)} if cluster.name is not None else {}
    members = {
        "topics": [plain_name(topic) for topic in cluster.topics],
        "valence": rounded(cluster.valence),
    }
    apart = [plain_name(other.name or other.topics[0]) for other in insight.apart]
    return {**called, **members, **({"apart_from": apart} if apart else {})}


_SUBJECT = ("subject", "Subject", "topics")

INSIGHTS = Kind(
    name="insights",
    find=find,
    limit=4,
    places=("insight",),
    values=values,
    entry=entry,
    phrases={
        "concern": ("topics",),
        "joy": ("topics",),
        "apart": ("topics", "concerns"),
        "named_concern": _SUBJECT,
        "named_joy": _SUBJECT,
        "named_apart": (*_SUBJECT, "concerns"),
        "several_concern": _SUBJECT,
        "several_joy": _SUBJECT,
        "concerns": (),
        "named_concerns": ("subject",),
    },
    worth=0.8,
)
