"""State <-> bytes: a cached state, so that a log need not be folded from its beginning again.

The log is the truth: a checkpoint that is damaged, or of another version of the fold, is made again from it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np

from ..errors import StoreError
from ..field.backends import Backend
from ..field.field import Field
from ..language.analysis import Sense
from ..log.session import Session
from . import place
from .counts import Tally
from .dynamics import LAYERS, Dynamics
from .fold import VERSION, Live, State
from .profile import Said


def dump(state: State) -> bytes:
    """The state as bytes: equal states give equal bytes."""
    head = {"version": VERSION} | {name: _PACK.get(name, _same)(getattr(state, name)) for name in _KEPT}
    text = json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass")
    cells = np.ascontiguousarray(state.field.numpy(), dtype="<f4").tobytes()
    return zlib.compress(len(text).to_bytes(4, "big") + text + cells, 1)


def load(data: bytes, backend: str | Backend = "auto") -> State:
    """A state back from `dump`; raises `StoreError` for bytes that are damaged or of another version."""
    try:
        raw = zlib.decompress(data)
        size = int.from_bytes(raw[:4], "big")
        head = json.loads(raw[4 : 4 + size].decode("utf-8", "surrogatepass"))
        if head["version"] != VERSION:
            raise StoreError(
                f"checkpoint of fold version {head['version']}, this is {VERSION}: fold the log again"
            )
        values = {name: _UNPACK.get(name, _same)(head[name]) for name in _KEPT}
        dynamics, topics = values["dynamics"], values["topics"].values()
        shape = len(LAYERS), dynamics.height, dynamics.width
        cells = np.frombuffer(raw[4 + size :], dtype="<f4").reshape(shape)
        field = Field.from_numpy(cells.astype(np.float32), layers=LAYERS, backend=backend)
        taken = [(topic.x, topic.y) for topic in topics]
        ground = place.Ground(dynamics.width, dynamics.height, dynamics.spacing, taken)
        return State(field=field, ground=ground, **values)
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"damaged checkpoint ({error}): fold the log again") from None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _same(value: Any) -> Any:
    return value


def _row(value: Any) -> list[Any]:
    """The fields of a dataclass with slots, in order."""
    return [getattr(value, name) for name in value.__slots__]


def _packed_topics(topics: dict[str, Live]) -> list[dict[str, Any]]:
    return [
        dict(zip(Live.__slots__, _row(topic), strict=True))
        | {"sense": topic.sense and [topic.sense.model, topic.sense.signs]}
        for topic in topics.values()
    ]


def _topics(rows: list[dict[str, Any]]) -> dict[str, Live]:
    topics = {row["key"]: Live(**row) for row in rows}
    for topic in topics.values():
        topic.voices = {speaker: (f, w, s) for speaker, (f, w, s) in topic.voices.items()}
        topic.sense = Sense(*topic.sense) if topic.sense else None  # type: ignore[misc]
    return topics


_KEPT = [each.name for each in fields(State) if each.name not in ("field", "ground")]
"""What the JSON holds of a state, in order; the cells come after it, the ground follows from the topics."""

_PACK: dict[str, Callable[[Any], Any]] = {
    "dynamics": Dynamics.to_json,
    "topics": _packed_topics,
    "at": _iso,
    "session": lambda session: [session.number, session.name, _iso(session.at)],
    "profile": lambda profile: {
        speaker: {slot: _row(said) for slot, said in own.items()} for speaker, own in profile.items()
    },
    "tallies": lambda tallies: {key: _row(tally) for key, tally in tallies.items()},
}
"""How to pack what JSON does not have."""

_UNPACK: dict[str, Callable[[Any], Any]] = {
    "dynamics": Dynamics.from_json,
    "topics": _topics,
    "at": _moment,
    "session": lambda row: Session(row[0], row[1], _moment(row[2])),
    "recent": tuple,
    "speakers": tuple,
    "profile": lambda profile: {
        speaker: {slot: Said(*said) for slot, said in own.items()} for speaker, own in profile.items()
    },
    "tallies": lambda tallies: {key: Tally(*row) for key, row in tallies.items()},
}
"""How to unpack it again."""
