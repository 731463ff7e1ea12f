"""A prompt and its ledger, as values: what each line costs, why it is there, and what the budget cut."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Why one line is in the prompt, or was cut from it.

    `why` says what put it there, `sources` are the ids of the turns behind it, `tokens` what the line costs
    by the counter in use, `kept` is False where the budget cut it. `about` says what it tells of (a topic's
    key, a turn's id), so that it is the same line in another prompt, however it reads there.
    """

    text: str
    section: str
    why: str
    sources: tuple[str, ...]
    tokens: int
    kept: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system prompt, its size by the counter in use, and the ledger of its lines."""

    text: str
    tokens: int
    budget: int
    lines: tuple[LedgerLine, ...]

    def __str__(self) -> str:
        return self.text
