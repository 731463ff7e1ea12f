"""Reads time words in a question as spans of time; knows English and the calendar, no turn.

Rules find times that stand by themselves ("May 2023", "last week"); then the words around and between them
are put on ("since", "late", "between ... and"). What may be no time ("may I", "June said") is left alone.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from . import words as w
from .apostrophes import straight
from .pattern import Pattern


@dataclass(frozen=True, slots=True)
class Span:
    """start <= t < end, both aware UTC datetimes; `text` is the words that named it."""

    text: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Asked:
    """A text in small ASCII letters, place for place; when it was asked, and whether of plans."""

    low: str
    now: datetime
    today: datetime
    ahead: bool

    def before(self, pattern: Pattern, at: int) -> re.Match[str] | None:
        """What a pattern that ends in \\Z finds right before a place."""
        return pattern.search(self.low, max(0, at - 60), at)

    def lead(self, at: int) -> str:
        """The preposition that leads to a place, "in" for "the end of" and its like; "" without one."""
        match = self.before(_LEAD, at)
        return (match["word"] or "in") if match else ""

    def next_word(self, to: int) -> str:
        match = _NEXT.match(self.low, to)
        return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A time at text[at:to], in the asker's zone; `cycle` is what it leaves unsaid: its year or its week."""

    at: int
    to: int
    start: datetime
    end: datetime
    cycle: str = ""

    def beside(self, moment: datetime, *, after: bool) -> _Found:
        """Its return that begins first at or after a moment, or last at or before it."""
        away = (moment - self.start) // _WEEK if self.cycle == "week" else moment.year - self.start.year
        start = _moved(self.start, self.cycle, away)
        away += 0 if start == moment or (start > moment) == after else 1 if after else -1
        start, end = (_moved(edge, self.cycle, away) for edge in (self.start, self.end))
        return replace(self, start=start, end=end)


_Match = re.Match[str]
_Range = tuple[datetime, datetime]
_Rule = Callable[[_Match, _Asked], _Range | None]
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_MONTHS, _WEEKDAYS = "janfebmaraprmayjunjulaugsepoctnovdec", "montuewedthufrisatsun"
_PARTS = {"": (0, 24), "morning": (0, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 30)}
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve"
_COUNTS = {"a": 1, "an": 1, "couple": 2, "few": 3} | {word: n for n, word in enumerate(_NUMBERS.split(), 1)}
_YEARLY = {  # the month and day on which it begins, how long it is
    "spring": (3, 1, "month", 3), "summer": (6, 1, "month", 3), "autumn": (9, 1, "month", 3),
    "fall": (9, 1, "month", 3), "winter": (12, 1, "month", 3), "christmas": (12, 24, "day", 3),
    "xmas": (12, 24, "day", 3), "christmas eve": (12, 24, "day", 1), "christmas day": (12, 25, "day", 1),
    "boxing day": (12, 26, "day", 1), "new years eve": (12, 31, "day", 1), "new years day": (1, 1, "day", 1),
    "valentines day": (2, 14, "day", 1), "fourth of july": (7, 4, "day", 1), "halloween": (10, 31, "day", 1),
}  # fmt: skip

# Pieces of patterns; " " there is up to three blanks, for a run without end would be read again and again.
_COUNT = rf"(?:a (?=couple|few))?(?P<count>{'|'.join(_COUNTS)}|[0-9]{{1,6}})(?: of)?"
_UNIT = r"(?P<unit>day|week|month|year|decade)(?P<many>s?)\b"
_PART = r"(?: (?P<part>morning|afternoon|evening|night))?\b"
_WHICH = r"(?:(?:this )?(?P<which>last|past|this|next|coming) )"
_OF_YEAR = r"(?:(?:,\s?|,? (?:of |in )?)(?P<year>(?:19|20)[0-9]{2})(?![\w%]))?"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_DATE = r"(?P<day>[0-9]{1,2})(?P<th>st|nd|rd|th)?(?:\s?(?:-|–|to)\s?(?P<last>[0-9]{1,2})(?:st|nd|rd|th)?)?"
_EDGE = r"(?<![\w$€£#])(?<![0-9][.,:/])(?<!\w-)"  # before a number that is no part of another, nor a price


def _pattern(written: str) -> Pattern:
    return Pattern(written.replace(" ", r"\s{1,3}"))


