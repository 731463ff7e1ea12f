"""MemoryContext -> Prompt: the lines a model is told, packed into a token budget, each with a reason.

Every line derives from the context and has an entry in the ledger: what put it there, from which turns, what
it costs, and whether the budget cut it. The wording is the template's, quoting is `quote`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from . import template as templates
from .errors import BudgetError, InvalidInput
from .message import BLOCK_CLOSE, BLOCK_OPEN, LedgerLine, MemoryContext, Prompt, Topic
from .quote import name, plain, quote
from .template import Section, Template
from .tokens import estimate_tokens

Counter = Callable[[str], int]

# What a line of each kind is worth to an assistant, before it is divided by its tokens. Facts are worth most
# and cost most; a line further down its list is worth less.
_WORTH = {
    "topics": 1.5,
    "positive": 1.1,
    "negative": 1.3,
    "facts": 4.0,
    "relationships": 0.5,
    "trajectory": 1.0,
    "insights": 0.8,
    "guidance": 1.2,
}
_FURTHER_DOWN = 0.75
_ANSWERS = 1.5
_SHOWN = {"topics": 8, "positive": 5, "negative": 5, "facts": 8, "relationships": 5, "trajectory": 5}


@dataclass(frozen=True, slots=True)
class _Line:
    section: int
    text: str
    why: str
    sources: tuple[str, ...]
    worth: float


@dataclass(frozen=True, slots=True)
class PromptGenerator:
    """Writes a system prompt from a context (guide: `PromptGenerator.generate`).

    >>> print(PromptGenerator("a helpful tutor").generate(MemoryContext()).text)
    You are a helpful tutor.
    """

    persona: str = "a helpful assistant"
    template: str = "default"
    count_tokens: Counter = estimate_tokens

    def __post_init__(self) -> None:
        if not isinstance(self.persona, str) or not self.persona.strip():
            raise InvalidInput(f"persona is {self.persona!r}, it must be text such as 'a helpful tutor'")

    def generate(self, context: MemoryContext, *, budget: int = 800) -> Prompt:
        """The prompt, at most `budget` tokens by `count_tokens`.

        Lines are taken by worth per token until the budget is full, and shown in the template's order. Raises
        `BudgetError` where not even the persona fits, `NotFound` for an unknown template.
        """
        if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
            raise BudgetError(f"budget is {budget!r} tokens, it must be a whole number of at least 1")
        template = templates.load(self.template)
        opening = template.opening.format(persona=self.persona)
        least = self._count(opening)
        if least > budget:
            raise BudgetError(f"budget is {budget} tokens, the persona alone needs {least}: raise the budget")
        sections = template.sections
        lines = [line for number in range(len(sections)) for line in _lines(number, context, template)]
        costs = [self._count("\n" + line.text) for line in lines]
        kept = self._pack(template, opening, lines, costs, budget)
        text = _render(template, opening, [lines[i] for i in kept])
        tokens = self._count(text)
        why = "the persona, the headings and the marks around the notes"
        frame = LedgerLine(opening, "frame", why, (), tokens - sum(costs[i] for i in kept))
        ledger = (
            LedgerLine(line.text, sections[line.section].kind, line.why, line.sources, costs[i], i in kept)
            for i, line in enumerate(lines)
        )
        return Prompt(text, tokens, budget, (frame, *ledger))

    def _pack(
        self, template: Template, opening: str, lines: Sequence[_Line], costs: Sequence[int], budget: int
    ) -> list[int]:
        """Which lines to keep: again and again the one worth most per token, with headings it still needs."""
        heads = [_heads(template.sections[line.section]) for line in lines]
        prices = {head: self._count("\n\n" + head) for head in dict.fromkeys(chain.from_iterable(heads))}
        kept = list(range(len(lines)))

        def size() -> int:
            shown = [lines[i] for i in sorted(kept)]
            return self._count(_render(template, opening, shown) if shown else _frame(template, opening))

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
                best = min(fitting, key=lambda i: (-round(lines[i].worth / price[i], 6), i))
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


# Rendering


def _frame(template: Template, opening: str) -> str:
    return f"{opening}\n\n{BLOCK_OPEN}\n{template.notice}\n{BLOCK_CLOSE}"


def _heads(section: Section) -> list[str]:
    return [head for head in (section.title, section.heading) if head]


def _render(template: Template, opening: str, lines: Sequence[_Line]) -> str:
    """The text of a prompt; without lines, the opening alone."""
    if not lines:
        return opening
    paragraphs: list[str] = []
    title = ""
    for number, section in enumerate(template.sections):
        own = [line.text for line in lines if line.section == number]
        if not own:
            continue
        if section.title != title and section.heading:
            paragraphs.append(section.title)
        head = section.heading or (section.title if section.title != title else "")
        paragraphs.append("\n".join([head, *own] if head else own))
        title = section.title
    body = "\n\n".join([template.notice, *paragraphs])
    return f"{opening}\n\n{BLOCK_OPEN}\n{body}\n{BLOCK_CLOSE}"


# What each kind of section says


def _lines(number: int, context: MemoryContext, template: Template) -> Iterator[_Line]:
    section = template.sections[number]
    said = list(islice(_KINDS[section.kind](context, template, section), _SHOWN.get(section.kind)))
    ranks = sorted(range(len(said)), key=lambda i: (-said[i][3], i))
    worth = _WORTH[section.kind]
    if section.kind == "facts" and context.query:
        worth *= _ANSWERS  # what was asked for comes before what is merely lit
    worths = {}
    for i in ranks:
        worths[i] = worth * said[i][3]
        worth *= _FURTHER_DOWN
    for i, (text, why, sources, _) in enumerate(said):
        yield _Line(number, text, why, tuple(dict.fromkeys(sources)), worths[i])


_Said = Iterator[tuple[str, str, Sequence[str], float]]


def _sources(*topics: Topic) -> list[str]:
    return [turn for topic in topics for turn in (topic.first_turn, topic.last_turn) if turn]


def _when(topic: Topic, template: Template) -> str:
    word = "now" if topic.turns_ago == 0 else "once" if topic.turns_ago == 1 else "ago"
    return template.words[word].format(n=topic.turns_ago)


def _times(topic: Topic) -> str:
    return "once" if topic.mentions == 1 else f"{topic.mentions} times"


def _signed(valence: float) -> str:
    return f"{round(valence, 2) + 0.0:+.2f}"  # adding zero turns -0.0 into 0.0


def _why_active(topic: Topic) -> str:
    ago = {0: "just now", 1: "one user turn ago"}.get(topic.turns_ago, f"{topic.turns_ago} user turns ago")
    named = f"named {_times(topic)}, last {ago}"
    lit = "the question names it; " if topic.asked else ""
    return f"{lit}{named}; activation {topic.activation:.2f} at ({topic.x}, {topic.y})"


def _why_felt(topic: Topic) -> str:
    evidence = f"evidence of {topic.confidence:.2f} at ({topic.x}, {topic.y})"
    return f"valence {_signed(topic.valence or 0.0)} by {evidence}"


def _topics(context: MemoryContext, template: Template, section: Section) -> _Said:
    for topic in context.active_topics:
        text = section.line.format(
            topic=name(topic.topic), activation=f"{topic.activation:.2f}", when=_when(topic, template)
        )
        yield text, _why_active(topic), _sources(topic), topic.activation * (2 if topic.asked else 1)


def _themes(context: MemoryContext, template: Template, section: Section) -> _Said:
    for topic in getattr(context, f"{section.kind}_themes"):
        valence = topic.valence or 0.0
        text = section.line.format(
            topic=name(topic.topic),
            sentiment=_voiced(topic),
            intensity=template.band(section.kind, abs(valence)),
        )
        yield text, _why_felt(topic), _sources(topic), abs(valence)


def _voiced(topic: Topic) -> str:
    """The valence, and each speaker's own where several have one."""
    own = [f"{name(speaker)} {_signed(valence)}" for speaker, valence in topic.voices.items()]
    return "; ".join([_signed(topic.valence or 0.0), *([", ".join(own)] if len(own) > 1 else [])])


