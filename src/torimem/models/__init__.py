"""Language models: a system text and messages go in, the reply comes out piece by piece.

A model is anything with a `name` and a method `stream(system, messages)`: see `LLM`. `load` finds one by a
text such as "ollama:qwen3:4b"; `OpenAICompatible` asks a server, `LocalModel` runs in this process, `Offline`
stands for none. A failure is one line, a `ModelError`. This room knows nothing of memories: `Chat` brings a
memory and a model together. Each name is loaded when it is first used, so that who needs an address does not
load a model.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .llm import LLM, Offline, Windowed
    from .local import LocalModel
    from .message import ChatMessage, Role
    from .named import load
    from .openai import OpenAICompatible

__all__ = [
    "LLM",
    "ChatMessage",
    "LocalModel",
    "Offline",
    "OpenAICompatible",
    "Role",
    "Windowed",
    "load",
]

_HOME = {
    "LLM": "llm",
    "ChatMessage": "message",
    "LocalModel": "local",
    "Offline": "llm",
    "OpenAICompatible": "openai",
    "Role": "message",
    "Windowed": "llm",
    "load": "named",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return __all__