# What stands before a time or after it: words that lead to it, or make it none.
_LEAD = _pattern(
    r"\b(?:(?P<word>in|on|at|for|during|over|since|until|till?|before|after|(?<!ed\s)by|around|from"
    r"|between|early|mid|late)|(?:beginning|start|middle|end|month|week|days?|rest) of)[\s-]{1,3}(?:the )?\Z"
)
_IN = w.words("in during over early mid late")
_PAIRED = _pattern(rf"\b(?:{_MONTH}|[0-9]{{4}}) (?:and|or|to|until|till|through|-|–) \Z")
_OWNED = _pattern(r"\b(?:my|your|his|her|our|their|the) \Z")
_THE = _pattern(r"\bthe (?:(?:early|mid|late)[\s-]{1,3})?'?\Z")
_OTHER = _pattern(
    r"\b(?:black|good|cyber|ash|palm|easter|every|each|any|most|version|v|room|number|no\.?|code|over|than"
    r"|least|nearly|almost|only|exactly|chapter|page|model|bus|line|pin|usd|eur) \Z"
)
_THING = _pattern(
    r" (?:rolls?|water|onions?|cleaning|mattress|school|roast|blues|mass|league|people|dollars|euros?|pounds"
    r"|more|words|steps|calories|miles|km|meters|times|points|followers|kg|gb|items|tokens|hours|days)\b"
)
_NEXT = _pattern(r" ((?:[^\W_]|'){1,30})")

# What words around and between times do to them; and those of a text about plans.
_THIRD = _pattern(r"\b(early|mid|late|(?:start|beginning|middle|end) of)[\s-]{1,3}(?:the )?\Z")
_AWAY = _pattern(rf"\b(?:{_COUNT} |the ){_UNIT} (?P<how>before|after) (?:the )?\Z")
_OPEN = _pattern(r"\b(?P<how>before|since|after|until|till?|by) (?:the )?\Z")
_FROM = _pattern(r"\b(?:between|from) \Z")
_BOTH = _pattern(r"\s{0,3}(?P<dash>[-–—])\s{0,3}| (?P<word>and|to|until|till?|through) (?:the )?")
_BESIDE = _pattern(r"(?:'s)?,? (?:(?:in|at|on|of|for|during|over) )?(?:the )?")
_PLANS = _pattern(r"\b(?:will|gonna|going to|plans? for|do i have|(?:am i|are we) \w{1,20}ing)\b|'ll\b")
_PAST = _pattern(r"\b(?:did|didn't|was|wasn't|were|weren't|had|went|said|told|been)\b")


def _may_follow(month: bool) -> frozenset[str]:
    """What follows a time: no verb after a month ("June said"), no noun after a day ("may 5 people come")."""
    verbs = w.BE | w.TO_VERB | w.words("has have had done")
    return (w.FUNCTION - (verbs if month else {"of"})) | {""}


def spans(text: str, now: datetime) -> tuple[Span, ...]:
    """The spans of time a text names, in order, as meant at `now` (days are of its zone; naive is UTC).

    A time without its year or week is the last that has begun, in a text about plans the next one. What no
    calendar has (30 February) gives no span; no text is an error.

    >>> at = datetime(2023, 8, 16, 12, tzinfo=UTC)
    >>> [(s.text, str(s.start.date()), str(s.end.date())) for s in spans("What did I buy last week?", at)]
    [('last week', '2023-08-07', '2023-08-14')]
    """
    zone = UTC if now.utcoffset() is None else now.tzinfo
    low, here = straight(text).translate(_LOWER), now.replace(tzinfo=None)
    ahead = bool(_PLANS.search(low)) and not _PAST.search(low)
    asked = _Asked(low, here, here.replace(hour=0, minute=0, second=0, microsecond=0), ahead)
    result = []
    for found in _joined(_named(asked), asked):
        word = asked.before(_OPEN, found.at)
        edges = {"since": (found.start, None), "after": (found.end, None), "before": (None, found.start)}
        start, end = edges.get(word["how"], (None, found.end)) if word else (found.start, found.end)
        at = word.start() if word else found.at
        with suppress(OverflowError):
            begin = start.replace(tzinfo=zone).astimezone(UTC) if start else datetime.min.replace(tzinfo=UTC)
            stop = end.replace(tzinfo=zone).astimezone(UTC) if end else datetime.max.replace(tzinfo=UTC)
            result += [Span(text[at : found.to], begin, stop)] if begin < stop else []
    return tuple(result)


