"""Which of somebody's words a prompt quotes: what answers, newest first, and what was taken back as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torimem import Chat, Dynamics, Fact, InvalidInput, Memory, Message, Prompt
from torimem.context.facts import SHOWN, quotable
from torimem.language.questions import asked_in
from torimem.models import ChatMessage

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
SMALL = Dynamics(width=16, height=16)
TEMPLATES = ("default", "emotional", "minimal", "tutor")
HAMBURG = "I live in Hamburg."
BERLIN = "I moved to Berlin last month."
WHERE = "Where do I live?"


def remembered(*said: str | dict[str, Any]) -> Memory:
    """A memory of turns thirty days apart, with the ids "t0", "t1" and so on."""
    memory = Memory(":memory:", "ada", embedder="none", dynamics=SMALL)
    for n, turn in enumerate(said):
        values: dict[str, Any] = {"at": START + timedelta(days=30 * n), "id": f"t{n}"}
        memory.observe(**values | ({"text": turn} if isinstance(turn, str) else turn))
    _opened.append(memory)
    return memory


_opened: list[Memory] = []


@pytest.fixture(autouse=True)
def no_memory_stays_open() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def facts(memory: Memory, query: str | None = WHERE, **options: Any) -> dict[str, Fact]:
    """The facts of a context by the ids of their turns, in their order."""
    return {fact.turn_id: fact for fact in memory.context(query=query, **options).recent_facts}


def marked(memory: Memory, query: str = WHERE, **options: Any) -> dict[str, bool]:
    return {id: fact.earlier for id, fact in facts(memory, query, **options).items()}


def quoted(prompt: Prompt) -> list[str]:
    """The lines of a prompt that quote facts."""
    return [line.text for line in prompt.lines if line.section == "facts" and line.kept]


# What is quoted


def test_with_a_question_the_facts_are_what_recall_finds_newest_first_and_dated() -> None:
    memory = remembered(
        "I bought a red guitar in Rome",
        "My sister is a nurse",
        "The guitar has six strings",
        "It rained all day",
    )
    found = facts(memory, "What do I know of the guitar?")
    assert list(found)[:1] == ["t2"]
    assert [id for id, fact in found.items() if "says guitar" in fact.why] == ["t2", "t0"]
    assert found["t0"].at == START
    lines = quoted(memory.prompt("What do I know of the guitar?"))
    assert '- 2026-03-06, user: "The guitar has six strings"' in lines
    assert '- 2026-01-05, user: "I bought a red guitar in Rome"' in lines
    best = {hit.turn_id for hit in memory.search("What do I know of the guitar?", 2)}
    assert {id for id, fact in found.items() if fact.score == 1.0} == best


def test_a_fact_is_found_however_long_ago_and_whatever_the_topics_are() -> None:
    memory = remembered(
        {"text": "My locker code is 4711", "topics": []},
        *({"text": f"so it goes {n}", "topics": ["weather"]} for n in range(60)),
    )
    assert next(iter(facts(memory, "What is the code of my locker?"))) != "t0"  # newest first
    assert facts(memory, "What is the code of my locker?")["t0"].score == 1.0
    assert "4711" not in memory.prompt().text
    assert any("4711" in line for line in quoted(memory.prompt("What is the code of my locker?")))


def test_the_assistants_words_are_no_facts_and_neither_are_questions() -> None:
    memory = remembered(
        {"text": "A guitar has six strings", "role": "assistant"},
        "Which guitar has six strings?",
        "Hi! Which guitar has strings, please? :)",
        "一把吉他有几根弦？",
        "How many strings has a guitar؟",
        "Strings?! Six strings on a guitar?!?",
        "My guitar has twelve strings. Is that usual?",
    )
    assert list(facts(memory, "How many strings has the guitar?")) == ["t6"]
    assert list(facts(memory, "一把吉他有几根弦？")) in ([], ["t6"])
    assert list(facts(memory, None)) == ["t6"]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("I live in Rome.", True),
        ("Where am I? I live in Rome", True),
        ("我住在柏林", True),
        ("C++!", True),
        ("Where do I live?", False),
        ("Where do I live?\n\n", False),
        ('"Where do I live?"', False),
        ("(Where do I live?) 🤔", False),
        ("Do you know?!", False),
        ("أين أعيش؟", False),
        ("", False),
        ("!", False),
        ("<torimem-memory>I live in Rome.</torimem-memory>", False),
    ],
)
def test_a_turn_is_quoted_that_states_something(text: str, states: bool) -> None:
    (turn,) = remembered(text).turns()
    assert quotable(turn) == states
    (reply,) = remembered({"text": text, "role": "assistant"}).turns()
    assert not quotable(reply)


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("The airline wants the model. Which guitar did I buy?", "Which guitar did I buy?"),
        ("Which guitar did I buy?! I forgot.", "Which guitar did I buy?!"),
        ("Which one? Of my guitars?", "Which one? Of my guitars?"),
        ("My guitar broke. Why?", "My guitar broke. Why?"),
        ("I bought a guitar.", "I bought a guitar."),
        ("我丢了。我住在哪里？", "我住在哪里？"),
        ("", ""),
    ],
)
def test_of_a_message_the_questions_are_asked_where_they_say_enough(message: str, asked: str) -> None:
    assert asked_in(message) == asked


def test_at_most_so_many_facts_are_quoted_and_none_twice() -> None:
    memory = remembered(*(f"My guitar number {n} is red" for n in range(30)), *["My guitar is red"] * 3)
    found = facts(memory, "Which guitar is red?")
    assert len(found) == SHOWN
    texts = [fact.text for fact in found.values()]
    assert len(set(texts)) == SHOWN
    assert texts.count("My guitar is red") == 1
    assert [fact.index for fact in found.values()] == sorted((f.index for f in found.values()), reverse=True)


def test_facts_that_hardly_answer_are_left_to_those_that_do() -> None:
    memory = remembered(
        {"text": "The red Harlow guitar hangs in the hall", "topics": []},
        *({"text": f"Number {n} went to the hall and so on and on", "topics": []} for n in range(5)),
    )
    assert list(facts(memory, "Where does the red Harlow guitar hang?")) == ["t0"]


def test_a_memory_block_in_a_turn_is_not_quoted() -> None:
    memory = remembered("My guitar is red <torimem-memory>My guitar is blue</torimem-memory>")
    assert facts(memory, "What colour is my guitar?")["t0"].text == "My guitar is red"


def test_what_is_omitted_is_not_quoted_and_marks_what_it_overtakes() -> None:
    memory = remembered(HAMBURG, BERLIN)
    assert list(facts(memory, omit=["t0"])) == ["t1"]
    assert marked(memory, omit=["t1"]) == {"t0": True}


@pytest.mark.parametrize("one", ["t1", b"t1", 3, None])
def test_what_is_no_collection_of_names_is_refused_and_never_read_letter_by_letter(one: Any) -> None:
    memory = remembered(HAMBURG, BERLIN)
    for ask in (memory.context, memory.prompt):
        with pytest.raises(InvalidInput, match=r"omit is .*put it into brackets"):
            ask(omit=one)
    with pytest.raises(InvalidInput, match=r"without is .*put it into brackets"):
        memory.search("Hamburg", without=one)


# What was taken back


def test_where_i_live_now_stands_before_where_i_lived_which_is_marked_in_every_template() -> None:
    memory = remembered(HAMBURG, "I like green tea.", BERLIN, "It rained all day.")
    assert marked(memory)["t0"] is True
    assert marked(memory)["t2"] is False
    assert list(facts(memory)).index("t2") < list(facts(memory)).index("t0")
    assert facts(memory)["t2"].why == "states home (current)"
    assert facts(memory)["t0"].why.startswith("states home (earlier); says live")
    assert facts(memory, "Is it nice in Hamburg?")["t2"].why.startswith(
        "overtakes what was said in turn t0: says Hamburg"
    )
    for template in TEMPLATES:
        lines = quoted(memory.prompt(WHERE, template=template))
        assert [line for line in lines if "Hamburg" in line] == [
            '- 2026-01-05, user, earlier: "I live in Hamburg."'
        ]
        (berlin,) = [line for line in lines if "Berlin" in line]
        assert "earlier" not in berlin
        assert lines.index(berlin) < lines.index('- 2026-01-05, user, earlier: "I live in Hamburg."')


@pytest.mark.parametrize("budget", [60, 90, 120, 150, 200, 400])
def test_no_budget_is_so_small_that_an_old_home_is_told_as_the_new_one(budget: int) -> None:
    memory = remembered(HAMBURG, BERLIN + " It is a large town, and I know my way about in it by now.")
    for line in quoted(memory.prompt(WHERE, budget=budget)):
        assert "Hamburg" not in line or "earlier" in line


def test_as_of_before_the_move_the_old_home_is_the_home_and_the_new_one_unheard_of() -> None:
    memory = remembered(HAMBURG, "I like green tea.", BERLIN)
    for as_of in (0, 1, "t1", START + timedelta(days=31)):
        assert marked(memory, as_of=as_of)["t0"] is False
        assert "Berlin" not in memory.prompt(WHERE, as_of=as_of).text
    assert marked(memory, as_of=2)["t0"] is True


def test_after_moving_back_the_first_home_holds_again_and_the_one_between_is_marked() -> None:
    memory = remembered(HAMBURG, "I live in Berlin now.", "I live in Hamburg again.")
    assert marked(memory) == {"t2": False, "t1": True, "t0": False}
    assert marked(memory, as_of=1) == {"t1": False, "t0": True}


def test_who_moves_on_and_on_lives_where_they_moved_last() -> None:
    memory = remembered(HAMBURG, BERLIN, "I moved to Rome.")
    found = facts(memory)
    assert found["t0"].earlier
    assert not found["t2"].earlier
    assert found["t2"].why.startswith("states home (current)")
    assert found["t1"].why.startswith("states home (earlier)")


def test_anothers_move_is_not_mine() -> None:
    memory = remembered(
        {"text": HAMBURG, "speaker": "Ada"},
        {"text": "I moved to Berlin.", "speaker": "Ben"},
        {"text": "I live in Rome.", "speaker": "Ben"},
    )
    found = marked(memory, "Where does everybody live?")
    assert found["t0"] is False
    assert found["t2"] is False
    assert '- 2026-01-05, Ada: "I live in Hamburg."' in quoted(memory.prompt("Where does Ada live?"))


def test_the_assistant_can_take_nothing_back() -> None:
    memory = remembered(HAMBURG, {"text": "You live in Berlin. I moved to Berlin.", "role": "assistant"})
    assert marked(memory) == {"t0": False}
    assert not any("Berlin" in line for line in quoted(memory.prompt(WHERE)))


@pytest.mark.parametrize(
    "said",
    [
        "Did I say that I moved to Berlin?",
        "I want to move to Berlin.",
        "If I moved to Berlin, I would be happy.",
        "My sister moved to Berlin.",
        'She said "I moved to Berlin" and left.',
        "I moved my desk to the window.",
        "<torimem-memory>I moved to Berlin.</torimem-memory>",
    ],
)
def test_what_moves_nobody_marks_nothing(said: str) -> None:
    assert marked(remembered(HAMBURG, said))["t0"] is False


@pytest.mark.parametrize(
    ("before", "after", "question"),
    [
        ("I work at Siemens.", "I quit my job.", "Where do I work?"),
        ("I am a vegetarian.", "I eat meat again.", "Am I a vegetarian?"),
        ("My favourite band is Muse.", "My favourite band is Blur now.", "What is my favourite band?"),
        ("My sister lives in Rome.", "My sister moved to Oslo.", "Where does my sister live?"),
    ],
)
def test_jobs_diets_and_favourites_are_taken_back_too(before: str, after: str, question: str) -> None:
    memory = remembered(before, after)
    assert marked(memory, question) == {"t1": False, "t0": True}


def test_a_forgotten_move_never_happened() -> None:
    memory = remembered(HAMBURG, "I like tea.", BERLIN, "It rained.")
    assert marked(memory)["t0"] is True
    memory.forget(id="t2")
    assert marked(memory)["t0"] is False
    assert "Berlin" not in memory.prompt(WHERE).text
    memory.observe("I moved to Oslo.", id="oslo")
    assert marked(memory)["t0"] is True
    memory.forget(id="t0")
    assert "t0" not in facts(memory)


HOMES = ("Hamburg", "Berlin", "Rome", "Oslo")


@given(st.lists(st.sampled_from(HOMES), min_size=1, max_size=7), st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_at_any_time_only_the_home_of_then_is_unmarked(homes: list[str], data: st.DataObject) -> None:
    memory = remembered(*(f"I live in {home} now." for home in homes))
    last = data.draw(st.integers(0, len(homes) - 1))
    found = facts(memory, as_of=last)
    assert f"t{last}" in found or homes[last] in str(found)
    for fact in found.values():
        assert fact.earlier == (homes[fact.index] != homes[last])
        assert fact.index <= last


# In a chat


class Terse:
    """A model that says the same each time."""

    name = "terse"

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        yield "I see."


def test_a_chat_quotes_neither_the_message_itself_nor_what_goes_word_for_word() -> None:
    memory = remembered(HAMBURG, *({"text": f"so it goes {n}", "topics": []} for n in range(6)))
    chat = Chat(memory, Terse(), history=4)
    (line,) = quoted(chat.turn("I live near the sea in Hamburg. Where do I live?").prompt)
    assert line == '- 2026-01-05, user: "I live in Hamburg."'
    # what was said of the sea is in the history
    assert quoted(chat.turn("So where do I live?").prompt) == [line]
    for _ in range(3):
        chat.turn("Go on")
    last = chat.turn("So where do I live?").prompt  # and now no more
    assert any("near the sea" in line for line in quoted(last))


def test_a_chat_knows_that_a_message_takes_back_what_was_said() -> None:
    memory = remembered(HAMBURG, *({"text": f"so it goes {n}", "topics": []} for n in range(6)))
    reply = Chat(memory, Terse(), history=2).turn("I moved to Berlin. Where do I live?")
    assert quoted(reply.prompt) == ['- 2026-01-05, user, earlier: "I live in Hamburg."']


def test_facts_are_frozen_in_their_order_whatever_was_asked_before() -> None:
    memory = remembered(HAMBURG, BERLIN, "I moved to Rome.", "I like tea.")
    before = memory.context(query=WHERE)
    memory.search("tea")
    memory.context(query=WHERE, as_of=0)
    memory.prompt()
    assert memory.context(query=WHERE) == before
    memory.observe_many([Message("Nothing to see here", topics=())])
    memory.forget(id=memory.turns(1)[0].id)
    assert memory.context(query=WHERE) == before
