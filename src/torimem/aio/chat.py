"""`Chat` for asyncio."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from ..chat import Chat
from ..checks import show
from ..errors import InvalidInput
from ..models import LLM
from ..prompt.generator import PromptGenerator
from .memory import AsyncMemory
from .reply import Streaming, replied, streamed
from .threads import awaited

THREADS = 32  # replies under way at once: each waits for its model in a thread


class AsyncChat(Streaming):
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
        if not isinstance(memory, AsyncMemory):
            raise InvalidInput(
                f"memory is {show(memory)}, it must be a torimem.aio.AsyncMemory: make one first"
            )
        given = partial(Chat, llm=llm, history=history, budget=budget, persona=persona, template=template)
        super().__init__(lambda: given(memory._there()), THREADS, executor)
        self.memory: AsyncMemory = memory
        self.history: int = history
        self.budget: int = budget
        memory._chats.add(self)

    async def close(self) -> None:
        """Give up the replies under way, wait for what is, and give the threads back; twice is fine."""
        for stream in tuple(self._streams):
            self._give_up(stream)
        await super().close()

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
