"""The fold gives the figures that the design promises, and the same state however it is cut."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem import Dynamics, Field, InvalidInput, StoreError, Topic, Turn
from torimem.context import context
from torimem.field import torus
from torimem.language.analysis import Analysis, Mention
from torimem.models.message import Role
from torimem.state import checkpoint, fold
from torimem.state.dynamics import LAYERS

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
SMALL = Dynamics(width=16, height=16)


def said(
    n: int,
    *topics: str,
    feels: float | None = None,
    weight: float | None = None,
    role: Role = "user",
    speaker: str | None = None,
    session: str | None = None,
    at: datetime | None = None,
) -> Turn:
    """Turn n of a conversation, ten seconds after the one before."""
    given_weight = (0.0 if feels is None else 1.0) if weight is None else weight
    mentions = tuple(Mention(topic.lower(), topic, feels or 0.0, given_weight) for topic in topics)
    when = START + timedelta(seconds=10 * n) if at is None else at
    return Turn(f"t{n}", n, "...", role, speaker, when, session, Analysis(mentions, feels, "given"))


def folded(turns: Iterable[Turn], dynamics: Dynamics = SMALL) -> fold.State:
    state = fold.begin(dynamics)
    for turn in turns:
        fold.apply(state, turn)
    return state


def topic(state: fold.State, key: str) -> Topic:
    return next(found for found in context.read(state) if found.key == key)


# A lesson: one topic five turns ago, one now


def test_a_topic_of_five_turns_ago_and_one_of_now_have_their_figures() -> None:
    turns = [
        said(1, "Python", feels=0.3),
        *(said(n) for n in (2, 3, 4)),
        said(5, "machine learning", feels=-0.2),
        said(6),
    ]
    state = folded(turns, Dynamics())
    python, learning = topic(state, "python"), topic(state, "machine learning")
    assert python.activation == pytest.approx(0.85, abs=0.05)
    assert python.valence == pytest.approx(0.3, abs=0.05)
    assert python.turns_ago == 5
    assert learning.activation >= 0.95
    assert learning.valence == pytest.approx(-0.2, abs=0.05)
    assert learning.turns_ago == 1


def test_a_topic_just_named_stands_at_one_and_only_fades_from_there() -> None:
    state = folded([said(0, "guitar")])
    levels = [topic(state, "guitar").activation]
    for n in range(1, 12):
        fold.apply(state, said(n))
        levels.append(topic(state, "guitar").activation)
    assert levels[0] == 1.0
    assert all(later < earlier for earlier, later in pairwise(levels))


# The clock


def test_an_assistant_turn_passes_no_time_lights_to_a_half_and_adds_no_emotion() -> None:
    state = folded([said(0, "work", feels=-0.8)])
    before = state.field.numpy()
    fold.apply(state, said(1, "guitar", feels=0.9, role="assistant"))
    guitar, work = topic(state, "guitar"), topic(state, "work")
    assert guitar.activation == guitar.recency == 0.5
    assert (guitar.valence, guitar.confidence, guitar.started, guitar.latest) == (None, 0.0, None, None)
    assert (work.activation, work.valence, work.turns_ago) == (1.0, pytest.approx(-0.8, abs=0.001), 0)
    after = state.field.numpy()
    assert (after[1:3] == before[1:3]).all()
    assert (state.turns, state.user_turns, state.steps) == (2, 1, 5)


def test_an_assistant_never_dims_what_the_user_lit() -> None:
    state = folded([said(0, "guitar"), said(1, "guitar", role="assistant")])
    assert topic(state, "guitar").activation == 1.0


def test_turns_ago_counts_the_users_turns_only() -> None:
    turns = [said(0, "guitar"), said(1, role="assistant"), said(2), said(3, role="assistant"), said(4)]
    assert topic(folded(turns), "guitar").turns_ago == 2


def test_recency_fades_at_its_own_rate_and_does_not_spread() -> None:
    state = folded([said(0, "guitar"), *(said(n) for n in range(1, 5))])
    guitar = topic(state, "guitar")
    assert guitar.recency == pytest.approx(0.98**20, abs=1e-4)
    lit = np.count_nonzero(state.field.numpy()[LAYERS.index("recency")])
    assert lit == len(torus.disc(2, 16, 16))


# Feelings


def test_evidence_is_averaged_by_weight_not_overwritten() -> None:
    still = Dynamics(width=16, height=16, diffusion_rate=0.0, decay_rate=0.0)
    state = folded([said(0, "job", feels=0.6, weight=1.0), said(1, "job", feels=-0.3, weight=0.5)], still)
    job = topic(state, "job")
    assert job.valence == pytest.approx((0.6 - 0.15) / 1.5, abs=1e-4)
    assert job.confidence == pytest.approx(1.5, abs=1e-4)
    assert (job.started, job.latest) == (0.6, -0.3)


def test_newer_evidence_counts_more_because_older_has_faded() -> None:
    state = folded([said(0, "job", feels=0.8), *(said(n) for n in range(1, 20)), said(20, "job", feels=-0.8)])
    valence = topic(state, "job").valence
    assert valence is not None
    assert -0.8 < valence < -0.3


def test_emotion_is_signed_and_the_evidence_fades_while_the_feeling_stays() -> None:
    state = folded([said(0, "work", feels=-0.7), *(said(n) for n in range(1, 10))])
    work = topic(state, "work")
    assert work.valence == pytest.approx(-0.7, abs=0.01)
    assert work.confidence < 1.0
    assert state.field.numpy()[LAYERS.index("emotion")].min() < 0


def test_too_little_evidence_is_no_feeling() -> None:
    assert topic(folded([said(0, "work", feels=0.9, weight=0.02)]), "work").valence is None
    assert topic(folded([said(0, "work")]), "work").valence is None


def test_each_speaker_keeps_their_own_feeling() -> None:
    turns = [said(0, "dog", feels=0.8, speaker="Ada"), said(1, "dog", feels=-0.6, speaker="Bob")]
    voices = topic(folded(turns), "dog").voices
    assert voices == pytest.approx({"Ada": 0.8, "Bob": -0.6}, abs=0.01)
    assert topic(folded(turns[:1]), "dog").voices == {}


def test_a_topic_named_twice_in_one_turn_counts_once() -> None:
    twice = folded([said(0, "dog", "dog", feels=0.5)])
    assert topic(twice, "dog").confidence == topic(folded([said(0, "dog", feels=0.5)]), "dog").confidence
    assert topic(twice, "dog").mentions == 1


# Clock time


TICKING = replace(SMALL, tick=3600.0)


def test_elapsed_time_passes_as_steps_one_per_tick() -> None:
    state = folded([said(0, "guitar", at=START), said(1, at=START + timedelta(hours=7, minutes=59))], TICKING)
    assert state.steps == 5 + 7 + 5
    stepped = folded([said(0, "guitar")], replace(SMALL, steps_per_turn=5))
    stepped.field.advance(12, stepped.dynamics.stencils, exact=True)
    assert (state.field.numpy() == stepped.field.numpy()).all()


def test_without_a_tick_time_does_not_matter() -> None:
    late = folded([said(0, "guitar"), said(1, at=START + timedelta(days=4000))])
    assert late.steps == 10


def test_a_turn_from_the_past_passes_no_time_and_turns_no_clock_back() -> None:
    turns = [
        said(0, "guitar"),
        said(1, at=START - timedelta(days=9)),
        said(2, at=START + timedelta(minutes=30)),
    ]
    state = folded(turns, TICKING)
    assert state.steps == 15
    assert state.at == START + timedelta(minutes=30)


def test_after_a_very_long_time_the_field_is_exactly_zero() -> None:
    state = folded([said(0, "guitar", feels=0.5)], TICKING)
    fold.pass_time(state, START + timedelta(hours=TICKING.lifetime))
    assert not state.field.numpy().any()
    assert topic(state, "guitar").activation == 0.0
    assert 0.996**TICKING.lifetime < 1e-6 <= 0.996 ** (TICKING.lifetime - 1)


def test_ten_thousand_years_cost_no_more_than_a_lifetime() -> None:
    turns = [
        said(0, "guitar", at=datetime.min.replace(tzinfo=UTC)),
        said(1, at=datetime.max.replace(tzinfo=UTC)),
    ]
    state = folded(turns, replace(SMALL, tick=0.001))
    assert not state.field.numpy().any()
    fold.apply(state, said(2, "guitar", at=START))
    assert topic(state, "guitar").activation == 1.0


# Sessions


def test_six_hours_of_silence_are_a_new_session_where_none_is_given() -> None:
    soon, late = START + timedelta(hours=5, minutes=59), START + timedelta(hours=6)
    assert folded([said(0, "guitar"), said(1, at=soon)]).recent == ("guitar",)
    assert folded([said(0, "guitar"), said(1, at=late)]).recent == ()


def test_a_given_session_decides_alone() -> None:
    late = START + timedelta(days=1)
    assert folded([said(0, "a", session="s"), said(1, session="s", at=late)]).recent == ("a",)
    assert folded([said(0, "a", session="s"), said(1, session="t")]).recent == ()
    assert folded([said(0, "a", session="s"), said(1)]).recent == ("a",)


def test_a_new_topic_lies_by_what_was_spoken_of_just_before_unless_felt_the_other_way() -> None:
    def apart(feels: float) -> float:
        state = folded([said(0, "work", feels=-0.8), said(1, "guitar", feels=feels)], Dynamics())
        work, guitar = topic(state, "work"), topic(state, "guitar")
        return torus.distance(work.x, work.y, guitar.x, guitar.y, 64, 64)

    assert apart(-0.5) == Dynamics().spacing
    assert apart(0.8) > Dynamics().reach


def test_topics_of_one_message_and_topics_that_share_a_word_lie_side_by_side() -> None:
    state = folded(
        [said(0, "rome", "hotel"), said(1, session="2"), said(2, "hotel bill", session="2")], Dynamics()
    )
    places = {key: (live.x, live.y) for key, live in state.topics.items()}
    assert torus.distance(*places["rome"], *places["hotel"], 64, 64) == 4
    assert torus.distance(*places["hotel"], *places["hotel bill"], 64, 64) == 4


# A full torus


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 7), (3, 3), (9, 8)])
def test_the_newest_topic_always_has_a_place_on_a_full_torus(width: int, height: int) -> None:
    dynamics = Dynamics(width=width, height=height)
    state = fold.begin(dynamics)
    for n in range(40):
        fold.apply(state, said(n, f"topic {n}", feels=0.5))
        assert topic(state, f"topic {n}").activation == 1.0
        assert state.evictions == n + 1 - len(state.topics)
    for live in state.topics.values():
        for other in state.topics.values():
            near = torus.squared_distance(live.x, live.y, other.x, other.y, width, height)
            assert live is other or near >= dynamics.spacing**2
            assert other.key not in live.partners or other.key in state.topics


@pytest.mark.parametrize("size", [1, 3, 9])
def test_several_topics_in_one_message_fit_as_far_as_there_is_room(size: int) -> None:
    state = folded([said(0, "old"), said(1, "a", "b", "c", "d")], Dynamics(width=size, height=size))
    assert "d" in state.topics
    assert "old" not in state.topics
    assert topic(state, "d").activation == 1.0
    assert set(state.recent) == set(state.topics)


def test_on_a_torus_with_no_room_left_a_thousand_more_evict_only_the_oldest() -> None:
    state = fold.begin(Dynamics())
    for n in range(1200):
        fold.apply(state, said(n, f"topic {n}"))
    assert len(state.topics) == 128
    assert state.evictions == 1200 - len(state.topics)
    newest = {f"topic {n}" for n in range(1100, 1200)}
    assert newest <= set(state.topics)
    assert (state.turns, state.user_turns) == (1200, 1200)


def test_the_topic_named_longest_ago_goes_and_ties_are_settled_by_name() -> None:
    dynamics = Dynamics(width=16, height=4)  # room for two
    state = folded([said(0, "a"), said(1, "b"), said(2, "a"), said(3, "c")], dynamics)
    assert set(state.topics) == {"a", "c"}
    still = replace(dynamics, diffusion_rate=0.0, decay_rate=0.0)
    assert set(folded([said(0, "b", "a"), said(1, "c")], still).topics) == {"b", "c"}


def test_a_topic_named_again_after_its_eviction_starts_clean() -> None:
    dynamics = Dynamics(width=3, height=3)
    state = folded([said(0, "a", feels=-0.9), said(1, "b", feels=0.5), said(2, "a")], dynamics)
    again = topic(state, "a")
    assert state.evictions == 2
    assert (again.mentions, again.first_turn, again.started, again.latest) == (1, "t2", None, None)
    assert again.valence is None or again.valence > 0  # of the old "a" nothing is left


# Checkpoints


TURNS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdefgh"), max_size=3),
        st.one_of(st.none(), st.floats(-1, 1).map(lambda value: round(value, 4))),
        st.sampled_from(["user", "user", "assistant"]),
        st.sampled_from([None, "Ada", "机"]),
        st.integers(-50, 50),
        st.sampled_from([None, "s1", "s2"]),
    ),
    max_size=12,
).map(
    lambda rows: [
        said(
            n,
            *topics,
            feels=feels,
            role=role,
            speaker=who,
            session=session,
            at=START + timedelta(hours=hours),
        )
        for n, (topics, feels, role, who, hours, session) in enumerate(rows)
    ]
)


@settings(max_examples=60, deadline=None)
@given(TURNS, st.sets(st.sampled_from(["a", "b", "c", "d", "e"])))
def test_the_topic_that_gives_up_its_place_was_named_longest_ago_and_not_just_now_if_it_can_be(
    turns: list[Turn], named: set[str]
) -> None:
    state = folded(turns)
    if not state.topics:
        return
    together = {key: Mention(key, key) for key in named}
    expected = min(
        context.read(state),
        key=lambda t: (t.key in named, state.topics[t.key].last_user_turn, t.key),
    )
    left = [key for key in state.topics if key != expected.key]
    fold._evict(state, together)
    assert list(state.topics) == left
    assert not any(expected.key in live.partners for live in state.topics.values())
    assert not state.field.numpy()[:, expected.y, expected.x].any()


@settings(max_examples=60, deadline=None)
@given(TURNS, st.integers(0, 12), st.sampled_from([SMALL, Dynamics(width=7, height=5), TICKING]))
def test_a_fold_in_two_halves_over_a_checkpoint_equals_a_fold_in_one(
    turns: list[Turn], cut: int, dynamics: Dynamics
) -> None:
    whole = folded(turns, dynamics)
    half = checkpoint.dump(folded(turns[:cut], dynamics))
    state = checkpoint.load(half)
    assert checkpoint.dump(state) == half
    for turn in turns[cut:]:
        fold.apply(state, turn)
    assert checkpoint.dump(state) == checkpoint.dump(whole)
    assert state.ground.taken == [topic.y * dynamics.width + topic.x for topic in state.topics.values()]


@settings(max_examples=30, deadline=None)
@given(TURNS)
def test_a_copy_can_change_without_the_state(turns: list[Turn]) -> None:
    state = folded(turns, TICKING)
    before = checkpoint.dump(state)
    other = fold.copy(state)
    fold.light(other, ["a", "b", "nothing"])
    fold.pass_time(other, START + timedelta(days=400))
    assert checkpoint.dump(state) == before


def _pack(head: object, cells: bytes = b"") -> bytes:
    text = json.dumps(head).encode()
    return zlib.compress(len(text).to_bytes(4, "big") + text + cells)


def test_a_damaged_checkpoint_is_one_clear_error() -> None:
    sound = checkpoint.dump(folded([said(0, "a", feels=0.5)]))
    raw = zlib.decompress(sound)
    size = int.from_bytes(raw[:4], "big")
    head = json.loads(raw[4 : 4 + size])
    cells = raw[4 + size :]
    damaged = [
        b"",
        b"\0" * 40,
        sound[:-9],
        zlib.compress(b""),
        _pack(5),
        _pack([]),
        _pack({"version": fold.VERSION}),
        _pack({**head, "version": 0}, cells),
        _pack({**head, "dynamics": "[]"}, cells),
        _pack({**head, "dynamics": '{"width": 0}'}, cells),
        _pack({**head, "topics": [{"key": "a"}]}, cells),
        _pack({**head, "topics": [{**head["topics"][0], "voices": []}]}, cells),
        _pack({**head, "at": "yesterday"}, cells),
        _pack(head, cells[:-4]),
        _pack(head, b"\xff" * len(cells)),
    ]
    for data in damaged:
        with pytest.raises(StoreError, match="fold the log again") as caught:
            checkpoint.load(data)
        assert "\n" not in str(caught.value)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_of_a_checkpoint_is_noticed(where: int, change: int) -> None:
    data = bytearray(checkpoint.dump(folded([said(0, "a", feels=0.5)], Dynamics(width=4, height=4))))
    data[where % len(data)] ^= change
    try:
        again = checkpoint.load(bytes(data))
    except StoreError:
        return
    assert checkpoint.dump(again) == checkpoint.dump(
        folded([said(0, "a", feels=0.5)], Dynamics(width=4, height=4))
    )


# Dynamics


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((side, bad) for side in ("width", "height") for bad in (0, -1, 1.0, True, "64", None, 1 << 40)),
        *(("radius", bad) for bad in (-1, 2.0, True, 10**9)),
        *(("steps_per_turn", bad) for bad in (-1, 0.5, "5", 10**9)),
        *(
            (rate, bad)
            for rate in ("diffusion_rate", "decay_rate", "recency_decay", "threshold", "theme")
            for bad in (-0.1, 1.1, float("nan"), float("inf"), "0.1", None, True)
        ),
        *(("tick", bad) for bad in (0, -1, float("nan"), float("inf"), 1e-7, 1e300, "6h", True)),
    ],
)
def test_each_bad_number_is_one_clear_line(name: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        Dynamics(**{name: value})  # type: ignore[arg-type]
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rates_that_could_turn_activation_negative_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"diffusion_rate \+ decay_rate is 1\.05"):
        Dynamics(diffusion_rate=0.95, decay_rate=0.1)
    with pytest.raises(InvalidInput, match=r"with a tick it must be at least 0\.001"):
        Dynamics(decay_rate=0.0001, tick=60.0)
    with pytest.raises(InvalidInput, match="too many"):
        Dynamics(width=5000, height=5000)


def test_dynamics_travel_as_json() -> None:
    for dynamics in (Dynamics(), Dynamics.original(), Dynamics(width=7, tick=21600.0)):
        assert Dynamics.from_json(dynamics.to_json()) == dynamics
    for text in ("", "5", "[1]", "null", '{"width": 0}', '{"colour": 1}', "[" * 100_000):
        with pytest.raises(InvalidInput) as caught:
            Dynamics.from_json(text)
        assert "\n" not in str(caught.value)


def test_the_original_numbers_forget_a_lone_cell_within_a_turn() -> None:
    original = Dynamics.original()
    lone = Field(64, 64, layers=LAYERS)
    lone.activate_radius(10, 10, original.radius, 1.0)
    lone.advance(5, original.stencils, exact=True)
    assert lone.get(10, 10) == pytest.approx(0.161, abs=0.001)
    state = folded([said(0, "guitar"), said(1)], original)
    assert context.extract(context.read(state), original).active_topics == ()
