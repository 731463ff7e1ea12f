"""`Memory` for asyncio."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from ..field.backends import Backend
from ..language.feeling.judge import Sentiment
from ..language.meaning.embed import Embedder
from ..log.store import StoreBase
from ..log.store.sqlite import Durability
from ..memory import Memory
from ..state.dynamics import Dynamics
from .threads import Threaded, awaited

THREADS = 4  # a store serves one writer at a time, so more would wait for each other


class AsyncMemory(Threaded[Memory]):
    """`Memory` for asyncio: the same arguments and verbs, each to be awaited.

    The file is opened when the `async with` block begins, or by the first verb. `executor` is where the work
    is done: an `Executor` to share among many memories, which stays open, or a pool of this memory's own.

    >>> import asyncio
    >>> async def main() -> None:
    ...     async with AsyncMemory(":memory:", user="ada") as memory:
    ...         await memory.observe("I love learning about AI!", at="2026-01-31T10:00:00")
    ...         print([topic.topic for topic in await memory.topics()])
    >>> asyncio.run(main())
    ['AI']
    """

    def __init__(
        self,
        path: str | Path | StoreBase,
        user: str = "user",
        *,
        agent: str | None = None,
        embedder: str | Embedder = "auto",
        emotion: str | Sentiment = "vader",
        dynamics: Dynamics | None = None,
        durability: Durability | None = None,
        timeout: float | None = None,
        backend: str | Backend = "auto",
        executor: Executor | None = None,
    ) -> None:
        make = partial(
            Memory, path, user, agent=agent, embedder=embedder, emotion=emotion, dynamics=dynamics,
            durability=durability, timeout=timeout, backend=backend,
        )  # fmt: skip
        super().__init__(make, THREADS, executor)
        self.user: str = user
        self.agent: str | None = agent
        self._chats: WeakSet[Threaded[Any]] = WeakSet()  # they end before the file is closed

    def __repr__(self) -> str:
        return f"AsyncMemory(user={self.user!r}, agent={self.agent!r})"

    async def close(self) -> None:
        """Close the file; closing twice is fine. A store that was given stays open."""
        for chat in tuple(self._chats):
            await chat.close()
        await super().close()

    def _finish(self, under_way: tuple[Future[Any], ...]) -> None:
        super()._finish(under_way)
        if self._made is not None:
            self._made.close()

    @classmethod
    async def restore(
        cls, path: str | Path, database: str | Path | StoreBase, *, user: str | None = None,
        agent: str | None = None, embedder: str | Embedder = "auto", emotion: str | Sentiment = "vader",
        executor: Executor | None = None,
    ) -> AsyncMemory:  # fmt: skip
        """A memory from an export, into a database where that user has none yet.

        `user` and `agent` default to the export's. All is folded and compared with the export's sums before a
        byte is written; raises `InvalidInput` for a damaged export or a user that already has turns.
        """
        memory = cls(database, executor=executor)
        memory._make = partial(
            Memory.restore, path, database, user=user, agent=agent, embedder=embedder, emotion=emotion
        )
        await memory.__aenter__()
        memory.user, memory.agent = memory._opened.user, memory._opened.agent
        return memory

    @property
    def dynamics(self) -> Dynamics:
        """The Dynamics the scope is folded with."""
        return self._opened.dynamics

    @property
    def embedder(self) -> str | None:
        """The name of the model that meanings are compared with, None for words only."""
        return self._opened.embedder

    @property
    def backend(self) -> str:
        """The name of the backend that computes the fields."""
        return self._opened.backend

    @awaited(Memory.observe)
    def observe(self) -> None: ...

    @awaited(Memory.observe_many)
    def observe_many(self) -> None: ...

    @awaited(Memory.context)
    def context(self) -> None: ...

    @awaited(Memory.extract_context)
    def extract_context(self) -> None: ...

    @awaited(Memory.prompt)
    def prompt(self) -> None: ...

    @awaited(Memory.diff)
    def diff(self) -> None: ...

    @awaited(Memory.search)
    def search(self) -> None: ...

    @awaited(Memory.embed)
    def embed(self) -> None: ...

    @awaited(Memory.backlog)
    def backlog(self) -> None: ...

    @awaited(Memory.topics)
    def topics(self) -> None: ...

    @awaited(Memory.map)
    def map(self) -> None: ...

    @awaited(Memory.cells)
    def cells(self) -> None: ...

    @awaited(Memory.turn)
    def turn(self) -> None: ...

    @awaited(Memory.turns)
    def turns(self) -> None: ...

    @awaited(Memory.scopes)
    def scopes(self) -> None: ...

    @awaited(Memory.explain)
    def explain(self) -> None: ...

    @awaited(Memory.stats)
    def stats(self) -> None: ...

    @awaited(Memory.verify)
    def verify(self) -> None: ...

    @awaited(Memory.forget)
    def forget(self) -> None: ...

    @awaited(Memory.correct)
    def correct(self) -> None: ...

    @awaited(Memory.reanalyse)
    def reanalyse(self) -> None: ...

    @awaited(Memory.refold)
    def refold(self) -> None: ...

    @awaited(Memory.export)
    def export(self) -> None: ...
