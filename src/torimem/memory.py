"""Memory: observe, context, prompt, forget. Read this file first: it shows the journey of a message.

    observe:          message -> language -> log -> state
    prompt:           state and recall -> context -> prompt
    forget, correct:  log -> another log -> state

It leaves the work to the rooms and keeps nothing of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Self, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from .context import context as contexts
from .context.known import MemoryContext, Topic
from .errors import InvalidInput, NotFound
from .field import backends
from .field.backends import Backend
from .language.analyser import analyse
from .language.block import without_block
from .language.feeling import judge as emotions
from .language.meaning.embed import Embedder, Encoded, load_embedder
from .language.meaning.name_vectors import NameVectors
from .log.arrival import When, arrived, checked, moment, new_id
from .log.correction import Given
from .log.store import Scope, StoreBase
from .log.store.opened import opened
from .log.store.sqlite import Durability
from .log.turn import JSON, Message, Receipt, Turn
from .models.message import Role
from .prompt.diff import PromptDiff, diff
from .prompt.explain import Explanation, explained
from .prompt.generator import Counter, PromptGenerator
from .prompt.ledger import LedgerLine, Prompt
from .prompt.tokens import estimate_tokens
from .recall import search
from .recall.hit import Hit
from .recall.index import Index
from .state import batch, revise
from .state.archive import Export, read_export, sums, write_export
from .state.dynamics import LAYERS, Dynamics
from .state.follow import Follower
from .state.revise import Reanalysis
from .state.stats import Stats


class Memory:
    """One person's memory in a database file: every turn word for word, and what is active of it now.

    `path` is that of the file, or ":memory:", or an open store (`torimem.log.store.StoreBase`): several
    Memories may share one, and closing them leaves it open. `agent` separates the memories that different
    assistants have of one user. `embedder` says what `search` compares meanings with (see
    `torimem.language.load_embedder`): "none" is words only; "auto" what is installed, unless the memory was
    embedded with another model. To search with any other model than that one raises `EmbedderMismatch`. A
    model that runs here (MiniLM, a folder, sentence-transformers) embeds each turn when it is written, and
    says where topics go: names that mean alike things lie near. One that is reached over a network embeds
    turns only when `embed` is called: writing does not depend on a network, and until then turns are found by
    their words. Reading never writes. `emotion` judges what a message feels: "vader", or "hf:MODEL", a
    classifier (see `torimem.language.load_sentiment`); its name is stored with each turn.

    Without `dynamics`, those the scope was written with hold (for a new one, the defaults); others than those
    raise `DynamicsMismatch`. `durability="full"` survives a power cut, the default a killed process. Threads
    may share a Memory, processes the file: a read waits for no writer, a write waits for another process up
    to `timeout` seconds (30). `backend` computes its fields, to the same bytes whichever it is (see
    `torimem.field.backends`). Raises `StoreError` where the file cannot be opened or is damaged.

    >>> with Memory(":memory:", user="ada") as memory:
    ...     turn = memory.observe("I love learning about AI!", at="2026-01-31T10:00:00")
    ...     [(topic.label, topic.activation) for topic in memory.context().active_topics]
    [('AI', 1.0)]
    """

    def __init__(
        self,
        path: str | Path | StoreBase,
        user: str = "user",
        *,
        agent: str | None = None,
        embedder: str | Embedder = "auto",
        emotion: str | emotions.Sentiment = "vader",
        dynamics: Dynamics | None = None,
        durability: Durability | None = None,
        timeout: float | None = None,
        backend: str | Backend = "auto",
    ) -> None:
        for name, value in (("user", user), ("agent", agent if agent is not None else "-")):
            if not isinstance(value, str) or not value.strip():
                raise InvalidInput(f"{name} is {value!r}, it must be a name of at least one character")
        if dynamics is not None and not isinstance(dynamics, Dynamics):
            raise InvalidInput(f"dynamics is {dynamics!r}, it must be a torimem.Dynamics")
        self.user: str = user
        self.agent: str | None = agent
        self.backend: str = backends.load(backend).name  # what is not here is said before a file is made
        model, self._sentiment = load_embedder(embedder), emotions.load_sentiment(emotion)
        self._store, self._owned = opened(path, durability, timeout)
        try:
            self._log = Follower(self._store, user, agent or "", dynamics, backend)
            given = embedder != "auto"
            self._index = Index(self._store, user, agent or "", model, given=given, lock=self._log.lock)
            self._senses = NameVectors(self._index.embedder)
        except BaseException:
            self.close()
            raise

    @property
    def dynamics(self) -> Dynamics:
        """The Dynamics the scope is folded with."""
        return self._log.dynamics

    def close(self) -> None:
        """Close the file; closing twice is fine. A store that was given stays open."""
        if self._owned:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Memory({self._store.name!r}, user={self.user!r}, agent={self.agent!r})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise InvalidInput(
            f"{self!r} holds an open database and can be neither pickled nor copied; "
            "open another Memory on the same file, or export this one and restore it"
        )

    # Writing

    def observe(
        self, text: str, role: Role = "user", *, speaker: str | None = None, at: When | None = None,
        session: str | None = None, id: str | None = None, topics: Collection[str] | None = None,
        valence: float | None = None, meta: Mapping[str, JSON] | None = None,
    ) -> Turn:  # fmt: skip
        """Remember one message; returns its turn in the log. No language model is called.

        `at` defaults to now, naive times are UTC; `topics` and `valence` (in [-1, 1]) override the analysis;
        the same `id` again is the same turn. `meta` is a JSON object of your own, kept with the turn (see
        `torimem.log.arrival.kept`). Raises `InvalidInput` for bad values and `ModelError` where the
        judge of feelings fails; then nothing is written.

        >>> Memory(":memory:").observe("Machine learning is complex", valence=-0.2).topics
        ('machine learning',)
        """
        when = None if at is None else moment(at)
        given: Any = topics  # any collection: `checked` makes it a tuple
        message = Message(text, role, speaker, when, session, id, given, valence, meta)
        return self._append([self._analysed(checked(message))])[0]

    def observe_many(
        self, messages: Iterable[Message | Mapping[str, Any]], progress: Callable[[int], None] | None = None
    ) -> list[Turn]:
        """Remember many messages in one transaction: all of them or, on an error, none.

        A message may be a mapping with `role` and `content`, as chat servers have it, or with the keys of a
        `Message`. Raises `InvalidInput` that says which message breaks a rule.

        >>> said = [{"role": "user", "content": "I play the guitar."}]
        >>> [turn.topics for turn in Memory(":memory:", embedder="none").observe_many(said)]
        [('guitar',)]

        `progress` is called with the number of turns folded so far, then with that of turns embedded.
        """
        said = [arrived(message, f"message {number}") for number, message in enumerate(messages)]
        return self._append([self._analysed(message) for message in said], progress)

    def _analysed(self, message: Message) -> Turn:
        who = [message.speaker] if message.speaker else []
        given: dict[str, Any] = {"topics": message.topics, "valence": message.valence}
        analysis = analyse(
            message.text, **given, speaker_names=who, sentiment=self._sentiment, role=message.role
        )
        at = datetime.now(UTC) if message.at is None else moment(message.at)
        id = new_id() if message.id is None else message.id
        said = message.text, message.role, message.speaker, at, message.session
        return Turn(id, -1, *said, analysis, meta=message.meta)

    def _append(self, turns: list[Turn], progress: Callable[[int], None] | None = None) -> list[Turn]:
        encoded: dict[str, Encoded] = {}
        analyses = [turn.analysis for turn in turns]
        # one message is one call of the model; many are read in batches once they are in the log
        texts = [without_block(turn.text) for turn in turns] if len(turns) == 1 else []
        analyses = self._senses.given(analyses, texts=texts, encoded=encoded)
        turns = [
            turn if one is turn.analysis else replace(turn, analysis=one)
            for turn, one in zip(turns, analyses, strict=True)
        ]
        with self._log.writing() as scope:
            written = self._store.append(scope.number, turns)
        self._log.catch_up(progress)
        self._index.written(len(turns), progress, encoded)
        return written

    # Reading

    def context(
        self,
        query: str | None = None,
        *,
        threshold: float | None = None,
        as_of: When | int | None = None,
        now: When | None = None,
        omit: Collection[str] = (),
    ) -> MemoryContext:
        """What is active, how it is felt, what was said of it; changes nothing.

        `query` lights the topics it names; `as_of` (a moment, a turn's id or index) goes back to the state
        after that turn; `now` lets the clock run on, where the Dynamics have a tick; turns in `omit` are not
        quoted.
        """
        return contexts.known(
            self._log, self._index, query, threshold=threshold, as_of=as_of, now=now, omit=omit
        )

    extract_context = context

    def prompt(
        self, query: str | None = None, *, budget: int = 800, persona: str = "a helpful assistant",
        template: str | Path = "default", count_tokens: Counter | None = None,
        as_of: When | int | None = None, now: When | None = None,
        omit: Collection[str] = (),
    ) -> Prompt:  # fmt: skip
        """A system prompt of at most `budget` tokens, with a ledger of its lines; changes nothing.

        `count_tokens` is the model's own counter where there is one. Raises `BudgetError` where not even the
        persona fits.

        >>> print(Memory(":memory:").prompt(persona="a pirate"))
        You are a pirate.
        """
        context = self.context(query, as_of=as_of, now=now, omit=omit)
        generator = PromptGenerator(persona, template, count_tokens or estimate_tokens)
        return generator.generate(context, budget=budget)

    def diff(
        self, before: When | int, after: When | int | None = None,
        query: str | None = None, *, budget: int = 800, persona: str = "a helpful assistant",
        template: str | Path = "default", count_tokens: Counter | None = None,
    ) -> PromptDiff:  # fmt: skip
        """What became of each line of the prompt between two moments, and why; changes nothing.

        `before` and `after` are as `as_of` in `prompt`; without `after`, it is now.

        >>> memory = Memory(":memory:", embedder="none")
        >>> turns = [memory.observe(said) for said in ("I play the guitar.", "I love my cat!")]
        >>> [change.after.text for change in memory.diff(0).seen if change.kind == "came"][:2]
        ['- cat', '- cat (happy)']
        """
        given: dict[str, Any] = {"persona": persona, "template": template, "count_tokens": count_tokens}
        first, last = (self.prompt(query, budget=budget, as_of=when, **given) for when in (before, after))
        return diff(first, last, self.context(query, threshold=0.0, as_of=after).active_topics)

    def search(
        self, query: str, limit: int = 10, *, since: When | None = None,
        until: When | None = None, as_of: When | int | None = None,
        now: When | None = None, without: Collection[str] = (),
    ) -> list[Hit]:  # fmt: skip
        """The turns that answer a query, word for word, best first; changes nothing.

        Turns are found by words and by meaning, and by what they tell of their speaker: "Where do I live?"
        finds "I moved to Rome", the claim that holds before earlier ones. Time words in the query ("last
        week", seen from `now`, by default the last turn's time) only favour turns; `since` and `until` leave
        out what was said before, or from then on. Turns that say the same are one hit. `without` switches off
        parts of recall (see `torimem.recall.rank.PARTS`). Turns that have no vectors yet (`backlog`) are
        found by their words only; the query itself is embedded, by whatever model the memory has.

        >>> memory = Memory(":memory:", embedder="none")
        >>> turn = memory.observe("I bought the Harlow OM-20. I love my new guitar!")
        >>> [(hit.text, hit.why) for hit in memory.search("Which guitar did I buy?")]
        [('I bought the Harlow OM-20. I love my new guitar!', 'says guitar, buy')]
        """
        return search.search(
            self._log, self._index, query, limit, since=since, until=until, as_of=as_of, now=now,
            without=without,
        )  # fmt: skip

    def embed(self, progress: Callable[[int], None] | None = None, *, afresh: bool = False) -> int:
        """Embed the turns that have no vectors yet, or all turns `afresh`; returns how many.

        A model on this machine embeds each turn when it is written, so that only what was written without it
        is left: by a memory for words only, by `restore`, or while the model failed. A model that is reached
        over a network is asked by this method only: call it after writing, or from time to time, in a thread
        or a process of its own if you like. `progress` is called with the number of turns so far. Raises
        `ModelError` where the model fails; what was embedded until then stays.
        """
        return self._index.embed(progress, afresh=afresh)

    @property
    def embedder(self) -> str | None:
        """The name of the model that meanings are compared with, None for words only."""
        return self._index.embedder.name if self._index.embedder else None

    def backlog(self) -> int:
        """How many turns have no vectors yet and are found by their words only; 0 without an embedder."""
        return self._index.backlog()

    def topics(self) -> list[Topic]:
        """Every topic that has a place on the torus now, the most active first."""
        with self._log.reading() as (_, state):
            return contexts.read(state)

    def map(self, layer: str = "activation") -> NDArray[np.float32]:
        """The cells of one layer now, shape (height, width), y first."""
        if layer not in LAYERS:
            raise NotFound(f"layer {layer!r} is not one of {', '.join(LAYERS)}: choose one of these")
        return np.asarray(self.cells()[LAYERS.index(layer)])

    def cells(self) -> NDArray[np.float32]:
        """The cells of all four layers now, shape (layer, height, width)."""
        with self._log.reading() as (_, state):
            return np.asarray(state.field.numpy(), np.float32)

    def turn(self, id: str) -> Turn:
        """The turn with this id; raises `NotFound`.

        >>> memory = Memory(":memory:", embedder="none")
        >>> turn = memory.observe("I play the guitar.", id="a", meta={"source": "import"})
        >>> memory.turn("a").meta
        {'source': 'import'}
        """
        with self._store.snapshot():
            return self._log.turn(self._log.find(), id)

    def turns(
        self, last: int | None = None, *, after: str | int | None = None, limit: int | None = None
    ) -> list[Turn]:
        """The turns of the log in order; with `last`, only so many of the newest.

        To read a log in pages, take at most `limit` turns `after` the last one you have: give its id, or its
        index, which is another one once earlier turns are forgotten. Raises `NotFound` for an unknown id.

        >>> memory = Memory(":memory:", embedder="none")
        >>> turns = [memory.observe(f"number {n}", id=f"t{n}") for n in range(5)]
        >>> [turn.id for turn in memory.turns(after="t1", limit=2)]
        ['t2', 't3']
        """
        return self._log.turns(last, after=after, limit=limit)

    def scopes(self) -> list[Scope]:
        """Whose memories are in this store: `user`, `agent` ("" for none) and `turns` of each, by user.

        >>> memory = Memory(":memory:", "ada", embedder="none")
        >>> turn = memory.observe("I play the guitar.")
        >>> [(scope.user, scope.agent, scope.turns) for scope in memory.scopes()]
        [('ada', '', 1)]
        """
        return self._store.scopes()

    def explain(self, what: str | LedgerLine) -> Explanation:
        """The turns behind a turn id or a ledger line, their topics now, and the prompt lines that cite them.

        Raises `NotFound` for an id that is not in the log.
        """
        return explained(self._log, what, self.prompt)

    def stats(self) -> Stats:
        """Counts and sizes, by name.

        >>> Memory(":memory:", embedder="none").stats()["turns"]
        0
        """
        return {
            "user": self.user, "agent": self.agent, "embedder": self.embedder, **self._log.stats(),
            "dynamics": asdict(self.dynamics), "llm_calls": 0,
        }  # fmt: skip

    def verify(self) -> bool:
        """Whether the log, folded afresh, gives the state in use, every checkpoint and the index."""
        return self._log.verify()

    # Changing the past

    def forget(
        self, *, id: str | None = None, topic: str | None = None, text: str | None = None,
        speaker: str | None = None, session: str | None = None, before: When | None = None,
        everything: bool = False, dry_run: bool = False,
    ) -> Receipt:  # fmt: skip
        """Remove turns for good: those of which all that is given holds, or everything.

        `topic` takes turns that speak of it, `text` those whose words contain it, letter case aside, both
        also as a turn was said before a correction; `before` those said before a moment. The memory is
        afterwards, bit for bit, one that never saw them, and their text is in no file of the database, unless
        another turn quotes it, as replies without a model do: `text` takes those too.
        `dry_run` only lists them. Raises `NotFound` for an unknown id, `InvalidInput` where nothing is named.

        >>> memory = Memory(":memory:", embedder="none")
        >>> turn = memory.observe("My PIN is 4711.", id="a")
        >>> memory.forget(text="pin is 4711").turns, memory.turns()
        (('a',), [])
        """
        return revise.forget(
            self._log, id=id, topic=topic, text=text, speaker=speaker, session=session, before=before,
            everything=everything, dry_run=dry_run,
        )  # fmt: skip

    def correct(
        self, id: str, text: str | None = None, reason: str = "", *,
        topics: Collection[str] | None = None, valence: float | None = None,
        valences: Mapping[str, float] | None = None,
    ) -> Turn:  # fmt: skip
        """Put right what was said or understood in a turn, given by its id; returns it with a note of that.

        `topics` and `valence` are as in `observe`; `valences` maps topics of the turn to valences. A new
        `text` is read instead of the old one, and analysed afresh: of what was given before, nothing stays.
        The note, in `corrected`, keeps the first text, the date and the reason until the turn is forgotten.
        All else is afterwards, bit for bit, as if the turn had been observed so. Raises `NotFound` for an
        unknown id or topic, `InvalidInput` for bad values or none, and `ModelError` as `observe`.

        >>> memory = Memory(":memory:")
        >>> turn = memory.observe("Oh great, more work", id="a")
        >>> turn = memory.correct("a", valence=-0.6, reason="irony")
        >>> turn.topics, turn.valence, turn.corrected.reason
        (('work',), -0.6, 'irony')
        """
        given = Given(text, topics, valence, valences, reason)
        corrected = revise.correct(self._log, self._sentiment, self._senses, id, given)
        self._index.written(1)
        return corrected

    def reanalyse(
        self, dry_run: bool = False, progress: Callable[[int], None] | None = None, *,
        every: bool = False, limit: int | None = 100,
    ) -> Reanalysis:  # fmt: skip
        """Analyse the log afresh, after a new version or with another `emotion`; says what that changes.

        Only turns whose stored analyser, or local embedder, has another name than the present one are looked
        at, or `every`. What was given or corrected stays. `limit` is for the changes that are listed, None
        lists all. `dry_run` writes nothing; otherwise all is written or, on an error, nothing. `progress` is
        called with the number of turns looked at so far, then with that of turns folded.

        >>> memory = Memory(":memory:")
        >>> turn = memory.observe("Oh great, more work")
        >>> memory.reanalyse().turns  # the analyser is still the same
        0
        """
        return revise.reanalyse(
            self._log, self._sentiment, self._senses, dry_run=dry_run, every=every, limit=limit,
            progress=progress,
        )  # fmt: skip

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
        cls, path: str | Path, database: str | Path | StoreBase, *, user: str | None = None,
        agent: str | None = None, embedder: str | Embedder = "auto",
        emotion: str | emotions.Sentiment = "vader",
    ) -> Memory:  # fmt: skip
        """A memory from an export, into a database where that user has none yet.

        `user` and `agent` default to the export's. All is folded and compared with the export's sums before a
        byte is written; raises `InvalidInput` for a damaged export or a user that already has turns.
        """
        export = read_export(path)
        user, agent = user or export.user, agent or export.agent or None
        memory = cls(database, user, agent=agent, embedder=embedder, emotion=emotion)
        try:
            revise.restore(memory._log, export)
        except BaseException:
            memory.close()
            raise
        return memory


def advance_many(
    memories: Sequence[Memory], backend: str | Backend = "auto", progress: Callable[[int], None] | None = None
) -> int:
    """Fold the turns that each memory has not folded yet, in batches on one backend; returns how many turns.

    Afterwards each memory answers at once, with what it would have answered anyway. `progress` is called with
    the number of turns folded so far. Raises as `torimem.field.backends.load`.

    >>> memories = [Memory(":memory:", user) for user in ("ada", "ben")]
    >>> turns = [memory.observe("I love learning about AI!") for memory in memories]
    >>> advance_many(memories)  # observing has folded them already
    0
    """
    return batch.advance([memory._log for memory in memories], backend, progress)
