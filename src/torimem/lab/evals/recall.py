"""Does a memory find the turns that answer a question? The protocol: who ranks, and what counts as found.

Per dialogue a fresh `Memory` reads every turn and ranks them for each question: as configured, with one part
of the search switched off at a time, and with the turns in random order. The baselines rank the same turns.
What a ranking found goes to `metrics`; how figures are shown is left to `report`.

Search folds turns of equal text into one hit. Each of them says what the hit says, so that all of them count
as found at its rank; the rankings of the baselines are folded in the same way.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from ...errors import InvalidInput, NotFound
from ...language.block import without_block
from ...language.meaning.embed import Embedder, Encoded
from ...log.turn import Message
from ...memory import Memory
from ...prompt.quote import name, quote
from ...prompt.tokens import estimate_tokens
from ...recall.rank import PARTS
from . import baselines
from .locomo import FIRST_DAY, Dialogue, Question
from .metrics import MISSED, SEED, Found

Rows = Literal["all", "full", "quick"]
"""`all` has a row for every part switched off, `full` has none, `quick` has the search and the baselines."""

OURS = "torimem"
SHUFFLED = "torimem, turns shuffled"
WORDS = "words only"
FTS5 = "SQLite FTS5"
LAST = "last turns"
MAIN = (OURS, SHUFFLED, WORDS, FTS5, LAST)

DEPTH = 200
"""So far a ranking is read: a turn costs 20 tokens or more, and a hit beyond adds .005 to MRR at most."""

_VECTORS = {"sentences", "tokens"}  # parts that need an embedder
_Baseline = Callable[[Sequence[Message], Sequence[str]], list[list[str]]]


@dataclass(frozen=True, slots=True)
class Method:
    """One row: which memory ranks, with which parts switched off; or a baseline."""

    name: str
    memory: Literal["as it is", "shuffled", "words"] = "as it is"
    without: frozenset[str] = frozenset()
    baseline: _Baseline | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What one method found, question by question in the order of the file."""

    method: str
    found: tuple[Found, ...]


def evaluate(
    dialogues: Sequence[Dialogue],
    embedder: Embedder | None = None,
    *,
    without: Collection[str] = (),
    rows: Rows = "all",
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """A row for each method; the first is the search as configured, with the parts `without` switched off.

    No text is embedded twice. `progress` is called with how many of `steps` are done. Raises `InvalidInput`
    where no question can be scored, and `NotFound` for an unknown part.

    >>> said = [Message("My kite is red.", id="D1:1"), Message("I bake bread.", id="D1:2")]
    >>> asked = Question("What colour is the kite?", ("D1:1",), "open")
    >>> [row.method for row in evaluate([Dialogue("0", tuple(said), (asked,))], rows="quick")]
    ['torimem', 'SQLite FTS5', 'last turns']
    """
    chosen = methods(dialogues, embedder, without=without, rows=rows)
    if not any(dialogue.questions for dialogue in dialogues):
        raise InvalidInput("no question has evidence that names a turn: give a file whose qa has 'evidence'")
    found: dict[str, list[Found]] = {method.name: [] for method in chosen}
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done)

    for dialogue in dialogues:
        for method, rankings in _rankings(dialogue, chosen, embedder, step):
            found[method.name] += score(dialogue, rankings)
    return [Row(method, tuple(each)) for method, each in found.items()]


def methods(
    dialogues: Sequence[Dialogue],
    embedder: Embedder | None = None,
    *,
    without: Collection[str] = (),
    rows: Rows = "all",
) -> list[Method]:
    """The rows that apply: no row for a part that would change nothing, none for a missing embedder.

    >>> [method.name for method in methods([], rows="full")]
    ['torimem', 'torimem, turns shuffled', 'SQLite FTS5', 'last turns']
    """
    off = frozenset(without)
    unknown = sorted(off - set(PARTS))
    if unknown:
        raise NotFound(f"part {unknown[0]!r} is not one of {', '.join(PARTS)}: choose one of these")
    assistant = any(message.role == "assistant" for one in dialogues for message in one.messages)
    apply = [
        part
        for part in PARTS
        if part not in off
        and (part not in _VECTORS or embedder is not None)
        and (part != "author" or assistant)
    ]
    chosen = [Method(OURS, without=off)]
    if rows == "all":
        chosen += [Method(f"without {part}", without=off | {part}) for part in apply]
    if rows != "quick":
        chosen.append(Method(SHUFFLED, "shuffled", off))
        if embedder is not None:
            chosen.append(Method(WORDS, "words", off))
    if baselines.has_fts5():
        chosen.append(Method(FTS5, baseline=baselines.fts5))
    return [*chosen, Method(LAST, baseline=baselines.last_turns)]


