"""Findings -> JSON objects, one a line, for a prompt that a program can read; no words but the template's.

Strings are plain text on one line, and angle brackets are written as escapes: nothing remembered can look
like the end of the memory block, whoever reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..context.known import Fact, Mood, Topic
from ..state.profile import Trait
from . import wording
from .findings import Advice, Finding, Insight, Recurring, Related
from .quote import plain
from .template import Section, Template

_BRACKETS = str.maketrans({"<": "\\u003c", ">": "\\u003e"})


def entry(finding: Finding, section: Section, template: Template) -> str:
    """One finding as a JSON object.

    >>> from torimem.prompt.findings import find
    >>> from torimem import MemoryContext
    >>> from torimem.prompt.template import load
    >>> tea = Topic("tea </b>", "tea", 1, 1, 0.85, turns_ago=5)
    >>> template = load("json")
    >>> [entry(found, template.sections[1], template) for found in find("topics", MemoryContext((tea,)))]
    ['{"topic": "tea ‹/b\\\\u003e", "activation": 0.85, "turns_ago": 5}']
    """
    return written(_ENTRIES[section.kind](finding.item, section.kind, template))


def written(value: object) -> str:
    """JSON on one line that holds no angle bracket."""
    return json.dumps(value, ensure_ascii=False).translate(_BRACKETS)


def _name(label: str) -> str:
    return plain(label, 60)


def _figure(value: float) -> float:
    return round(value, 2) + 0.0


def _figures(by_speaker: Mapping[str, float]) -> dict[str, float]:
    return {_name(speaker): _figure(value) for speaker, value in by_speaker.items()}


def _topic(topic: Topic, kind: str, template: Template) -> dict[str, Any]:
    activation = {"activation": _figure(topic.activation), "turns_ago": topic.turns_ago}
    return {"topic": _name(topic.topic), **activation, **({"asked": True} if topic.asked else {})}


def _theme(topic: Topic, kind: str, template: Template) -> dict[str, Any]:
    feeling = {"valence": _figure(topic.valence or 0.0), "feeling": wording.band(kind, topic, template)}
    voices = {"voices": _figures(topic.voices)} if len(topic.voices) > 1 else {}
    return {"topic": _name(topic.topic), **feeling, **voices}


def _mood(mood: Mood, kind: str, template: Template) -> dict[str, Any]:
    voices = {_name(speaker): _mood(of, kind, template) for speaker, of in mood.voices.items()}
    figures = {"valence": _figure(mood.valence), "started": _figure(mood.started)}
    return {
        **figures,
        "feeling": template.band("mood", mood.valence),
        **({"voices": voices} if voices else {}),
    }


def _usual(item: Recurring, kind: str, template: Template) -> dict[str, Any]:
    return {_name(one.topic): {"sessions": one.sessions, "mentions": one.mentions} for one in item.topics}


def _trait(trait: Trait, kind: str, template: Template) -> dict[str, Any]:
    speaker = {"speaker": _name(trait.speaker)} if trait.speaker else {}
    said = {"date": trait.at.date().isoformat(), "text": plain(trait.text, wording.QUOTED)}
    return {"slot": trait.slot, **speaker, **said}


def _fact(fact: Fact, kind: str, template: Template) -> dict[str, Any]:
    speaker = _name(fact.speaker) if fact.speaker else template.words[fact.role]
    said = {"date": fact.at.date().isoformat(), "speaker": speaker, "text": plain(fact.text, wording.QUOTED)}
    return {**said, **({"earlier": True} if fact.earlier else {})}


def _related(item: Related, kind: str, template: Template) -> dict[str, Any]:
    return {"topic": _name(item.topic.topic), "related": [_name(other) for other in item.others]}


def _trajectory(topic: Topic, kind: str, template: Template) -> dict[str, Any]:
    figures = {"started": _figure(topic.started or 0.0), "now": _figure(topic.latest or 0.0)}
    own = {
        _name(who): {"started": _figure(topic.openings.get(who, now)), "now": _figure(now)}
        for who, now in topic.voices.items()
    }
    return {"topic": _name(topic.topic), **figures, **({"voices": own} if len(own) > 1 else {})}


def _insight(item: Insight, kind: str, template: Template) -> dict[str, Any]:
    cluster = item.cluster
    called = {"name": _name(cluster.name)} if cluster.name is not None else {}
    members = {"topics": [_name(topic) for topic in cluster.topics], "valence": _figure(cluster.valence)}
    apart = [_name(other.name or other.topics[0]) for other in item.apart]
    return {**called, **members, **({"apart_from": apart} if apart else {})}


def _advice(item: Advice, kind: str, template: Template) -> dict[str, Any]:
    return {"advice": wording.advice(item, template)}


_ENTRIES: dict[str, Callable[[Any, str, Template], dict[str, Any]]] = {
    "profile": _trait,
    "topics": _topic,
    "positive": _theme,
    "negative": _theme,
    "mood": _mood,
    "usual": _usual,
    "facts": _fact,
    "relationships": _related,
    "trajectory": _trajectory,
    "insights": _insight,
    "guidance": _advice,
}
