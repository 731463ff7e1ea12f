"""A memory for LLM applications that lives on a torus: these are its public names."""

from .chat import Chat
from .correction import Change
from .diff import LineChange, PromptDiff
from .dynamics import Dynamics
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
from .field import Field
from .many import advance_many
from .memory import Memory
from .message import (
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
from .past import Reanalysis
from .prompt import PromptGenerator
from .stencil import Stencil
from .tokens import estimate_tokens

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