def _facts(context: MemoryContext, template: Template, section: Section) -> _Said:
    for fact in context.recent_facts:
        speaker = name(fact.speaker) if fact.speaker else template.words[fact.role]
        if fact.earlier:
            speaker = template.words["earlier"].format(speaker=speaker)
        text = section.line.format(
            date=fact.at.date().isoformat(), speaker=speaker, text=quote(fact.text, 200)
        )
        about = ", ".join(plain(topic, 60) for topic in fact.topics)
        why = fact.why or (f"said about {about}" if about else "said last")
        yield text, why, [fact.turn_id], fact.score


def _relationships(context: MemoryContext, template: Template, section: Section) -> _Said:
    by_name = {topic.topic: topic for topic in context.active_topics}
    said: set[frozenset[str]] = set()
    for topic in context.active_topics:
        others = context.related_concepts.get(topic.topic, ())
        related = [other for other in others if frozenset((topic.topic, other)) not in said][:4]
        if related:
            said.update(frozenset((topic.topic, other)) for other in related)
            text = section.line.format(
                topic=name(topic.topic), related=", ".join(name(other) for other in related)
            )
            sources = _sources(topic, *(by_name[other] for other in related if other in by_name))
            yield text, "near each other on the torus or named together", sources, topic.activation


def _trajectory(context: MemoryContext, template: Template, section: Section) -> _Said:
    for topic in context.active_topics:
        if topic.started is None or topic.latest is None:
            continue
        turned = topic.started * topic.latest < 0 and min(abs(topic.started), abs(topic.latest)) >= 0.05
        changed = turned or abs(topic.started - topic.latest) >= 0.5
        if section.only == "changes" and not changed:
            continue
        story = _story(topic, changed, template)
        why = f"named {_times(topic)}, first felt {_signed(topic.started)}, last {_signed(topic.latest)}"
        yield section.line.format(topic=name(topic.topic), story=story), why, _sources(topic), 1.0


