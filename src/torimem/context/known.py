"""What a memory knows at one moment, as values: topics, feelings, facts, clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..models.message import Role
from ..state.counts import Usual
from ..state.profile import Trait


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic on the torus at one moment; figures are rounded to 4 decimals.

    `valence` is None where the evidence (`confidence`) is below 0.05. `started` and `latest` are the valences
    of the first and the last mention that showed any. `voices` maps each speaker to their own valence where
    several people speak, `openings` to the first they showed. `asked` marks a topic that the query names.
    """

    topic: str
    key: str
    x: int
    y: int
    activation: float
    turns_ago: int = 0
    valence: float | None = None
    confidence: float = 0.0
    recency: float = 0.0
    mentions: int = 1
    started: float | None = None
    latest: float | None = None
    voices: Mapping[str, float] = field(default_factory=dict)
    openings: Mapping[str, float] = field(default_factory=dict)
    first_turn: str | None = None
    last_turn: str | None = None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A turn quoted word for word, with when and by whom it was said, and why it is quoted.

    `score` in [0, 1] says how much it bears on what is asked or talked about now. `earlier` marks what the
    same speaker has taken back since.
    """

    text: str
    at: datetime
    turn_id: str
    index: int
    role: Role = "user"
    speaker: str | None = None
    topics: tuple[str, ...] = ()
    score: float = 1.0
    why: str = ""
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """At least two topics of one sign that lie within reach of each other, strongest first.

    `name` is the subject they have in common, None where there is none.
    """

    topics: tuple[str, ...]
    valence: float
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Mood:
    """How the user feels on the whole: the valence of the topics, each by its activation and evidence.

    `started` is the same mean of how those topics were felt about at first, `evidence` the sum of the
    weights, `topics` are those it rests on, the weightiest first. `voices` has each speaker's own where
    several people speak.
    """

    valence: float
    started: float
    evidence: float
    topics: tuple[str, ...] = ()
    voices: Mapping[str, Mood] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MemoryContext:
    """What the memory would tell a model right now.

    `active_topics` are above the threshold, strongest first; themes are the active topics with a clear
    feeling; `recent_facts` are verbatim, newest first; `related_concepts` maps an active topic to the topics
    near it or named with it; `apart` names pairs of clusters (by position in `clusters`) that lie out of each
    other's reach; `usual` is what comes up in session after session; `mood` is None where nobody has shown a
    feeling; `profile` is what the speakers have said of themselves that still holds. `backlog` is how many
    turns have no vectors yet, so that they are found by their words only (see `Memory.embed`).
    """

    active_topics: tuple[Topic, ...] = ()
    positive_themes: tuple[Topic, ...] = ()
    negative_themes: tuple[Topic, ...] = ()
    recent_facts: tuple[Fact, ...] = ()
    related_concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clusters: tuple[Cluster, ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    mood: Mood | None = None
    usual: tuple[Usual, ...] = ()
    profile: tuple[Trait, ...] = ()
    turns: int = 0
    now: datetime | None = None
    query: str | None = None
    backlog: int = 0
