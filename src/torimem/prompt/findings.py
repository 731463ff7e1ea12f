"""MemoryContext -> findings: what a prompt could say, each with its reason, its turns and weight; no wording.

Findings of a kind come in an order that figures too close to tell apart do not change, so that a prompt reads
the same from one turn to the next where nothing new was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..context.known import Cluster, Fact, MemoryContext, Mood, Topic
from ..state.counts import Usual
from ..state.profile import Trait
from .quote import plain

FELT = 0.05
"""The least valence that counts as a feeling of one sign."""

MIXED = 0.15
"""The least valence of a mood that is more than mixed."""

# How many findings of a kind a prompt has at most.
_SHOWN = {
    "profile": 5,
    "topics": 8,
    "positive": 5,
    "negative": 5,
    "facts": 8,
    "relationships": 5,
    "trajectory": 5,
    "insights": 4,
}
# What a piece of advice weighs beside the others: what the topics say by themselves weighs least.
_ADVICE = {
    "concern": 1.0,
    "relief": 0.9,
    "struggling": 0.9,
    "enthusiasm": 0.7,
    "discussing": 0.5,
    "connect": 0.4,
}


@dataclass(frozen=True, slots=True)
class Related:
    """A topic and the names of those it is related to."""

    topic: Topic
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """A cluster, and the worried ones that lie out of its reach: all that there are, or those with a name.

    `places` says how many clusters of one name it stands for.
    """

    cluster: Cluster
    apart: tuple[Cluster, ...] = ()
    places: int = 1


@dataclass(frozen=True, slots=True)
class Recurring:
    """The topics that come up session after session, in one line."""

    topics: tuple[Usual, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A piece of advice, by its key in the template, and the topics it is about.

    `subjects` are the named clusters that some of the topics belong to.
    """

    key: str
    topics: tuple[Topic, ...]
    subjects: tuple[Cluster, ...] = ()