def _story(topic: Topic, changed: bool, template: Template) -> str:
    def felt(word: str, valence: float, first: str = "") -> str:
        feeling = template.band("feelings", valence)
        return template.words[word].format(feeling=feeling, valence=_signed(valence), first=first)

    started, latest = topic.started or 0.0, topic.latest or 0.0
    if changed:
        return felt("later", latest, felt("started", started))
    return felt("feeling", latest) if topic.turns_ago == 0 else felt("started", started)


def _insights(context: MemoryContext, template: Template, section: Section) -> _Said:
    apart = {happy for _, happy in context.apart}
    for number, cluster in enumerate(context.clusters):
        word = "apart" if number in apart else "concern" if cluster.valence < 0 else "joy"
        insight = template.words[word].format(
            topics=_joined([name(topic) for topic in cluster.topics[:4]], template)
        )
        sources = _sources(*(topic for topic in context.active_topics if topic.topic in cluster.topics))
        mean = _signed(cluster.valence)
        why = f"{len(cluster.topics)} topics felt alike lie near each other, mean valence {mean}"
        yield section.line.format(insight=insight), why, sources, abs(cluster.valence)


def _joined(names: Sequence[str], template: Template) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {template.words['and']} {names[-1]}"


def _guidance(context: MemoryContext, template: Template, section: Section) -> _Said:
    for advice, why, topics, names in _advice(context):
        sentence = template.guidance[advice]
        if sentence:
            quoted = [quote(topic, 60) for topic in names]
            advice_text = sentence.format(
                topics=_joined(quoted, template),
                first=quoted[0] if quoted else "",
                second=quoted[-1] if quoted else "",
            )
            yield section.line.format(advice=advice_text), why, _sources(*topics), 1.0


def _advice(context: MemoryContext) -> Iterator[tuple[str, str, list[Topic], list[str]]]:
    """Which advice the context calls for: its key in the template, why, from which topics, naming what."""

    def about(topics: Sequence[Topic]) -> tuple[list[Topic], list[str]]:
        return list(topics), [topic.topic for topic in topics]

    active, positive, negative = (
        context.active_topics,
        context.positive_themes[:3],
        context.negative_themes[:3],
    )
    strongest = active[0].activation if active else 0.0
    current = [t for t in active if t.turns_ago <= 1 and t.activation >= 0.8 * strongest][:3]
    if current:
        yield "discussing", "named in the last two turns and among the strongest", *about(current)
    if negative:
        yield "concern", "the clearest worries", *about(negative)
    hard = [
        t
        for t in current
        if t.valence is not None and t.valence <= -0.05 and t not in context.negative_themes
    ]
    if hard:
        yield "struggling", "under discussion and felt to be hard", *about(hard)
    if negative and _total(context.negative_themes) > _total(context.positive_themes):
        relief = _relief(context)
        if relief:
            where = "lies apart from them" if context.apart else "is the clearest"
            yield "relief", f"worries outweigh joys, and this joy {where}", *about(relief)
    elif positive:
        yield "enthusiasm", "the clearest joys", *about(positive)
    related = context.related_concepts
    pair = next(((a, b) for a in active for b in active if b.topic in related.get(a.topic, ())), None)
    if pair:
        # the harder one comes first: the other is what it can be explained from
        yield (
            "connect",
            "the strongest two that are related",
            *about(sorted(pair, key=lambda t: t.valence or 0.0)),
        )


def _total(themes: Sequence[Topic]) -> float:
    total = 0.0
    for topic in themes:
        total += abs(topic.valence or 0.0)
    return total


def _relief(context: MemoryContext) -> list[Topic]:
    """The happy topics of a cluster apart from the worries, else the happiest topic."""
    for _, happy in context.apart:
        names = context.clusters[happy].topics
        return [topic for topic in context.positive_themes if topic.topic in names][:2]
    return list(context.positive_themes[:1])


_KINDS: dict[str, Callable[[MemoryContext, Template, Section], _Said]] = {
    "topics": _topics,
    "positive": _themes,
    "negative": _themes,
    "facts": _facts,
    "relationships": _relationships,
    "trajectory": _trajectory,
    "insights": _insights,
    "guidance": _guidance,
}
