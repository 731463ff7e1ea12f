"""Log -> state: the only code that changes a memory's fields.

`apply` folds one turn into a state; folding the same turns with the same Dynamics gives the same state, bit
for bit, on every machine: exact steps, integer places, everything rounded to 4 decimals before it is
compared. It knows nothing of the database; reading a state is left to `context`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from dataclasses import field as made
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from ..field.backends import Backend
from ..field.field import Field
from ..language.analysis import Mention, Sense
from ..log.session import Session
from ..log.turn import Turn
from . import counts, place, profile
from .canvas import Canvas
from .counts import Tallies
from .dynamics import GONE, LAYERS, Dynamics
from .profile import Profile
from .similarity import ALIKE, likeness

VERSION = 5
"""Changes when the same log would fold to another state; checkpoints of other versions are ignored."""

DUST_EVERY = 256
"""Turns after which what has faded out becomes exactly zero: left alone it would end in subnormal numbers."""

PULLS = 8
"""How many topics at most a new one is drawn to."""

LIKE = 16
"""How many topics at most say where one goes that nothing draws, by what their names mean."""


@dataclass(slots=True)
class Live:
    """A topic that has a place on the torus, with what its mentions since it got there add up to."""

    key: str
    x: int
    y: int
    labels: dict[str, int] = made(default_factory=dict)
    mentions: int = 0
    first_turn: str = ""
    last_turn: str = ""
    last_user_turn: int = 0
    started: float | None = None
    latest: float | None = None
    partners: dict[str, int] = made(default_factory=dict)
    voices: dict[str, tuple[float, float, int]] = made(default_factory=dict)  # feeling, weight, step
    openings: dict[str, float] = made(default_factory=dict)  # each speaker's first valence
    sense: Sense | None = None  # of its name as it was last written

    @property
    def label(self) -> str:
        """The way it is written most often; of equals, the first."""
        return max(self.labels, key=self.labels.__getitem__)


@dataclass(slots=True)
class State:
    """What a log adds up to: the field, the topics on it and the clock."""

    dynamics: Dynamics
    field: Canvas
    ground: place.Ground  # follows from the topics, and has them in their order
    topics: dict[str, Live] = made(default_factory=dict)
    turns: int = 0
    user_turns: int = 0
    steps: int = 0
    at: datetime | None = None
    session: Session = made(default_factory=Session)
    recent: tuple[str, ...] = ()  # the topics of the last turn of this session that named any
    speakers: tuple[str, ...] = ()
    evictions: int = 0
    profile: Profile = made(default_factory=dict)
    tallies: Tallies = made(default_factory=dict)


def begin(dynamics: Dynamics, backend: str | Backend = "auto") -> State:
    """The state of an empty log; whichever backend computes it, its cells are the same."""
    field = Field(dynamics.width, dynamics.height, layers=LAYERS, backend=backend)
    return State(dynamics, field, place.Ground(dynamics.width, dynamics.height, dynamics.spacing))


def apply(state: State, turn: Turn) -> None:
    """Fold the next turn of the log into the state.

    A user turn lights its topics, lets `steps_per_turn` steps pass and lights them again: a topic is held lit
    while it is spoken of. Its evidence is added once. An assistant's turn passes no time and lights its
    topics to 0.5.
    """
    _turn_page(state, turn)
    pass_time(state, turn.at)
    state.turns += 1
    spoken = turn.role == "user"
    state.user_turns += spoken
    mentions = {mention.key: mention for mention in turn.analysis.mentions}
    for mention in mentions.values():
        if mention.key not in state.topics:
            _settle(state, mention, mentions)
    counts.count(state.tallies, mentions.values(), state.session.number, turn.id)
    live = [(state.topics[key], mention) for key, mention in mentions.items() if key in state.topics]
    _remember(state, turn, live)
    profile.take_in(state.profile, turn)
    _light(state, (topic for topic, _ in live), 1.0 if spoken else 0.5)
    if spoken:
        _feel(state, live)
        _step(state, state.dynamics.steps_per_turn)
        _light(state, (topic for topic, _ in live), 1.0)
    if live:
        state.recent = tuple(topic.key for topic, _ in live)
    if state.turns % DUST_EVERY == 0:
        _sweep(state)


def pass_time(state: State, at: datetime) -> None:
    """Let the clock run to `at`: with a `tick` in the Dynamics, one step for each tick that has passed."""
    tick = state.dynamics.tick
    if tick is not None and state.at is not None and at > state.at:
        _step(state, (at - state.at) // timedelta(seconds=tick))
    state.at = at if state.at is None else max(at, state.at)


def light(state: State, keys: Iterable[str]) -> None:
    """Light topics as if they were named, without a turn: for a question, on a copy."""
    _light(state, (state.topics[key] for key in keys if key in state.topics), 1.0)


def copy(state: State) -> State:
    """A state whose field and clock can change without the given one; its topics are shared: read only."""
    return replace(state, field=state.field.copy())


def _turn_page(state: State, turn: Turn) -> None:
    """Notice a new session: what was spoken of in the last one is no longer gone on from."""
    before, state.session = state.session, state.session.after(turn.session, turn.at)
    if state.session.number != before.number:
        state.recent = ()


def _step(state: State, n: int) -> None:
    if n <= 0:
        return
    if state.dynamics.tick is not None and n >= state.dynamics.lifetime:
        state.field = state.field.with_cells(np.zeros(state.field.shape))
    else:
        state.field.advance(n, state.dynamics.stencils, exact=True)
    state.steps += n


def _sweep(state: State) -> None:
    """Make every cell that has faded out exactly zero, and stop counting topics that came up least."""
    cells = state.field.numpy()
    cells[np.abs(cells) < GONE] = 0
    state.field = state.field.with_cells(cells)
    state.tallies = counts.trimmed(state.tallies, state.topics)


def _settle(state: State, mention: Mention, together: dict[str, Mention]) -> None:
    """Give a topic its place; where there is no room left the topic named longest ago gives up its own."""
    d = state.dynamics
    if len(state.topics) >= place.capacity(d.width, d.height, d.spacing):
        _evict(state, together)
    while (cell := _cell(state, mention, together)) is None:
        _evict(state, together)
    state.ground.take(*cell)
    state.topics[mention.key] = Live(mention.key, *cell)


def _cell(state: State, mention: Mention, together: dict[str, Mention]) -> tuple[int, int] | None:
    """Where a topic goes now, None where there is no room."""
    pulls = _pulls(state, mention, together)
    return place.choose(mention.key, pulls, state.ground, () if pulls else _alike(state, mention))


def _pulls(state: State, mention: Mention, together: dict[str, Mention]) -> list[place.Pull]:
    """The topics this one belongs with.

    Topics of the same message count most, then those it was named with before it lost its place, then topics
    that share a word with it. One that has none of these is drawn to what was spoken of just before in the
    same session, unless their names mean things that are unlike, or the two are felt in opposite ways: a
    hobby that comes up after a worry does not belong to the worry. Only the strongest few pull: a word that
    everything shares says nothing.
    """
    weights = {key: 4 for key in together if key in state.topics}
    known = state.tallies.get(mention.key)
    for key in known.partners if known else ():
        if key in state.topics:
            weights[key] = weights.get(key, 0) + 2
    for word in set(mention.key.split()):
        for key in state.topics:
            if word in key and word in key.split():  # the first alone is quick, and mostly enough
                weights[key] = weights.get(key, 0) + 1
    if not weights:
        for key in state.recent:
            topic_before = state.topics.get(key)
            if topic_before is not None and _goes_on(mention, topic_before, state.dynamics.theme):
                weights[key] = 1
    strongest = sorted(weights, key=lambda key: (-weights[key], -state.topics[key].last_user_turn, key))
    return [place.Pull(state.topics[key].x, state.topics[key].y, weights[key]) for key in strongest[:PULLS]]


def _alike(state: State, mention: Mention) -> list[place.Pull]:
    """The topics whose names mean most alike, where that is known: the more so, the stronger."""
    if mention.sense is None:
        return []
    weights = {
        key: round(1000 * alike)
        for key, topic in state.topics.items()
        if (alike := likeness(mention.sense, topic.sense)) is not None and alike > 0
    }
    most = sorted(weights, key=lambda key: (-weights[key], key))[:LIKE]
    return [place.Pull(state.topics[key].x, state.topics[key].y, weights[key]) for key in most]


def _goes_on(mention: Mention, before: Live, theme: float) -> bool:
    """Whether a topic goes on from one before: unless what is known of them says otherwise, it does."""
    alike = likeness(mention.sense, before.sense)
    return (alike is None or alike >= ALIKE) and not _opposed(mention.valence, before.latest, theme)


def _opposed(one: float, other: float | None, theme: float) -> bool:
    return other is not None and min(abs(one), abs(other)) > theme and (one > 0) != (other > 0)


def _evict(state: State, together: dict[str, Mention]) -> None:
    """Take the topic named longest ago off the torus, and its own cells with it: the next one starts clean.

    Not the faintest: what stands beside lit topics stays lit, and would keep a place that it no longer needs.
    """
    oldest = min(
        state.topics.values(), key=lambda topic: (topic.key in together, topic.last_user_turn, topic.key)
    )
    d = state.dynamics
    own = math.sqrt(
        (d.spacing - d.radius) ** 2 - 1
    )  # the cells that are nearer to it than a disc's centre may be
    state.field.activate_radius(oldest.x, oldest.y, own, 0.0, layer=LAYERS, mode="set")
    state.ground.leave(oldest.x, oldest.y)
    del state.topics[oldest.key]
    if oldest.key in state.tallies:
        often = sorted(oldest.partners, key=lambda key: (-oldest.partners[key], key))
        state.tallies[oldest.key].partners = often[:PULLS]
    for key in oldest.partners:
        del state.topics[key].partners[oldest.key]
    state.evictions += 1


def _remember(state: State, turn: Turn, live: list[tuple[Live, Mention]]) -> None:
    """Count the mentions, and keep what each speaker feels about each topic."""
    speaker = turn.speaker or ""
    if turn.role == "user" and speaker not in state.speakers:
        state.speakers = (*state.speakers, speaker)
    for topic, mention in live:
        topic.labels[mention.label] = topic.labels.get(mention.label, 0) + 1
        topic.mentions += 1
        topic.sense = mention.sense or topic.sense
        topic.first_turn = topic.first_turn or turn.id
        topic.last_turn = turn.id
        topic.last_user_turn = state.user_turns
        for other, _ in live:
            if other is not topic:
                topic.partners[other.key] = topic.partners.get(other.key, 0) + 1
        if turn.role == "user" and mention.weight > 0:
            feeling, weight, step = topic.voices.get(speaker, (0.0, 0.0, state.steps))
            left = fading(state.dynamics.decay_rate, state.steps - step)
            topic.voices[speaker] = (
                feeling * left + mention.weight * mention.valence,
                weight * left + mention.weight,
                state.steps,
            )
            if mention.valence:
                topic.started = mention.valence if topic.started is None else topic.started
                topic.latest = mention.valence
                topic.openings.setdefault(speaker, mention.valence)


def fading(decay_rate: float, steps: int) -> float:
    """What is left of 1 after so many steps of decay; repeated products, the same on every platform.

    >>> fading(0.5, 3)
    0.125
    """
    left = _fading(decay_rate)
    return left[min(steps, len(left) - 1)]


@lru_cache(maxsize=64)
def _fading(decay_rate: float) -> tuple[float, ...]:
    """What is left after 0, 1, 2 ... steps, up to where it counts as nothing."""
    left = [1.0]
    while len(left) <= 20_000 and left[-1]:
        less = left[-1] * (1 - decay_rate)
        left.append(less if less >= 1e-9 else 0.0)
    return tuple(left)


def _light(state: State, topics: Iterable[Live], strength: float) -> None:
    cells = [(topic.x, topic.y) for topic in topics]
    if cells:
        x, y = np.array(cells).T
        layers = ("activation", "recency")
        state.field.activate_radius(x, y, state.dynamics.radius, strength, layer=layers, mode="max")


def _feel(state: State, live: list[tuple[Live, Mention]]) -> None:
    felt = [(t.x, t.y, m.weight * m.valence, m.weight) for t, m in live if m.weight > 0]
    if felt:
        x, y, feeling, weight = zip(*felt, strict=True)
        strengths = np.array((feeling, weight))
        layers = ("emotion", "confidence")
        state.field.activate_radius(x, y, state.dynamics.radius, strengths, layer=layers, mode="add")