Item = Topic | Trait | Fact | Mood | Recurring | Related | Insight | Advice


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a prompt could say: about what, why, from which turns, and how much it weighs in its kind."""

    item: Item
    about: str
    why: str
    sources: tuple[str, ...]
    weight: float


def find(kind: str, context: MemoryContext, *, only: str = "") -> list[Finding]:
    """The findings of a kind in the order to show them; with `only="changes"`, trajectories that changed.

    >>> tea = Topic("tea", "tea", 1, 1, 0.9, valence=0.7, confidence=1.0)
    >>> [(found.about, found.why) for found in find("positive", MemoryContext(positive_themes=(tea,)))]
    [('tea', 'valence +0.70 by evidence of 1.00 at (1, 1)')]
    """
    return list(_KINDS[kind](context, only))[: _SHOWN.get(kind)]


def turned(topic: Topic) -> bool:
    """Whether a topic is felt about otherwise than at first: by its sign, or by much."""
    spoken = ((topic.openings.get(who, now), now) for who, now in topic.voices.items())
    return any(changed(first, last) for first, last in [(topic.started, topic.latest), *spoken])


def changed(first: float | None, last: float | None) -> bool:
    """Whether two valences tell of a change: their signs differ, or they lie half apart.

    >>> changed(0.3, -0.2), changed(0.3, -0.01), changed(0.02, -0.03), changed(0.3, 0.7)
    (True, True, False, False)
    """
    if first is None or last is None:
        return False
    apart = abs(round(last, 2) - round(first, 2))
    opposed = _sign(first) * _sign(last) < 0
    faded = _sign(first) != _sign(last) and apart >= 0.25 - 1e-9
    return opposed or faded or apart >= 0.5 - 1e-9


def signed(valence: float) -> str:
    """A valence as it is shown.

    >>> signed(-0.001), signed(0.456)
    ('+0.00', '+0.46')
    """
    return f"{round(valence, 2) + 0.0:+.2f}"  # adding zero turns -0.0 into 0.0


def _sign(valence: float) -> int:
    return (round(valence, 2) >= FELT) - (round(valence, 2) <= -FELT)


def _sources(*topics: Topic) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(turn for topic in topics for turn in (topic.first_turn, topic.last_turn) if turn)
    )


def _steady(topics: Sequence[Topic]) -> list[Topic]:
    """The most active first; what differs by less than is ever shown keeps the order of the names."""
    return sorted(topics, key=lambda topic: (-round(topic.activation, 2), topic.turns_ago, topic.topic))


def _clearest(topics: Sequence[Topic]) -> list[Topic]:
    """The clearest feeling first, in the same way."""
    return sorted(topics, key=lambda topic: (-abs(round(topic.valence or 0.0, 2)), topic.topic))


# What is active, and how it is felt about


def _times(topic: Topic) -> str:
    return "once" if topic.mentions == 1 else f"{topic.mentions} times"


def _topics(context: MemoryContext, only: str) -> Iterator[Finding]:
    for topic in _steady(context.active_topics):
        ago = {0: "just now", 1: "one user turn ago"}.get(
            topic.turns_ago, f"{topic.turns_ago} user turns ago"
        )
        lit = "the question names it; " if topic.asked else ""
        named = f"{lit}named {_times(topic)}, last {ago}"
        why = f"{named}; activation {topic.activation:.2f} at ({topic.x}, {topic.y})"
        weight = topic.activation * (2 if topic.asked else 1)
        yield Finding(topic, topic.key, why, _sources(topic), weight)


def _themes(themes: Sequence[Topic], kind: str) -> Iterator[Finding]:
    for topic in _clearest(themes[: _SHOWN[kind]]):  # themes come with what is most salient first
        valence = topic.valence or 0.0
        evidence = f"evidence of {topic.confidence:.2f} at ({topic.x}, {topic.y})"
        why = f"valence {signed(valence)} by {evidence}"
        # a mild feeling is worth a line, too; one seen once, or on little evidence, less than one seen again
        often, sure = 0.4 + 0.2 * min(topic.mentions, 3), 0.5 + min(topic.confidence, 1) / 2
        weight = (0.5 + abs(valence) / 2) * topic.activation * often * sure
        yield Finding(topic, topic.key, why, _sources(topic), weight)


def _mood(context: MemoryContext, only: str) -> Iterator[Finding]:
    mood = context.mood
    if mood is not None:
        felt = {topic.topic: topic for topic in context.active_topics}
        topics = [felt[name] for name in mood.topics[:5] if name in felt]
        named = f"{len(mood.topics)} topic{'' if len(mood.topics) == 1 else 's'}"
        why = (
            f"valence {signed(mood.valence)} over {named} by activation and evidence ({mood.evidence:.2f}), "
            f"at first {signed(mood.started)}"
        )
        moods = (mood, *mood.voices.values())
        # "mixed, as before" is not worth a line
        if any(max(abs(of.valence), abs(of.valence - of.started)) >= MIXED for of in moods):
            yield Finding(mood, "mood", why, _sources(*topics), 1.0)


def _usual(context: MemoryContext, only: str) -> Iterator[Finding]:
    """What comes up session after session and is not named among the active topics anyway."""
    shown = {topic.key for topic in _steady(context.active_topics)[: _SHOWN["topics"]]}
    rest = tuple(one for one in context.usual if one.key not in shown)
    if rest:
        why = "; ".join(f"{plain(one.topic, 60)} in {one.sessions} sessions" for one in rest)
        sources = tuple(dict.fromkeys(one.last_turn for one in rest))
        yield Finding(Recurring(rest), "usual", why, sources, 1.0)


# What was said


def _profile(context: MemoryContext, only: str) -> Iterator[Finding]:
    """What the speakers said of themselves, but for what the best fact quotes anyway."""
    best = max(context.recent_facts, key=lambda fact: fact.score, default=None)
    for trait in context.profile:
        if best is None or trait.turn_id != best.turn_id:
            about = f"{trait.speaker}: {trait.slot}" if trait.speaker else trait.slot
            yield Finding(trait, about, f"{trait.slot}, as said last", (trait.turn_id,), 1.0)


def _facts(context: MemoryContext, only: str) -> Iterator[Finding]:
    felt = {topic.topic for topic in (*context.positive_themes, *context.negative_themes)}
    for fact in context.recent_facts:
        about = ", ".join(plain(topic, 60) for topic in fact.topics)
        why = fact.why or (f"said about {about}" if about else "said last")
        # what tells why something is loved or feared comes before what merely names it
        tells = 1.25 if felt.intersection(fact.topics) else 1.0
        yield Finding(fact, fact.turn_id, why, (fact.turn_id,), fact.score * tells)


# How it hangs together


def _relationships(context: MemoryContext, only: str) -> Iterator[Finding]:
    active = _steady(context.active_topics)
    by_name = {topic.topic: topic for topic in active}
    said: set[frozenset[str]] = set()
    for topic in active:
        others = context.related_concepts.get(topic.topic, ())
        related = tuple(other for other in others if frozenset((topic.topic, other)) not in said)[:4]
        if related:
            said.update(frozenset((topic.topic, other)) for other in related)
            sources = _sources(topic, *(by_name[other] for other in related if other in by_name))
            why = "near each other on the torus or named together"
            yield Finding(Related(topic, related), topic.key, why, sources, topic.activation)


def _trajectories(context: MemoryContext, only: str) -> Iterator[Finding]:
    felt = [t for t in _steady(context.active_topics) if t.started is not None and t.latest is not None]
    for topic in sorted(felt, key=lambda topic: not turned(topic)):
        if only == "changes" and not turned(topic):
            continue
        first, last = signed(topic.started or 0.0), signed(topic.latest or 0.0)
        why = f"named {_times(topic)}, first felt {first}, last {last}"
        yield Finding(topic, topic.key, why, _sources(topic), 1.0)


def _insights(context: MemoryContext, only: str) -> Iterator[Finding]:
    """Worries before joys, what has a name before what has none; clusters of one name are told together."""
    told: dict[tuple[bool, bool, str | int], list[int]] = {}
    for number, cluster in enumerate(context.clusters):
        key = (cluster.valence > 0, cluster.name is None, cluster.name or number)
        told.setdefault(key, []).append(number)
    worried = sum(cluster.valence < 0 for cluster in context.clusters)
    for (happy, unnamed, _), numbers in sorted(told.items(), key=lambda one: one[0][:2]):
        names = [topic for number in numbers for topic in context.clusters[number].topics]
        members = _clearest([topic for topic in context.active_topics if topic.topic in names])
        valence = round(_total(members) / len(members), 4) * (1 if happy else -1) if members else 0.0
        clear = [
            number
            for number in range(len(context.clusters))
            if all((number, joy) in context.apart for joy in numbers)
        ]
        if len(clear) < worried:  # from some of the worries: only a name tells from which
            clear = [number for number in clear if context.clusters[number].name]
        cluster = Cluster(tuple(topic.topic for topic in members), valence, context.clusters[numbers[0]].name)
        item = Insight(cluster, tuple(context.clusters[number] for number in clear), len(numbers))
        places = "near each other" if len(numbers) == 1 else f"in {len(numbers)} places"
        why = f"{len(members)} topics felt alike lie {places}, mean valence {signed(valence)}"
        about = cluster.name or min((topic.key for topic in members), default="")
        weight = abs(valence) * (0.5 if unnamed else 1.0)
        yield Finding(item, f"{'joy' if happy else 'concern'}: {about}", why, _sources(*members), weight)


# What to do with it


def _guidance(context: MemoryContext, only: str) -> Iterator[Finding]:
    for key, why, topics in _advice(context):
        subjects = tuple(
            cluster
            for cluster in context.clusters
            if cluster.name and any(topic.topic in cluster.topics for topic in topics)
        )
        yield Finding(Advice(key, tuple(topics), subjects), key, why, _sources(*topics), _ADVICE[key])


def _advice(context: MemoryContext) -> Iterator[tuple[str, str, list[Topic]]]:
    """Which advice the context calls for: its key in the template, why, about which topics."""
    active = _steady(context.active_topics)
    positive = _clearest(context.positive_themes[:3])
    negative = _clearest([topic for topic in context.negative_themes if not _relieved(topic)][:3])
    strongest = active[0].activation if active else 0.0
    current = [t for t in active if t.turns_ago <= 1 and t.activation >= 0.8 * strongest][:3]
    if current:
        yield "discussing", "named in the last two turns and among the strongest", current
    if negative:
        yield "concern", "the clearest worries", negative
    hard = [
        t
        for t in current
        if t.valence is not None
        and t.valence <= -FELT
        and t not in context.negative_themes
        and not _relieved(t)
    ]
    if hard:
        yield "struggling", "under discussion and felt to be hard", hard
    heavy = negative and _total(context.negative_themes) > _total(context.positive_themes)
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
        # the harder one comes first: the other is what it can be explained from
        yield "connect", "the strongest two that are related", sorted(pair, key=lambda t: t.valence or 0.0)


def _relieved(topic: Topic) -> bool:
    """Whether what was said last of a hard topic was good."""
    return topic.latest is not None and topic.latest >= FELT


def _total(themes: Sequence[Topic]) -> float:
    total = 0.0
    for topic in themes:
        total += abs(topic.valence or 0.0)
    return round(total, 4)


def _relief(context: MemoryContext) -> list[Topic]:
    """Happy topics of one cluster, apart from the worries where there is one, else the happiest topic."""
    apart = [happy for _, happy in context.apart]
    happy = apart + [number for number, cluster in enumerate(context.clusters) if cluster.valence > 0]
    if happy:
        names = context.clusters[happy[0]].topics
        return _clearest([topic for topic in context.positive_themes if topic.topic in names][:2])
    return list(context.positive_themes[:1])


_KINDS: dict[str, Callable[[MemoryContext, str], Iterator[Finding]]] = {
    "profile": _profile,
    "topics": _topics,
    "positive": lambda context, only: _themes(context.positive_themes, "positive"),
    "negative": lambda context, only: _themes(context.negative_themes, "negative"),
    "mood": _mood,
    "usual": _usual,
    "facts": _facts,
    "relationships": _relationships,
    "trajectory": _trajectories,
    "insights": _insights,
    "guidance": _guidance,
}
