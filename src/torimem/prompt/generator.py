"""MemoryContext -> Prompt: the lines a model is told, packed into a token budget, each with a reason.

Every line derives from the context and has an entry in the ledger: what put it there, from which turns, what
it costs, and whether the budget cut it. What there is to say is up to the kinds of `sections`, in which words
to the template, where it stands to `page`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from ..context.known import MemoryContext
from ..errors import BudgetError, InvalidInput
from . import page
from . import template as templates
from .ledger import LedgerLine, Prompt
from .sections import KINDS
from .sections.kind import Kind
from .template import Template
from .tokens import estimate_tokens

Counter = Callable[[str], int]

_FURTHER_DOWN = 0.75  # what each further line of a section is worth beside the one before it
_ANSWERS = 1.5  # how much more a line is worth that answers the query


@dataclass(frozen=True, slots=True)
class _Line:
    section: int
    text: str
    about: str
    why: str
    sources: tuple[str, ...]
    worth: float
    rank: int  # lines of a lower rank are taken before any of a higher one


@dataclass(frozen=True, slots=True)
class PromptGenerator:
    """Writes system prompts from contexts.

    `persona` completes the sentence "You are ...". `template` is the name of one that comes with torimem, or
    a file of your own that ends in `.toml`; it is read once, here. `count_tokens` is the model's tokenizer,
    an estimate by default. `kinds` are the kinds of sections that the template can show. Raises `NotFound`
    for a template that is not there, `InvalidInput` for a file that is no template or an empty persona.

    >>> print(PromptGenerator("a helpful tutor").generate(MemoryContext()).text)
    You are a helpful tutor.
    """

    persona: str = "a helpful assistant"
    template: str | Path = "default"
    count_tokens: Counter = estimate_tokens
    kinds: tuple[Kind[Any], ...] = field(default=KINDS, kw_only=True, repr=False)
    _template: Template = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.persona, str) or not self.persona.strip():
            raise InvalidInput(f"persona is {self.persona!r}, it must be text such as 'a helpful tutor'")
        object.__setattr__(self, "_template", templates.load(self.template, kinds=self.kinds))

    def generate(self, context: MemoryContext, *, budget: int = 800) -> Prompt:
        """Writes a prompt of at most `budget` tokens, as `count_tokens` counts them.

        The first topic, worry, joy, fact and statement about the user are taken first, then lines by worth
        per token until the budget is full; they are shown in the template's order. With a query the fact that
        answers it best comes before all. Raises `BudgetError` where not even the persona fits, `InvalidInput`
        where `count_tokens` returns no whole number.

        >>> from torimem import Topic
        >>> context = MemoryContext((Topic("tea", "tea", 1, 1, 0.85),))
        >>> prompt = PromptGenerator().generate(context, budget=100)
        >>> prompt.lines[1].text, prompt.lines[1].why
        ('- tea', 'named once, last just now; activation 0.85 at (1, 1)')
        """
        if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
            raise BudgetError(f"budget is {budget!r} tokens, it must be a whole number of at least 1")
        template = self._template
        opening = template.opening.format(persona=self.persona)
        least = self._count(opening)
        if least > budget:
            raise BudgetError(f"budget is {budget} tokens, the persona alone needs {least}: raise the budget")
        sections = template.sections
        lines = [line for number in range(len(sections)) for line in _lines(number, context, template)]
        costs = [self._count("\n" + line.text) for line in lines]
        kept = self._pack(template, opening, lines, costs, budget)
        text = page.whole(template, opening, [(lines[i].section, lines[i].text) for i in kept])
        tokens = self._count(text)
        why = "the persona, the headings and the marks around the notes"
        frame = LedgerLine(opening, "frame", why, (), tokens - sum(costs[i] for i in kept), about="frame")
        ledger = (
            LedgerLine(
                line.text,
                sections[line.section].kind.name,
                line.why,
                line.sources,
                costs[i],
                i in kept,
                line.about,
            )
            for i, line in enumerate(lines)
        )
        return Prompt(text, tokens, budget, (frame, *ledger))

    def _pack(
        self, template: Template, opening: str, lines: Sequence[_Line], costs: Sequence[int], budget: int
    ) -> list[int]:
        """Chooses lines: each time the one worth most per token, with the headings that it still needs."""
        heads = [page.heads(template.sections[line.section], template) for line in lines]
        prices = {head: self._count("\n\n" + head) for head in dict.fromkeys(chain.from_iterable(heads))}
        kept = list(range(len(lines)))

        def size() -> int:
            shown = [(lines[i].section, lines[i].text) for i in sorted(kept)]
            return self._count(
                page.whole(template, opening, shown) if shown else page.frame(template, opening)
            )

        if size() <= budget:
            return kept
        waiting = set(kept)
        kept.clear()
        while True:
            before, left = len(kept), budget - size()
            while True:
                paid = {head for i in kept for head in heads[i]}
                extra = {i: sum(prices[head] for head in heads[i] if head not in paid) for i in waiting}
                fitting = [i for i in waiting if costs[i] + extra[i] <= left]
                if not fitting:
                    break
                # a heading is shared by the lines that will follow, so the first does not bear all of it
                price = {i: max(costs[i] + extra[i] / 3, 1) for i in fitting}
                best = min(fitting, key=lambda i: (lines[i].rank, -round(lines[i].worth / price[i], 6), i))
                left -= costs[best] + extra[best]
                waiting.discard(best)
                kept.append(best)
            if len(kept) == before:
                return sorted(kept)
            # A tokenizer may count a text higher than its lines: then what was taken last goes until it fits.
            # It may count lower, too: then there is room for more.
            while kept and size() > budget:
                kept.pop()

    def _count(self, text: str) -> int:
        tokens = self.count_tokens(text)
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
            raise InvalidInput(
                f"count_tokens returned {tokens!r}, it must return a whole number of at least 0"
            )
        return tokens


def _lines(number: int, context: MemoryContext, template: Template) -> Iterator[_Line]:
    """The lines of one section with their worth: the weightiest has that of its kind, further ones less."""
    section = template.sections[number]
    kind = section.kind
    told = [
        (text, finding)
        for finding in kind.findings(context, only=section.only)
        if (text := page.line(finding, section, template)) is not None
    ]
    by_weight = sorted(range(len(told)), key=lambda i: (-told[i][1].weight, i))
    answers = kind.answers and bool(context.query)
    worth = kind.worth * (_ANSWERS if answers else 1)
    worths = {}
    for i in by_weight:
        worths[i] = worth * told[i][1].weight
        worth *= _FURTHER_DOWN
    for i, (text, finding) in enumerate(told):
        first = kind.first and i == by_weight[0]
        rank = 0 if first and answers else 1 if first else 2
        yield _Line(number, text, finding.about, finding.why, finding.sources, worths[i], rank)
