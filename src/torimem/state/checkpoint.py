"""State <-> bytes: a state kept, so that a log need not be folded from its beginning again.

A checkpoint is never the truth: one that is damaged, or of another version of the fold, is made afresh.
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime

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
    head = {
        "version": VERSION,
        "dynamics": state.dynamics.to_json(),
        "topics": [
            {name: getattr(topic, name) for name in Live.__slots__}
            | {"sense": topic.sense and [topic.sense.model, topic.sense.signs]}
            for topic in state.topics.values()
        ],
        "turns": state.turns,
        "user_turns": state.user_turns,
        "steps": state.steps,
        "at": _iso(state.at),
        "session": [state.session.number, state.session.name, _iso(state.session.at)],
        "recent": state.recent,
        "speakers": state.speakers,
        "evictions": state.evictions,
        "profile": {
            speaker: {slot: [getattr(said, name) for name in Said.__slots__] for slot, said in own.items()}
            for speaker, own in state.profile.items()
        },
        "tallies": {key: [getattr(t, name) for name in Tally.__slots__] for key, t in state.tallies.items()},
    }
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
        dynamics = Dynamics.from_json(head["dynamics"])
        cells = np.frombuffer(raw[4 + size :], dtype="<f4").reshape(
            len(LAYERS), dynamics.height, dynamics.width
        )
        topics = {raw_topic["key"]: Live(**raw_topic) for raw_topic in head["topics"]}
        for topic in topics.values():
            topic.voices = {speaker: (f, w, s) for speaker, (f, w, s) in topic.voices.items()}
            topic.sense = Sense(*topic.sense) if topic.sense else None  # type: ignore[misc]
        ground = place.Ground(
            dynamics.width, dynamics.height, dynamics.spacing, [(t.x, t.y) for t in topics.values()]
        )
        number, name, latest = head["session"]
        field = Field.from_numpy(cells.astype(np.float32), layers=LAYERS, backend=backend)
        return State(
            dynamics, field, ground, topics,
            head["turns"], head["user_turns"], head["steps"],
            _moment(head["at"]), Session(number, name, _moment(latest)),
            tuple(head["recent"]), tuple(head["speakers"]), head["evictions"],
            {key: Tally(*raw_tally) for key, raw_tally in head["tallies"].items()},
            {
                speaker: {slot: Said(*raw_said) for slot, raw_said in own.items()}
                for speaker, own in head["profile"].items()
            },
        )  # fmt: skip
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"damaged checkpoint ({error}): fold the log again") from None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
