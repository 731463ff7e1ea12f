"""A query, parsed once: what is asked, of whom, about which time. It travels on to the ranked turns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from ..language.apostrophes import straight
from ..language.block import without_block
from ..language.claims.asked import slots_asked
from ..language.dates import Span, spans
from ..language.meaning.embed import Encoded
from ..language.questions import asked_in
from ..language.stems import IS_UNSPACED, MONTHS, TOKEN, stems
from ..language.topics import find as topics
from ..language.words import FUNCTION

# Those who ask the assistant for its own words want its messages, not theirs.
_YOURS = re.compile(
    r"\bdid you (?:ever |also |just )?(?:say|tell|suggest|recommend|mention|explain|advise|give|list|propose|"
    r"describe|write|answer|show)\b|\byou (?:\w+ly |just |also )?(?:said|told|suggested|recommended|"
    r"mentioned|explained|advised|gave|listed|provided|proposed|described|wrote|answered|showed)\b|"
    r"\byour (?:answer|advice|suggestions?|recommendations?|reply|explanation)\b|"
    r"\b(?:the|my) (?:assistant|chatbot)\b",
    re.IGNORECASE,
)

# Words of times that have no name: who is asked about last week seldom said "last week".
_RELATIVE = frozenset(
    re.findall(
        r"\w+",
        "yesterday today tonight tomorrow day days week weeks month months year years decade decades coming "
        "morning afternoon evening night early mid late beginning start middle end couple",
    )
)


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asks a memory for, taken apart.

    Of the `text` only what is `asked` is looked for. `keys` are the topics that a message names, `slots` the
    claims that would answer it ("home"), `stems` what turns may say, each with the word it comes from,
    `names` the speakers and `spans` the times it names; `yours` is True where the assistant's own words are
    wanted. `plain` is what is asked as the one who knows the answer would begin to tell it, for an embedder,
    and `vectors` what that made of it (None for words only). `now` is the moment that "yesterday" is seen
    from.
    """

    text: str
    asked: str
    keys: tuple[str, ...]
    slots: tuple[str, ...]
    stems: Mapping[str, str]
    names: tuple[str, ...]
    spans: tuple[Span, ...]
    yours: bool
    plain: str
    now: datetime
    vectors: Encoded | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to look for: every turn is a little like "the"."""
        return bool(self.stems or self.names or self.spans or self.slots)


def parse(text: str, speakers: Sequence[str], now: datetime, *, message: bool = False) -> Query:
    """A query, given who speaks in the log and the moment it is asked at.

    Of a `message` the questions are asked, and the topics that it names are noted.

    >>> query = parse("What did Ada buy in May 2023?", ["Ada", "Ben"], datetime(2024, 1, 1))
    >>> list(query.stems), query.names, query.plain
    (['buy', 'may', '2023'], ('Ada',), 'What did I buy in May 2023?')
    >>> query = parse("I am new here. Where do I live?", [], datetime(2024, 1, 1), message=True)
    >>> query.asked, query.slots
    ('Where do I live?', ('home',))
    """
    said = without_block(text)
    asked = " ".join((asked_in(said) if message else said).split())
    names = tuple(name for name in speakers if _named(name, asked))
    times = spans(asked, now)
    bare, plain = asked, asked
    for name in names:
        bare = _pattern(name).sub(" ", bare)
        plain = _pattern(name).sub(lambda match: "my" if match["own"] else "I", plain)
    for span in times:
        bare = bare.replace(span.text, " ")
    forms = _forms(bare)
    if not forms and not times:
        forms = _forms(asked)
    for word in (word for span in times for word in TOKEN.findall(straight(span.text))):
        small = word.casefold()
        if small in MONTHS or small.isdecimal():  # when a turn was said
            forms[small] = word
        if small not in _RELATIVE:  # or what it says: "The exam is in September"
            forms |= dict.fromkeys(stems(word), word)
    return Query(
        text=text,
        asked=asked,
        keys=tuple(topic.key for topic in topics.find(said)) if message else (),
        slots=slots_asked(plain),
        stems=forms,
        names=names,
        spans=times,
        yours=bool(_YOURS.search(asked)),
        plain=plain,
        now=now,
    )


def _forms(text: str) -> dict[str, str]:
    """Each stem of a text with a word it comes from."""
    return {stem: word for word in TOKEN.findall(straight(text)) for stem in stems(word)}


def _named(name: str, text: str) -> bool:
    found = _pattern(name).search(text)
    if found is None:
        return False
    # "Will you ...?" does not name Will
    return name.casefold() not in FUNCTION or (found[0].startswith(name) and found.start() > 0)


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    inside = IS_UNSPACED.match(name)  # where no blanks are set, a name has letters on both sides
    before, after = ("", "") if inside else (r"(?<!\w)", r"(?!\w)")
    return re.compile(rf"{before}{re.escape(name)}(?P<own>['’]s)?{after}", re.IGNORECASE)
