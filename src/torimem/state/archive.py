"""The log as a file: exports out and back in, with sums by which two memories can be compared.

An export is JSON lines: a header, a line for each turn with its analysis, and a line of sums. It knows no
database.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InvalidInput, StoreError
from ..language.analysis import Analysis
from ..log.replay import message, objects
from ..log.turn import Correction, Turn
from . import fold
from .dynamics import Dynamics

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Export:
    """What is in an export: whose memory it is, its Dynamics, the turns, and the sums to compare by."""

    user: str
    agent: str
    dynamics: Dynamics
    turns: tuple[Turn, ...]
    sums: Mapping[str, Any]


def write_export(path: str | Path, export: Export) -> None:
    """Write an export, whole or not at all; raises `StoreError` where it cannot be written."""
    head = {
        "torimem": FORMAT,
        "user": export.user,
        "agent": export.agent,
        "dynamics": asdict(export.dynamics),
    }
    rows: list[Mapping[str, Any]] = [head, *map(turn_row, export.turns)]
    tail = {"sums": export.sums, "sha256": _sha256([*rows, export.sums])}
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as part:
                for row in (*rows, tail):
                    part.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}): give another path") from None


def _sha256(rows: Iterable[Mapping[str, Any]]) -> str:
    """The sum of the lines as values, so that line ends and spaces may change on the way."""
    whole = hashlib.sha256()
    for row in rows:
        whole.update(json.dumps(row, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def turn_row(turn: Turn) -> dict[str, Any]:
    """A turn as a JSON object, with the note of a correction and with `meta` where there are any."""
    note = {} if turn.corrected is None else {"corrected": turn.corrected.packed()}
    meta = {} if turn.meta is None else {"meta": turn.meta}
    return (
        note
        | meta
        | {
            "id": turn.id,
            "role": turn.role,
            "speaker": turn.speaker,
            "text": turn.text,
            "at": turn.at.isoformat(),
            "session": turn.session,
            "analysis": turn.analysis.packed(),
        }
    )


def read_export(path: str | Path) -> Export:
    """An export back from its file, folded and compared with its sums.

    Raises `InvalidInput` for one that is cut off, damaged or of another version.
    """
    rows = list(objects(path))
    if not rows or "torimem" not in rows[0][0]:
        raise InvalidInput(
            f"{path} is not a torimem export: make one with torimem export, or use torimem replay"
        )
    head, tail = rows[0][0], rows[-1][0]
    if head["torimem"] != FORMAT:
        raise InvalidInput(
            f"{path} is an export of format {head['torimem']!r}, this torimem reads {FORMAT}: upgrade"
        )
    if "sums" not in tail:
        raise InvalidInput(f"{path} is cut off: its last line has no sums; export it again")
    if tail.get("sha256") != _sha256([*(raw for raw, _ in rows[:-1]), tail["sums"]]):
        raise InvalidInput(f"{path} is damaged: its lines do not match their sha256; export it again")
    if not {"user", "agent", "dynamics"} <= head.keys() or not isinstance(tail["sums"], dict):
        raise InvalidInput(f"{path} is damaged: its first or last line lacks something; export it again")
    turns = tuple(_turn(index, *row) for index, row in enumerate(rows[1:-1]))
    dynamics = Dynamics.from_json(json.dumps(head["dynamics"]))
    export = Export(head["user"], head["agent"], dynamics, turns, tail["sums"])
    _compare(export, path)
    return export


def _turn(index: int, raw: Mapping[str, Any], where: str) -> Turn:
    said = message(raw, where)
    try:
        analysis = Analysis.unpacked(raw["analysis"])
        note = Correction.unpacked(raw["corrected"]) if "corrected" in raw else None
        if said.at is None or said.id is None:
            raise KeyError("id and at")
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{where} is not a turn of an export ({error}): export it again") from None
    whole = said.id, index, said.text, said.role, said.speaker, said.at, said.session, analysis
    return Turn(*whole, corrected=note, meta=said.meta)


def _compare(export: Export, path: str | Path) -> None:
    state = fold.begin(export.dynamics)
    for turn in export.turns:
        fold.apply(state, turn)
    rows = sorted({(mention.key, turn.index) for turn in export.turns for mention in turn.analysis.mentions})
    found = sums(state, export.turns, rows)
    # another version of the fold gives other fields from the same log
    for name in found if export.sums.get("fold") == fold.VERSION else ("log", "index"):
        if export.sums.get(name) != found[name]:
            raise InvalidInput(f"{path} is damaged: its {name} does not match its sums; export it again")


def sums(state: fold.State, turns: Iterable[Turn], rows: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """What two memories must agree on to be the same, and the places of their topics to look at.

    A memory that was corrected is the same as one that observed it so in the first place.
    """
    cells = np.ascontiguousarray(state.field.numpy(), dtype="<f4").tobytes()
    table = [asdict(live) for live in state.topics.values()]
    return {
        "fold": fold.VERSION,
        "turns": state.turns,
        "field": hashlib.sha256(cells).hexdigest(),
        "topics": _digest(table),
        "index": _digest([list(row) for row in rows]),
        "log": _digest([turn_row(replace(turn, corrected=None)) for turn in turns]),
        "places": {live.key: [live.x, live.y] for live in state.topics.values()},
    }


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
