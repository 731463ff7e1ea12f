"""The frozen dataclasses that travel from a message to a prompt; imports nothing of ours.

They hold values only. Who makes each one: the caller a `Message`; `analyse` an `Analysis`; the store a
`Turn`; `correction` a `Correction`; `context` a `MemoryContext`; `prompt` a `Prompt`; `Memory.forget` a
`Receipt`; `Chat` a `ChatMessage` for the model and a `Reply` for the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said, as the caller hands it over; only `text` is required.

    `topics` and `emotion` override the analysis: names in place of the topics found, and one valence in [-1,
    1] for all of them. `id` makes a retry safe: the same id again is the same turn.

    >>> Message("I love learning about AI!").role
    'user'
    """

    text: str
    role: Role = "user"
    speaker: str | None = None
    at: datetime | None = None
    session: str | None = None
    id: str | None = None
    topics: tuple[str, ...] | None = None
    emotion: float | None = None


@dataclass(frozen=True, slots=True)
class Sense:
    """What a name means to a model, in small: the signs of its vector, one bit a dimension, as hex digits.

    Signs of one model compare with those of the same model only.
    """

    model: str
    signs: str


@dataclass(frozen=True, slots=True)
class Mention:
    """One topic as one message speaks of it.

    `key` identifies the topic (case, plural and filler adjectives folded away), `label` is how it was
    written, `valence` is how the speaker feels about it in [-1, 1], `weight` in [0, 1] is how much evidence
    that is, `sense` what the label means where an embedder was there to say it.
    """

    key: str
    label: str
    valence: float = 0.0
    weight: float = 0.0
    sense: Sense | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one message alone says: a function of its text, stored with the version that made it.

    The senses in it are all of one model, or there are none.
    """

    mentions: tuple[Mention, ...]
    valence: float | None
    analyser: str

    def packed(self) -> dict[str, Any]:
        """The same as a JSON object: how the store and exports write it."""
        mentions = [
            [m.key, m.label, m.valence, m.weight, *([m.sense.signs] if m.sense else [])]
            for m in self.mentions
        ]
        packed = {"analyser": self.analyser, "mentions": mentions, "valence": self.valence}
        models = [m.sense.model for m in self.mentions if m.sense]
        return packed | ({"embedder": models[0]} if models else {})

    @classmethod
    def unpacked(cls, raw: Mapping[str, Any]) -> Analysis:
        """Back from `packed`; raises `KeyError`, `TypeError` or `ValueError` for anything else.

        >>> given = Analysis((Mention("c++", "C++", 0.5, 1.0),), 0.5, "given")
        >>> Analysis.unpacked(given.packed()) == given
        True
        """
        mentions = [
            Mention(str(k), str(n), float(v), float(w), Sense(str(raw["embedder"]), _hex(*s)) if s else None)
            for k, n, v, w, *s in raw["mentions"]
        ]
        return cls(tuple(mentions), raw["valence"], raw["analyser"])


def _hex(signs: str) -> str:
    """Hex digits as they are; raises `ValueError` for anything else."""
    return bytes.fromhex(signs).hex()


@dataclass(frozen=True, slots=True)
class Correction:
    """What its user has put right about a turn: when last, what, and why.

    `what` names those of "text", "topics" and "emotion" that are the user's own, `felt` the topics whose
    feelings are, one by one. `original` is the text as it was first said, None where it still says that.
    """

    at: datetime
    what: tuple[str, ...] = ()
    felt: tuple[str, ...] = ()
    reason: str = ""
    original: str | None = None

    def packed(self) -> dict[str, Any]:
        """The same as a JSON object: how the store and exports write it."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def unpacked(cls, raw: Mapping[str, Any]) -> Correction:
        """Back from `packed`; raises `KeyError`, `TypeError` or `ValueError` for anything else.

        >>> note = Correction(datetime(2026, 1, 31), ("text",), (), "a slip of the pen", "Hallo")
        >>> Correction.unpacked(note.packed()) == note
        True
        """
        what, felt = (tuple(str(name) for name in raw[part]) for part in ("what", "felt"))
        original = raw.get("original")
        return cls(
            datetime.fromisoformat(raw["at"]),
            what,
            felt,
            str(raw["reason"]),
            None if original is None else str(original),
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One message in the log, with its place in it and its analysis.

    `index` counts from 0 and closes up when earlier turns are forgotten; `id` never changes. `corrected` is
    None unless its user has put something right about it.
    """

    id: str
    index: int
    text: str
    role: Role
    speaker: str | None
    at: datetime
    session: str | None
    analysis: Analysis
    llm_calls: int = 0
    corrected: Correction | None = None

    @property
    def original(self) -> str:
        """The text as it was first said, before any correction."""
        note = self.corrected
        return self.text if note is None or note.original is None else note.original

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics as written in the message."""
        return tuple(mention.label for mention in self.analysis.mentions)

    @property
    def emotion(self) -> float | None:
        """The valence of the whole message, None where it shows no feeling."""
        return self.analysis.valence


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic on the torus at one moment; figures are rounded to 4 decimals.

    `valence` is None where the evidence (`confidence`) is below 0.05. `started` and `latest` are the valences
    of the first and the last mention that showed any. `voices` maps each speaker to their own valence where
    several people speak, `openings` to the first they showed. `asked` marks a topic that the question names.
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
class Usual:
    """A topic that comes up again and again: in how many sessions, and how often in all."""

    topic: str
    key: str
    sessions: int
    mentions: int
    last_turn: str


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
class Trait:
    """What a speaker has said of themselves in a slot ("home", "work") and still holds, in their words."""

    slot: str
    text: str
    at: datetime
    turn_id: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that a question finds, word for word, and why.

    `score` is 1 for the best hit of a question and means nothing between questions. `count` is how many turns
    of the log, by the same speaker, say the same.
    """

    turn_id: str
    index: int
    text: str
    role: Role
    speaker: str | None
    at: datetime
    session: str | None
    score: float
    why: str
    count: int = 1


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
    """What the memory would tell a model right now (guide: `MemoryContext`, `extract_context`).

    `active_topics` are above the threshold, strongest first; themes are the active topics with a clear
    feeling; `recent_facts` are verbatim, newest first; `related_concepts` maps an active topic to the topics
    near it or named with it; `apart` names pairs of clusters (by position in `clusters`) that lie out of each
    other's reach; `usual` is what comes up in session after session; `mood` is None where nobody has shown a
    feeling; `profile` is what the speakers have said of themselves that still holds.
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


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Why one line is in the prompt, or was cut from it.

    `why` says what put it there, `sources` are the ids of the turns behind it, `tokens` what the line costs
    by the counter in use, `kept` is False where the budget cut it. `about` says what it tells of (a topic's
    key, a turn's id), so that it is the same line in another prompt, however it reads there.
    """

    text: str
    section: str
    why: str
    sources: tuple[str, ...]
    tokens: int
    kept: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system prompt, its size by the counter in use, and the ledger of its lines."""

    text: str
    tokens: int
    budget: int
    lines: tuple[LedgerLine, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the memory says what it says: the turns behind it, their topics now, the lines that cite them."""

    turns: tuple[Turn, ...]
    topics: tuple[Topic, ...]
    lines: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `forget` removed, or would remove: ids and counts, never content.

    `erased` is "done" when no byte of the text is left in the database files, "pending" while an open reader
    keeps an old copy alive (the next opener finishes), "nothing" when no turn matched or for a dry run.
    """

    turns: tuple[str, ...]
    erased: Literal["done", "pending", "nothing"]
    dry_run: bool = False


class ChatMessage(TypedDict):
    """One message of the running conversation, in the shape that every chat server takes.

    >>> ChatMessage(role="user", content="Which guitar did I buy?")["role"]
    'user'
    """

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, the prompt that led to it and the turn that remembers it."""

    text: str
    prompt: Prompt
    turn: Turn

    def __str__(self) -> str:
        return self.text
