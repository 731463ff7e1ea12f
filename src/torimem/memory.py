"""Memory: observe, context, prompt, forget. Read this file first: it shows the journey of a message.

    observe:  message -> analyse -> log -> fold
    prompt:   state -> context (with facts from the log) -> prompt

It leaves the work to the stages and keeps nothing of its own but a cached fold, which follows the log whoever
writes to it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from . import context as contexts
from . import facts, fold
from .analyse import analyse, topic_key
from .dynamics import LAYERS, Dynamics
from .errors import DynamicsMismatch, InvalidInput, NotFound, StoreError
from .lines import Export, moment, read_export, turn_row, write_export
from .message import LedgerLine, MemoryContext, Message, Prompt, Receipt, Role, Topic, Turn
from .prompt import Counter, PromptGenerator
from .store import Scope, SQLiteStore
from .store.sqlite import Durability
from .tokens import estimate_tokens

CHECKPOINT_EVERY = 256
_BATCH = 1000
_FACTS_PER_TOPIC = 2
_ASKED_TURNS = 64


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the memory says what it says: the turns behind it, their topics now, the prompt lines that cite them."""

    turns: tuple[Turn, ...]
    topics: tuple[Topic, ...]
    lines: tuple[LedgerLine, ...]


class Memory:
    """One person's memory in a database file: every turn word for word, and what is active of it now.

    `path` may be ":memory:". `agent` separates the memories that different assistants have of one user. Without
    `dynamics`, those the scope was written with hold (for a new one, the defaults); others than those raise
    `DynamicsMismatch`. `durability="full"` survives a power cut, the default a killed process. Threads may share a
    Memory; processes may share the file. Raises `StoreError` where the file cannot be opened or is damaged.

    >>> with Memory(":memory:", user="ada") as memory:
    ...     turn = memory.observe("I love learning about AI!", at="2026-01-31T10:00:00")
    ...     [(topic.topic, topic.activation) for topic in memory.context().active_topics]
    [('AI', 1.0)]
    """

    def __init__(
        self,
        path: str | Path,
        user: str = "user",
        *,
        agent: str | None = None,
        dynamics: Dynamics | None = None,
        durability: Durability = "process",
    ) -> None:
        for name, value in (("user", user), ("agent", agent if agent is not None else "-")):
            if not isinstance(value, str) or not value.strip():
                raise InvalidInput(f"{name} is {value!r}, it must be a name of at least one character")
        if dynamics is not None and not isinstance(dynamics, Dynamics):
            raise InvalidInput(f"dynamics is {dynamics!r}, it must be a torimem.Dynamics")
        self.user, self.agent = user, agent
        self._lock = threading.RLock()
        self._cached: fold.State | None = None
        self._epoch = -1
        self._store = SQLiteStore(path, durability=durability)
        try:
            known = self._store.find(user, agent or "")
            stored = Dynamics.from_json(known.dynamics) if known else None
            if stored and dynamics and stored != dynamics:
                raise DynamicsMismatch(
                    f"the memory of {user!r} was written with other Dynamics ({dynamics.difference(stored)}): "
                    "open it without, or change it with torimem refold"
                )
            self.dynamics = stored or dynamics or Dynamics()
        except BaseException:
            self._store.close()
            raise

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        with self._lock:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Memory({self._store.path!r}, user={self.user!r}, agent={self.agent!r})"

    # Writing

    def observe(
        self,
        text: str,
        role: Role = "user",
        *,
        speaker: str | None = None,
        at: datetime | str | None = None,
        session: str | None = None,
        id: str | None = None,
        topics: Collection[str] | None = None,
        emotion: float | None = None,
    ) -> Turn:
        """Remember one message; returns its turn in the log. No model is called.

        `at` defaults to now and naive times are UTC; `topics` and `emotion` (a valence in [-1, 1]) override the
        analysis; the same `id` again is the same turn. Raises `InvalidInput` and writes nothing for bad values.

        >>> Memory(":memory:").observe("Machine learning is complex", emotion=-0.2).topics
        ('machine learning',)
        """
        when = None if at is None else moment(at)
        given = None if topics is None else tuple(topics)
        message = Message(text, role, speaker, when, session, id, given, emotion)
        with self._lock:
            turn = self._append([self._analysed(message)])[0]
            self._state()
            return turn

    def observe_many(self, messages: Iterable[Message], progress: Callable[[int], None] | None = None) -> list[Turn]:
        """Remember many messages in one transaction: all of them or, on an error, none.

        `progress` is called with the number of turns folded so far.
        """
        with self._lock:
            turns = self._append([self._analysed(message) for message in messages])
            self._state(progress)
            return turns

    def _analysed(self, message: Message) -> Turn:
        _check(message)
        analysis = analyse(message.text, topics=message.topics, emotion=message.emotion)
        at = datetime.now(UTC) if message.at is None else moment(message.at)
        id = _new_id() if message.id is None else message.id
        return Turn(id, -1, message.text, message.role, message.speaker, at, message.session, analysis)

    def _append(self, turns: list[Turn]) -> list[Turn]:
        scope = self._store.scope(self.user, self.agent or "", self.dynamics.to_json())
        self._follow(scope)
        return self._store.append(scope.number, turns)

    # Reading

    def context(
        self,
        threshold: float | None = None,
        query: str | None = None,
        *,
        as_of: datetime | str | int | None = None,
        now: datetime | str | None = None,
        omit: Collection[str] = (),
    ) -> MemoryContext:
        """What is active, how it is felt about, what was said of it (guide: `extract_context`); changes nothing.

        `query` lights the topics it names; `as_of` (a moment, a turn's id or index) goes back to the state after
        that turn; `now` lets the clock run on, where the Dynamics have a tick; turns in `omit` are not quoted.
        """
        if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
            raise InvalidInput(f"threshold is {threshold!r}, it must be a number between 0 and 1")
        with self._lock:
            state, topics, asked = self._read(query, as_of, now)
            context = contexts.extract(
                topics,
                self.dynamics,
                threshold=threshold,
                partners={key: live.partners for key, live in state.topics.items()},
                turns=state.turns,
                now=state.at,
                query=query,
            )
            quoted = facts.choose(self._candidates(context, asked, state.turns), query, omit)
            return replace(context, recent_facts=quoted)

    extract_context = context

    def prompt(
        self,
        query: str | None = None,
        *,
        budget: int = 800,
        persona: str = "a helpful assistant",
        template: str = "default",
        count_tokens: Counter | None = None,
        as_of: datetime | str | int | None = None,
        now: datetime | str | None = None,
        omit: Collection[str] = (),
    ) -> Prompt:
        """A system prompt of at most `budget` tokens, with a ledger of its lines; changes nothing.

        `count_tokens` is the model's own counter where there is one. Raises `BudgetError` where not even the
        persona fits.

        >>> print(Memory(":memory:").prompt(persona="a pirate"))
        You are a pirate.
        """
        context = self.context(query=query, as_of=as_of, now=now, omit=omit)
        return PromptGenerator(persona, template, count_tokens or estimate_tokens).generate(context, budget=budget)

    def topics(self) -> list[Topic]:
        """Every topic that has a place on the torus now, the most active first."""
        with self._lock:
            return contexts.read(self._state())

    def map(self, layer: str = "activation") -> NDArray[np.float32]:
        """The cells of one layer now, shape (height, width), y first."""
        return self.cells()[_layer(layer)]

    def cells(self) -> NDArray[np.float32]:
        """The cells of all four layers now, shape (layer, height, width)."""
        with self._lock:
            cells: NDArray[np.float32] = self._state().field.numpy()
            return cells

    def turns(self, last: int | None = None) -> list[Turn]:
        """The turns of the log in order; with `last`, only so many of the newest."""
        if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 0):
            raise InvalidInput(f"last is {last!r}, it must be a whole number of at least 0")
        with self._lock:
            scope = self._store.find(self.user, self.agent or "")
            if scope is None:
                return []
            return list(self._store.turns(scope.number, 0 if last is None else max(0, scope.turns - last)))

    def explain(self, what: str | LedgerLine) -> Explanation:
        """The turns behind a turn id or a line of a ledger, their topics now, and the prompt lines that cite them.

        Raises `NotFound` for an id that is not in the log.
        """
        with self._lock:
            scope = self._store.find(self.user, self.agent or "")
            ids = (what,) if isinstance(what, str) else what.sources
            if ids and scope is None:
                raise NotFound(f"no turn has the id {ids[0]!r}: the memory of {self.user!r} is empty")
            turns = tuple(self._store.turn(scope.number, id) for id in ids) if scope else ()
            keys = {mention.key for turn in turns for mention in turn.analysis.mentions}
            lines = self.prompt().lines
            cited = tuple(line for line in lines if set(line.sources) & set(ids))
            return Explanation(turns, tuple(topic for topic in self.topics() if topic.key in keys), cited)

    def stats(self) -> dict[str, Any]:
        """Counts and sizes; `evictions` is how often a topic gave up its place on a full torus."""
        with self._lock:
            state = self._state()
            scope = self._store.find(self.user, self.agent or "")
            return {
                "user": self.user,
                "agent": self.agent,
                "turns": state.turns,
                "user_turns": state.user_turns,
                "topics": len(state.topics),
                "topics_ever": len(self._store.mention_counts(scope.number)) if scope else 0,
                "evictions": state.evictions,
                "steps": state.steps,
                "speakers": list(state.speakers),
                "last": state.at.isoformat() if state.at else None,
                "checkpoints": len(self._store.checkpoints(scope.number)) if scope else 0,
                "bytes": _size(self._store.path),
                "llm_calls": 0,
                "dynamics": asdict(self.dynamics),
            }

    def verify(self) -> bool:
        """Whether folding the whole log afresh gives the state in use, bit for bit."""
        with self._lock:
            state = self._state()
            fresh = fold.begin(self.dynamics)
            for turn in self.turns()[: state.turns]:
                fold.apply(fresh, turn)
            return fold.dump(fresh) == fold.dump(state)

    # Changing the past

    def forget(
        self,
        turn: str | None = None,
        *,
        topic: str | None = None,
        before: datetime | str | None = None,
        everything: bool = False,
        dry_run: bool = False,
    ) -> Receipt:
        """Remove turns for good: one by id, all that mention a topic, all said before a moment, or everything.

        The memory is afterwards, bit for bit, one that never saw them, and their text is in no file of the database.
        `dry_run` only lists them. Raises `NotFound` for an unknown id, `InvalidInput` unless exactly one is named.
        """
        if sum((turn is not None, topic is not None, before is not None, everything)) != 1:
            raise InvalidInput("forget needs exactly one of turn, topic, before and everything: name one")
        until = None if before is None else moment(before, "before")
        with self._lock:
            scope = self._store.find(self.user, self.agent or "")
            if scope is None:
                if turn is not None:
                    raise NotFound(f"no turn has the id {turn!r}: the memory of {self.user!r} is empty")
                return Receipt((), "nothing", dry_run)
            if turn is not None:
                found = [self._store.turn(scope.number, turn)]
            elif topic is not None:
                found = self._store.mentioning(scope.number, topic_key(topic))[::-1]
            elif until is not None:
                found = self._store.before(scope.number, until)
            else:
                found = list(self._store.turns(scope.number))
            ids = tuple(gone.id for gone in found)
            if dry_run or not (ids or everything):
                return Receipt(ids, "nothing", dry_run)
            if everything:
                self._store.drop_scope(scope.number)
            else:
                self._store.forget(scope.number, ids)
            self._cached = None
            erased = self._store.erase()
            self._state()
            return Receipt(ids, "done" if erased else "pending")

    def refold(self, dynamics: Dynamics | None = None, progress: Callable[[int], None] | None = None) -> None:
        """Fold the whole log afresh, with other Dynamics where they are given; the log stays as it is."""
        with self._lock:
            scope = self._store.find(self.user, self.agent or "")
            self.dynamics = dynamics or self.dynamics
            if scope is not None:
                self._store.set_dynamics(scope.number, self.dynamics.to_json())
            self._cached = None
            self._state(progress)

    def export(self, path: str | Path) -> None:
        """Write the log as JSON lines, with sums of the fields, the places and the index to compare by."""
        with self._lock:
            state, turns, rows = self._state(), [], []
            with self._store.snapshot():
                scope = self._store.find(self.user, self.agent or "")
                if scope is not None:
                    self._follow(scope)
                    turns = list(self._store.turns(scope.number))
                    rows = self._store.mention_rows(scope.number)
                    state = self._fold_to(scope, scope.turns)
            sums = _sums(state, turns, rows)
            write_export(path, Export(self.user, self.agent or "", self.dynamics.to_json(), tuple(turns), sums))

    @classmethod
    def restore(
        cls, path: str | Path, database: str | Path, *, user: str | None = None, agent: str | None = None
    ) -> Memory:
        """A memory from an export, into a database where that user has none yet.

        `user` and `agent` default to the export's. Everything is folded and compared with the export's sums before
        a byte is written; raises `InvalidInput` for a damaged export or a user that already has turns.
        """
        export = read_export(path)
        dynamics = Dynamics.from_json(export.dynamics)
        state = fold.begin(dynamics)
        for turn in export.turns:
            _check(Message(turn.text, turn.role, turn.speaker, turn.at, turn.session, turn.id))
            fold.apply(state, turn)
        rows = sorted({(m.key, turn.index) for turn in export.turns for m in turn.analysis.mentions})
        sums = _sums(state, export.turns, rows)
        for name in ("log", "index") if export.sums.get("fold") != fold.VERSION else sums:
            if export.sums.get(name) != sums[name]:
                raise InvalidInput(f"{path} is damaged: its {name} does not match its sums; export it again")
        memory = cls(database, user or export.user, agent=agent or export.agent or None)
        try:
            scope = memory._store.find(memory.user, memory.agent or "")
            if scope is not None and scope.turns:
                raise InvalidInput(
                    f"{memory.user!r} already has {scope.turns} turns in {database}: restore under another name"
                )
            memory.dynamics = dynamics
            if scope is not None:
                memory._store.set_dynamics(scope.number, dynamics.to_json())
            memory._append(list(export.turns))
            memory._state()
        except BaseException:
            memory.close()
            raise
        return memory

    # The fold, cached

    def _state(self, progress: Callable[[int], None] | None = None) -> fold.State:
        """The state after the newest turn of the log, whoever wrote it."""
        kept: list[tuple[int, bytes]] = []
        with self._store.snapshot():
            scope = self._store.find(self.user, self.agent or "")
            if scope is None:
                self._cached, self._epoch = fold.begin(self.dynamics), -1
                return self._cached
            self._follow(scope)
            if self._cached is None:
                self._cached = self._load(scope, scope.turns)
            self._epoch = scope.epoch
            for state in self._folding(scope, self._cached, scope.turns):
                if state.turns % CHECKPOINT_EVERY == 0:
                    kept.append((state.turns, fold.dump(state)))
                    if progress:
                        progress(state.turns)
        if progress:
            progress(scope.turns)
        self._keep(scope, kept)
        return self._cached

    def _follow(self, scope: Scope) -> None:
        """Take over what another process has changed: Dynamics, or turns that were forgotten."""
        stored = Dynamics.from_json(scope.dynamics)
        if scope.epoch != self._epoch or stored != self.dynamics:
            self.dynamics, self._cached, self._epoch = stored, None, scope.epoch

    def _load(self, scope: Scope, turns: int) -> fold.State:
        """The state of the newest checkpoint that covers at most so many turns; a damaged one is passed over."""
        for covered in reversed(self._store.checkpoints(scope.number)):
            if covered <= turns:
                try:
                    state = fold.load(self._store.checkpoint(scope.number, covered))
                except StoreError:
                    continue
                if state.dynamics == self.dynamics and state.turns == covered:
                    return state
        return fold.begin(self.dynamics)

    def _folding(self, scope: Scope, state: fold.State, turns: int) -> Iterator[fold.State]:
        for turn in self._store.turns(scope.number, state.turns, turns):
            fold.apply(state, turn)
            yield state

    def _fold_to(self, scope: Scope, turns: int) -> fold.State:
        """A state of its own after so many turns."""
        state = self._load(scope, turns)
        for _ in self._folding(scope, state, turns):
            pass
        return state

    def _keep(self, scope: Scope, kept: list[tuple[int, bytes]]) -> None:
        """Save checkpoints, ever fewer the older they are: the way back costs at most as much again."""
        have = set(self._store.checkpoints(scope.number)) if kept else set()
        for turns, state in kept:
            have.add(turns)
            old = {covered for covered in have if not _worth_keeping(covered, turns)}
            self._store.save_checkpoint(scope, turns, state, drop=sorted(old))
            have -= old

    def _read(
        self, query: str | None, as_of: datetime | str | int | None, now: datetime | str | None
    ) -> tuple[fold.State, list[Topic], list[str]]:
        """The state to read, its topics, and the keys of those that the query names; on a copy where it changes."""
        state = self._state()
        if as_of is not None:
            scope = self._store.find(self.user, self.agent or "")
            state = self._fold_to(scope, self._until(scope, as_of)) if scope else state
        asked = [mention.key for mention in analyse(query).mentions] if query else []
        if now is not None or asked:
            state = fold.copy(state)
            if now is not None:
                fold.pass_time(state, moment(now, "now"))
            fold.light(state, asked)
        topics = contexts.read(state)
        if asked:
            topics = [replace(topic, asked=topic.key in asked) for topic in topics]
        return state, topics, asked

    def _until(self, scope: Scope, as_of: datetime | str | int) -> int:
        """How many turns there were as of a moment, a turn's id or its index (both counted in)."""
        if isinstance(as_of, int) and not isinstance(as_of, bool):
            if not 0 <= as_of < scope.turns:
                raise NotFound(f"as_of is {as_of}, the log has the indexes 0 to {scope.turns - 1}: choose one of them")
            return as_of + 1
        if isinstance(as_of, str):
            try:
                return self._store.turn(scope.number, as_of).index + 1
            except NotFound:
                try:
                    as_of = moment(as_of, "as_of")
                except InvalidInput:
                    raise NotFound(f"as_of is {as_of!r}, neither the id of a turn nor an ISO 8601 time") from None
        return self._store.said_until(scope.number, moment(as_of, "as_of"))

    def _candidates(
        self, context: MemoryContext, asked: Collection[str], turns: int
    ) -> Iterator[tuple[Turn, str, float]]:
        """Turns that mention what is asked about, and the newest that mention what is active."""
        scope = self._store.find(self.user, self.agent or "")
        if scope is None:
            return
        for key in asked:
            for turn in self._store.mentioning(scope.number, key, before=turns, limit=_ASKED_TURNS):
                yield turn, key, 1.0
        for topic in context.active_topics[: facts.SHOWN]:
            if topic.key not in asked:
                strength = topic.activation * (0.5 if asked else 1.0)
                for turn in self._store.mentioning(scope.number, topic.key, before=turns, limit=_FACTS_PER_TOPIC):
                    yield turn, topic.topic, strength


