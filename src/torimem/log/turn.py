"""Messages and turns, as values: what somebody said, as handed over, as kept, as put right, as forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from ..language.analysis import Analysis
from ..models.message import Role

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
"""What JSON can say."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said, as the caller hands it over; only `text` is required.

    `topics` and `emotion` override the analysis: names in place of the topics found, and one valence in [-1,
    1] for all of them. `id` makes a retry safe: the same id again is the same turn. `meta` is data of your
    own that is kept with the turn, a JSON object of at most 64 KiB; nothing here reads it.

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
    meta: Mapping[str, JSON] | None = field(default=None, hash=False)


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
    None unless its user has put something right about it. `meta` is what the caller kept with it.
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
    meta: Mapping[str, JSON] | None = field(default=None, hash=False)

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
class Receipt:
    """What `forget` removed, or would remove: ids and counts, never content.

    `erased` is "done" when no byte of the text is left in the database files, "pending" while an open reader
    keeps an old copy alive (the next opener finishes), "nothing" when no turn matched or for a dry run.
    """

    turns: tuple[str, ...]
    erased: Literal["done", "pending", "nothing"]
    dry_run: bool = False
