"""Memory: observe, context, prompt, forget. Read this file first: it shows the journey of a message.

    observe:  message -> analyse -> log -> fold
    prompt:   state -> context (with facts from the log) -> prompt

It leaves the work to the stages and keeps nothing of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from . import context as contexts
from . import facts, fold
from .analyse import analyse, topic_key
from .archive import Export, read_export, sums, write_export
from .dynamics import LAYERS, Dynamics
from .errors import DynamicsMismatch, InvalidInput, NotFound
from .follow import Follower
from .lines import checked, moment, new_id
from .message import Explanation, LedgerLine, MemoryContext, Message, Prompt, Receipt, Role, Topic, Turn
from .prompt import Counter, PromptGenerator
from .store import Scope, SQLiteStore
from .store.connection import Durability
from .tokens import estimate_tokens

_FACTS_PER_TOPIC = 2
_TURNS_PER_TOPIC = 8
_ASKED_TURNS = 64


class Memory:
    """One person's memory in a database file: every turn word for word, and what is active of it now.

    `path` may be ":memory:". `agent` separates the memories that different assistants have of one user.
    Without `dynamics`, those the scope was written with hold (for a new one, the defaults); others than those
    raise `DynamicsMismatch`. `durability="full"` survives a power cut, the default a killed process. Threads
    may share a Memory; processes may share the file. Raises `StoreError` where the file cannot be opened or
    is damaged.

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
        self._store = SQLiteStore(path, durability=durability)
        try:
            known = self._store.find(user, agent or "")
            stored = Dynamics.from_json(known.dynamics) if known else None
            if stored and dynamics and stored != dynamics:
                raise DynamicsMismatch(
                    f"the memory of {user!r} was written with other Dynamics "
                    f"({dynamics.difference(stored)}): open it without, or change it with torimem refold"
                )
            self._log = Follower(self._store, user, agent or "", stored or dynamics or Dynamics())
        except BaseException:
            self._store.close()
            raise

    @property
    def dynamics(self) -> Dynamics:
        """The Dynamics the scope is folded with."""
        return self._log.dynamics

    def close(self) -> None:
        """Close the file; closing twice is fine."""
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

        `at` defaults to now, naive times are UTC; `topics` and `emotion` (in [-1, 1]) override the analysis;
        the same `id` again is the same turn. Raises `InvalidInput` and writes nothing for bad values.

        >>> Memory(":memory:").observe("Machine learning is complex", emotion=-0.2).topics
        ('machine learning',)
        """
        when = None if at is None else moment(at)
        given: Any = topics  # any collection: `checked` makes it a tuple
        message = Message(text, role, speaker, when, session, id, given, emotion)
        return self._append([self._analysed(message)])[0]

    def observe_many(
        self, messages: Iterable[Message], progress: Callable[[int], None] | None = None
    ) -> list[Turn]:
        """Remember many messages in one transaction: all of them or, on an error, none.

        `progress` is called with the number of turns folded so far.
        """
        return self._append([self._analysed(message) for message in messages], progress)

    def _analysed(self, message: Message) -> Turn:
        message = checked(message)
        who = [message.speaker] if message.speaker else []
        analysis = analyse(message.text, topics=message.topics, emotion=message.emotion, speaker_names=who)
        at = datetime.now(UTC) if message.at is None else moment(message.at)
        id = new_id() if message.id is None else message.id
        return Turn(id, -1, message.text, message.role, message.speaker, at, message.session, analysis)

    def _append(self, turns: list[Turn], progress: Callable[[int], None] | None = None) -> list[Turn]:
        with self._log.writing() as scope:
            written = self._store.append(scope.number, turns)
        with self._log.reading(progress):  # folded now, so that the next read need not
            return written

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
        """What is active, how it is felt, what was said of it (guide: `extract_context`); changes nothing.

        `query` lights the topics it names; `as_of` (a moment, a turn's id or index) goes back to the state
        after that turn; `now` lets the clock run on, where the Dynamics have a tick; turns in `omit` are not
        quoted.
        """
        if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
            raise InvalidInput(f"threshold is {threshold!r}, it must be a number between 0 and 1")
        with self._log.reading() as (scope, newest):
            least = (self.dynamics.threshold if threshold is None else threshold) / 2
            state, topics, asked = self._read(scope, newest, query, as_of, now, least)
            context = contexts.extract(
                topics,
                self.dynamics,
                threshold=threshold,
                partners={key: live.partners for key, live in state.topics.items()},
                turns=state.turns,
                now=state.at,
                query=query,
            )
            found = self._candidates(scope, context, asked, set(omit)) if scope else ()
            return replace(context, recent_facts=facts.choose(found, query))

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
        return PromptGenerator(persona, template, count_tokens or estimate_tokens).generate(
            context, budget=budget
        )

    def topics(self) -> list[Topic]:
        """Every topic that has a place on the torus now, the most active first."""
        with self._log.reading() as (_, state):
            return contexts.read(state)

    def map(self, layer: str = "activation") -> NDArray[np.float32]:
        """The cells of one layer now, shape (height, width), y first."""
        if layer not in LAYERS:
            raise NotFound(f"layer {layer!r} is not one of {', '.join(LAYERS)}: choose one of these")
        plane: NDArray[np.float32] = self.cells()[LAYERS.index(layer)]
        return plane

    def cells(self) -> NDArray[np.float32]:
        """The cells of all four layers now, shape (layer, height, width)."""
        with self._log.reading() as (_, state):
            cells: NDArray[np.float32] = state.field.numpy()
        return cells

    def turns(self, last: int | None = None) -> list[Turn]:
        """The turns of the log in order; with `last`, only so many of the newest."""
        if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 0):
            raise InvalidInput(f"last is {last!r}, it must be a whole number of at least 0")
        with self._store.snapshot():
            scope = self._log.find()
            if scope is None:
                return []
            return list(self._store.turns(scope.number, 0 if last is None else max(0, scope.turns - last)))

    def explain(self, what: str | LedgerLine) -> Explanation:
        """The turns behind a turn id or a ledger line, their topics now, and the prompt lines that cite them.

        Raises `NotFound` for an id that is not in the log.
        """
        ids = (what,) if isinstance(what, str) else what.sources
        with self._log.reading() as (scope, state):
            if ids and scope is None:
                raise NotFound(f"no turn has the id {ids[0]!r}: the memory of {self.user!r} is empty")
            turns = tuple(self._store.turn(scope.number, id) for id in ids) if scope else ()
            keys = {mention.key for turn in turns for mention in turn.analysis.mentions}
            cited = tuple(line for line in self.prompt().lines if set(line.sources) & set(ids))
            return Explanation(
                turns, tuple(topic for topic in contexts.read(state) if topic.key in keys), cited
            )

    def stats(self) -> dict[str, Any]:
        """Counts and sizes; `evictions` is how often a topic gave up its place on a full torus."""
        with self._log.reading() as (scope, state):
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
        """Whether the log, folded afresh, gives the state in use, every checkpoint and the index."""
        return self._log.verify()

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
        """Remove turns for good: one by id, all on a topic, all said before a moment, or everything.

        The memory is afterwards, bit for bit, one that never saw them, and their text is in no file of the
        database. `dry_run` only lists them. Raises `NotFound` for an unknown id, `InvalidInput` unless
        exactly one is named.
        """
        if sum((turn is not None, topic is not None, before is not None, everything)) != 1:
            raise InvalidInput("forget needs exactly one of turn, topic, before and everything: name one")
        until = None if before is None else moment(before, "before")
        key = None if topic is None else topic_key(topic)
        with self._log.reading() if dry_run else self._store.transaction():
            scope = self._log.find()
            ids = self._log.matching(scope, turn=turn, topic=key, before=until)
            if dry_run or scope is None or not (ids or everything):
                return Receipt(ids, "nothing", dry_run)
            if everything:
                self._store.drop_scope(scope.number)
            else:
                self._store.forget(scope.number, ids)
        erased = self._store.erase()
        with self._log.reading():  # folded now, so that the next read need not
            return Receipt(ids, "done" if erased else "pending")

    def refold(self, dynamics: Dynamics | None = None, progress: Callable[[int], None] | None = None) -> None:
        """Fold the whole log afresh, with other Dynamics where they are given; the log stays as it is."""
        if dynamics is not None and not isinstance(dynamics, Dynamics):
            raise InvalidInput(f"dynamics is {dynamics!r}, it must be a torimem.Dynamics")
        self._log.refold(dynamics or self.dynamics, progress)

    def export(self, path: str | Path) -> None:
        """Write the log as JSON lines, with sums of the fields, the places and the index to compare by."""
        with self._log.reading() as (scope, state):
            turns = tuple(self._store.turns(scope.number)) if scope else ()
            found = sums(state, turns, self._store.mention_rows(scope.number) if scope else ())
            export = Export(self.user, self.agent or "", self.dynamics, turns, found)
        write_export(path, export)

    @classmethod
    def restore(
        cls, path: str | Path, database: str | Path, *, user: str | None = None, agent: str | None = None
    ) -> Memory:
        """A memory from an export, into a database where that user has none yet.

        `user` and `agent` default to the export's. All is folded and compared with the export's sums before a
        byte is written; raises `InvalidInput` for a damaged export or a user that already has turns.
        """
        export = read_export(path)
        memory = cls(database, user or export.user, agent=agent or export.agent or None)
        try:
            with memory._log.writing() as scope:
                if scope.turns:
                    raise InvalidInput(
                        f"{memory.user!r} already has {scope.turns} turns in {database}: give another user"
                    )
                memory._store.append(scope.number, export.turns)
                memory._log.refold(export.dynamics)
        except BaseException:
            memory.close()
            raise
        return memory

    def _read(
        self,
        scope: Scope | None,
        state: fold.State,
        query: str | None,
        as_of: datetime | str | int | None,
        now: datetime | str | None,
        least: float,
    ) -> tuple[fold.State, list[Topic], list[str]]:
        """The state to read (a copy where it changes), its topics, and the keys that the query names."""
        if as_of is not None and scope is not None:
            state = self._log.as_of(scope, as_of)
        asked = [mention.key for mention in analyse(query).mentions] if query else []
        if now is not None or asked:
            state = fold.copy(state)
            if now is not None:
                fold.pass_time(state, moment(now, "now"))
            fold.light(state, asked)
        topics = contexts.read(state, least)
        return state, [replace(t, asked=True) if t.key in asked else t for t in topics], asked

    def _candidates(
        self, scope: Scope, context: MemoryContext, asked: Collection[str], omit: Collection[str]
    ) -> Iterator[tuple[Turn, str, float]]:
        """Turns that say something of what is asked about, and the newest ones about what is active."""

        def sayings(key: str, limit: int) -> Iterator[Turn]:
            newest = self._store.mentioning(scope.number, key, role="user", before=context.turns, limit=limit)
            return (turn for turn in newest if turn.id not in omit and facts.quotable(turn))

        names = {topic.key: topic.topic for topic in context.active_topics}
        for key in asked:
            for turn in sayings(key, _ASKED_TURNS):
                yield turn, names.get(key, key), 1.0
        for topic in context.active_topics[: facts.SHOWN]:
            if topic.key not in asked:
                strength = topic.activation * (0.5 if asked else 1.0)
                for turn in islice(sayings(topic.key, _TURNS_PER_TOPIC + len(omit)), _FACTS_PER_TOPIC):
                    yield turn, topic.topic, strength


def _size(path: str) -> int:
    files = [Path(path + suffix) for suffix in ("", "-wal")]
    return sum(file.stat().st_size for file in files if path != ":memory:" and file.exists())