def _worth_keeping(covered: int, newest: int) -> bool:
    """Whether a checkpoint stays: the last eight do, and older ones by how even their number is."""
    number = covered // CHECKPOINT_EVERY
    return (newest - covered) // CHECKPOINT_EVERY <= 8 * (number & -number)


def _check(message: Message) -> None:
    """Refuse a message that could not be kept as it is."""
    if not isinstance(message.text, str):
        raise InvalidInput(f"text is {type(message.text).__name__}, it must be a string")
    if message.role not in ("user", "assistant"):
        raise InvalidInput(f"role is {message.role!r}, it must be 'user' or 'assistant'")
    for name in ("speaker", "session", "id"):
        value = getattr(message, name)
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise InvalidInput(f"{name} is {value!r}, it must be a name of at least one character, or None")
    for name in ("text", "speaker", "session", "id"):
        try:
            (getattr(message, name) or "").encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidInput(f"{name} has a lone surrogate at {error.start}: give valid Unicode") from None
    emotion = message.emotion
    if emotion is not None and (isinstance(emotion, bool) or not isinstance(emotion, int | float)):
        raise InvalidInput(f"emotion is {emotion!r}, it must be a number between -1 and 1")
    if emotion is not None and (math.isnan(emotion) or not -1 <= emotion <= 1):
        raise InvalidInput(f"emotion is {emotion}, it must be between -1 and 1: scale it")


def _new_id() -> str:
    """A UUID of version 7: unique, and sorted by time."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    raw = bytearray(stamp + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return str(UUID(bytes=bytes(raw)))


def _layer(name: str) -> int:
    if name not in LAYERS:
        raise NotFound(f"layer {name!r} is not one of {', '.join(LAYERS)}: choose one of these")
    return LAYERS.index(name)


def _size(path: str) -> int:
    files = [Path(path + suffix) for suffix in ("", "-wal")]
    return sum(file.stat().st_size for file in files if path != ":memory:" and file.exists())


def _sums(state: fold.State, turns: Iterable[Turn], rows: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """What two memories must agree on to be the same, and the places of their topics to look at."""
    cells = np.ascontiguousarray(state.field.numpy(), dtype="<f4").tobytes()
    table = [asdict(live) for live in state.topics.values()]
    return {
        "fold": fold.VERSION,
        "turns": state.turns,
        "field": hashlib.sha256(cells).hexdigest(),
        "topics": _digest(table),
        "index": _digest([list(row) for row in rows]),
        "log": _digest([turn_row(turn) for turn in turns]),
        "places": {live.key: [live.x, live.y] for live in state.topics.values()},
    }


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
