"""What a search finds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..models.message import Role


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that a query finds, word for word, and why.

    `score` is 1 for the best hit of a query and means nothing between queries. `count` is how many turns
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
