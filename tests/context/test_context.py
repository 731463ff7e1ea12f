"""What counts as active, felt, related and apart; checked against a slow, obvious version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import Dynamics, InvalidInput, Memory, MemoryContext, Topic
from torimem.context.context import extract, read
from torimem.state.fold import State, apply, begin

DYNAMICS = Dynamics(width=24, height=20)


def topic(name: str, x: int = 0, y: int = 0, activation: float = 0.9, **figures: object) -> Topic:
    return Topic(name, name.casefold(), x, y, activation, **figures)  # type: ignore[arg-type]


def names(topics: Sequence[Topic]) -> list[str]:
    return [topic.topic for topic in topics]


# Active


def test_a_topic_at_the_threshold_is_not_active_and_one_just_above_it_is() -> None:
    context = extract([topic("at", activation=0.3), topic("above", 9, 9, 0.3001)], Dynamics())
    assert names(context.active_topics) == ["above"]


def test_the_threshold_can_be_given_and_zero_means_everything_that_is_lit() -> None:
    topics = [topic("lit", activation=0.01), topic("dark", 9, 9, 0.0)]
    assert names(extract(topics, Dynamics(), threshold=0).active_topics) == ["lit"]
    assert names(extract(topics, Dynamics(threshold=0.005)).active_topics) == ["lit"]
    assert extract(topics, Dynamics(), threshold=1).active_topics == ()


def test_active_topics_come_strongest_first_then_newest_then_by_name() -> None:
    topics = [
        topic("b", 1, activation=0.5),
        topic("a", 2, activation=0.5),
        topic("old", 3, activation=0.5, turns_ago=4),
        topic("top", 4, activation=0.6, turns_ago=9),
    ]
    assert names(extract(topics, DYNAMICS).active_topics) == ["top", "a", "b", "old"]
    assert extract(topics[::-1], DYNAMICS) == extract(topics, DYNAMICS)


def test_a_memory_refuses_a_threshold_outside_0_to_1() -> None:
    with Memory(":memory:") as memory:
        for wrong in (-0.1, 1.1, math.nan, "0.3"):
            with pytest.raises(InvalidInput, match="threshold is"):
                memory.context(threshold=wrong)  # type: ignore[arg-type]


def test_an_empty_memory_has_an_empty_context() -> None:
    with Memory(":memory:") as memory:
        assert memory.context() == MemoryContext()
        assert memory.extract_context() == MemoryContext()


# Themes


@pytest.mark.parametrize("theme", [0.25, 0.5])
def test_a_theme_is_felt_more_than_the_dynamics_ask_for_not_just_as_much(theme: float) -> None:
    topics = [
        topic("as much", 1, valence=theme),
        topic("more", 9, valence=theme + 0.0001),
        topic("as little", 15, valence=-theme),
        topic("less", 5, 10, valence=-theme - 0.0001),
        topic("unknown", 15, 10),
    ]
    context = extract(topics, Dynamics(theme=theme))
    assert names(context.positive_themes) == ["more"]
    assert names(context.negative_themes) == ["less"]


def test_a_feeling_about_a_topic_that_is_not_active_is_no_theme() -> None:
    context = extract([topic("faded", activation=0.2, valence=0.9)], Dynamics())
    assert context.positive_themes == ()


def test_themes_come_by_feeling_evidence_and_activation_then_by_name() -> None:
    topics = [
        topic("faint", 1, activation=0.4, valence=0.9, confidence=1.0),
        topic("twin b", 2, valence=0.5, confidence=1.0),
        topic("twin a", 3, valence=0.5, confidence=1.0),
        topic("well known", 4, valence=0.5, confidence=2.0),
        topic("mild", 5, valence=0.3, confidence=1.0),
    ]
    assert names(extract(topics, DYNAMICS).positive_themes) == [
        "well known",
        "twin a",
        "twin b",
        "faint",
        "mild",
    ]


def test_a_feeling_is_unknown_below_the_least_evidence_and_clipped_to_one() -> None:
    with Memory(":memory:") as memory:
        memory.observe("x", topics=["tea"], emotion=0.5)
        state: State = begin(memory.dynamics)
        for turn in memory.turns():
            apply(state, turn)
    (live,) = state.topics.values()

    def valence(feeling: float, evidence: float) -> float | None:
        state.field.set(live.x, live.y, feeling, layer="emotion")
        state.field.set(live.x, live.y, evidence, layer="confidence")
        return read(state)[0].valence

    assert valence(0.01, 0.05) == 0.2
    assert valence(0.01, 0.0499) is None
    assert valence(0.0, 0.0) is None
    assert valence(0.0503, 0.05) == 1.0
    assert valence(-0.0503, 0.05) == -1.0


def test_contradicting_feelings_average_instead_of_the_last_one_winning() -> None:
    with Memory(":memory:") as memory:
        for emotion in (0.8, -0.4):
            memory.observe("x", topics=["tea"], emotion=emotion, at="2026-01-01")
        (tea,) = memory.context().active_topics
    assert tea.valence == pytest.approx(0.2, abs=0.05)
    assert (tea.started, tea.latest) == (0.8, -0.4)


def test_voices_are_told_apart_only_where_several_people_speak() -> None:
    with Memory(":memory:") as memory:
        memory.observe("x", speaker="Ann", topics=["tea"], emotion=0.8, at="2026-01-01")
        memory.observe("x", role="assistant", speaker="Bot", topics=["tea"], at="2026-01-01")
        assert memory.context().active_topics[0].voices == {}
        memory.observe("x", speaker="Bob", topics=["tea"], emotion=-0.8, at="2026-01-01")
        (tea,) = memory.context().active_topics
    assert dict(tea.voices) == {"Ann": 0.8, "Bob": -0.8}


# Related


def test_related_are_topics_within_reach_that_are_half_active() -> None:
    reach = DYNAMICS.reach
    topics = [
        topic("here", 2, 3),
        topic("at reach", 2 + reach, 3, 0.1501),
        topic("too far", 2 + reach, 4),
        topic("too faint", 3, 3, 0.15),
    ]
    related = extract(topics, DYNAMICS).related_concepts
    assert related["here"] == ("at reach",)
    assert "at reach" not in related  # it is not active itself
    assert related["too far"] == ("at reach",)


def test_nearness_wraps_around_both_edges() -> None:
    corner, across = topic("corner", 0, 0), topic("across", 23, 19)
    assert extract([corner, across], DYNAMICS).related_concepts == {
        "across": ("corner",),
        "corner": ("across",),
    }
    worried = [replace(t, valence=-0.9) for t in (corner, across)]
    assert [cluster.topics for cluster in extract(worried, DYNAMICS).clusters] == [("across", "corner")]


def test_topics_named_together_are_related_however_far_and_come_first() -> None:
    topics = [topic("a", 0, 0), topic("near", 2, 0), topic("far", 12, 10), topic("farther", 12, 11)]
    partners = {"a": {"far": 1, "farther": 2, "gone": 9, "a": 3}}
    related = extract(topics, DYNAMICS, partners=partners).related_concepts
    assert related["a"] == ("farther", "far", "near")
    assert related["near"] == ("a",)


def test_related_topics_at_one_distance_come_by_name() -> None:
    topics = [topic("here", 5, 5), topic("b", 5, 7), topic("a", 7, 5), topic("c", 3, 5), topic("d", 5, 6)]
    assert extract(topics, DYNAMICS).related_concepts["here"] == ("d", "a", "b", "c")


def test_each_of_the_guides_topics_lists_the_other_after_five_turns() -> None:
    with Memory(":memory:") as memory:
        memory.observe("I'm learning Python", emotion=0.3, at="2026-01-01")
        for _ in range(3):
            memory.observe("ok", topics=[], at="2026-01-01")
        memory.observe("Machine learning is complex", emotion=-0.2, at="2026-01-01")
        memory.observe("ok", topics=[], at="2026-01-01")
        context = memory.context()
    by_name = {topic.topic: topic for topic in context.active_topics}
    python, learning = by_name["Python"], by_name["machine learning"]
    assert (python.turns_ago, learning.turns_ago) == (5, 1)
    assert python.activation == pytest.approx(0.85, abs=0.05)
    assert python.valence == pytest.approx(0.3, abs=0.05)
    assert learning.activation >= 0.95
    assert learning.valence == pytest.approx(-0.2, abs=0.05)
    assert context.related_concepts == {"Python": ("machine learning",), "machine learning": ("Python",)}


# Clusters

_valences = st.sampled_from([-0.9, -0.3, -0.1, None, 0.1, 0.3, 0.9])
_cells = st.tuples(st.integers(0, 23), st.integers(0, 19), _valences, st.sampled_from([0.1, 0.2, 0.5, 1.0]))
felt_topics = st.lists(_cells, max_size=14, unique_by=lambda row: row[:2]).map(
    lambda rows: [topic(f"t{i}", x, y, a, valence=v, confidence=1.0) for i, (x, y, v, a) in enumerate(rows)]
)


def near(one: Topic, other: Topic) -> bool:
    """Distance on the torus by trying every copy of the plane."""
    return any(
        (one.x - other.x + 24 * i) ** 2 + (one.y - other.y + 20 * j) ** 2 <= DYNAMICS.reach**2
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
    )


def linked(themes: Sequence[Topic]) -> set[frozenset[str]]:
    """Groups of at least two, found by joining any two that touch until nothing changes."""
    groups = [{t.topic} for t in themes]
    by_name = {t.topic: t for t in themes}
    while True:
        touching = next(
            (
                (one, other)
                for one, other in combinations(groups, 2)
                if any(near(by_name[a], by_name[b]) for a in one for b in other)
            ),
            None,
        )
        if touching is None:
            return {frozenset(group) for group in groups if len(group) > 1}
        groups.remove(touching[1])
        touching[0].update(touching[1])


@given(felt_topics)
def test_clusters_relations_and_what_lies_apart_are_what_a_slow_version_finds(topics: list[Topic]) -> None:
    context = extract(topics, DYNAMICS)
    by_name = {t.topic: t for t in topics}
    worried, happy = linked(context.negative_themes), linked(context.positive_themes)
    assert [c.valence < 0 for c in context.clusters] == [True] * len(worried) + [False] * len(happy)
    assert {frozenset(c.topics) for c in context.clusters if c.valence < 0} == worried
    assert {frozenset(c.topics) for c in context.clusters if c.valence > 0} == happy
    for cluster in context.clusters:
        mean = math.fsum(by_name[name].valence or 0 for name in cluster.topics) / len(cluster.topics)
        assert cluster.valence == pytest.approx(mean, abs=1e-4)
    apart = {
        (i, j)
        for i, one in enumerate(context.clusters)
        for j, other in enumerate(context.clusters)
        if one.valence < 0 < other.valence
        and not any(near(by_name[a], by_name[b]) for a in one.topics for b in other.topics)
    }
    assert set(context.apart) == apart
    for active in context.active_topics:
        close = {t.topic for t in topics if t is not active and t.activation > 0.15 and near(t, active)}
        assert set(context.related_concepts[active.topic]) == close
    assert list(context.related_concepts) == names(context.active_topics)


@given(felt_topics, st.randoms(use_true_random=False))
def test_the_order_topics_arrive_in_does_not_matter(topics: list[Topic], random: object) -> None:
    shuffled = topics[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert extract(shuffled, DYNAMICS) == extract(topics, DYNAMICS)


def test_two_worries_within_reach_of_each_other_are_a_cluster_and_one_alone_is_not() -> None:
    one, two = topic("deadline", 1, 1, valence=-0.7), topic("boss", 3, 1, valence=-0.6)
    assert extract([one], DYNAMICS).clusters == ()
    assert [c.topics for c in extract([one, two], DYNAMICS).clusters] == [("deadline", "boss")]
    opposite = replace(two, valence=0.6)
    assert extract([one, opposite], DYNAMICS).clusters == ()
