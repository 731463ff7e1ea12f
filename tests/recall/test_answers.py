"""What somebody said of themselves is found by who asks for it, in whatever words: what holds comes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem import Dynamics, Memory, Message

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SMALL = Dynamics(width=16, height=16)
CHAT = (
    "It rained all day.",
    "People live and learn, they say.",
    "What a name for a cat!",
    "I study the menu.",
)

# For each slot what was said of it, first and last, and questions that share few words with that.
SAID = {
    "name": (["My name is Ada.", "Everyone calls me Dee."], ["What's my name?", "Who am I?"]),
    "home": (["I live in Hamburg.", "I moved to Rome!"], ["Where do I live?", "What town am I living in?"]),
    "work": (["I work at Siemens.", "I started at Fiat."], ["Who is my employer?", "Where do I work?"]),
    "occupation": (["I'm a nurse.", "I work as a chef."], ["What's my job?", "What do I do for a living?"]),
    "school": (["I study at Oxford.", "I study law at Yale."], ["Which university do I go to?"]),
    "study": (["I'm studying physics.", "I switched my major to law."], ["What do I study?"]),
    "relationship": (["I got engaged.", "We broke up and I am single."], ["Am I married?"]),
    "diet": (["I'm vegan.", "I started eating meat."], ["Am I a vegetarian?", "What is my diet?"]),
}


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory(":memory:", embedder="none", dynamics=SMALL) as memory:
        yield memory


def remember(memory: Memory, *texts: str, speaker: str | None = None) -> None:
    known = len(memory.turns())
    memory.observe_many(
        Message(text, speaker=speaker, at=START + timedelta(days=known + n), id=f"t{known + n}")
        for n, text in enumerate(texts)
    )


@pytest.mark.parametrize(
    ("slot", "question"), [(slot, one) for slot, (_, asked) in SAID.items() for one in asked]
)
def test_words_only_the_turn_that_tells_is_found_and_the_one_that_holds_is_first(
    memory: Memory, slot: str, question: str
) -> None:
    first, last = SAID[slot][0]
    remember(memory, CHAT[0], first, CHAT[1], CHAT[2], last, *CHAT)
    hits = memory.search(question)
    assert hits[0].text == last
    assert f"states {slot} (current)" in hits[0].why
    earlier = next(hit for hit in hits if hit.text == first)
    assert "(earlier)" in earlier.why
    assert memory.search(question, as_of="t3")[0].text == first
    assert not any("states" in hit.why for hit in memory.search(question, without=["claims"]))


def test_a_question_that_only_sounds_like_it_finds_nothing_of_it(memory: Memory) -> None:
    remember(memory, "I moved to Rome!", "I started at Fiat.", "I'm vegan.")
    for question in ("Where do the swallows live?", "Where do I live-stream?", "Who do I work with?"):
        assert memory.search(question) == []


def test_who_is_named_is_asked_for_and_nobody_else(memory: Memory) -> None:
    remember(memory, "I moved to Rome!", speaker="Ada")
    remember(memory, "I moved to Oslo.", speaker="Ben")
    assert [hit.text for hit in memory.search("Where does Ada live?") if "states" in hit.why] == [
        "I moved to Rome!"
    ]
    assert {hit.text for hit in memory.search("Where do I live?")} == {"I moved to Rome!", "I moved to Oslo."}


def test_that_something_is_over_answers_where_nothing_else_holds(memory: Memory) -> None:
    remember(memory, "I work at Siemens.", "I lost my job last week.")
    assert [hit.text for hit in memory.search("Where do I work?")] == [
        "I lost my job last week.", "I work at Siemens."
    ]  # fmt: skip
    remember(memory, "I started at Fiat.", "I don't live in Oslo anymore.")
    assert memory.search("Where do I work?")[0].text == "I started at Fiat."


def test_times_that_are_left_out_stay_left_out(memory: Memory) -> None:
    remember(memory, "I moved to Rome!", "It rained.")
    assert memory.search("Where do I live?", since=START + timedelta(hours=1)) == []


SAYINGS = st.sampled_from([
    "I live in Rome.", "I moved to Oslo.", "I left Rome for good.", "I don't live in Oslo anymore.", "Tea?",
])  # fmt: skip


@given(st.lists(SAYINGS, min_size=1, max_size=7))
@settings(max_examples=60, deadline=None)
def test_search_and_profile_agree_on_what_holds(texts: list[str]) -> None:
    with Memory(":memory:", embedder="none", dynamics=SMALL) as memory:
        remember(memory, *texts)
        homes = [trait.turn_id for trait in memory.context().profile if trait.slot == "home"]
        hits = memory.search("Where do I live?")
        assert [hit.turn_id for hit in hits[:1]] == homes or not homes
