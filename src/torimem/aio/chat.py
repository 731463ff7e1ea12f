"""`Chat` for asyncio."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..chat import Chat
from ..errors import StoreError
from ..models import LLM
from ..prompt.generator import PromptGenerator
from ..reply import ReplyStream
from .memory import AsyncMemory
from .reply import replied, streamed
from .threads import Threaded, awaited

THREADS = 32  # replies under way at once: each waits for its model in a thread


class AsyncChat(Threaded[Chat]):
    """`Chat` for asyncio: the same arguments and verbs, each to be awaited, or read with `async for`.

    The model is loaded by the first verb, or by `open`. `executor` is where models are waited for, by default
    a pool of this chat's own. Closing the memory closes its chats.

    >>> import asyncio
    >>> async def main() -> None:
    ...     async with AsyncMemory(":memory:") as memory:
    ...         stream = AsyncChat(memory, llm="offline").stream("I love tea.")
    ...         print([piece async for piece in stream], stream.reply.turn.role)
    >>> asyncio.run(main())
    ['No model is set up, and I recall nothing about this yet.'] assistant
    """

    def __init__(
        self,
        memory: AsyncMemory,
        llm: str | LLM = "auto",
        *,
        history: int = 6,
        budget: int = 800,
        persona: str = "a helpful assistant",
        template: str | Path = "default",
        executor: Executor | None = None,
    ) -> None:
        given = partial(Chat, llm=llm, history=history, budget=budget, persona=persona, template=template)
        super().__init__(lambda: given(memory._there()), THREADS, executor)
        self.memory: AsyncMemory = memory
        self.history: int = history
        self.budget: int = budget
        self._streams: set[ReplyStream] = set()  # those that may be open
        memory._chats.add(self)

    async def close(self) -> None:
        """Give up the replies under way, wait for what is, and give the threads back; twice is fine."""
        for stream in tuple(self._streams):
            self._give_up(stream)
        await super().close()

    def _follow(self, stream: ReplyStream) -> None:
        """Keep a stream until it is closed, so that it is given up at the latest with the chat."""
        for other in tuple(self._streams):
            if other.closed:
                self._streams.discard(other)
        self._streams.add(stream)

    def _give_up(self, stream: ReplyStream) -> None:
        """Close a stream in a thread; nobody waits for it but who closes the chat or its memory."""
        if not stream.closed:
            with suppress(StoreError):  # the chat was closed
                self._submit(lambda _: stream.close())

    @property
    def llm(self) -> LLM:
        """The model that is asked."""
        return self._opened.llm

    @property
    def generator(self) -> PromptGenerator:
        """What writes the prompts."""
        return self._opened.generator

    @replied(Chat.turn, Chat.stream)
    def turn(self) -> None: ...

    @streamed(Chat.stream)
    def stream(self) -> None: ...

    @replied(Chat.regenerate, Chat.regenerate_stream)
    def regenerate(self) -> None: ...

    @streamed(Chat.regenerate_stream)
    def regenerate_stream(self) -> None: ...

    @awaited(Chat.messages_for)
    def messages_for(self) -> None: ...
