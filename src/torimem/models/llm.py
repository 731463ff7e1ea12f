"""What a language model is to torimem: a system text and messages go in, a reply comes out piece by piece.

It knows nothing of memories: what the system text says is left to `prompt`, who keeps the turns to `chat`,
which model a text names to `named`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from .message import ChatMessage


class LLM(Protocol):
    """A language model: a name, and one method that yields its reply piece by piece.

    `system` is the system prompt, empty for none; `messages` is the conversation so far, oldest first, with
    the new message of the user last. A failure is a `ModelError`.
    """

    @property
    def name(self) -> str: ...

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]: ...


@runtime_checkable
class Windowed(LLM, Protocol):
    """A model that knows its context window; `Chat` fits prompt and history to it.

    `count_tokens` counts a text with the model's own tokenizer. `fitted` returns the newest messages that
    fit, always with the last, and how many tokens they leave for the system prompt, at least 1; it raises
    `ModelError` where the last message alone does not fit.
    """

    def count_tokens(self, text: str) -> int: ...

    def fitted(self, messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], int]: ...


class Offline:
    """No model: replies that none is set up. `Chat` then quotes what the memory recalls.

    >>> list(Offline().stream("", [ChatMessage(role="user", content="Which guitar did I buy?")]))
    ['No model is set up.']
    """

    name = "offline"

    def __init__(self, reason: str = "No model is set up") -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return "Offline()"

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """Yield the reason why there is no model, as one sentence."""
        yield f"{self.reason}."
