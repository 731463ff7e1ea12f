"""Time words in a question: which span of time they name, and which words only look like a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torimem.language.dates import Span, spans

NOW = datetime(2023, 8, 16, 12, tzinfo=UTC)  # a Wednesday


def told(text: str, now: datetime = NOW) -> list[tuple[str, str, str]]:
    """The spans as words, first moment and the moment after the last; "..." is open."""
    return [(span.text, _short(span.start), _short(span.end)) for span in spans(text, now)]


def _short(moment: datetime) -> str:
    if moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        return "..."
    return moment.strftime("%Y-%m-%d %H").removesuffix(" 00")


DAYS = [
    ("What did I eat today?", "today", "2023-08-16", "2023-08-17"),
    ("what did i eat this morning", "this morning", "2023-08-16", "2023-08-16 12"),
    ("Did I run this afternoon?", "this afternoon", "2023-08-16 12", "2023-08-16 18"),
    ("What is on this evening?", "this evening", "2023-08-16 17", "2023-08-17"),
    ("What is on tonight?", "tonight", "2023-08-16 18", "2023-08-17 06"),
    ("What did I say yesterday?", "yesterday", "2023-08-15", "2023-08-16"),
    ("What did I say yesterday morning?", "yesterday morning", "2023-08-15", "2023-08-15 12"),
    ("Where was I last night?", "last night", "2023-08-15 18", "2023-08-16 06"),
    ("the day before yesterday", "the day before yesterday", "2023-08-14", "2023-08-15"),
    ("What is on tomorrow?", "tomorrow", "2023-08-17", "2023-08-18"),
    ("What is on the day after tomorrow?", "the day after tomorrow", "2023-08-18", "2023-08-19"),
]
AGO = [
    ("Whom did I meet 3 days ago?", "3 days ago", "2023-08-13", "2023-08-14"),
    ("Whom did I meet two days ago?", "two days ago", "2023-08-14", "2023-08-15"),
    ("Whom did I meet a week ago?", "a week ago", "2023-08-06", "2023-08-13"),
    ("Whom did I meet a couple of weeks ago?", "a couple of weeks ago", "2023-07-30", "2023-08-06"),
    ("Whom did I meet a few weeks ago?", "a few weeks ago", "2023-07-23", "2023-07-30"),
    ("Where did I live two months ago?", "two months ago", "2023-06-01", "2023-07-02"),
    ("Where did I live a year ago?", "a year ago", "2022-02-15", "2023-02-15"),
    ("Where did I live twelve years ago?", "twelve years ago", "2011-02-14", "2012-02-16"),
]
UNITS = [
    ("What did I do last week?", "last week", "2023-08-07", "2023-08-14"),
    ("What did I do this week?", "this week", "2023-08-14", "2023-08-21"),
    ("What will I do next week?", "next week", "2023-08-21", "2023-08-28"),
    ("What did I do last month?", "last month", "2023-07-01", "2023-08-01"),
    ("What will I do next month?", "next month", "2023-09-01", "2023-10-01"),
    ("What did I do last year?", "last year", "2022-01-01", "2023-01-01"),
    ("What did I do this year?", "this year", "2023-01-01", "2024-01-01"),
    ("What did I do in the past week?", "the past week", "2023-08-09", "2023-08-17"),
    ("What did I do in the last month?", "the last month", "2023-07-16", "2023-08-17"),
    ("What did I do in the last 3 days?", "the last 3 days", "2023-08-13", "2023-08-17"),
    ("What did I do in the past two weeks?", "the past two weeks", "2023-08-02", "2023-08-17"),
    ("What did I do in the last few months?", "the last few months", "2023-05-16", "2023-08-17"),
    ("What is planned for the next two weeks?", "the next two weeks", "2023-08-16", "2023-08-31"),
]
WEEKDAYS = [
    ("What did I do on Monday?", "Monday", "2023-08-14", "2023-08-15"),
    ("Did I call Friday evening?", "Friday evening", "2023-08-11 17", "2023-08-12"),
    ("What did I do last Friday?", "last Friday", "2023-08-11", "2023-08-12"),
    ("What did I do last Wednesday?", "last Wednesday", "2023-08-09", "2023-08-10"),
    ("What did I do this Tuesday?", "this Tuesday", "2023-08-15", "2023-08-16"),
    ("what did i do last tues?", "last tues", "2023-08-15", "2023-08-16"),
    ("What is on next Monday?", "next Monday", "2023-08-21", "2023-08-22"),
    ("What am I doing on Friday?", "Friday", "2023-08-18", "2023-08-19"),
    ("What will I do on Friday?", "Friday", "2023-08-18", "2023-08-19"),
    ("Where was I last weekend?", "last weekend", "2023-08-12", "2023-08-14"),
    ("Where was I over the weekend?", "weekend", "2023-08-12", "2023-08-14"),
    ("Where was I this past weekend?", "this past weekend", "2023-08-12", "2023-08-14"),
    ("Where am I going this weekend?", "this weekend", "2023-08-19", "2023-08-21"),
    ("What did I do on Monday of last week?", "Monday of last week", "2023-08-07", "2023-08-08"),
]
SEASONS = [
    ("Where was I last summer?", "last summer", "2022-06-01", "2022-09-01"),
    ("Where was I this summer?", "this summer", "2023-06-01", "2023-09-01"),
    ("Where will I go next summer?", "next summer", "2024-06-01", "2024-09-01"),
    ("Where was I in the summer of 2021?", "summer of 2021", "2021-06-01", "2021-09-01"),
    ("summer 2022", "summer 2022", "2022-06-01", "2022-09-01"),
    ("Where was I in the spring?", "spring", "2023-03-01", "2023-06-01"),
    ("Where was I last winter?", "last winter", "2022-12-01", "2023-03-01"),
    ("Where was I last fall?", "last fall", "2022-09-01", "2022-12-01"),
]
MONTHS = [
    ("What did I buy in May?", "May", "2023-05-01", "2023-06-01"),
    ("what did i buy in may", "may", "2023-05-01", "2023-06-01"),
    ("What did I buy in October?", "October", "2022-10-01", "2022-11-01"),
    ("What did I buy in August?", "August", "2023-08-01", "2023-09-01"),
    ("What will I do in May?", "May", "2024-05-01", "2024-06-01"),
    ("What did I buy in May 2022?", "May 2022", "2022-05-01", "2022-06-01"),
    ("May 2022?", "May 2022", "2022-05-01", "2022-06-01"),
    ("What did I buy last May?", "last May", "2023-05-01", "2023-06-01"),
    ("What did I buy last August?", "last August", "2022-08-01", "2022-09-01"),
    ("What is on next May?", "next May", "2024-05-01", "2024-06-01"),
    ("What did I buy in early May?", "early May", "2023-05-01", "2023-05-11"),
    ("What did I buy in mid-June?", "mid-June", "2023-06-11", "2023-06-21"),
    ("What did I buy in late July 2022?", "late July 2022", "2022-07-21", "2022-08-01"),
    ("What did I buy at the end of May?", "end of May", "2023-05-21", "2023-06-01"),
    ("What did I buy in May last year?", "May last year", "2022-05-01", "2022-06-01"),
    ("What did I buy last year in May?", "last year in May", "2022-05-01", "2022-06-01"),
]
DATES = [
    ("Whom did I meet on 7 May 2022?", "7 May 2022", "2022-05-07", "2022-05-08"),
    ("Whom did I meet on May 7th, 2022?", "May 7th, 2022", "2022-05-07", "2022-05-08"),
    ("Whom did I meet on May 7?", "May 7", "2023-05-07", "2023-05-08"),
    ("Whom did I meet on the 7th of May?", "the 7th of May", "2023-05-07", "2023-05-08"),
    ("Whom did I meet on 25 December?", "25 December", "2022-12-25", "2022-12-26"),
    ("Whom did I meet on December 1,2022?", "December 1,2022", "2022-12-01", "2022-12-02"),
    ("on Sunday, 7 May 2023", "Sunday, 7 May 2023", "2023-05-07", "2023-05-08"),
    ("Where was I 7-9 May?", "7-9 May", "2023-05-07", "2023-05-10"),
    ("Whom did I meet on 2023-05-07?", "2023-05-07", "2023-05-07", "2023-05-08"),
    ("Whom did I meet in 2023-05?", "2023-05", "2023-05-01", "2023-06-01"),
    ("Whom did I meet on 25/7/2023?", "25/7/2023", "2023-07-25", "2023-07-26"),
    ("Whom did I meet on 7/25/2023?", "7/25/2023", "2023-07-25", "2023-07-26"),
    ("Was it a leap year on 29 February?", "29 February", "2020-02-29", "2020-03-01"),
]
YEARS = [
    ("Where did I live in 2022?", "2022", "2022-01-01", "2023-01-01"),
    ("What happened during 1987?", "1987", "1987-01-01", "1988-01-01"),
    ("my goals 2022", "2022", "2022-01-01", "2023-01-01"),
    ("Where did I live in early 2022?", "early 2022", "2022-01-01", "2022-05-02"),
    ("Where did I live 2020-2022?", "2020-2022", "2020-01-01", "2023-01-01"),
    ("What did I wear in the 90s?", "90s", "1990-01-01", "2000-01-01"),
    ("What did I wear in 1990s?", "1990s", "1990-01-01", "2000-01-01"),
]
HOLIDAYS = [
    ("What did I get for Christmas?", "Christmas", "2022-12-24", "2022-12-27"),
    ("What did I get last Christmas?", "last Christmas", "2022-12-24", "2022-12-27"),
    ("What did I get for Christmas 2020?", "Christmas 2020", "2020-12-24", "2020-12-27"),
    ("Where was I on New Year’s Eve?", "New Year’s Eve", "2022-12-31", "2023-01-01"),
    ("What did I wear on Halloween?", "Halloween", "2022-10-31", "2022-11-01"),
    ("What are my plans for Valentine's Day?", "Valentine's Day", "2024-02-14", "2024-02-15"),
]
OPEN = [
    ("What did I buy since March?", "since March", "2023-03-01", "..."),
    ("What did I buy until June 2022?", "until June 2022", "...", "2022-07-01"),
    ("What did I buy before June 2022?", "before June 2022", "...", "2022-06-01"),
    ("What did I buy after June 2022?", "after June 2022", "2022-07-01", "..."),
    ("What did I buy by 10 July 2022?", "by 10 July 2022", "...", "2022-07-11"),
    ("What did I buy since the 7th of May?", "since the 7th of May", "2023-05-07", "..."),
    ("between May and July 2022", "between May and July 2022", "2022-05-01", "2022-08-01"),
    ("Was I ill between May and July?", "between May and July", "2023-05-01", "2023-08-01"),
    ("from December to March 2022", "from December to March 2022", "2021-12-01", "2022-04-01"),
    ("from 2019 to 2021", "from 2019 to 2021", "2019-01-01", "2022-01-01"),
    ("between Monday and Tuesday", "between Monday and Tuesday", "2023-08-14", "2023-08-16"),
    ("the week before 3 August 2022", "the week before 3 August 2022", "2022-07-27", "2022-08-03"),
    ("two days after Christmas", "two days after Christmas", "2022-12-28", "2022-12-29"),
]
EVERY = [*DAYS, *AGO, *UNITS, *WEEKDAYS, *SEASONS, *MONTHS, *DATES, *YEARS, *HOLIDAYS, *OPEN]


@pytest.mark.parametrize(("text", "words", "start", "end"), EVERY, ids=[case[0] for case in EVERY])
def test_time_words_name_a_span(text: str, words: str, start: str, end: str) -> None:
    assert told(text) == [(words, start, end)]


@pytest.mark.parametrize(
    "text",
    [
        "May I ask you something?",
        "I may go there",
        "may 5 people come?",
        "The 7th may come too",
        "This may be a mistake",
        "Did I march for peace?",
        "When was our last march?",
        "Is April coming?",
        "What did June say?",
        "What did I give to August?",
        "What did I say before June came home?",
        "What did I get from April?",
        "Did I sleep in April's house?",
        "The picture was painted by June",
        "I feel inspired by autumn",
        "He sat in the sun and I wed her",
        "Give me a second",
        "Did I fall?",
        "How am I since my last fall?",
        "Did I like the food in spring rolls?",
        "Do I own a summer dress?",
        "What do I do on Mondays?",
        "What do I do every Monday?",
        "Did I shop on Black Friday?",
        "Is my weekend house nice?",
        "the party on the Friday before my wedding",
        "What did I learn in my last year at school?",
        "What was the last day like?",
        "Did I work there for two years?",
        "Call me in 5 minutes",
        "Which version 2023.1 do I run?",
        "Did I pay $2023 or 2023 euros?",
        "Am I in room 2023?",
        "Did I walk 2000 steps?",
        "Have I read 1984?",
        "Is it the iphone-2022?",
        "In my 20s I was wild",
        "Do I like the Christmas tree?",
        "Am I in it for the Christmas tree?",
        "Whom did I meet on 5/7/2023?",
        "Whom did I meet on 30 February 2023?",
        "Whom did I meet on 31 June?",
        "Whom did I meet on 2023-02-30?",
        "Whom did I meet on 0000-01-01?",
        "What was 999999 years ago?",
        "What was 1000000000 days ago?",
        "",
    ],
)
def test_what_only_looks_like_a_time_names_none(text: str) -> None:
    assert told(text) == []


def test_a_text_may_name_several_spans_in_order() -> None:
    found = told("Compare yesterday, May 2022 and last week")
    assert [words for words, _, _ in found] == ["yesterday", "May 2022", "last week"]


def test_a_year_belongs_to_its_own_time_only() -> None:
    found = told("I was well in May 2021. Was I ill from March to June 2022?")
    assert found[1] == ("from March to June 2022", "2022-03-01", "2022-07-01")


def test_the_longest_of_overlapping_words_wins() -> None:
    assert [words for words, _, _ in told("on the day before yesterday")] == ["the day before yesterday"]
    assert [words for words, _, _ in told("on 7 May 2023")] == ["7 May 2023"]


def test_of_a_time_that_is_left_open_the_year_is_the_last_that_has_begun() -> None:
    early = datetime(2023, 1, 10, tzinfo=UTC)
    assert told("What did I buy in May?", early) == [("May", "2022-05-01", "2022-06-01")]
    assert told("Was I ill between May and July?", early)[0][1:] == ("2022-05-01", "2022-08-01")
    assert told("What did I get this Christmas?", early)[0][1:] == ("2022-12-24", "2022-12-27")


def test_days_are_those_of_the_asker() -> None:
    """At 23 o'clock in New York it is tomorrow in UTC already."""
    evening = datetime(2023, 8, 16, 23, tzinfo=ZoneInfo("America/New_York"))
    (today,) = spans("today", evening)
    assert today.start == datetime(2023, 8, 16, 4, tzinfo=UTC)
    assert today.end - today.start == timedelta(days=1)
    assert today.start.tzinfo is UTC


