"""What a statement claims of its author, what claims nothing, and which claim makes another outdated."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torimem.language.analysis import Claim, replaces
from torimem.language.claims.find import claims


def told(text: str) -> list[str]:
    """The claims as "slot: value", with "over" where they have ended."""
    return [f"{one.slot}: {one.value}{' over' if one.ended else ''}" for one in claims(text)]


HOME = [
    ("I live in Hamburg", "home: hamburg"),
    ("i live in hamburg", "home: hamburg"),
    ("I live in hamburg now", "home: hamburg"),
    ("I'm living in Berlin now", "home: berlin"),
    ("I’m living in Köln.", "home: koln"),
    ("im based in new york", "home: new york"),
    ("I just moved to Berlin with my dog", "home: berlin"),
    ("We moved to Berlin last week!", "home: berlin"),
    ("Just moved to Oslo!!!", "home: oslo"),
    ("I've relocated to San Francisco because of my job", "home: san francisco"),
    ("I moved from Hamburg to Berlin last month", "home: berlin"),
    ("I moved back to Hamburg", "home: hamburg"),
    ("home is Berlin now", "home: berlin"),
    ("I have lived in Hamburg for 5 years", "home: hamburg"),
    ("I live in the Netherlands", "home: netherlands"),
    ("I live in St. Louis, Missouri", "home: st louis"),
    ("I live in 東京", "home: 東京"),
    ("My wife and I live in Rome", "home: rome"),
    ("Well, hey, as of today I live in Rome", "home: rome"),
    ("🎉 Update: I moved to Rome 🎉", "home: rome"),
    ("I don't live in Hamburg anymore", "home: hamburg over"),
    ("I dont live in hamburg any more", "home: hamburg over"),
    ("I no longer live in Hamburg", "home: hamburg over"),
    ("I used to live in Hamburg", "home: hamburg over"),
    ("I lived in Hamburg for a year", "home: hamburg over"),
    ("I was living in Hamburg when we met", "home: hamburg over"),
    ("I moved out of Hamburg", "home: hamburg over"),
    ("my sister lives in Rome with her dog", "sister home: rome"),
    ("my little sister Anna moved to Oslo", "sister anna home: oslo"),
    ("My brother doesn't live in Rome anymore", "brother home: rome over"),
]
WORK = [
    ("I work at Fiat", "work: fiat"),
    ("i work at fiat", "work: fiat"),
    ("I work for Fiat in Turin", "work: fiat"),
    ("I work at a bakery", "work: bakery"),
    ("I'm working for Bosch since May", "work: bosch"),
    ("I've been working at Bosch since May", "work: bosch"),
    ("I started at Bosch last month", "work: bosch"),
    ("I started working for Bosch", "work: bosch"),
    ("I got a new job at Bosch", "work: bosch"),
    ("I've got a job at a bakery", "work: bakery"),
    ("I joined Bosch last month", "work: bosch"),
    ("I quit my job yesterday", "work:  over"),
    ("I left my job at Bosch", "work: bosch over"),
    ("Lost my job today", "work:  over"),
    ("I was laid off last week", "work:  over"),
    ("I'm unemployed", "work:  over"),
    ("I no longer work at Bosch", "work: bosch over"),
    ("I stopped working at Bosch", "work: bosch over"),
    ("I worked at Bosch for years", "work: bosch over"),
    ("I'm a nurse", "occupation: nurse"),
    ("I'm now a teacher in Rome", "occupation: teacher"),
    ("I became a teacher", "occupation: teacher"),
    ("My job is a nurse", "occupation: nurse"),
    ("I work as a barista", "occupation: barista"),
    ("I'm a social worker", "occupation: social worker"),
    ("I used to be a nurse", "occupation: nurse over"),
    ("I'm not a nurse anymore", "occupation: nurse over"),
]
SELF = [
    ("I'm studying computer science", "study: computer science"),
    ("I study physics because I like it", "study: physics"),
    ("I switched my major from math to biology", "study: biology"),
    ("I study at Harvard", "school: harvard"),
    ("my name is Anna", "name: anna"),
    ("My name's Bob by the way", "name: bob"),
    ("you can call me Al", "name: al"),
    ("I go by Max", "name: max"),
    ("I'm 34", "age: 34"),
    ("im 34 years old", "age: 34"),
    ("I just turned 35!", "age: 35"),
    ("I'm single again", "relationship: single"),
    ("I'm married", "relationship: married"),
    ("We got engaged!", "relationship: engaged"),
    ("I got divorced last year", "relationship: divorced"),
    ("We broke up", "relationship: single"),
    ("I'm vegan", "diet: vegan"),
    ("I'm a vegetarian now", "diet: vegetarian"),
    ("I went pescatarian in May", "diet: pescatarian"),
    ("I'm not vegan anymore", "diet: vegan over"),
    ("I eat meat again", "diet: meat"),
]
THINGS = [
    ("my favourite food is pizza", "favourite food: pizza"),
    ("My favorite colour is now green because of you", "favourite color: green"),
    ("Sushi is my new favourite food", "favourite food: sushi"),
    ("my favourite book is The Hobbit", "favourite book: hobbit"),
    ("the deadline moved to Friday", "deadline: friday"),
    ("the work deadline is now Monday", "work deadline: monday"),
    ("my deadline is on Friday", "deadline: friday"),
    ("our meeting was moved to Tuesday at 5", "meeting: tuesday at 5"),
    ("I rescheduled my dentist appointment from Monday to Friday", "dentist appointment: friday"),
    ("They moved the exam to tomorrow", "exam: tomorrow"),
    ("my flight is at 9:40", "flight: 9:40"),
    ("my birthday is May 5", "birthday: may 5"),
    ("my boss is Anna", "boss: anna"),
    ("my new car is a Volvo", "car: volvo"),
    ("my dog's name is Rex", "dog name: rex"),
    ("my dog is called Rex", "dog name: rex"),
    ("my new phone number is 0171 2345", "phone number: 0171 2345"),
    ("my email is ada@example.org", "email: ada@example.org"),
]
EVERY = [*HOME, *WORK, *SELF, *THINGS]


@pytest.mark.parametrize(("text", "claim"), EVERY, ids=[case[0] for case in EVERY])
def test_a_statement_claims_something(text: str, claim: str) -> None:
    assert told(text) == [claim]


def test_several_claims_stand_in_their_order() -> None:
    assert told("I'm 34 and live in Rome. I work as a nurse at Charité, and my dog is called Rex.") == [
        "age: 34", "home: rome", "occupation: nurse", "work: charite", "dog name: rex",
    ]  # fmt: skip
    assert told("i moved out of rome, i live in oslo now") == ["home: rome over", "home: oslo"]
    assert told("I study physics at TU Berlin") == ["study: physics", "school: tu berlin"]


def test_what_somebody_left_may_have_been_home_or_work() -> None:
    assert told("I left Hamburg for Berlin") == ["home: hamburg over", "work: hamburg over"]


NOTHING = {
    "asked": ["Do I live in Hamburg?", "I live in Hamburg?!", "What is my favourite food?", "Am I 34?"],
    "wished or planned": [
        "I want to live in Paris",
        "I wish I lived in Paris",
        "I'd live in Paris",
        "I would work at Bosch",
        "I might move to Rome",
        "I'm thinking of moving to Rome",
        "I'm moving to Rome",
        "I'm going to move to Berlin next year",
        "I want to quit and live in Paris",
        "I almost moved to Rome",
        "Maybe I'm vegan",
    ],
    "supposed": [
        "if I moved to Rome I'd be happy",
        "If you ever come by, I live in Rome",
        "Imagine I live in Rome",
        "I dreamed, I live in Rome",
        "In the game I live in Rome",
    ],
    "denied": ["I don't live in Hamburg", "I'm not a nurse", "I never lived in Oslo", "my name isn't Anna"],
    "reported": [
        "She says I live in Rome",
        "She said, I live in Rome",
        '"I live in Rome," she said',
        "He told me: I work at Bosch",
        "Anna: I live in Rome",
    ],
    "of others": [
        "He lives in Rome",
        "My friend lives in Rome",
        "You live in Rome",
        "Anna quit and moved to Rome",
        "My sister got married and just moved to Rome",
        "Since she moved to Rome, I am alone",
        "She works at Bosch and is 34",
    ],
    "long ago": [
        "I moved to Berlin when I was a kid",
        "I moved to Berlin ten years ago",
        "When I was 20, I moved to Rome",
        "I turned 18 in 1999",
    ],
    "beside something else": [
        "I also work at Bosch",
        "I work at Bosch part-time",
        "I live in Rome in summer",
    ],
    "no home": [
        "I live in a small flat",
        "I live in the city",
        "I live in fear",
        "I live in my car",
        "i live in constant fear",
        "I live with Anna",
        "I moved in with Anna",
        "I moved to the couch",
        "I moved to the next level",
        "We moved to PostgreSQL last week",
        "I moved from Windows to Linux",
        "I moved to C++",
        "I moved my car to the garage",
        "Home is where the heart is",
        "I left early",
        "I left Berlin at 9",
        "I left Anna at the station",
    ],
    "no work": [
        "I work from home",
        "I work at night",
        "I work at 5",
        "I work for myself",
        "I work at a small company",
        "I work hard",
        "I'm working on it",
        "I started at 9",
        "I joined a gym",
        "I joined Anna for lunch",
        "I joined the Chess Club",
        "I quit smoking",
        "I got fired up",
        "I lost my keys",
    ],
    "no occupation": [
        "I'm a bit tired",
        "I'm a big fan of nurses",
        "I'm a mess",
        "I'm a mother of two",
        "I'm a great driver and a terrible manager",
        "I'm a doctor's daughter",
        "I'm a friend of a doctor",
        "I'm a former nurse",
        "We work as a team",
        "My job is stressful",
    ],
    "no name, age, state or diet": [
        "call me later",
        "Call me Monday",
        "Call me crazy",
        "i go by train",
        "I'm 34 weeks pregnant",
        "I'm 100% sure",
        "I'm 5 minutes late",
        "I'm single-minded",
        "I'm engaged in a project",
        "We broke up the fight",
        "I'm vegan-curious",
        "The vegan food is good",
    ],
    "no study": ["I'm studying hard", "I study at night", "I'm studying for my exam", "I'm studying abroad"],
    "no favourite": [
        "my favourite part is the end",
        "my favourite thing about it is the end",
        "my favourite restaurant is closed",
        "my favourite show is coming back",
        "one of my favourites is pizza",
        "It is my favourite food",
        "This is my new favourite food",
    ],
    "no one value": [
        "My exam is tomorrow",
        "my flight is delayed",
        "My flight is 2 hours late",
        "my meeting is boring",
        "the meeting moved to room 5",
        "my meeting with Tom is on Friday",
        "I have a meeting on Friday",
        "my boss is mean",
        "my doctor is German",
        "my car is broken",
        "",
    ],
}


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=f"{why}: {text}") for why, texts in NOTHING.items() for text in texts],
)
def test_what_is_not_stated_claims_nothing(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("I live in Hamburg", "I moved to Berlin last week"),
        ("I live in Hamburg", "I don't live in Hamburg anymore"),
        ("I don't live in Hamburg anymore", "I moved back to Hamburg"),
        ("I work at Fiat", "I quit my job"),
        ("I quit my job", "I started at Bosch"),
        ("I'm 34", "I turned 35"),
        ("I'm married", "We got divorced"),
        ("I'm vegan", "I eat meat again"),
        ("my favourite food is pizza", "Sushi is my new favourite food"),
        ("my deadline is on Friday", "the deadline moved to Monday"),
        ("my dog's name is Rex", "my dog is called Bello"),
    ],
)
def test_a_later_claim_replaces_an_earlier_one(earlier: str, later: str) -> None:
    (old,), (new,) = claims(earlier), claims(later)
    assert replaces(new, old)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("I live in Hamburg", "I live in hamburg!"),
        ("I live in Berlin", "I live in Berlin Mitte"),
        ("my deadline is on Friday", "the deadline moved to Friday at 5"),
        ("I live in Hamburg", "I don't live in Rome anymore"),
        ("I don't live in Rome anymore", "I live in Hamburg"),
        ("I lived in Rome", "I don't live in Rome anymore"),
        ("I live in Hamburg", "my sister lives in Rome"),
        ("my sister lives in Oslo", "my brother lives in Rome"),
        ("I live in Hamburg", "I work at Bosch"),
        ("the work deadline is now Monday", "the tax deadline is now Friday"),
    ],
)
def test_claims_that_agree_or_are_of_two_things_replace_nothing(earlier: str, later: str) -> None:
    (old,), (new,) = claims(earlier), claims(later)
    assert not replaces(new, old)


def test_nothing_replaces_itself() -> None:
    for ended in (False, True):
        for value in ("", "berlin"):
            claim = Claim("home", value, ended)
            assert not replaces(claim, claim)


PIECES = """
I i we my our the sister boss dog deadline live lives in at for moved to from work joined left quit job Berlin
rome Fiat is now not don't anymore no longer used a nurse 34 turned vegan favourite food pizza called name
call me , . ? ! " and but if last week single broke up it's I'm im studying physics Friday 5 @ 😀 ___ İ ſ
"""
WORDS = st.lists(st.sampled_from(PIECES.split()), max_size=14).map(" ".join)


@given(st.one_of(st.text(), WORDS))
@example("my ___ is called Rex")
@example("I live in \x00\u200b")
@example("I am 34\u2028i live in \ud800")
def test_whatever_is_said_claims_something_or_nothing(text: str) -> None:
    found = claims(text)
    assert found == claims(text)
    for claim in found:
        assert claim.slot.strip() == claim.slot != ""
        assert claim.value or claim.ended


@pytest.mark.parametrize(
    "part",
    [
        " ", "a", "a ", "I live in ", "i live in a, ", "my x ", "my favourite ", "a is my favourite ", "now ",
        "I'm a ", "I'm a big nurse at ", "I no longer ", "I moved from a ", "x and I ", "I work as a ",
        "I quit my job. ", '"', "“I live in ", ",", ".", "the deadline was ", "I left Anna ", "I don't ",
        "I have lived in ", "yes ",
    ],
)  # fmt: skip
def test_a_long_text_takes_no_time(part: str) -> None:
    """Patterns that read a run of blanks or words again and again would not come back from these."""
    assert isinstance(claims("I " + (part * 10_000)[:10_000] + " I live in Rome"), tuple)
