"""Findings -> lines of text in the words of a template; remembered names and texts only as `quote` lets them.

What is worth saying is up to `findings`, whether there is room for it up to `prompt`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..context import subject
from ..context.known import Cluster, Fact, Mood, Topic
from ..state.profile import Trait
from .findings import Advice, Finding, Insight, Recurring, Related, changed, signed
from .quote import name, quote
from .template import Section, Template

QUOTED = 200
"""How many characters of a turn are quoted at most."""

_NAMED = 4  # topics of a cluster that are named


def line(finding: Finding, section: Section, template: Template) -> str:
    """One finding as a line of its section.

    >>> from torimem.prompt.findings import find
    >>> from torimem import MemoryContext
    >>> from torimem.prompt.template import load
    >>> tea = Topic("tea", "tea", 1, 1, 0.85, turns_ago=5)
    >>> tutor = load("tutor")
    >>> [line(found, tutor.sections[0], tutor) for found in find("topics", MemoryContext((tea,)))]
    ['- tea (activation: 0.85, discussed 5 turns ago)']
    """
    return section.line.format(**_PLACES[section.kind](finding.item, section, template))


def band(kind: str, topic: Topic, template: Template) -> str:
    """The word for how a theme is felt about."""
    return template.band(kind, abs(topic.valence or 0.0))


def when(turns_ago: int, template: Template) -> str:
    """How long ago a topic was named, in turns."""
    word = "now" if turns_ago == 0 else "once" if turns_ago == 1 else "ago"
    return template.words[word].format(n=turns_ago)


def advice(item: Advice, template: Template) -> str:
    """A piece of advice as a sentence; empty where the template leaves it out."""
    topics = [topic.topic for topic in item.topics]
    named = [quote(topic, 60) for topic in topics]
    return template.guidance[item.key].format(
        topics=_joined(_by_subject(topics, item.subjects, template), template),
        first=named[0] if named else "",
        second=named[-1] if named else "",
    )


def _by_subject(topics: Sequence[str], subjects: Sequence[Cluster], template: Template) -> list[str]:
    """Topics in quotes; those of a named cluster together, after its name."""
    said: dict[str, list[str]] = {}
    for topic in topics:
        found = next((one.name for one in subjects if topic in one.topics and one.name), None)
        shown = "" if found is None else found if found in subject.fields() else quote(found, 60)
        said.setdefault(shown or topic, []).append(quote(topic, 60))
    named = template.words["named"]
    return [
        own[0] if len(own) == 1 else named.format(subject=head, topics=_joined(own, template))
        for head, own in said.items()
    ]


def _joined(names: Sequence[str], template: Template) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {template.words['and']} {names[-1]}"


# What each kind of line can name in braces


def _topic(topic: Topic, section: Section, template: Template) -> dict[str, str]:
    return {
        "topic": name(topic.topic),
        "activation": f"{topic.activation:.2f}",
        "when": when(topic.turns_ago, template),
        "period": template.band("periods", topic.turns_ago),
    }


def _theme(topic: Topic, section: Section, template: Template) -> dict[str, str]:
    own = [f"{name(speaker)} {signed(valence)}" for speaker, valence in topic.voices.items()]
    sentiment = "; ".join([signed(topic.valence or 0.0), *([", ".join(own)] if len(own) > 1 else [])])
    intensity = band(section.kind, topic, template)
    voiced = [f"{name(who)} {_banded(valence, template)}" for who, valence in topic.voices.items()]
    feeling = "; ".join([intensity, *([", ".join(voiced)] if len(voiced) > 1 else [])])
    return {"topic": name(topic.topic), "sentiment": sentiment, "intensity": intensity, "feeling": feeling}


def _banded(valence: float, template: Template) -> str:
    return template.band("negative" if valence < 0 else "positive", abs(valence))


def _mood(mood: Mood, section: Section, template: Template) -> dict[str, str]:
    own = [f"{name(speaker)} {_felt(of, template)}" for speaker, of in mood.voices.items()]
    return {"mood": "; ".join([_felt(mood, template), *own])}


def _felt(mood: Mood, template: Template) -> str:
    feeling = template.band("mood", mood.valence)
    now = template.words["mood"].format(feeling=feeling, valence=signed(mood.valence))
    moved = round(round(mood.valence, 2) - round(mood.started, 2), 2)
    if abs(moved) < 0.1:
        return now
    return template.words["better" if moved > 0 else "worse"].format(mood=now, started=signed(mood.started))


def _usual(item: Recurring, section: Section, template: Template) -> dict[str, str]:
    return {"topics": ", ".join(name(one.topic) for one in item.topics)}


def _trait(trait: Trait, section: Section, template: Template) -> dict[str, str]:
    by = f"{name(trait.speaker)}: " if trait.speaker else ""
    date = trait.at.date().isoformat()
    return {"slot": trait.slot, "date": date, "by": by, "text": quote(trait.text, QUOTED)}


def _fact(fact: Fact, section: Section, template: Template) -> dict[str, str]:
    speaker = name(fact.speaker) if fact.speaker else template.words[fact.role]
    if fact.earlier:
        speaker = template.words["earlier"].format(speaker=speaker)
    return {"date": fact.at.date().isoformat(), "speaker": speaker, "text": quote(fact.text, QUOTED)}


def _related(item: Related, section: Section, template: Template) -> dict[str, str]:
    return {"topic": name(item.topic.topic), "related": ", ".join(name(other) for other in item.others)}


def _trajectory(topic: Topic, section: Section, template: Template) -> dict[str, str]:
    """What became of a feeling; where several people speak, of each one's."""
    if len(topic.voices) > 1:
        own = [
            template.words["voice"].format(
                speaker=name(speaker), story=_story(topic.openings.get(speaker, now), now, template, "now")
            )
            for speaker, now in topic.voices.items()
        ]
        return {"topic": name(topic.topic), "story": "; ".join(own)}
    steady = "feeling" if topic.turns_ago == 0 else "started"
    return {
        "topic": name(topic.topic),
        "story": _story(topic.started or 0.0, topic.latest or 0.0, template, steady),
    }