def test_a_naive_now_is_utc() -> None:
    assert spans("today", NOW.replace(tzinfo=None)) == spans("today", NOW)


NEAR_THE_EDGE = st.sampled_from(
    [
        NOW,
        datetime.min,
        datetime.max,
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
        datetime(2024, 2, 29, 23, 59, tzinfo=UTC),
    ]
)
PIECES = """
the last this next past a few two 3 30 31 2023 1999 9999 days week weekend months year years ago may May June
march Monday fri in on of before after since until between and to from - , 's early end summer fall Christmas
tomorrow yesterday day night 90s 29 February 2023-02 5/7/2023 7th will did couple decade
"""
WORDS = st.lists(st.sampled_from(PIECES.split()), max_size=12).map(" ".join)


@given(st.one_of(st.text(), WORDS), NEAR_THE_EDGE)
@example("İn May ſince MAY K", NOW)
@example("before today", datetime.min)
@example("since tomorrow", datetime.max)
def test_whatever_is_asked_gives_spans_within_the_text(text: str, now: datetime) -> None:
    found = spans(text, now)
    place = 0
    for span in found:
        place = text.index(span.text, place) + len(span.text)
        assert span.start < span.end
        assert span.start.utcoffset() == span.end.utcoffset() == timedelta(0)
    assert found == spans(text, now)


@pytest.mark.parametrize(
    "part",
    [
        " ", "1", "1 ", "a ", "the ", "last ", "may ", "in may ", "2023 ", "2023-", "7 may ", "-", ".", "'",
        "between may and ", "from monday to 2090-01-01 ", "the end of ", "the week before ", "last may in ",
    ],
)  # fmt: skip
def test_a_long_text_takes_no_time(part: str) -> None:
    """Patterns that read a run of blanks or words again and again would not come back from these."""
    long = ("in" + part * 10_000)[:10_000] + " 2023"
    assert all(isinstance(span, Span) for span in spans(long, NOW))
