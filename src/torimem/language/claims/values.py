"""What a rule has caught -> the value it names, as a key; "" where it is none."""

from __future__ import annotations

import re
from collections.abc import Callable

from .. import words as w
from ..topics.key import topic_key


def any_case(pattern: str) -> re.Pattern[str]:
    """A pattern of the rules, compiled: case and line ends make no difference."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


# Where a name stops: what comes after it is when, how long, with whom or why.
_TAIL = any_case(
    r" (?:now|today|tonight|currently|these days|right now|nowadays|again|last|this|next|since|for|with|cause"
    r"|because|cuz|so|and|or|but|as|where|which|who|that|when|while|after|before|until|till|though|although"
    r"|then|recently|finally|yesterday|too|instead|already|permanently|full[- ]time|in|on|at|to|from|by|near"
    r"|during|about|just|an?|two|three|several|some|\d+|ago|early|late|lol|rn|once|not|is|was|i|we|my)\b.*"
)
# Where a phrase stops, in which some of these words may stand.
_REASON = any_case(
    r" (?:now|these days|at the moment|right now|nowadays|because|cause|cuz|so|and (?:i|we|it|my)|but|since"
    r"|as|lately|of all time|by far|too|though|although|when|which|who|that|with|for|instead|after|not)\b.*"
)
_DAY = any_case(
    r"\bat \d|\d(?::\d|[./-]\d| ?[ap]m|st|nd|rd|th)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|december|noon|midnight)"
)
_SOON = any_case(r"\A\d|\b(?:today|tonight|tomorrow|next|later|morning|evening|week|month|end|beginning)\b")
_SHOP = re.compile(r"(?:an?|the) ([a-z][\w'-]{2,30})(?=\W*\Z| (?:now|in|on|since|last|this|as|for)\b)")
_TRAITS = w.MOOD | w.GENERIC_ADJECTIVES
_COMMON = _TRAITS | w.FUNCTION | w.CHAT | w.TIME | w.KIND_ADJECTIVES | w.EMPTY_NOUNS | w.SOFT_NOUNS
_COMMON |= w.COMMON_NOUNS | w.words("""
flat apartment dorm dorms city town village suburb suburbs downtown country countryside car van basement
denial poverty luxury harmony squalor exile sin style company startup firm corporation business team desk
computer client customer gym club church choir band army navy library hospital office myself money peanuts
heights sea speed site work charity abroad online dinner cancelled gone sold housing living train bus foot
dutch swiss thai polish swedish danish portuguese
""")
_NO_TRADE = _TRAITS | w.FUNCTION | w.words("aspiring future trained retired budding team group couple")
_NO_PLACES = w.TIME | w.words("""
linux windows mac macos ubuntu python rust go java react vue angular docker kubernetes postgres mongodb redis
aws azure gcp slack notion jira gmail outlook android ios django terraform marketing sales engineering
""")


def key(said: str) -> str:
    """The key of what was said, "" where it has neither a letter nor a digit."""
    said = said.strip(" .,!*_~'\"“”‘’-")
    return topic_key(said) if any(letter.isalnum() for letter in said) else ""


def _cut(said: str, longest: int, tail: re.Pattern[str] = _TAIL) -> list[str]:
    """The words of a value without its tail; none where they are too many to be one."""
    kept = [word.strip(".,!*'\"“”’") for word in tail.sub("", " " + said[:200]).split()]
    kept = [word for word in kept if word[:1].isalnum() or word[1:2].isalnum()]
    return kept if len(kept) <= longest else []


def _name_in(said: str, longest: int, small: bool) -> str:
    """What is written as a name: with a capital, or as a word that is no common one."""
    name = _cut(said, longest)
    if len(name) > 1 and name[0].lower() == "the" and not name[1][0].islower():
        del name[0]
    if not name or name[0][0].isdigit():
        return ""
    common = name[-1] in _COMMON or name[0] in w.FUNCTION or name[0].endswith(("ing", "ly"))
    return "" if name[0][0].islower() and (common or len(name) > 1 + small) else key(" ".join(name))


def _place(said: str, small: bool) -> str:
    """A place by its name; one moves to PostgreSQL and to C++ too."""
    name = _name_in(said, 4, small)
    return "" if name in _NO_PLACES or re.search(r"[a-z][A-Z]|[\d+#]", said[: len(name)]) else name


def _firm(said: str, small: bool) -> str:
    """A firm by its name, or "a bakery": whatever that is called, it is no other shop."""
    name = shop[1] if (shop := _SHOP.match(said)) else _name_in(said, 5, small)
    return "" if name in (_COMMON if shop else w.TIME) else key(name)


def _person(said: str, small: bool) -> str:
    name = _name_in(said, 3, small)
    return "" if (said[:1].islower() and not small) or name.endswith("day") else name


def _job(said: str, small: bool) -> str:
    """What somebody is by trade; "a great cook" is no cook."""
    low = [word.lower() for word in _cut(said, 4)]
    return key(" ".join(low)) if low and _NO_TRADE.isdisjoint(low) else ""


def _subject(said: str, small: bool) -> str:
    low = [word.lower() for word in _cut(said, 4)]
    vague = w.FUNCTION | w.MOOD | w.TIME | {"abroad", "online", "together"}
    return "" if low[:1] and low[0] in vague else key(" ".join(low))


def _liked(said: str, small: bool) -> str:
    low = [word.lower() for word in _cut(said, 6, _REASON)]
    vague = low and low[0] in (w.FUNCTION | {"coming", "going", "getting"}) - {"the", "a", "an", "my", "our"}
    return "" if vague or (len(low) == 1 and low[0] in _TRAITS) else key(" ".join(low))


def _new_date(said: str, small: bool) -> str:
    kept = re.sub(r"^(?:on|at|in|for) ", "", " ".join(_cut(said, 6, _REASON)))
    return key(kept) if _DAY.search(kept) or _SOON.search(kept) else ""


def _called(said: str, small: bool) -> str:
    name = _cut(re.sub(r"^(?:an?|the|called|named) ", "", said), 3, _REASON)
    return key(" ".join(name)) if name and not name[0].islower() and name[0].lower() not in _COMMON else ""


# The groups of the rules: the slot of each, where OF is what the rule calls so, and how its value is read.
SLOTS: dict[str, tuple[str, Callable[[str, bool], str]]] = {
    "home": ("OF home", _place), "work": ("work", _firm), "job": ("work", _firm), "employer": ("work", _job),
    "school": ("school", _firm), "occupation": ("occupation", _job), "study": ("study", _subject),
    "name": ("OF name", _person), "liked": ("favourite OF", _liked), "called": ("OF", _called),
    "age": ("age", lambda said, _: said), "diet": ("diet", lambda said, _: key(said)),
    "status": ("relationship", lambda said, _: key(said)), "apart": ("relationship", lambda *_: "single"),
    "date": ("OF", lambda said, small: _new_date(said, small) if _DAY.search(said) else ""),
    "new_date": ("OF", _new_date), "number": ("OF", lambda said, _: key(" ".join(_cut(said, 6, _REASON)))),
}  # fmt: skip
