"""`ReplyStream` for asyncio, and the verbs of `Chat` that return a reply or a stream of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from ..chat import Chat
from ..errors import InvalidInput, StoreError
from ..log.turn import Turn
from ..prompt.ledger import Prompt
from ..reply import Reply, ReplyStream
from .threads import Threaded, named

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Streaming(Threaded[Chat]):
    """A chat in threads that keeps the streams under way, so that they end at the latest with it."""

    def __init__(self, make: Callable[[], Chat], threads: int, executor: Executor | None) -> None:
        super().__init__(make, threads, executor)
        self._streams: set[ReplyStream] = set()  # those that may be open

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


class AsyncReplyStream:
    """`ReplyStream` for asyncio: `async for piece in chat.stream(...)`, or `await stream.read()`.

    The message is remembered when the stream is first awaited. `message` and `prompt` are None until then,
    `reply` until the reply is whole. A stream that is closed, dropped or cancelled is remembered as far as it
    was said, as an incomplete turn. A cancelled wait for the model raises at once; its thread ends with the
    next piece, or when the model gives up.
    """

    def __init__(self, chat: Streaming, begin: Callable[[Chat], ReplyStream]) -> None:
        self._chat, self._begin = chat, begin
        self._beginning = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stream: ReplyStream | None = None
        self._closed = False

    @property
    def message(self) -> Turn | None:
        """The turn that is answered, None until the stream is first awaited."""
        return self._stream.message if self._stream else None

    @property
    def prompt(self) -> Prompt | None:
        """What the model is told, None until the stream is first awaited."""
        return self._stream.prompt if self._stream else None

    @property
    def reply(self) -> Reply | None:
        """The reply, None until it is whole."""
        return self._stream.reply if self._stream else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        piece = await self._run(lambda stream: next(stream, None))
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def read(self) -> Reply:
        """The whole reply, after waiting for what is missing; raises `InvalidInput` where it was given up."""
        return await self._run(lambda stream: stream.read())

    async def aclose(self) -> None:
        """Give the reply up; what was said of it is remembered as incomplete. Closing twice is fine."""
        self._closed = True
        stream = self._stream
        if stream is not None and not stream.closed:
            await self._chat._run(lambda _: stream.close())

    async def __aenter__(self) -> Self:
        await self._run(lambda _: None)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        loop, stream = self._loop, self._stream
        if loop is not None and stream is not None and not stream.closed:
            with suppress(RuntimeError):  # the loop is closed: then the stream gives itself up
                # not here: a garbage collection may begin anywhere, also where a pool holds its locks
                loop.call_soon_threadsafe(self._chat._give_up, stream)

    async def _run(self, work: Callable[[ReplyStream], _R]) -> _R:
        self._loop = asyncio.get_running_loop()
        try:
            return await self._chat._run(lambda chat: work(self._begun(chat)))
        except asyncio.CancelledError:
            self._give_up()
            raise

    def _begun(self, chat: Chat) -> ReplyStream:
        with self._beginning:
            if self._stream is None:
                if self._closed:
                    raise InvalidInput("this reply was closed before it was begun: ask again")
                self._stream = self._begin(chat)
                self._chat._follow(self._stream)
        if self._closed:
            self._stream.close()
        return self._stream

    def _give_up(self) -> None:
        self._closed = True
        if self._stream is not None:
            self._chat._give_up(self._stream)


def streamed(
    verb: Callable[Concatenate[Chat, _P], ReplyStream],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Streaming, _P], AsyncReplyStream]]:
    """The verb of `Chat` that streams, as one whose stream is read with `async for`."""

    @wraps(verb)
    def call(self: Streaming, /, *args: _P.args, **kwargs: _P.kwargs) -> AsyncReplyStream:
        return AsyncReplyStream(self, lambda chat: verb(chat, *args, **kwargs))

    return named(call)


def replied(
    verb: Callable[Concatenate[Chat, _P], Reply], stream: Callable[Concatenate[Chat, _P], ReplyStream]
) -> Callable[[Callable[..., None]], Callable[Concatenate[Streaming, _P], Coroutine[Any, Any, Reply]]]:
    """The verb of `Chat` that replies, as a coroutine; by way of its stream, which can be given up."""

    @wraps(verb)
    async def call(self: Streaming, /, *args: _P.args, **kwargs: _P.kwargs) -> Reply:
        return await AsyncReplyStream(self, lambda chat: stream(chat, *args, **kwargs)).read()

    return named(call)
