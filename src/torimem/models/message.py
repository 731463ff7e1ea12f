"""Messages in the shape that every chat server takes."""

from __future__ import annotations

from typing import Literal, TypedDict

Role = Literal["user", "assistant"]


class ChatMessage(TypedDict):
    """One message of the running conversation, in the shape that every chat server takes.

    >>> ChatMessage(role="user", content="Which guitar did I buy?")["role"]
    'user'
    """

    role: Role
    content: str
