"""A memory for LLM applications that lives on a torus: these are its public names."""

from .chat import Chat
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
from .log.correction import Change
from .log.turn import (
    Analysis,
    Cluster,
    Correction,
    Explanation,
    Fact,
    Hit,
    LedgerLine,
    MemoryContext,
    Mention,
    Message,
    Mood,
    Prompt,
    Receipt,
    Reply,
    Topic,
    Trait,
    Turn,
    Usual,
)
from .memory import Memory
from .prompt.diff import LineChange, PromptDiff
from .prompt.generator import PromptGenerator
from .prompt.tokens import estimate_tokens
from .state.batch import advance_many
from .state.dynamics import Dynamics
from .state.revise import Reanalysis

__version__ = "0.1.0.dev0"

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
    "StabilityError",
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
