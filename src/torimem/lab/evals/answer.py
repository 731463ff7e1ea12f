"""Does a reply carry an answer? One rule for words, numbers and dates; who replied is left to others.

A reply carries an answer where it has at least two thirds of the answer's words: as stems, without function
words, numbers as digits. Words that the question already says prove nothing and do not count, unless the
answer has no others. A date is one word: 15 June 2023, June 15th, 2023 and 2023-06-15 are the same one, and
June 2023, 2023 and 15 June are in it. A time told from a date ("the week before 9 June 2023") needs the date
and the word, for a reply that works it out is another date. "Yes" and "No" must be there as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...language.stems import TOKEN, stems

RULE = (
    "carried: the reply has two thirds or more of the answer's words (stems without function words and "
    "those of the question; a date is one word); F1: of words of the answer and of the reply, as sets; "
    "in prompt: the prompt's own text carries the answer, no model asked"
)

_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_NUMBER = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (  # also misspelt: people write Janury and Septmber
    r"(jan(?:u[a-z]*)?|feb(?:r[a-z]*)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:e?m[a-z]*)?"
    r"|oct(?:ob[a-z]*)?|nov(?:em[a-z]*)?|dec(?:em[a-z]*)?)\b[.,]?"
)
_DATE = re.compile(
    r"\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b"
    rf"|\b([0-9]{{1,2}})(?:st|nd|rd|th)?\W{{0,2}}(?:of )?{_MONTH}(?:\s?([0-9]{{4}})\b)?"
    rf"|\b{_MONTH}\s?([0-9]{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s([0-9]{{4}})\b)?"
    rf"|\b{_MONTH}\s?([0-9]{{4}})\b"
)


@dataclass(frozen=True, slots=True)
class Score:
    """How near a text comes to an answer: whether it carries it, and the F1 of their words."""

    carried: bool
    f1: float


def score(answer: str, text: str, question: str = "") -> Score:
    """How near a text comes to the answer of a question.

    >>> score("The Harlow OM-20", "You bought a Harlow OM-20.", "Which guitar did I buy?")
    Score(carried=True, f1=1.0)
    >>> score("9 June, 2023", "- 2023-06-09, Ada: tea").carried, score("two", "Ada has 2 cats").carried
    (True, True)
    >>> score("9 June, 2023", "In June 2023.").carried, score("red and blue", "It is red.").carried
    (False, False)
    """
    wanted, said, asked = _Words.of(answer), _Words.of(text), _Words.of(question)
    gold, reply = wanted.exact - asked.all, said.exact - asked.exact
    if not gold:
        gold, reply = wanted.exact, said.exact
    there = said.all
    if not gold:
        gold, reply = (set(TOKEN.findall(each.casefold())) for each in (answer, text))
        there = reply
    if not gold:
        return Score(False, 0.0)
    shared = len(gold & there)
    return Score(3 * shared >= 2 * len(gold), 2 * shared / (len(gold) + max(len(reply), shared)))


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a text as they are compared, and what its dates say beside: their month, year and day."""

    exact: set[str]
    implied: set[str]

    @property
    def all(self) -> set[str]:
        return self.exact | self.implied

    @classmethod
    def of(cls, text: str) -> _Words:
        exact: set[str] = set()
        implied: set[str] = set()

        def taken(match: re.Match[str]) -> str:
            year, month, day = _parts(match)
            exact.add("-".join(part for part in (year, month, day) if part))
            implied.update(_within(year, month, day))
            return " "

        rest = _DATE.sub(taken, text.casefold())
        exact.update(stems(_NUMBER.sub(lambda match: str(_NUMBERS.index(match[0])), rest)))
        return cls(exact, implied)


def _parts(match: re.Match[str]) -> tuple[str, str, str]:
    """Year, month and day of a date that was found, as digits; "" for what it leaves open."""
    y1, m1, d1, d2, m2, y2, m3, d3, y3, m4, y4 = match.groups(default="")
    name = m2 or m3 or m4
    month = m1 or f"{_MONTHS.index(name[:3]) + 1:02}"
    day = d1 or d2 or d3
    return y1 or y2 or y3 or y4, month, day.zfill(2) if day else ""


def _within(year: str, month: str, day: str) -> set[str]:
    """The less exact dates that a date lies in."""
    found = {f"{year}-{month}", year} if year else set()
    return found | ({f"{month}-{day}"} if day else set())
