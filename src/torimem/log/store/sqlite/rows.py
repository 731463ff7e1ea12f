"""Turns and scopes as rows of the tables, and back; it knows columns and no statement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ....language.analysis import Analysis
from ...turn import Correction, Turn

COLUMNS = "id, seq, text, role, speaker, at, session, analysis, corrected, meta"


_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def as_row(turn: Turn, seq: int) -> tuple[Any, ...]:
    """A turn as the values of `COLUMNS`, under a sequence number."""
    note = None if turn.corrected is None else _json(turn.corrected.packed())
    meta = None if turn.meta is None else _json(turn.meta)
    said = turn.text, turn.role, turn.speaker, turn.at.isoformat(), turn.session
    return (turn.id, seq, *said, _json(turn.analysis.packed()), note, meta)


def as_turn(row: tuple[Any, ...], index: int) -> Turn:
    """The turn that the values of `COLUMNS` say, at an index of the log."""
    id, _, text, role, speaker, at, session, packed, note, meta = row
    analysis = Analysis.unpacked(json.loads(packed))
    corrected = None if note is None else Correction.unpacked(json.loads(note))
    given = None if meta is None else json.loads(meta)
    said = text, role, speaker, datetime.fromisoformat(at), session
    return Turn(id, index, *said, analysis, corrected=corrected, meta=given)


def topics(analysis: str) -> set[str]:
    """The keys of the topics that a row's analysis mentions."""
    return {mention.key for mention in Analysis.unpacked(json.loads(analysis)).mentions}


def _json(packed: Mapping[str, Any]) -> str:
    return _ENCODE(packed)
