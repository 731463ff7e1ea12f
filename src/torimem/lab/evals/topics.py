"""Are the topics found the ones a person would name? Reads messages with their topics, scores who finds them.

Beside the analyser stand two baselines of single words, so that a figure has something to be compared with.
How figures are shown is left to others.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import InvalidInput
from ...language.apostrophes import straight
from ...language.stems import IS_UNSPACED, TOKEN, stems
from ...language.topics import find as _topics
from ...language.topics.key import topic_key
from ...language.words import FUNCTION
from . import labelled
from .sheet import Line, Sheet

OURS = "torimem"
FREQUENCY = "frequency"
RARITY = "tf x sqrt(idf)"
FIGURES = ("precision", "recall", "F1", "exact", "kept empty", "stems@5")

MOST = 5  # words of a baseline, and topics that count for stems@5
SHOWN = 10  # misses kept with a row

_LAYOUT = "give a CSV file with the columns text,topics and '; ' between topics"


@dataclass(frozen=True, slots=True)
class Example:
    """A message and the topics a person named in it; none where there is nothing to name."""

    text: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A message whose topics were not exactly found: what was wanted and what was found."""

    text: str
    wanted: tuple[str, ...]
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One method: its figures, each a share in [0, 1] in the order of `FIGURES`, and its worst misses.

    `precision`, `recall` and `F1` count topics over all messages; `exact` is the share of messages with
    exactly the topics wanted, `kept empty` that of the messages without a topic in which none was found;
    `stems@5` is the share of the stems of wanted topics that are in the first five topics found. A share of
    nothing is 1.
    """

    method: str
    n: int
    figures: Mapping[str, float]
    misses: tuple[Miss, ...]


def read(path: str | Path) -> tuple[Example, ...]:
    """The examples of a CSV file; raises `InvalidInput` that names the file and the line that is wrong."""
    examples = []
    for where, row in labelled.read(path, ("text", "topics"), _LAYOUT):
        topics = tuple(topic.strip() for topic in row["topics"].split(";") if topic.strip())
        for topic in topics:
            try:
                topic_key(topic)
            except InvalidInput as error:
                raise InvalidInput(f"{where}: {error}") from None
        examples.append(Example(row["text"], topics))
    return tuple(examples)


def sheet(path: Path, rows: Sequence[Row]) -> Sheet:
    """The rows as a table, with the worst misses of the first."""
    return Sheet(
        "the topics of a message",
        path,
        tuple(Line(row.method, row.n, row.figures) for row in rows),
        tuple(
            f"found {'; '.join(miss.found) or 'none'}, not {'; '.join(miss.wanted) or 'none'}: {miss.text}"
            for miss in rows[0].misses
        ),
    )


def evaluate(examples: Sequence[Example]) -> tuple[Row, ...]:
    """A row for the analyser and one for each baseline; raises `InvalidInput` where there is no example.

    Topics are equal where `topic_key` says so.

    >>> said = [Example("I bought a guitar", ("guitar",)), Example("How are you?", ())]
    >>> [(row.method, row.figures["precision"], row.figures["exact"]) for row in evaluate(said)]
    [('torimem', 1.0, 1.0), ('frequency', 0.5, 0.5), ('tf x sqrt(idf)', 0.5, 0.5)]
    """
    if not examples:
        raise InvalidInput("there is no example, at least one is needed: give a file with messages")
    methods: dict[str, Callable[[str], Sequence[str]]] = {
        OURS: lambda text: [topic.label for topic in _topics.find(text)],
        FREQUENCY: most_frequent,
        RARITY: rarest([example.text for example in examples]),
    }
    return tuple(_row(name, examples, [find(one.text) for one in examples]) for name, find in methods.items())


def most_frequent(text: str) -> list[str]:
    """The five most frequent words of a text that are no function words, the earlier first.

    >>> most_frequent("The cat saw a dog. The dog ran.")
    ['dog', 'cat', 'saw', 'ran']
    """
    counted = Counter(_words(text))
    return sorted(counted, key=lambda word: -counted[word])[:MOST]


def rarest(texts: Sequence[str]) -> Callable[[str], list[str]]:
    """The method that finds a text's five words of highest tf x sqrt(idf), early ones favoured.

    A word that is in n of N texts has idf ln(N / n); its score is divided by 1 + where it stands first, from
    0 at the beginning of the text to 1 at its end.

    >>> rarest(["a red kite", "a red car", "a red car"])("a red car, a kite")
    ['kite', 'car', 'red']
    """
    spread = Counter(word for text in texts for word in set(_words(text)))

    def find(text: str) -> list[str]:
        said = _words(text)
        score = {}
        for word, count in Counter(said).items():
            idf = math.log(max(len(texts) / max(spread[word], 1), 1.0))
            score[word] = count * math.sqrt(idf) / (1 + said.index(word) / len(said))
        return sorted(score, key=lambda word: -round(score[word], 4))[:MOST]

    return find


def _words(text: str) -> list[str]:
    """Words as they are written, in lower case; what sets no blanks, as pairs of characters."""
    found: list[str] = []
    for word in TOKEN.findall(straight(unicodedata.normalize("NFKC", text)).casefold()):
        if IS_UNSPACED.match(word):
            found += [word[place : place + 2] for place in range(len(word) - 1)] or [word]
        elif word not in FUNCTION:
            found.append(word)
    return found


def _row(method: str, examples: Sequence[Example], found: Sequence[Sequence[str]]) -> Row:
    hits = named = wanted = exact = empty = kept = 0
    stems_hit = stems_wanted = 0
    misses: list[tuple[int, Miss]] = []
    for example, labels in zip(examples, found, strict=True):
        right = {topic_key(topic) for topic in example.topics}
        ours = {topic_key(label) for label in labels}
        hits, named, wanted = hits + len(right & ours), named + len(ours), wanted + len(right)
        exact += right == ours
        empty, kept = empty + (not right), kept + (not right and not ours)
        in_topics = {stem for topic in example.topics for stem in stems(topic_key(topic))}
        in_first = {stem for label in labels[:MOST] for stem in stems(topic_key(label))}
        stems_hit, stems_wanted = stems_hit + len(in_topics & in_first), stems_wanted + len(in_topics)
        if right != ours:
            misses.append((len(right ^ ours), Miss(example.text, example.topics, tuple(labels))))
    values = (
        _share(hits, named),
        _share(hits, wanted),
        _share(2 * hits, named + wanted),
        _share(exact, len(examples)),
        _share(kept, empty),
        _share(stems_hit, stems_wanted),
    )
    worst = sorted(misses, key=lambda miss: -miss[0])[:SHOWN]
    return Row(
        method, len(examples), dict(zip(FIGURES, values, strict=True)), tuple(miss for _, miss in worst)
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
