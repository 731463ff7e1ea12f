"""MemoryContext -> Prompt: the lines a model is told, packed into a token budget, each with a reason.

Every line derives from the context and has an entry in the ledger: what put it there, from which turns, what
it costs, and whether the budget cut it. What there is to say is up to `findings`, the words are `wording`'s
and `entries`', where they stand on the page is `layout`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from ..context.known import MemoryContext
from ..errors import BudgetError, InvalidInput
from . import findings, page, wording
from . import template as templates
from .entries import entry
from .ledger import LedgerLine, Prompt
from .template import Template
from .tokens import estimate_tokens

Counter = Callable[[str], int]

# What a line of each kind is worth to an assistant, before it is divided by its tokens. Facts are worth most
# and cost most; a line further down its list is worth less.
_WORTH = {
    "profile": 5.0,
    "topics": 1.2,
    "positive": 1.5,
    "negative": 1.6,
    "mood": 0.7,
    "usual": 0.7,
    "facts": 4.0,
    "relationships": 0.5,
    "trajectory": 1.0,
    "insights": 0.8,
    "guidance": 1.2,
}
_FURTHER_DOWN = 0.75
_ANSWERS = 1.5
# What an assistant needs before anything else: the best fact, the clearest worry and joy, what is spoken of,
# and one thing that the user has said of themselves.
_FIRST = ("facts", "negative", "positive", "topics", "profile")


@dataclass(frozen=True, slots=True)
class _Line:
    section: int
    text: str
    about: str
    why: str
    sources: tuple[str, ...]
    worth: float
    turn: int  # lines of an earlier turn are taken before any of a later one


@dataclass(frozen=True, slots=True)
class PromptGenerator:
    """Writes a system prompt from a context (guide: `PromptGenerator.generate`).

    `template` is the name of one that comes with torimem, or somebody's own file that ends in `.toml`; it is
    read once, here. Raises `NotFound` for an unknown one, `InvalidInput` for a file that is no template.

    >>> print(PromptGenerator("a helpful tutor").generate(MemoryContext()).text)
    You are a helpful tutor.
    """

    persona: str = "a helpful assistant"
    template: str | Path = "default"
    count_tokens: Counter = estimate_tokens
    _template: Template = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.persona, str) or not self.persona.strip():
            raise InvalidInput(f"persona is {self.persona!r}, it must be text such as 'a helpful tutor'")
        object.__setattr__(self, "_template", templates.load(self.template))

    def generate(self, context: MemoryContext, *, budget: int = 800) -> Prompt:
        """The prompt, at most `budget` tokens by `count_tokens`.

        The first topic, worry, joy, fact and trait are taken first, then lines by worth per token until the
        budget is full; they are shown in the template's order. With a question the fact that answers it comes
        before all. Raises `BudgetError` where not even the persona fits.
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
                sections[line.section].kind,
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
        """Which lines to keep: again and again the one worth most per token, with headings it still needs."""
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
                best = min(fitting, key=lambda i: (lines[i].turn, -round(lines[i].worth / price[i], 6), i))
                left -= costs[best] + extra[best]
                waiting.discard(best)
                kept.append(best)
            if len(kept) == before:
                return sorted(kept)
            # A tokenizer may count a text higher than its lines: what was taken last goes until all fits.
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
    write = entry if template.format == "json" else wording.line
    found = [
        one
        for one in findings.find(section.kind, context, only=section.only)
        if not isinstance(one.item, findings.Advice) or template.guidance[one.item.key]
    ]
    ranks = sorted(range(len(found)), key=lambda i: (-found[i].weight, i))
    worth = _WORTH[section.kind]
    if section.kind == "facts" and context.query:
        worth *= _ANSWERS  # what was asked for comes before what is merely lit
    worths = {}
    for i in ranks:
        worths[i] = worth * found[i].weight
        worth *= _FURTHER_DOWN
    for i, one in enumerate(found):
        first = i == ranks[0] and section.kind in _FIRST
        turn = 2 - first - (first and section.kind == "facts" and bool(context.query))
        text = write(one, section, template)
        yield _Line(number, text, one.about, one.why, one.sources, worths[i], turn)
