"""Is the feeling found the one a reader sees? Reads messages with their feeling, scores who finds it.

Beside the analyser with its judge stands VADER as it comes, at its customary thresholds, so that a figure has
something to be compared with: the package vaderSentiment, where it is installed. How figures are shown is
left to others.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ...errors import InvalidInput
from ...language.analyser import analyse
from ...language.feeling.judge import VADER, Sentiment
from . import labelled
from .sheet import Line, Sheet

OURS = "torimem"
PLAIN = "VADER"
LABELS = ("negative", "neutral", "positive")
SHOWN = 10  # misses shown
USUAL = 0.05  # what VADER's authors call neutral: a compound score nearer to zero than this

_NUMBERS = {"-1": "negative", "0": "neutral", "1": "positive", "+1": "positive"}
_LAYOUT = "give a CSV file with the columns text,label and, if wanted, rule"


@dataclass(frozen=True, slots=True)
class Example:
    """A message, the feeling of the whole of it now (one of `LABELS`), and what makes it hard, if said."""

    text: str
    label: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One judge: shares in [0, 1], and counts of (label, found) over all messages, zeros included.

    `macro_f1` is the mean of the F1 of those labels that occur, wanted or found; `rules` gives for each rule
    the share that is right, in the order of the file, of as many as `per_rule` says; `misses` are the
    messages with what was found instead.
    """

    method: str
    n: int
    accuracy: float
    macro_f1: float
    confusion: Mapping[tuple[str, str], int]
    rules: Mapping[str, float]
    per_rule: Mapping[str, int]
    misses: tuple[tuple[Example, str], ...]

    @property
    def line(self) -> Line:
        """Its figures, as a line of a sheet."""
        return Line(self.method, self.n, {"accuracy": self.accuracy, "macro F1": self.macro_f1})


def read(path: str | Path) -> tuple[Example, ...]:
    """The examples of a CSV file; raises `InvalidInput` that names the file and what is wrong where.

    A label is a word of `LABELS`, or -1, 0 or 1.
    """
    examples = []
    for where, row in labelled.read(path, ("text", "label"), _LAYOUT):
        label = row["label"].lower()
        label = _NUMBERS.get(label, label)
        if label not in LABELS:
            known = ", ".join(LABELS)
            raise InvalidInput(f"{where}, column 'label' is {label!r}: use {known}, or -1, 0, 1")
        examples.append(Example(row["text"], label, row.get("rule", "")))
    return tuple(examples)


def evaluate(examples: Sequence[Example], sentiment: Sentiment = VADER) -> tuple[Row, ...]:
    """A row for the analyser with this judge, and one for VADER where vaderSentiment is installed.

    Raises what the judge raises, and `InvalidInput` without an example.

    >>> rows = evaluate([Example("I love it", "positive"), Example("Bah!", "neutral")])
    >>> rows[0].method, rows[0].accuracy
    ('torimem', 1.0)
    """
    if not examples:
        raise InvalidInput(f"no message to score: {_LAYOUT}")

    def ours(text: str) -> str:
        return named(analyse(text, topics=(), sentiment=sentiment).valence or 0.0, 0.0)

    rows = [_row(OURS, examples, ours)]
    if find_spec("vaderSentiment"):
        compound = _vader()
        rows.append(_row(PLAIN, examples, lambda text: named(compound(text), USUAL)))
    return tuple(rows)


def _vader() -> Callable[[str], float]:
    """VADER's own compound score of a text."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    with warnings.catch_warnings():  # it opens its lexicon in a way that Python 3.14 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        analyzer = SentimentIntensityAnalyzer()
    return lambda text: float(analyzer.polarity_scores(text)["compound"])


def named(valence: float, least: float) -> str:
    """The label of a valence; at `least` from zero, and not zero, it is a feeling.

    >>> named(0.05, 0.05), named(-0.04, 0.05), named(-0.01, 0.0)
    ('positive', 'neutral', 'negative')
    """
    if valence == 0 or abs(valence) < least:
        return "neutral"
    return "positive" if valence > 0 else "negative"


def _row(method: str, examples: Sequence[Example], judge: Callable[[str], str]) -> Row:
    found = [(example, judge(example.text)) for example in examples]
    pairs = Counter((example.label, label) for example, label in found)
    in_rule = Counter(example.rule for example in examples if example.rule)
    right_in_rule = Counter(example.rule for example, label in found if example.label == label)
    f1 = []
    for label in LABELS:
        wanted = sum(pairs[label, other] for other in LABELS)
        given = sum(pairs[other, label] for other in LABELS)
        if wanted + given:
            f1.append(2 * pairs[label, label] / (wanted + given))
    return Row(
        method,
        len(examples),
        round(sum(pairs[label, label] for label in LABELS) / len(examples), 4),
        round(sum(f1) / len(f1), 4),
        {(wanted, given): pairs[wanted, given] for wanted in LABELS for given in LABELS},
        {rule: round(right_in_rule[rule] / count, 4) for rule, count in in_rule.items()},
        in_rule,
        tuple((example, label) for example, label in found if example.label != label),
    )


def sheet(path: Path, rows: Sequence[Row]) -> Sheet:
    """The rows as tables: their figures, what was found for each label, what of each rule is right."""
    confusion = [
        Line(
            f"{row.method}: {wanted}",
            count,
            {label: row.confusion[wanted, label] / count for label in LABELS},
        )
        for row in rows
        for wanted in LABELS
        if (count := sum(row.confusion[wanted, label] for label in LABELS))
    ]
    rules = [
        Line(rule, rows[0].per_rule[rule], {row.method: row.rules[rule] for row in rows})
        for rule in rows[0].rules
    ]
    parts = (("found for", tuple(confusion)), ("what makes it hard", tuple(rules)))
    misses = rows[0].misses[:SHOWN]
    return Sheet(
        "the feeling of a message",
        path,
        tuple(row.line for row in rows),
        tuple(f"{found}, not {example.label}: {example.text}" for example, found in misses),
        tuple(part for part in parts if part[1]),
    )
