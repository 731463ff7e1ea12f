"""MemoryContext -> Prompt: the lines a model is told, packed into a token budget, each with a reason.

Every line derives from the context and has an entry in the ledger: what put it there, from which turns, what
it costs, and whether the budget cut it. The wording is the template's, quoting is `quote`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

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
        lines = [
            line for number, section in enumerate(template.sections) for line in _lines(number, section,
            context, template)
        ]  # fmt: skip
        costs = [self._count("\n" + line.text) for line in lines]
        kept = self._pack(template, opening, lines, costs, budget)
        text = _render(template, opening, [lines[i] for i in kept])
        tokens = self._count(text)
        chosen = set(kept)
        ledger = [
            LedgerLine(
                line.text, template.sections[line.section].kind, line.why, line.sources, cost, i in chosen
            )
            for i, (line, cost) in enumerate(zip(lines, costs, strict=True))
        ]
        frame = tokens - sum(costs[i] for i in kept)
        ledger.insert(
            0,
            LedgerLine(
                opening, "frame", "the persona, the headings and the marks around the notes", (), frame
            ),
        )
        return Prompt(text, tokens, budget, tuple(ledger))

    def _pack(
        self, template: Template, opening: str, lines: Sequence[_Line], costs: Sequence[int], budget: int
    ) -> list[int]:
        """Which lines to keep: again and again the one worth most per token, headings it still needs
        included."""
        prices = {
            head: self._count("\n\n" + head) for section in template.sections for head in _heads(section)
        }
        left = budget - self._count(_frame(template, opening))
        kept: list[int] = []
        waiting = set(range(len(lines)))
        while waiting:
            extra = {
                i: sum(prices.get(head, 0) for head in _heads(template.sections[lines[i].section]))
                for i in waiting
            }
            waiting = {i for i in waiting if costs[i] + extra[i] <= left}
            if not waiting:
                break
            # a heading is shared by the lines that will follow, so the first does not bear all of it
            best = min(
                waiting, key=lambda i: (-round(lines[i].worth / max(costs[i] + extra[i] / 3, 1), 6), i)
            )
            left -= costs[best] + extra[best]
            waiting.discard(best)
            for head in _heads(template.sections[lines[best].section]):
                prices.pop(head, None)
            kept.append(best)
        # A tokenizer may count a text higher than its lines: what was taken last goes until all of it fits.
        while kept and self._count(_render(template, opening, [lines[i] for i in sorted(kept)])) > budget:
            kept.pop()
        return sorted(kept)

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


def _lines(number: int, section: Section, context: MemoryContext, template: Template) -> Iterator[_Line]:
    said = list(islice(_KINDS[section.kind](context, template, section), _SHOWN.get(section.kind)))
    ranks = sorted(range(len(said)), key=lambda i: (-said[i][3], i))
    worth = _WORTH[section.kind]
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


def _why_active(topic: Topic) -> str:
    times = "once" if topic.mentions == 1 else f"{topic.mentions} times"
    ago = {0: "just now", 1: "one user turn ago"}.get(topic.turns_ago, f"{topic.turns_ago} user turns ago")
    named = f"named {times}, last {ago}"
    lit = "the question names it; " if topic.asked else ""
    return f"{lit}{named}; activation {topic.activation:.2f} at ({topic.x}, {topic.y})"


def _why_felt(topic: Topic) -> str:
    return (
        f"valence {topic.valence or 0:+.2f} by evidence of {topic.confidence:.2f} at ({topic.x}, {topic.y})"
    )


def _topics(context: MemoryContext, template: Template, section: Section) -> _Said:
    for topic in context.active_topics:
        text = section.line.format(
            topic=name(topic.topic), activation=f"{topic.activation:.2f}", when=_when(topic, template)
        )
        yield text, _why_active(topic), _sources(topic), topic.activation


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
    if len(topic.voices) < 2:
        return f"{topic.valence or 0:+.2f}"
    voices = ", ".join(f"{name(speaker)} {valence:+.2f}" for speaker, valence in topic.voices.items())
    return f"{topic.valence or 0:+.2f}; {voices}"


def _facts(context: MemoryContext, template: Template, section: Section) -> _Said:
    for fact in context.recent_facts:
        speaker = name(fact.speaker) if fact.speaker else template.words[fact.role]
        text = section.line.format(
            date=fact.at.date().isoformat(), speaker=speaker, text=quote(fact.text, 200)
        )
        about = ", ".join(plain(topic, 60) for topic in fact.topics)
        yield text, f"said about {about}" if about else "said last", [fact.turn_id], fact.score


def _relationships(context: MemoryContext, template: Template, section: Section) -> _Said:
    by_name = {topic.topic: topic for topic in context.active_topics}
    said: set[frozenset[str]] = set()
    for topic in context.active_topics:
        related = [
            other for other in context.related_concepts.get(topic.topic, ()) if frozenset((topic.topic,
            other)) not in said
        ][:4]  # fmt: skip
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
        changed = abs(topic.started - topic.latest) >= 0.5 or topic.started * topic.latest < 0
        if section.only == "changes" and not changed:
            continue
        story = _story(topic, changed, template)
        why = f"{topic.mentions} mentions, first felt {topic.started:+.2f}, last {topic.latest:+.2f}"
        yield section.line.format(topic=name(topic.topic), story=story), why, _sources(topic), 1.0


def _story(topic: Topic, changed: bool, template: Template) -> str:
    def felt(word: str, valence: float, first: str = "") -> str:
        feeling = template.band("feelings", valence)
        return template.words[word].format(feeling=feeling, valence=f"{valence:+.2f}", first=first)

    started, latest = topic.started or 0.0, topic.latest or 0.0
    if changed:
        return felt("later", latest, felt("started", started))
    return felt("feeling" if topic.turns_ago == 0 else "started", latest)


def _insights(context: MemoryContext, template: Template, section: Section) -> _Said:
    apart = {happy for _, happy in context.apart}
    for number, cluster in enumerate(context.clusters):
        word = "apart" if number in apart else "concern" if cluster.valence < 0 else "joy"
        insight = template.words[word].format(
            topics=_joined([name(topic) for topic in cluster.topics[:4]], template)
        )
        sources = _sources(*(topic for topic in context.active_topics if topic.topic in cluster.topics))
        why = f"{len(cluster.topics)} topics of one sign within reach of each other, mean valence {cluster.valence:+.2f}"
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
            yield "relief", "worries outweigh joys, and this joy lies apart from them", *about(relief)
    elif positive:
        yield "enthusiasm", "the clearest joys", *about(positive)
    pair = next(
        (
            (a, b)
            for a in active
            for b in active
            if a is not b and b.topic in context.related_concepts.get(a.topic, ())
        ),
        None,
    )
    if pair:
        yield "connect", "the strongest two that are related", *about(pair)


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