def _named(asked: _Asked) -> list[_Found]:
    """What the rules find, the longest of those that share a word; a day no calendar has takes its words."""
    every: list[tuple[int, int, _Range | None, str]] = []
    for pattern, rule, cycle in _RULES:
        for match in pattern.finditer(asked.low):
            said = match.groupdict()
            left = "" if said.get("which") or said.get("year") else cycle
            try:
                if meant := rule(match, asked):
                    every.append((*match.span(), meant, left))
            except (ValueError, OverflowError):
                every.append((*match.span(), None, left))
    kept, taken = [], bytearray(len(asked.low))
    for at, to, meant, cycle in sorted(every, key=lambda one: (one[0] - one[1], one[0])):
        if not any(taken[at:to]):
            taken[at:to] = b"\1" * (to - at)
            kept += [_Found(at, to, *meant, cycle)] if meant else []
    return sorted(kept, key=lambda found: found.at)


def _joined(named: list[_Found], asked: _Asked) -> list[_Found]:
    """Two times that mean one put together: "between May and July", "Christmas last year"."""
    result: list[_Found] = []
    for found in named:
        both = None
        with suppress(ValueError, OverflowError):
            found = _narrowed(found, asked)
            both = _pair(result[-1], found, asked) if result else None
        result[-1 if both else len(result) :] = [both or found]
    return result


def _narrowed(found: _Found, asked: _Asked) -> _Found:
    """The week before a time, or the early, middle or late part of it, where the words before it say so."""
    if match := asked.before(_AWAY, found.at):
        count, unit = match["count"] or "a", match["unit"]
        back, steps = match["how"] == "before", _COUNTS.get(count) or int(count)
        start = _moved(found.start, unit, -steps) if back else _moved(found.end, unit, steps - 1)
        return replace(found, at=match.start(), start=start, end=_moved(start, unit, 1), cycle="")
    match, days = asked.before(_THIRD, found.at), (found.end - found.start).days
    if not match or days < 7:
        return found
    third, part = days // 3 * _DAY, {"mid": 1, "lat": 2, "end": 2}.get(match[1][:3], 0)
    start = found.start + part * third
    return replace(found, at=match.start(), start=start, end=found.end if part == 2 else start + third)


def _pair(first: _Found, second: _Found, asked: _Asked) -> _Found | None:
    gap = asked.low[first.to : second.at] if second.at - first.to < 20 else "?"
    if _BESIDE.fullmatch(gap):
        for inner, outer in ((first, second), (second, first)):
            if inner.cycle and not outer.cycle and outer.end == _moved(outer.start, inner.cycle, 1):
                return replace(inner.beside(outer.start, after=True), at=first.at, to=second.to, cycle="")
    lead, match = asked.before(_FROM, first.at), _BOTH.fullmatch(gap)
    if not match or not (match["dash"] or (lead and (match["word"] != "and" or lead[0][0] == "b"))):
        return None
    if second.cycle:
        second = second.beside(first.start, after=True)
    elif first.cycle:
        first = first.beside(second.start, after=False)
    at = lead.start() if lead else first.at
    return _Found(at, second.to, first.start, second.end) if first.start < second.end else None