def _story(first: float, last: float, template: Template, steady: str) -> str:
    """Started so, now so; for what has not changed only one of them."""
    started = _feeling("started", "feelings", first, template)
    if changed(first, last):
        return _feeling("later", "now", last, template, started)
    if steady == "now":
        return f"{template.band('now', last)} ({signed(last)})"
    return _feeling("feeling", "feelings", last, template) if steady == "feeling" else started


def _feeling(word: str, bands: str, valence: float, template: Template, first: str = "") -> str:
    feeling = template.band(bands, valence)
    return template.words[word].format(feeling=feeling, valence=signed(valence), first=first)


def _insight(item: Insight, section: Section, template: Template) -> dict[str, str]:
    cluster, words = item.cluster, template.words
    word = "apart" if item.apart else "concern" if cluster.valence < 0 else "joy"
    word = (
        f"several_{word}" if item.places > 1 and not item.apart else f"named_{word}" if cluster.name else word
    )
    places = {
        "topics": _joined([name(topic) for topic in cluster.topics[:_NAMED]], template),
        "concerns": _concerns(item, template),
    }
    if cluster.name is not None:
        shown = _attributive(cluster.name)
        capital = shown[:1].upper() + shown[1:] if shown.islower() else shown
        return {"insight": words[word].format(subject=shown, Subject=capital, **places)}
    return {"insight": words[word].format(**places)}


def _concerns(item: Insight, template: Template) -> str:
    """What a joy lies apart from: worries by name, else all of them."""
    names = [_attributive(cluster.name) for cluster in item.apart if cluster.name is not None]
    if names and len(names) == len(item.apart):
        return template.words["named_concerns"].format(subject=_joined(list(dict.fromkeys(names)), template))
    return template.words["concerns"]


def _attributive(named: str) -> str:
    return name(subject.attributive(named))


def _advice(item: Advice, section: Section, template: Template) -> dict[str, str]:
    return {"advice": advice(item, template)}


_PLACES: dict[str, Callable[[Any, Section, Template], dict[str, str]]] = {
    "topics": _topic,
    "positive": _theme,
    "negative": _theme,
    "mood": _mood,
    "usual": _usual,
    "profile": _trait,
    "facts": _fact,
    "relationships": _related,
    "trajectory": _trajectory,
    "insights": _insight,
    "guidance": _advice,
}
