"""A chat remembers both sides, tells the model what it knows, and loses no turn when the model fails."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fake_llm import FakeLLM
from torimem import BudgetError, Chat, InvalidInput, Memory, ModelError
from torimem.chat import quoting
from torimem.context.known import Fact
from torimem.models import ChatMessage, OpenAICompatible

pytestmark = pytest.mark.usefixtures("bare_environment")


class Scripted:
    """A model that says what it is told to, and breaks where it is told to."""

    name = "scripted"

    def __init__(self, *pieces: str | Exception) -> None:
        self.pieces = pieces or ("fine",)
        self.asked: list[list[ChatMessage]] = []
        self.prompts: list[str] = []

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        self.prompts.append(system)
        self.asked.append(list(messages))
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory(":memory:", "ada") as memory:
        yield memory
    gc.collect()  # an unclosed socket would warn here, and warnings are errors


def at(server: FakeLLM, timeout: float = 5.0) -> OpenAICompatible:
    return OpenAICompatible("fake-1", server.url, api_key="k", timeout=timeout)


def texts(memory: Memory) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in memory.turns()]


def test_both_sides_are_remembered_in_order(memory: Memory) -> None:
    reply = Chat(memory, Scripted("Nice ", "guitar!")).turn("I bought a guitar", at="2026-01-31T10:00:00")
    assert texts(memory) == [("user", "I bought a guitar"), ("assistant", "Nice guitar!")]
    assert (reply.text, str(reply), reply.turn) == ("Nice guitar!", "Nice guitar!", memory.turns()[1])
    assert {turn.at for turn in memory.turns()} == {memory.turns()[0].at}


def test_the_system_message_is_the_prompt_and_the_history_goes_word_for_word(
    memory: Memory, fake_llm: FakeLLM
) -> None:
    chat = Chat(memory, at(fake_llm), history=2, persona="a pirate", budget=400)
    for n in range(3):
        fake_llm.then(f"reply {n}")
        chat.turn(f"message {n}\nwith <two> lines")
    reply = chat.turn("My dog Rex is ill")
    system, *messages = fake_llm.chats[-1]["messages"]
    assert system == {"role": "system", "content": reply.prompt.text}
    assert reply.prompt.text.startswith("You are a pirate.")
    assert reply.prompt.tokens <= 400
    assert messages == [
        {"role": "user", "content": "message 2\nwith <two> lines"},
        {"role": "assistant", "content": "reply 2"},
        {"role": "user", "content": "My dog Rex is ill"},
    ]


def test_a_second_message_is_answered_with_what_was_felt_in_the_first_and_relates_to_it(
    memory: Memory, fake_llm: FakeLLM
) -> None:
    fake_llm.then("Wonderful, where shall we begin?").then("It learns from examples.")
    chat = Chat(memory, f"{fake_llm.url}#fake-1")
    chat.turn("I love learning about AI!", at="2026-01-31T10:00")
    prompt = chat.turn("Tell me more about machine learning", at="2026-01-31T10:01").prompt
    sent = fake_llm.chats[-1]["messages"]
    assert sent[0] == {"role": "system", "content": prompt.text}
    assert [message["content"] for message in sent[1:]][-1] == "Tell me more about machine learning"
    assert "- AI (happy)" in prompt.text
    assert "- machine learning is related to: AI" in prompt.text


def test_what_goes_word_for_word_is_not_quoted_again(memory: Memory) -> None:
    model = Scripted()
    chat = Chat(memory, model, history=2)
    memory.observe("I bought a red guitar", topics=["guitar"], id="old", at="2026-01-01")
    memory.observe("The guitar has six strings", topics=["guitar"], id="new", at="2026-01-02")
    chat.turn("And the guitar is loud")
    assert "six strings" in model.asked[0][-2]["content"]
    assert '"I bought a red guitar"' not in model.prompts[0]  # it is among the last two
    chat.turn("So, my guitar")
    assert '"I bought a red guitar"' in model.prompts[1]
    assert '"The guitar has six strings"' in model.prompts[1]
    assert "is loud" not in model.prompts[1].split("Recent Facts")[1].split("\n\n")[0]
    assert "So, my guitar" not in model.prompts[1]


def test_without_history_the_model_gets_the_message_alone(memory: Memory) -> None:
    model = Scripted()
    chat = Chat(memory, model, history=0)
    chat.turn("one")
    chat.turn("two")
    assert model.asked[-1] == [{"role": "user", "content": "two"}]


@pytest.mark.parametrize("history", [-1, 1.5, "6", True])
def test_a_history_that_is_no_count_is_refused(memory: Memory, history: Any) -> None:
    with pytest.raises(InvalidInput, match="history is"):
        Chat(memory, Scripted(), history=history)


def test_a_reply_streams_in_pieces_and_stands_in_reply_when_it_is_whole(
    memory: Memory, fake_llm: FakeLLM
) -> None:
    fake_llm.then("The ", "Harlow ", "OM-20 🎸.")
    stream = Chat(memory, at(fake_llm)).stream("Which guitar?")
    assert texts(memory) == [("user", "Which guitar?")]  # before the model is asked
    assert stream.message == memory.turns()[0]
    pieces = []
    for piece in stream:
        pieces.append(piece)
        assert stream.reply is None
        assert len(memory.turns()) == 1
    assert pieces == ["The ", "Harlow ", "OM-20 🎸."]
    assert stream.reply is not None
    assert stream.reply.turn == memory.turns()[-1]
    assert stream.reply.text == "The Harlow OM-20 🎸."
    assert stream.prompt == stream.reply.prompt


@pytest.mark.parametrize(
    "fail", ["401", "404", "500", "invalid json", "empty stream", "error event", "no answer"]
)
def test_a_model_that_fails_is_one_clear_line_and_the_message_is_kept(
    memory: Memory, fake_llm: FakeLLM, fail: str
) -> None:
    fake_llm.then(fail=fail).then(fail=fail)
    with pytest.raises(ModelError) as caught:
        Chat(memory, at(fake_llm)).turn("I adopted a dog", id="m1")
    assert "\n" not in str(caught.value)
    assert texts(memory) == [("user", "I adopted a dog")]
    assert memory.verify()


@pytest.mark.parametrize("fail", ["closes midway", "ends midway"])
def test_a_reply_that_breaks_off_is_remembered_as_far_as_it_came(
    memory: Memory, fake_llm: FakeLLM, fail: str
) -> None:
    fake_llm.then("half a ", "reply", fail=fail)
    stream = Chat(memory, at(fake_llm)).stream("hello", id="m1")
    heard = []
    with pytest.raises(ModelError):
        heard.extend(stream)
    assert stream.reply is None
    assert [(turn.id, turn.text) for turn in memory.turns()] == [
        ("m1", "hello"),
        ("m1/incomplete", "half a "),
    ]


@pytest.mark.parametrize(("fail", "said"), [("stalls", []), ("stalls midway", [("assistant", "half")])])
def test_a_slow_model_is_given_up_and_the_message_is_kept(
    memory: Memory, fake_llm: FakeLLM, fail: str, said: list[tuple[str, str]]
) -> None:
    fake_llm.then("half", fail=fail)
    with pytest.raises(ModelError) as caught:
        Chat(memory, at(fake_llm, timeout=0.1)).turn("hello")
    assert "\n" not in str(caught.value)
    assert texts(memory) == [("user", "hello"), *said]


def test_offline_answers_with_the_turn_it_comes_from(memory: Memory) -> None:
    memory.observe("I bought the Harlow OM-20 guitar", id="d2:7", at="2026-03-07")
    for n in range(8):
        memory.observe(f"It rained on day {n}", at="2026-03-08")
    reply = Chat(memory, "offline", history=2).turn("Which guitar did I buy?")
    assert '"I bought the Harlow OM-20 guitar" (you, 2026-03-07, turn d2:7)' in reply.text
    assert "No model is set up" in reply.text


def test_offline_quotes_word_for_word_with_date_speaker_and_turn() -> None:
    at = datetime(2026, 3, 7)
    bought = Fact("I bought the Harlow OM-20.", at, "d2:7", 16, speaker="Ada")
    left = Fact("I live in Oslo.", at, "d2:8", 17, earlier=True)
    assert "".join(quoting("No model is set up", [bought, left], "Which guitar?")).splitlines() == [
        "No model is set up, so I can only quote what I remember:",
        '"I bought the Harlow OM-20." (Ada, 2026-03-07, turn d2:7)',
        '"I live in Oslo." (you, no longer so, 2026-03-07, turn d2:8)',
    ]


def test_offline_quotes_at_most_three_and_never_the_question_itself() -> None:
    facts = [Fact(text, datetime(2026, 3, 7), f"t{n}", n) for n, text in enumerate(["why?", *"abcde"])]
    quoted = "".join(quoting("No model is set up", facts, " why? ")).splitlines()[1:]
    assert [line.split(" ")[0] for line in quoted] == ['"a"', '"b"', '"c"']


def test_offline_says_when_it_recalls_nothing(memory: Memory) -> None:
    assert Chat(memory, "offline").turn("Who am I?").text == (
        "No model is set up, and I recall nothing about this yet."
    )


def test_what_offline_quoted_is_not_quoted_back_as_the_users_words(memory: Memory) -> None:
    memory.observe("I bought the Harlow OM-20 guitar", id="d2:7", at="2026-03-07")
    chat = Chat(memory, "offline", history=0)
    first = chat.turn("Which guitar did I buy?").text
    assert chat.turn("Tell me, which guitar did I buy?").text == first


def test_what_stands_in_for_a_model_brings_up_no_topics(memory: Memory) -> None:
    chat = Chat(memory, "offline")
    chat.turn("I love my new guitar", at="2026-03-07")
    chat.turn("What do I love?", at="2026-03-07")
    assert [topic.label for topic in memory.topics()] == ["guitar"]
    assert [turn.topics for turn in memory.turns() if turn.role == "assistant"] == [(), ()]


def test_the_model_may_quote_the_memory_block_without_its_being_learned(memory: Memory) -> None:
    memory.observe("I live in Hamburg", topics=["Hamburg"], id="home")
    prompt = memory.prompt("Hamburg").text
    Chat(memory, Scripted(prompt[prompt.index("<") :])).turn("hm", id="x")
    assert memory.turns()[-1].topics == ()
    assert [topic.mentions for topic in memory.topics() if topic.key == "hamburg"] == [1]


def test_a_reply_with_an_emoji_in_two_halves_is_put_together(memory: Memory) -> None:
    chat = Chat(memory, Scripted("bravo \ud83c", "\udfb8 and \ud83d"))
    assert chat.turn("hello").text == "bravo 🎸 and \ufffd"
    assert memory.turns()[-1].text == "bravo 🎸 and \ufffd"


class Narrow(Scripted):
    """A model with a window: a message costs its words and one, a prompt its words; the reply gets ten."""

    name = "narrow"

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window - 10

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def fitted(self, messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], int]:
        kept = list(messages)
        while sum(self.count_tokens(m["content"]) + 1 for m in kept) > self.window // 2 and kept[1:]:
            kept = kept[1:]
        room = self.window - sum(self.count_tokens(m["content"]) + 1 for m in kept)
        if room < 1:
            raise ModelError(f"model 'narrow' takes {self.window} words; write less")
        return kept, room


def test_a_model_that_knows_its_window_gets_what_fits(memory: Memory) -> None:
    model = Narrow(90)
    chat = Chat(memory, model, history=8)
    for n in range(8):
        reply = chat.turn(f"Guitar number {n} is a wonderful guitar", at=f"2026-01-0{n + 1}")
        spent = sum(model.count_tokens(m["content"]) + 1 for m in model.asked[-1])
        assert reply.prompt.budget == 80 - spent
        assert reply.prompt.tokens == model.count_tokens(reply.prompt.text) <= reply.prompt.budget
        assert model.asked[-1][-1]["content"] == f"Guitar number {n} is a wonderful guitar"
    assert 2 < len(model.asked[-1]) < 9


def test_the_budget_holds_where_the_window_leaves_more(memory: Memory) -> None:
    assert Chat(memory, Narrow(9000), budget=50).turn("hello").prompt.budget == 50


@pytest.mark.parametrize(("window", "left_out"), [(900, False), (300, True)])
def test_what_the_window_leaves_out_may_be_quoted(memory: Memory, window: int, left_out: bool) -> None:
    memory.observe("I bought a red guitar", topics=["guitar"], at="2026-01-01")
    memory.observe("The guitar has six strings", topics=["guitar"], at="2026-01-02")
    model = Narrow(window)
    prompt = Chat(memory, model).turn("My guitar " + "is loud and " * 44, at="2026-01-03").prompt
    assert ({"role": "user", "content": "I bought a red guitar"} not in model.asked[0]) is left_out
    assert ('"I bought a red guitar"' in prompt.text) is left_out
    assert "six strings" in model.asked[0][-2]["content"]
    assert "six strings" not in prompt.text


def test_a_message_that_does_not_fit_is_kept_and_the_next_goes_on(memory: Memory) -> None:
    model = Narrow(60)
    chat = Chat(memory, model)
    with pytest.raises(ModelError, match="takes 50 words; write less"):
        chat.turn("long " * 60)
    with pytest.raises(ModelError) as caught:
        chat.turn("long " * 47)
    assert str(caught.value) == (
        "model 'narrow' has room for 2 tokens beside the message, too few for the persona; write less, or "
        "name a model with a larger window"
    )
    assert chat.turn("short").text == "fine"
    assert [len(text) for _, text in texts(memory)] == [300, 235, 5, 4]
    assert [len(messages) for messages in model.asked] == [1]


def test_a_budget_too_small_for_the_persona_is_still_called_so(memory: Memory) -> None:
    with pytest.raises(BudgetError):
        Chat(memory, Narrow(900), budget=2).turn("hello")


def test_a_retry_of_what_was_answered_asks_no_model_with_a_window_either(memory: Memory) -> None:
    model = Narrow(200)
    chat = Chat(memory, model)
    first = chat.turn("hello", id="m1")
    assert chat.turn("hello", id="m1") == first
    assert len(model.asked) == 1


def test_bad_messages_reach_neither_log_nor_model(memory: Memory) -> None:
    model = Scripted()
    chat = Chat(memory, model)
    for call in (
        lambda: chat.turn("\ud800"),
        lambda: chat.turn("x", at="soon"),
        lambda: chat.turn("x", id=""),
    ):
        with pytest.raises(InvalidInput):
            call()
    with pytest.raises(BudgetError):
        Chat(memory, model, budget=2).turn("hello")
    assert model.asked == []
    assert texts(memory) == []


@pytest.mark.parametrize("budget", [0, -1, 1.5, "800", True, None])
def test_a_chat_that_could_never_answer_is_refused_before_it_writes(memory: Memory, budget: Any) -> None:
    with pytest.raises(BudgetError, match="budget is"):
        Chat(memory, Scripted(), budget=budget)
    path: Any = "memory.db"
    with pytest.raises(InvalidInput, match=r"memory is 'memory.db'.*open one with Memory"):
        Chat(path, Scripted())


class Odd(Scripted):
    """A model of somebody's own that gives what it is told to, whatever that is."""

    def __init__(self, given: Any) -> None:
        super().__init__()
        self.given = given

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Any:
        return self.given