def _moved(day: datetime, unit: str, count: int) -> datetime:
    """The same time so many units later, or the last day of that month; raises beyond the calendar."""
    months = {"month": 1, "year": 12, "decade": 120}.get(unit)
    if not months:
        return day + (_DAY if unit == "day" else _WEEK) * count
    year, month = divmod(day.year * 12 + day.month - 1 + months * count, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def _meant(returns: Iterable[_Range], which: str | None, asked: _Asked) -> _Range:
    """The one that is meant of times that come again; ValueError where there is none."""
    if which in ("next", "coming"):
        return min(one for one in returns if one[0] > asked.now)
    if asked.ahead and which in (None, "this"):
        return min(one for one in returns if one[1] > asked.now)
    if which == "this":
        return min(returns, key=lambda one: abs((one[0] - asked.now) + (one[1] - asked.now)))
    return max(one for one in returns if (one[1] if which else one[0]) <= asked.now)


def _yearly(match: _Match, asked: _Asked, month: int, day: int, unit: str, length: int) -> _Range:
    """What begins on a day of every year, in the year that is said or meant; raises where none has it."""
    if match["year"]:
        return (start := datetime(int(match["year"]), month, day)), _moved(start, unit, length)
    returns = []
    for year in range(asked.now.year - 8, asked.now.year + 9):  # 29 February stays away for eight
        with suppress(ValueError, OverflowError):
            returns.append(((start := datetime(year, month, day)), _moved(start, unit, length)))
    return _meant(returns, match.groupdict().get("which"), asked)


# The rules: a match -> when it is; None where the words are no time, an error where no calendar has it.
_RULES: list[tuple[Pattern, _Rule, str]] = []


def _rule(pattern: str, cycle: str = "") -> Callable[[_Rule], _Rule]:
    def keep(rule: _Rule) -> _Rule:
        _RULES.append((_pattern(pattern), rule, cycle))
        return rule

    return keep


@_rule(
    r"\b(?:(?:the )?day (?:before yesterday|after tomorrow)|today|tonight|last night"
    rf"|this (?P<this>morning|afternoon|evening)|(?:yesterday|tomorrow){_PART})\b"
)
def _day(match: _Match, asked: _Asked) -> _Range | None:
    said = match[0]
    days = -1 if "yesterday" in said or said[:4] == "last" else 1 if "tomorrow" in said else 0
    day = asked.today + days * (2 if "day " in said[:8] else 1) * _DAY
    first, last = _PARTS["night" if "night" in said else match["this"] or match["part"] or ""]
    return day + timedelta(hours=first), day + timedelta(hours=last)


@_rule(rf"\b{_COUNT} {_UNIT} ago\b")
def _ago(match: _Match, asked: _Asked) -> _Range | None:
    unit, count = match["unit"], match["count"]
    day = _moved(asked.today, unit, -(_COUNTS.get(count) or int(count)))
    half = (_moved(day, unit, 1) - day).days // 2  # "two weeks ago" is a week long
    return day - half * _DAY, day + (half + 1) * _DAY


@_rule(rf"\b(?P<the>the )?{_WHICH}(?:{_COUNT} )?{_UNIT}(?! of\b)")
def _last(match: _Match, asked: _Asked) -> _Range | None:
    which, unit, count = match["which"], match["unit"], match["count"]
    if asked.before(_OWNED, match.start()) or (not count and (match["many"] or unit == "day")):
        return None  # "my last year at school", "in past years", "the last day"
    steps = _COUNTS.get(count or "a") or int(count)
    if count and which in ("this", "next", "coming"):
        return asked.today, _moved(asked.today, unit, steps) + _DAY
    if count or which == "past" or (which == "last" and match["the"]) or unit == "decade":
        return _moved(asked.today, unit, -steps), asked.today + _DAY
    day = _moved(asked.today, unit, {"last": -1, "this": 0}.get(which, 1))
    first = day.replace(day=1, month=1 if unit == "year" else day.month)
    start = day - day.weekday() * _DAY if unit == "week" else first
    return start, _moved(start, unit, 1)


@_rule(rf"\b{_WHICH}?(?P<name>weekend|{_WEEKDAY}|mon|tues?|thu(?:rs?)?|fri)\b{_PART}", "week")
def _weekday(match: _Match, asked: _Asked) -> _Range | None:
    which, name, at = match["which"], match["name"], match.start()
    weekend, the = name == "weekend", asked.low[max(0, at - 4) : at - 1] == "the"
    clear = which or (the if weekend else name.endswith("day") or asked.lead(at))
    other = the and asked.next_word(match.end()) in ("before", "after", "of")  # "the Friday before the party"
    if other or not clear or asked.before(_OTHER, at) or _THING.match(asked.low, match.end()):
        return None
    index = 5 if weekend else _WEEKDAYS.index(name[:3]) // 3
    first, last = (0, 48) if weekend else _PARTS[match["part"] or ""]
    day = asked.today + (index - asked.today.weekday()) * _DAY
    starts = [day + weeks * _WEEK + timedelta(hours=first) for weeks in (-2, -1, 0, 1, 2)]
    returns = [(start, start + timedelta(hours=last - first)) for start in starts]
    return _meant(returns, None if which == "this" else which, asked)


@_rule(rf"\b{_WHICH}?{_MONTH}{_OF_YEAR}", "year")
@_rule(
    rf"\b{_WHICH}?(?P<name>spring|summer|autumn|fall|winter|christmas(?: (?:eve|day))?|xmas|boxing day"
    rf"|halloween|new year'?s (?:eve|day)|valentine'?s day|fourth of july)\b{_OF_YEAR}",
    "year",
)
def _named_time(match: _Match, asked: _Asked) -> _Range | None:
    month, which, at, to = match.groupdict().get("month"), match["which"], match.start(), match.end()
    name = month or " ".join(match["name"].replace("'", "").split())
    lead = asked.lead(at) or ("and" if month and asked.before(_PAIRED, at) else "")
    next_word = "'s" if asked.low.startswith("'s", to) else asked.next_word(to)
    alone = next_word in _may_follow(month=bool(month))
    if which:  # not "my last fall", "the last march", "this may be"
        good = not asked.before(_OWNED, at) and (which != "this" or alone or name not in ("may", "march"))
    elif lead in ("between", "from"):
        good = next_word in ("and", "to", "until", "till", "through")
    else:  # not "after the fall", "since June said so", "for the Christmas tree"
        good = (lead in _IN and next_word != "'s") or (bool(lead) and alone and name != "fall")
    if not match["year"] and (not good or _THING.match(asked.low, to)):
        return None
    if month:
        return _yearly(match, asked, _MONTHS.index(month[:3]) // 3 + 1, 1, "month", 1)
    return _yearly(match, asked, *_YEARLY[name])


@_rule(rf"(?:\b{_WEEKDAY},? )?\b{_MONTH}\.? (?:the )?{_DATE}(?![\w%]|[.:/][0-9]){_OF_YEAR}", "year")
@_rule(rf"(?:\b{_WEEKDAY},? )?(?:\bthe )?{_EDGE}{_DATE} (?:of )?{_MONTH}{_OF_YEAR}", "year")
def _date(match: _Match, asked: _Asked) -> _Range | None:
    first, last, month = int(match["day"]), int(match["last"] or match["day"]), match["month"]
    lead, people = asked.lead(match.start()), asked.next_word(match.end()) not in _may_follow(month=False)
    verb = month in ("may", "march")  # "may 5 people come", "in June 10 people came"
    clear = match["year"] or (lead and lead not in _IN) or (not verb and (not lead or match["th"]))
    if people and not clear:
        return None
    if first > last:
        raise ValueError
    return _yearly(match, asked, _MONTHS.index(month[:3]) // 3 + 1, first, "day", last - first + 1)


@_rule(rf"{_EDGE}(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})(?:-(?P<day>[0-9]{{2}}))?(?![0-9-])")
def _iso(match: _Match, asked: _Asked) -> _Range | None:
    start = datetime(int(match["year"]), int(match["month"]), int(match["day"] or 1))
    return start, _moved(start, "day" if match["day"] else "month", 1)


@_rule(rf"{_EDGE}(?P<first>[0-9]{{1,2}})([/.])(?P<second>[0-9]{{1,2}})\2(?P<year>[0-9]{{4}})(?![\w/-]|\.\w)")
def _slashed(match: _Match, asked: _Asked) -> _Range | None:
    month, day = int(match["first"]), int(match["second"])
    if month <= 12 and day <= 12 and month != day:
        raise ValueError  # nobody can tell which is which
    return (start := datetime(int(match["year"]), min(month, day), max(month, day))), start + _DAY


@_rule(
    rf"(?:{_EDGE}|(?<=(?:19|20)[0-9]{{2}}-)|(?<=mid-))(?P<year>(?:19|20)[0-9]{{2}})"
    r"(?![\w%$€£°/:+]|[.,][0-9]|[-–](?!(?:19|20)[0-9]{2}\b))"
)
def _year(match: _Match, asked: _Asked) -> _Range | None:
    year, at = int(match["year"]), match.start()
    led = asked.lead(at) or -20 <= year - asked.now.year <= 10  # "1984" alone is a book
    if not led or asked.before(_OTHER, at) or _THING.match(asked.low, match.end()):
        return None
    return (start := datetime(year, 1, 1)), _moved(start, "year", 1)


@_rule(r"(?<![\w$€£.])(?P<century>19|20)?(?P<tens>[0-9]0)'?s\b")
def _decade(match: _Match, asked: _Asked) -> _Range | None:
    if not (match["century"] or asked.before(_THE, match.start())):
        return None
    century = match["century"] or ("20" if int(match["tens"]) <= asked.now.year % 100 else "19")
    return (start := datetime(int(century + match["tens"]), 1, 1)), _moved(start, "decade", 1)