def steps(dialogues: Sequence[Dialogue], chosen: Sequence[Method], embedder: Embedder | None = None) -> int:
    """How far `progress` will count: a step for each turn read, each turn embedded, and each ranking."""
    memories = {method.memory for method in chosen if not method.baseline}
    embedded = len(memories - {"words"}) if embedder is not None else 0
    passes = len(memories) + embedded
    return sum(len(one.messages) * passes + len(one.questions) * len(chosen) for one in dialogues)


# Rankings


def _rankings(
    dialogue: Dialogue, chosen: Sequence[Method], embedder: Embedder | None, step: Callable[[int], None]
) -> Iterator[tuple[Method, list[list[str]]]]:
    """For each method the ids of the turns it finds for each question, best first."""
    kept = None if embedder is None else _Kept(embedder)
    asked = [question.text for question in dialogue.questions]
    # the last turn's time, as search would take it; when shuffled, another turn is the last
    now = dialogue.messages[-1].at if dialogue.messages else FIRST_DAY
    for kind, group in groupby(chosen, lambda method: None if method.baseline else method.memory):
        if kind is None:
            for method in group:
                assert method.baseline is not None
                rankings = method.baseline(dialogue.messages, asked)
                step(len(asked))
                yield method, [ranking[:DEPTH] for ranking in rankings]
            continue
        messages = shuffled(dialogue.messages) if kind == "shuffled" else dialogue.messages
        with Memory(":memory:", embedder="none" if kind == "words" or kept is None else kept) as memory:
            memory.observe_many(messages, read := _upto(step))
            read(len(messages))
            if memory.embedder:
                memory.embed(embedded := _upto(step))
                embedded(len(messages))
            for method in group:
                rankings = []
                for question in asked:
                    hits = memory.search(question, DEPTH, now=now, without=method.without)
                    rankings.append([hit.turn_id for hit in hits])
                    step(1)
                yield method, rankings


def _upto(step: Callable[[int], None]) -> Callable[[int], None]:
    """Steps as they are counted by one piece of work, from 1 to what it has to do."""
    seen = 0

    def reached(count: int) -> None:
        nonlocal seen
        step(count - seen)
        seen = count

    return reached


def shuffled(messages: Sequence[Message]) -> list[Message]:
    """The same turns in a random order, the same one every time.

    A turn keeps its text, speaker, date and id. Sessions keep their place and length in the log and get other
    turns: otherwise nearly every turn would be a session of its own, and nothing could flow at all.

    >>> told = [Message(text, id=text, session="1" if text < "c" else "2") for text in "abcd"]
    >>> [(message.id, message.session) for message in shuffled(told)]
    [('d', '1'), ('b', '1'), ('c', '2'), ('a', '2')]
    """
    mixed = list(messages)
    random.Random(SEED).shuffle(mixed)
    return [replace(turn, session=slot.session) for turn, slot in zip(mixed, messages, strict=True)]


class _Kept:
    """An embedder that remembers what it encoded: two memories of one dialogue embed each text once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Encoded] = {}

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._embedder.encode(new, progress), strict=True))
        return [self._known[text] for text in texts]


# What counts as found


def score(dialogue: Dialogue, rankings: Sequence[Sequence[str]]) -> list[Found]:
    """What each ranking, one for each question of the dialogue, found of its question's evidence."""
    by_id = {str(message.id): message for message in dialogue.messages}
    alike: Mapping[str, list[str]] = defaultdict(list)
    for id, message in by_id.items():
        alike[_said(message)].append(id)
    costs = {id: estimate_tokens("\n" + line(message)) for id, message in by_id.items()}

    def found(question: Question, ranking: Sequence[str]) -> Found:
        reached: dict[str, tuple[int, int]] = {}
        rank = tokens = 0
        for id in ranking:
            if id in reached:
                continue
            rank, tokens = rank + 1, tokens + costs[id]
            for same in alike[_said(by_id[id])]:
                reached[same] = rank, tokens
        at = [reached.get(id, (MISSED, MISSED)) for id in question.evidence]
        return Found(question.category, tuple(rank for rank, _ in at), tuple(cost for _, cost in at))

    return [found(question, ranking) for question, ranking in zip(dialogue.questions, rankings, strict=True)]


def line(message: Message) -> str:
    """A turn as the prompt writes a fact, but never cut: what counts as found must really be there.

    >>> from datetime import datetime
    >>> line(Message("My kite is red.", speaker="Ada", at=datetime(2023, 5, 8)))
    '- 2023-05-08, Ada: "My kite is red."'
    """
    day = message.at.date().isoformat() if message.at else "-"
    who = name(message.speaker) if message.speaker else message.role
    return f"- {day}, {who}: {quote(message.text, 10 * len(message.text) + 1)}"


def _said(message: Message) -> str:
    return " ".join(without_block(message.text).split())
