"""A context -> the prompt that a token budget holds, with a ledger of its lines.

`PromptGenerator` writes a `Prompt` and gives each of its lines a `LedgerLine`; `diff` compares two prompts.
`load` reads a `Template`, by name (see `names`) or from a file: its sections, their order and their `Words`.
What a section tells is up to its `Kind`, which looks for `Finding`s in a context; `KINDS` are those that come
with torimem, and `PromptGenerator(kinds=(*KINDS, my_kind))` takes more. `estimate_tokens` stands in for a
tokenizer. An `Explanation` names the turns behind a line.
"""

from .diff import LineChange, PromptDiff, diff
from .explain import Explanation
from .generator import PromptGenerator
from .ledger import LedgerLine, Prompt
from .sections import KINDS, Finding, Kind
from .template import Section, Template, load, names
from .tokens import estimate_tokens
from .words import Words

__all__ = [
    "KINDS",
    "Explanation",
    "Finding",
    "Kind",
    "LedgerLine",
    "LineChange",
    "Prompt",
    "PromptDiff",
    "PromptGenerator",
    "Section",
    "Template",
    "Words",
    "diff",
    "estimate_tokens",
    "load",
    "names",
]
