"""An object whose calls run in threads, and verbs of its twin as coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from ..errors import InvalidInput, StoreError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_S = TypeVar("_S")
_Call = TypeVar("_Call", bound=Callable[..., Any])


class Threaded(Generic[_S]):
    """An object whose calls run in threads; `make` makes it, in one of them, when it is first needed."""

    def __init__(self, make: Callable[[], _S], threads: int, executor: Executor | None) -> None:
        self._make = make
        self._made: _S | None = None
        self._making = Lock()
        self._owned = executor is None
        self._executor: Executor = executor or ThreadPoolExecutor(threads, "torimem")
        self._under_way: set[Future[Any]] = set()
        self._closed = False

    async def open(self) -> Self:
        """Open it now; otherwise the first call does. Raises what the constructor of its twin raises."""
        await self._run(lambda _: None)
        return self

    async def __aenter__(self) -> Self:
        try:
            return await self.open()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for what is under way, then give the threads back; closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        try:
            await asyncio.wrap_future(self._executor.submit(self._finish, tuple(self._under_way)))
        finally:
            if self._owned:
                self._executor.shutdown(wait=False)

    def _finish(self, under_way: tuple[Future[Any], ...]) -> None:
        wait(under_way)

    @property
    def _opened(self) -> _S:
        if self._made is None:
            name = type(self).__name__
            raise InvalidInput(f"this {name} is not open yet: use `async with`, or await open() or any verb")
        return self._made

    def _there(self) -> _S:
        """The twin, made where it is not there yet; to be called in a thread of the pool."""
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _submit(self, work: Callable[[_S], _R]) -> Future[_R]:
        if self._closed:
            raise StoreError(f"this {type(self).__name__} was closed: open a new one")
        future = self._executor.submit(copy_context().run, lambda: work(self._there()))
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    async def _run(self, work: Callable[[_S], _R]) -> _R:
        return await asyncio.wrap_future(self._submit(work))


def named(call: _Call) -> Callable[[Callable[..., None]], _Call]:
    """A decorator that puts `call` in the place of a method, under the method's name."""

    def put(own: Callable[..., None]) -> _Call:
        call.__qualname__ = own.__qualname__
        return call

    return put


def awaited(
    verb: Callable[Concatenate[_S, _P], _R],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Threaded[_S], _P], Coroutine[Any, Any, _R]]]:
    """The verb of the twin as a coroutine."""

    @wraps(verb)
    async def call(self: Threaded[_S], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return await self._run(lambda twin: verb(twin, *args, **kwargs))

    return named(call)
