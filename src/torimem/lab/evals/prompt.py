"""Does the prompt help a model to answer with what was remembered, and what is each of its sections worth?

Per dialogue a `Memory` reads every turn. Then a model is asked each question with the prompt that `Chat`
would give it, with the persona alone, and with one section of the prompt taken out at a time. Nothing takes
the place of what is taken out, so that two prompts differ in that section alone. Whether a reply carries the
answer is up to `answer`, how a model is asked to `llm`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...chat import Chat
from ...checks import integer
from ...errors import InvalidInput, ModelError
from ...language.feeling.judge import Sentiment
from ...language.meaning.embed import Embedder
from ...memory import Memory
from ...models import LLM, Offline, load
from ...prompt import page
from ...prompt import template as templates
from ...prompt.ledger import Prompt
from ...prompt.template import Template
from . import metrics
from .answer import RULE, score
from .locomo import Dialogue, Question
from .reader import Reader
from .sheet import Line, Sheet

WHOLE = "whole prompt"
NONE = "no memory"
MEANS = ("carried", "F1", "in prompt")
DIFFERENCE = ("difference", "low", "high")
ABOUT = ("llm", "budget", "template", "embedder")
"""What a row is of, before its figures: columns of the CSV file."""
NOTE = (
    "difference: carried less that of the whole prompt, from low to high in 95% of 1000 draws of the "
    "questions; what is taken out leaves its tokens unused, and no prompt is sent twice for a question"
)
_ADVERSARIAL = "adversarial"  # asks for what was never said: there is nothing to carry


@dataclass(frozen=True, slots=True)
class Fared:
    """How one prompt fared: the reply carries the answer, F1 of their words, the prompt itself carries it."""

    carried: bool
    f1: float
    in_prompt: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a kind, and how each prompt fared with it, by the name of the row."""

    category: str
    fared: Mapping[str, Fared]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The questions that were answered, in the order of the file; why no more, where something stopped it."""

    asked: tuple[Asked, ...]
    stopped: str = ""


def model(spec: str) -> LLM:
    """The model that a text names (see `torimem.models.load`), or "reader", which is none (see `reader`).

    Raises `InvalidInput` where there is none to ask, and as `load` does.

    >>> model("reader")
    Reader()
    """
    if spec == Reader.name:
        return Reader()
    found = load(spec)
    if isinstance(found, Offline):
        raise InvalidInput(
            f"model {spec!r} is none to ask ({found.reason}): name one with --llm, such as ollama:MODEL or "
            "URL#MODEL, or take reader, which quotes the line of the prompt most like the question"
        )
    return found


def chosen(dialogues: Sequence[Dialogue], most: int | None = None) -> list[Dialogue]:
    """The dialogues with the questions that have an answer; at most so many, drawn evenly over all.

    Adversarial questions are left out. Raises `InvalidInput` where no question is left.

    >>> asked = [Question("Who?", ("D1:1",), "open", answer) for answer in ("Ada", None, "Ben", "Eve")]
    >>> [question.answer for question in chosen([Dialogue("0", (), tuple(asked))], 2)[0].questions]
    ['Ada', 'Ben']
    """
    there = [
        (place, question)
        for place, one in enumerate(dialogues)
        for question in one.questions
        if _answerable(question)
    ]
    if not there:
        raise InvalidInput("no question has an answer to look for: give a file whose qa has 'answer'")
    number = len(there) if most is None else min(integer("questions", most, 1), len(there))
    drawn = [there[n * len(there) // number] for n in range(number)]
    asked = [tuple(question for at, question in drawn if at == place) for place in range(len(dialogues))]
    return [replace(one, questions=own) for one, own in zip(dialogues, asked, strict=True) if own]


def _answerable(question: Question) -> bool:
    return question.answer is not None and question.category != _ADVERSARIAL


def evaluate(
    dialogues: Sequence[Dialogue], model: LLM, *, budget: int = 800, template: str | Path = "default",
    embedder: str | Embedder = "none", emotion: str | Sentiment = "vader",
    progress: Callable[[int], None] | None = None,
) -> Outcome:  # fmt: skip
    """How each prompt fares with each question that `chosen` leaves.

    A model that fails, or Ctrl-C, ends it: the questions answered so far are kept, and `stopped` says why.
    Where none is answered yet, that is raised, as `BudgetError` is. `progress` is called with the number of
    questions done.

    >>> from torimem import Message
    >>> said = [Message("My kite is red.", id="D1:1"), Message("I bake bread.", id="D1:2")]
    >>> asked = Question("What do I bake?", ("D1:2",), "open", "bread")
    >>> found = evaluate([Dialogue("0", tuple(said), (asked,))], Reader())
    >>> [(name, one.carried) for name, one in found.asked[0].fared.items()][:3]
    [('whole prompt', True), ('no memory', False), ('without topics', True)]
    """
    dialogues = chosen(dialogues)
    of = sum(len(one.questions) for one in dialogues)
    asked: list[Asked] = []
    try:
        for one in dialogues:
            with Memory(":memory:", embedder=embedder, emotion=emotion) as memory:
                memory.observe_many(one.messages)
                memory.embed()
                chat = Chat(memory, model, history=0, budget=budget, template=template)
                for question in one.questions:
                    asked.append(_ask(chat, question, templates.load(template)))
                    if progress is not None:
                        progress(len(asked))
    except (ModelError, KeyboardInterrupt) as error:
        if not asked:
            raise
        why = str(error) if isinstance(error, ModelError) else "stopped by Ctrl-C"
        return Outcome(tuple(asked), f"{why}; the figures are of the {len(asked)} of {of} questions done")
    return Outcome(tuple(asked))


def _ask(chat: Chat, question: Question, template: Template) -> Asked:
    assert question.answer is not None  # `chosen` saw to it
    whole, messages = chat.messages_for(chat.memory.context(query=question.text), (), question.text)
    replies: dict[str, str] = {}
    fared = {}
    for name, prompt in variants(whole, template, chat.generator.count_tokens).items():
        if prompt.text not in replies:
            replies[prompt.text] = "".join(chat.llm.stream(prompt.text, messages))
        reply = score(question.answer, replies[prompt.text], question.text)
        itself = score(question.answer, prompt.text, question.text)
        fared[name] = Fared(reply.carried, reply.f1, itself.carried)
    return Asked(question.category, fared)


def variants(prompt: Prompt, template: Template, count_tokens: Callable[[str], int]) -> dict[str, Prompt]:
    """The prompt as it is, the persona alone, and the prompt without each section it has, by name of the row.

    >>> from torimem import estimate_tokens
    >>> with Memory(":memory:", embedder="none") as memory:
    ...     turn = memory.observe("I love my red kite!")
    ...     found = variants(memory.prompt(), templates.load(), estimate_tokens)
    >>> list(found)  # doctest: +NORMALIZE_WHITESPACE
    ['whole prompt', 'no memory', 'without topics', 'without positive', 'without mood', 'without facts',
     'without guidance']
    """
    kinds = [section.kind.name for section in template.sections]
    there = {line.section for line in prompt.lines[1:] if line.kept}
    rows = {NONE: set(kinds)} | {f"without {kind}": {kind} for kind in kinds if kind in there}

    def without(off: Collection[str]) -> Prompt:
        frame, *lines = prompt.lines
        lines = [line for line in lines if line.kept and line.section not in off]
        placed = [(kinds.index(line.section), line.text) for line in lines]
        text = page.whole(template, frame.text, placed)
        tokens = count_tokens(text)
        frame = replace(frame, tokens=tokens - sum(line.tokens for line in lines))
        return replace(prompt, text=text, tokens=tokens, lines=(frame, *lines))

    return {WHOLE: prompt} | {name: without(off) for name, off in rows.items()}


# Figures


def lines(asked: Sequence[Asked], template: str | Path = "default") -> tuple[Line, ...]:
    """A line for each row, over all questions; where a prompt lacks the section, the whole prompt counts."""
    kinds = [section.kind.name for section in templates.load(template).sections]
    there = {name for one in asked for name in one.fared}
    names = [name for name in (WHOLE, NONE, *(f"without {kind}" for kind in kinds)) if name in there]
    base = np.array([one.fared[WHOLE].carried for one in asked], float)
    found = []
    for name in names:
        fared = [one.fared.get(name, one.fared[WHOLE]) for one in asked]
        gains = np.array([one.carried for one in fared], float) - base
        found.append(Line(name, len(fared), _means(fared) | _named(DIFFERENCE, metrics.interval(gains))))
    return tuple(found)


def _means(fared: Sequence[Fared]) -> dict[str, float]:
    return _named(MEANS, np.mean([(one.carried, one.f1, one.in_prompt) for one in fared], axis=0))


def _named(names: Sequence[str], values: Iterable[float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def sheet(path: Path, dialogues: Sequence[Dialogue], found: Outcome, about: Mapping[str, str]) -> Sheet:
    """The rows of a file and its dialogues, and the whole prompt by kind; `about` has all of `ABOUT`."""
    kinds: dict[str, list[Fared]] = defaultdict(list)
    for one in found.asked:
        kinds[one.category].append(one.fared[WHOLE])
    by_kind = tuple(Line(kind, len(kinds[kind]), _means(kinds[kind])) for kind in sorted(kinds))
    without = sum(
        one.left_out + sum(not _answerable(question) for question in one.questions) for one in dialogues
    )
    notes = [RULE, NOTE]
    if without:
        notes.append(f"left out: {without} adversarial, or without an answer or evidence")
    title = f"answers of {about['llm']} with and without memory, {about['budget']} tokens"
    rows = lines(found.asked, about["template"])
    return Sheet(title, path, rows, tuple(notes), ((WHOLE, by_kind),), about)
