"""A memory for LLM applications that lives on a torus: these are its public names, loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chat import Chat
    from .context.known import Cluster, Fact, MemoryContext, Mood, Topic
    from .errors import (
        BudgetError,
        DynamicsMismatch,
        EmbedderMismatch,
        InvalidInput,
        MissingExtra,
        ModelError,
        NotFound,
        OutOfMemory,
        StabilityError,
        StoreError,
        TorimemError,
    )
    from .field.field import Field
    from .field.stencil import Stencil
    from .language.analysis import Analysis, Mention
    from .log.correction import Change
    from .log.turn import Correction, Message, Receipt, Turn
    from .memory import Memory, advance_many
    from .prompt.diff import LineChange, PromptDiff
    from .prompt.explain import Explanation
    from .prompt.generator import PromptGenerator
    from .prompt.ledger import LedgerLine, Prompt
    from .prompt.tokens import estimate_tokens
    from .recall.hit import Hit
    from .reply import Reply, ReplyStream
    from .state.counts import Usual
    from .state.dynamics import Dynamics
    from .state.profile import Trait
    from .state.revise import Reanalysis
    from .state.stats import Stats

__version__ = "0.1.0.dev0"

# Where each public name lives: type checkers read the imports above, Python this table.
_HOMES = {
    "chat": "Chat",
    "context.known": "Cluster Fact MemoryContext Mood Topic",
    "errors": "BudgetError DynamicsMismatch EmbedderMismatch InvalidInput MissingExtra "
    "ModelError NotFound OutOfMemory StabilityError StoreError TorimemError",
    "field.field": "Field",
    "field.stencil": "Stencil",
    "language.analysis": "Analysis Mention",
    "log.correction": "Change",
    "log.turn": "Correction Message Receipt Turn",
    "memory": "Memory advance_many",
    "prompt.diff": "LineChange PromptDiff",
    "prompt.explain": "Explanation",
    "prompt.generator": "PromptGenerator",
    "prompt.ledger": "LedgerLine Prompt",
    "prompt.tokens": "estimate_tokens",
    "recall.hit": "Hit",
    "reply": "Reply ReplyStream",
    "state.counts": "Usual",
    "state.dynamics": "Dynamics",
    "state.profile": "Trait",
    "state.revise": "Reanalysis",
    "state.stats": "Stats",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """A public name or a room, imported when first asked for: importing `Field` loads no language."""
    if name in _WHERE:
        value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
        globals()[name] = value
        return value
    if name.isidentifier() and not name.startswith("_"):
        try:
            return import_module(f".{name}", __name__)
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":  # a package that the room needs
                raise
    raise AttributeError(f"module 'torimem' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


__all__ = [
    "Analysis",
    "BudgetError",
    "Change",
    "Chat",
    "Cluster",
    "Correction",
    "Dynamics",
    "DynamicsMismatch",
    "EmbedderMismatch",
    "Explanation",
    "Fact",
    "Field",
    "Hit",
    "InvalidInput",
    "LedgerLine",
    "LineChange",
    "Memory",
    "MemoryContext",
    "Mention",
    "Message",
    "MissingExtra",
    "ModelError",
    "Mood",
    "NotFound",
    "OutOfMemory",
    "Prompt",
    "PromptDiff",
    "PromptGenerator",
    "Reanalysis",
    "Receipt",
    "Reply",
    "ReplyStream",
    "StabilityError",
    "Stats",
    "Stencil",
    "StoreError",
    "Topic",
    "TorimemError",
    "Trait",
    "Turn",
    "Usual",
    "advance_many",
    "estimate_tokens",
]