@pytest.mark.parametrize("given", ["hello", None, 3, ["one", None, " two"], iter(["one", b" two"])])
def test_a_model_that_gives_no_text_is_one_clear_line_and_never_a_whole_reply(
    memory: Memory, given: Any
) -> None:
    with pytest.raises(ModelError, match="must give"):
        Chat(memory, Odd(given)).turn("hello", id="m")
    assert not [turn for turn in memory.turns() if turn.id == "m/reply"]
    assert memory.turn("m").text == "hello"


def test_a_model_may_give_a_list_of_pieces(memory: Memory) -> None:
    assert Chat(memory, Odd(["one", " two"])).turn("hello").text == "one two"


def test_a_conversation_goes_on_after_the_file_was_closed(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", "ada") as memory:
        Chat(memory, Scripted("Woof")).turn("My dog is called Rex")
    model = Scripted("Rex!")
    with Memory(tmp_path / "m.db", "ada") as memory:
        Chat(memory, model, history=0).turn("What is my dog called?")
    assert '"My dog is called Rex"' in model.prompts[0]


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_chat_can_be_neither_pickled_nor_copied_and_says_so_in_one_line(way: Any, memory: Memory) -> None:
    with pytest.raises(
        InvalidInput, match=r"a Chat holds .* open another Memory on the same file"
    ) as refused:
        way(Chat(memory, Scripted()))
    assert "\n" not in str(refused.value)
