"""A reply while it is made, and when it is whole; who makes it and how it is remembered is left to `chat`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Self

from .errors import InvalidInput, ModelError, NotFound
from .log.turn import Turn
from .prompt.ledger import Prompt

_END = object()  # after the last piece; a model may give None by mistake


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, the prompt that led to it and the turn that remembers it."""

    text: str
    prompt: Prompt
    turn: Turn

    def __str__(self) -> str:
        return self.text


class ReplyStream:
    """A reply while it is made: iterate over its pieces. `Chat.stream` makes it.

    `message` is the turn that is answered, `prompt` what the model is told, `reply` None until the reply is
    whole. A reply that is given up after some pieces (closed, dropped, or broken off by the model or by an
    exception) is remembered as far as it was said, as an incomplete turn; one that fails before its first
    piece leaves no turn. Use it in a `with` block, or call `close`, where you may stop early. Threads may
    share it: each piece goes to one of them.

    >>> from torimem import Chat, Memory
    >>> with Chat(Memory(":memory:"), llm="offline").stream("I love tea.") as stream:
    ...     print("".join(stream))
    No model is set up, and I recall nothing about this yet.
    >>> stream.reply.turn.role
    'assistant'
    """

    def __init__(
        self, message: Turn, prompt: Prompt, pieces: Iterator[str], remember: Callable[[str, bool], Turn]
    ) -> None:
        self.message: Turn = message
        self.prompt: Prompt = prompt
        self._pieces, self._remember = pieces, remember
        self._said: list[str] = []
        self._reply: Reply | None = None
        self._closed = self._ended = False
        self._reading = Lock()

    @classmethod
    def of(cls, message: Turn, prompt: Prompt, answer: Turn) -> ReplyStream:
        """The stream of a reply that was made before: one piece, and `reply` is there at once."""
        stream = cls(message, prompt, iter([answer.text]), lambda text, whole: answer)
        stream._reply = Reply(answer.text, prompt, answer)
        return stream

    @property
    def reply(self) -> Reply | None:
        """The reply, None until it is whole."""
        return self._reply

    @property
    def closed(self) -> bool:
        """Whether no further piece comes: the reply is whole, or was given up."""
        return self._closed or self._ended

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        try:
            with self._reading:
                piece: object = _END if self._closed or self._ended else next(self._pieces, _END)
                if piece is not _END and not self._closed:
                    if not isinstance(piece, str):
                        raise ModelError(f"the model gave {piece!r:.60} in its reply, it must give text only")
                    self._said.append(piece)
                    return piece
                if not self._closed and not self._ended:
                    self._finish()
                raise StopIteration
        except StopIteration:
            raise
        except BaseException:
            self._closed = True
            raise
        finally:
            self._settle()

    def read(self) -> Reply:
        """The whole reply, after waiting for what is missing; raises `InvalidInput` where it was given up."""
        for _ in self:
            pass
        if self._reply is None:
            raise InvalidInput("this reply was closed before it was whole: ask again with the same id")
        return self._reply

    def close(self) -> None:
        """Give the reply up; what was said of it is remembered as incomplete. Closing twice is fine.

        Where another thread waits for a piece, that thread ends the reply once the piece is there or the
        model fails; this call does not wait for it.
        """
        self._closed = True
        self._settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_said", None) or self._ended or self._reply is not None:
            return
        with suppress(Exception):  # the memory may be closed, the interpreter about to end
            if _in_our_code():
                # A garbage collection may begin anywhere, also inside a transaction of this thread.
                Thread(target=_kept, args=(self._remember, self._text()), name="torimem-reply").start()
            else:
                self.close()

    def _settle(self) -> None:
        """End a closed reply, unless a thread is reading: that one looks again when it has read."""
        while self._closed and not self._ended and self._reading.acquire(blocking=False):
            try:
                self._give_up()
            finally:
                self._reading.release()

    def _finish(self) -> None:
        self._ended = True
        if self._reply is not None:
            return
        turn = self._remember(self._text(), True)
        self._reply = Reply(turn.text, self.prompt, turn)

    def _give_up(self) -> None:
        self._ended = True
        try:
            if self._reply is None and self._text().strip():
                _kept(self._remember, self._text())
        finally:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()

    def _text(self) -> str:
        # a server may cut an emoji in two; half of one could not be kept
        return "".join(self._said).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _kept(remember: Callable[[str, bool], Turn], text: str) -> None:
    """Remember what was said of a reply, unless its message was forgotten meanwhile."""
    with suppress(NotFound):
        remember(text, False)


def _in_our_code() -> bool:
    """Whether the finalizer that asks was called from within this package."""
    frame = sys._getframe(1).f_back
    while frame is not None and not str(frame.f_globals.get("__name__", "")).startswith("torimem."):
        frame = frame.f_back
    return frame is not None
