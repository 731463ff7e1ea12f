"""Turns and scopes as rows of the tables, and back; it knows columns and no statement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...language.analysis import Analysis
from ..turn import Correction, Turn

COLUMNS = "id, idx, text, role, speaker, at, session, analysis, corrected"

Vectors = tuple[bytes, bytes, bytes]
"""The vectors of one turn: of its whole, its sentences and its words."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memory it is, the Dynamics it was written with (JSON), and how far its log goes now.

    `embedder` names the model that made its vectors, None where there are none.
    """

    number: int
    user: str
    agent: str
    dynamics: str
    epoch: int
    turns: int
    embedder: str | None = None


def as_row(turn: Turn, index: int) -> tuple[Any, ...]:
    """A turn as the values of `COLUMNS`, at an index of the log."""
    note = None if turn.corrected is None else _json(turn.corrected.packed())
    said = turn.text, turn.role, turn.speaker, turn.at.isoformat(), turn.session
    return (turn.id, index, *said, _json(turn.analysis.packed()), note)


def as_turn(row: tuple[Any, ...]) -> Turn:
    """The turn that the values of `COLUMNS` say."""
    id, index, text, role, speaker, at, session, packed, note = row
    analysis = Analysis.unpacked(json.loads(packed))
    corrected = None if note is None else Correction.unpacked(json.loads(note))
    said = text, role, speaker, datetime.fromisoformat(at), session
    return Turn(id, index, *said, analysis, corrected=corrected)


def _json(packed: dict[str, Any]) -> str:
    return json.dumps(packed, ensure_ascii=False, sort_keys=True)
