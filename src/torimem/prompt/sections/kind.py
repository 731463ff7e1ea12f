"""What a kind of section is: what it finds in a context, what that is worth, and how a finding is told.

A kind is one object, defined in one file of this folder. It says what there is to tell; a template says in
which words, the generator whether there is room for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from ...context.known import MemoryContext, Topic
from ...errors import InvalidInput
from ..ledger import LedgerLine
from ..words import Words
from .figures import signed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding(Generic[T]):
    """One thing a prompt could say.

    `item` is what its line is made of, `about` names its subject (see `LedgerLine.about`), `why` gives the
    reason, `sources` the ids of the turns behind it, `weight` how much it matters beside others of its kind.
    """

    item: T
    about: str
    why: str
    sources: tuple[str, ...]
    weight: float = 1.0


def turns_of(*topics: Topic) -> tuple[str, ...]:
    """The ids of the first and last turns that name these topics, each once."""
    turns = (turn for topic in topics for turn in (topic.first_turn, topic.last_turn) if turn)
    return tuple(dict.fromkeys(turns))


def no_longer_so(line: LedgerLine, topics: Mapping[str, Topic]) -> str:
    """Why a line is gone, where nothing more can be said than that its reason no longer holds."""
    return f"no longer so: {line.why}"


def topic_now(line: LedgerLine, topics: Mapping[str, Topic]) -> str:
    """Why a line about one topic is gone: what the topic has come to."""
    if not topics:
        return no_longer_so(line, topics)
    topic = topics.get(line.about)
    if topic is None:
        return f"the topic has no place on the torus now; it was {line.why}"
    felt = "" if topic.valence is None else f", valence {signed(topic.valence)}"
    return f"activation {topic.activation:.2f}{felt} now; it was {line.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """A kind of section.

    What it says:
    - `name`: what templates and the ledger call it;
    - `find`: its findings in a context, in the order to show them;
    - `limit`: how many of them are shown at most, None for all. A kind with a limit of 1 is an object in
      JSON, any other a list;
    - `only`: further searches by name, which a template can choose instead of `find`.

    How it is told:
    - `places`: what a template's line can name in braces;
    - `values`: an item -> the text for each place, remembered text only as `torimem.prompt.quote` lets it
      through; an empty mapping leaves the finding out;
    - `entry`: an item -> its JSON object; an empty mapping leaves the finding out;
    - `phrases`: the template's phrases that it uses, each with what the phrase can name in braces.

    What it is worth when the budget is small:
    - `worth`: the value to an assistant of its weightiest finding, before it is divided by its tokens;
    - `first`: whether that finding is taken before those of other kinds;
    - `answers`: whether it answers the query: with one, it is worth more and taken first of all.

    And `gone` says why one of its lines is no longer there, from the line and the topics by key.

    Raises `InvalidInput` for a name that a template or the ledger cannot use, or a limit below 1.

    >>> def speakers(context):
    ...     for name in sorted({fact.speaker for fact in context.recent_facts if fact.speaker}):
    ...         yield Finding(name, name, "spoke lately", ())
    >>> kind = Kind(name="speakers", places=("who",), worth=1.0, find=speakers,
    ...             values=lambda name, words: {"who": name}, entry=lambda name, words: {"who": name})
    >>> kind.findings(MemoryContext())
    []
    """

    name: str
    find: Callable[[MemoryContext], Iterable[Finding[T]]]
    limit: int | None = None
    only: Mapping[str, Callable[[MemoryContext], Iterable[Finding[T]]]] = field(
        default_factory=dict, hash=False
    )
    places: tuple[str, ...]
    values: Callable[[T, Words], Mapping[str, str]]
    entry: Callable[[T, Words], Mapping[str, Any]]
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    worth: float
    first: bool = False
    answers: bool = False
    gone: Callable[[LedgerLine, Mapping[str, Topic]], str] = no_longer_so

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.name == "frame":
            raise InvalidInput(
                f"kind name is {self.name!r}, it must be a word of letters and digits, and not 'frame', the "
                "section of a ledger's first line: choose another"
            )
        if self.limit is not None and self.limit < 1:
            raise InvalidInput(
                f"limit of kind {self.name!r} is {self.limit}, it must be at least 1: give None for no limit"
            )

    def findings(self, context: MemoryContext, *, only: str = "") -> list[Finding[T]]:
        """Finds what there is to show, at most `limit`; `only` names one of the further searches."""
        find = self.only[only] if only else self.find
        return list(islice(find(context), self.limit))
