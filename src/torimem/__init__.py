"""A memory for LLM applications that lives on a torus: these are its public names."""

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
    "ReplyStream",
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
