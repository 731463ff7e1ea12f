"""A reply while it is made: streamed, given up, asked for again, made anew; by many at once."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from fake_llm import FakeLLM
from torimem import Chat, InvalidInput, Memory, Message, ModelError, NotFound, Turn
from torimem.models import ChatMessage, OpenAICompatible

pytestmark = pytest.mark.usefixtures("bare_environment")


class Scripted:
    """A model that says one of its replies after another, piece by piece, and breaks where it is told to."""

    name = "scripted"

    def __init__(self, *replies: Sequence[str | Exception]) -> None:
        self.replies = list(replies)
        self.asked: list[list[ChatMessage]] = []

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        self.asked.append(list(messages))
        for piece in self.replies.pop(0) if self.replies else ("fine",):
            if isinstance(piece, Exception):
                raise piece
            yield piece


COUNT = ("one ", "two ", "three")


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory(":memory:", "ada") as memory:
        yield memory
    gc.collect()  # an unclosed socket would warn here, and warnings are errors


def said(memory: Memory) -> list[tuple[str, str]]:
    return [(turn.id, turn.text) for turn in memory.turns()]


# Given up midway


def closed(chat: Chat) -> None:
    stream = chat.stream("count", id="m1")
    assert [next(stream), next(stream)] == ["one ", "two "]
    stream.close()
    stream.close()
    assert (list(stream), stream.reply) == ([], None)
    with pytest.raises(InvalidInput, match="closed before it was whole: ask again"):
        stream.read()


def left_by_with(chat: Chat) -> None:
    with chat.stream("count", id="m1") as stream:
        assert [next(stream), next(stream)] == ["one ", "two "]


def thrown_out_of(chat: Chat) -> None:
    def listen() -> None:
        for piece in chat.stream("count", id="m1"):
            if piece == "two ":
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        listen()


def dropped(chat: Chat) -> None:
    for piece in chat.stream("count", id="m1"):
        if piece == "two ":
            break


def collected(chat: Chat) -> None:
    stream = chat.stream("count", id="m1")
    assert [next(stream), next(stream)] == ["one ", "two "]
    ring: list[object] = [stream]
    ring.append(ring)
    del stream, ring
    gc.collect()


@pytest.mark.parametrize("given_up", [closed, left_by_with, thrown_out_of, dropped, collected])
def test_what_was_said_of_a_reply_that_is_given_up_is_remembered_as_incomplete(
    memory: Memory, given_up: Callable[[Chat], None]
) -> None:
    given_up(Chat(memory, Scripted(COUNT)))
    assert said(memory) == [("m1", "count"), ("m1/incomplete", "one two ")]
    last = memory.turns()[-1]
    assert (last.role, last.meta) == ("assistant", {"incomplete": True})


def test_the_next_message_is_sent_with_what_was_said_of_it(memory: Memory) -> None:
    model = Scripted(COUNT)
    chat = Chat(memory, model)
    dropped(chat)
    chat.turn("go on")
    assert [message["content"] for message in model.asked[1]] == ["count", "one two ", "go on"]


def test_a_reply_that_nobody_began_to_read_leaves_the_message_alone(memory: Memory) -> None:
    model = Scripted(COUNT)
    chat = Chat(memory, model)
    chat.stream("count").close()
    del chat
    assert [turn.text for turn in memory.turns()] == ["count"]
    assert model.asked == []


@pytest.mark.parametrize("pieces", [(ModelError("gone"),), ("", " ", ModelError("gone"))])
def test_a_model_that_fails_before_it_says_anything_leaves_no_turn_of_its_own(
    memory: Memory, pieces: Sequence[str | Exception]
) -> None:
    with pytest.raises(ModelError, match="gone"):
        Chat(memory, Scripted(pieces)).turn("hello", id="m1")
    assert said(memory) == [("m1", "hello")]


@pytest.mark.parametrize("pieces", [(), ("",), (" ", "\n")])
def test_an_empty_reply_is_an_error_and_no_turn(memory: Memory, pieces: Sequence[str]) -> None:
    with pytest.raises(ModelError, match="model 'scripted' gave an empty reply; ask again"):
        Chat(memory, Scripted(pieces)).turn("hello", id="m1")
    assert said(memory) == [("m1", "hello")]


def test_closing_gives_the_model_up_too(memory: Memory, fake_llm: FakeLLM) -> None:
    fake_llm.then("Early", fail="stalls midway")
    model = OpenAICompatible("fake-1", fake_llm.url, api_key="k", timeout=30)
    with Chat(memory, model).stream("hello", id="m1") as stream:
        assert next(stream) == "Early"
    assert said(memory) == [("m1", "hello"), ("m1/incomplete", "Early")]


def collected_at(moment: int) -> bool:
    """Whether a write touches the database so often; what a stream leaves that is collected just then."""
    with Memory(":memory:", embedder="none") as memory:
        rings = [[Chat(memory, Scripted(COUNT)).stream("count", id="m1")]]
        rings[0].append(rings[0])  # type: ignore[arg-type]  # only a collection frees it
        assert next(rings[0][0]) == "one "
        seen, look = 0, memory.turn
        writing, inside = threading.get_ident(), False

        def elsewhere(id: str) -> Turn:
            nonlocal inside
            if threading.get_ident() == writing:  # it would mix with the write, or wait for it forever
                inside = True
                raise AssertionError
            return look(id)

        def collect(frame: object, event: str, called: object) -> None:
            nonlocal seen
            if event == "c_call" and getattr(called, "__name__", "") in ("execute", "executemany"):
                seen += 1
                if seen == moment:
                    rings.clear()
                    gc.collect()

        memory.turn = elsewhere  # type: ignore[method-assign]  # the first that a reply asks for
        sys.setprofile(collect)
        try:
            memory.observe_many([Message("I like tea", id="t1"), Message("and cake", id="t2")])
        finally:
            sys.setprofile(None)
            memory.turn = look  # type: ignore[method-assign]
        assert not inside
        rings.clear()
        gc.collect()
        for thread in threading.enumerate():
            if thread.name == "torimem-reply":
                thread.join()
        assert sorted(said(memory)) == [
            ("m1", "count"), ("m1/incomplete", "one "), ("t1", "I like tea"), ("t2", "and cake"),
        ]  # fmt: skip
        assert memory.verify()
        return seen >= moment


def test_a_stream_may_be_collected_at_any_moment_of_another_write() -> None:
    moment = 1
    while collected_at(moment):
        moment += 1
    assert moment > 5


class Slow:
    """A model that waits for what it is to say."""

    name = "slow"

    def __init__(self) -> None:
        self.pieces: Queue[str | None] = Queue()
        self.waiting: Queue[bool] = Queue()

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        while True:
            self.waiting.put(True)
            piece = self.pieces.get()
            if piece is None:
                return
            yield piece


def test_closing_while_another_thread_waits_for_the_model_does_not_wait(memory: Memory) -> None:
    model = Slow()
    stream = Chat(memory, model).stream("count", id="m1")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.extend(stream))
    reader.start()
    model.waiting.get()
    model.pieces.put("one ")
    model.waiting.get()  # for the second
    stream.close()
    assert said(memory) == [("m1", "count")]
    model.pieces.put("two ")
    reader.join()
    assert heard == ["one "]  # who has closed it hears no more, and has heard no more
    assert said(memory) == [("m1", "count"), ("m1/incomplete", "one ")]


def test_two_streams_of_one_chat_do_not_mix(memory: Memory) -> None:
    chat = Chat(memory, Scripted(("a", "b"), ("x", "y")), history=0)
    first, second = chat.stream("first", id="m1"), chat.stream("second", id="m2")
    assert [next(first), next(second), next(second), next(first)] == ["a", "x", "y", "b"]
    assert (second.read().text, first.read().text) == ("xy", "ab")
    assert said(memory)[2:] == [("m2/reply", "xy"), ("m1/reply", "ab")]


def test_threads_share_a_chat(memory: Memory) -> None:
    class Echo:
        name = "echo"

        def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
            yield from (messages[-1]["content"], "!")

    chat = Chat(memory, Echo())
    replies: dict[int, str] = {}

    def ask(n: int) -> None:
        for k in range(3):
            replies[3 * n + k] = chat.turn(f"message {3 * n + k}", id=str(3 * n + k)).text

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == {n: f"message {n}!" for n in range(12)}
    assert {memory.turn(f"{n}/reply").text for n in range(12)} == set(replies.values())
    assert memory.verify()


# The same message again


def test_a_retry_with_the_same_id_is_not_a_second_turn(memory: Memory, fake_llm: FakeLLM) -> None:
    fake_llm.then(fail="401").then("welcome back")
    chat = Chat(memory, OpenAICompatible("fake-1", fake_llm.url, api_key="k", timeout=5))
    with pytest.raises(ModelError):
        chat.turn("hello", id="m1")
    assert chat.turn("hello", id="m1").text == "welcome back"
    assert said(memory) == [("m1", "hello"), ("m1/reply", "welcome back")]
    assert fake_llm.chats[-1]["messages"][1:] == [{"role": "user", "content": "hello"}]


def test_a_retry_of_what_was_answered_gives_the_same_reply_and_asks_nobody(
    memory: Memory, fake_llm: FakeLLM
) -> None:
    fake_llm.then("welcome")
    chat = Chat(memory, OpenAICompatible("fake-1", fake_llm.url, api_key="k", timeout=5))
    first = chat.turn("hello", id="m1")
    again = chat.turn("hello", id="m1")
    assert (again.text, again.turn) == (first.text, first.turn)
    assert len(fake_llm.chats) == 1
    assert said(memory) == [("m1", "hello"), ("m1/reply", "welcome")]


def test_a_retry_after_a_reply_that_broke_off_replaces_it(memory: Memory) -> None:
    model = Scripted(("half", ModelError("gone")), ("half a word", ModelError("gone")), ("whole",))
    chat = Chat(memory, model)
    for text in ("half", "half a word"):
        with pytest.raises(ModelError, match="gone"):
            chat.turn("hello", id="m1")
        assert said(memory) == [("m1", "hello"), ("m1/incomplete", text)]
    reply = chat.turn("hello", id="m1")
    assert (reply.text, reply.turn.meta) == ("whole", None)
    assert said(memory) == [("m1", "hello"), ("m1/reply", "whole")]
    assert model.asked == [[{"role": "user", "content": "hello"}]] * 3


def test_in_a_group_a_retry_gets_its_own_reply_and_not_the_next_persons(memory: Memory) -> None:
    model = Scripted(("to Ben",), ("to Ada",), ("to Eve",))
    chat = Chat(memory, model)
    first = chat.stream("Ada's", id="a", speaker="Ada")
    chat.turn("Ben's", id="b", speaker="Ben")
    memory.observe("Eve's", id="e", speaker="Eve")  # heard, not answered
    assert first.read().text == "to Ada"
    order = [turn.id for turn in memory.turns()]
    assert order == ["a", "b", "b/reply", "e", "a/reply"]
    for id, text in (("a", "Ada's"), ("b", "Ben's")):
        again = chat.turn(text, id=id, speaker="Ada")
        assert again.turn == memory.turn(f"{id}/reply")
    assert len(model.asked) == 2
    assert chat.turn("Eve's", id="e").text == "to Eve"
    assert [turn.id for turn in memory.turns()] == [*order, "e/reply"]


def test_a_retry_after_a_restart_finds_its_reply_however_long_ago_it_was(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db") as memory:
        first = Chat(memory, Scripted(("welcome",))).turn("hello", id="m1").turn
        memory.observe_many([Message(f"message {n}") for n in range(50)])
    model = Scripted()
    with Memory(tmp_path / "m.db") as memory:
        again = Chat(memory, model).stream("hello", id="m1")
        assert again.reply is not None  # it was whole before
        assert (list(again), again.read().turn) == (["welcome"], first)
        assert len(memory.turns()) == 52
    assert model.asked == []


def test_a_retry_of_a_message_whose_reply_was_forgotten_asks_anew_with_what_was_known_then(
    memory: Memory,
) -> None:
    model = Scripted(("first",), ("other",), ("second",))
    chat = Chat(memory, model, history=2)
    memory.observe("I play the lute.", id="m0")
    reply = chat.turn("hello", id="m1")
    chat.turn("I play the tuba.", id="m2")
    memory.forget(id=reply.turn.id)
    again = chat.turn("hello", id="m1")
    assert again.text == "second"
    assert again.prompt == reply.prompt
    assert model.asked[2] == model.asked[0]
    assert [turn.id for turn in memory.turns()] == ["m0", "m1", "m2", "m2/reply", "m1/reply"]


def test_an_old_reply_to_a_message_that_was_forgotten_is_no_reply_to_the_next_of_that_id(
    memory: Memory,
) -> None:
    chat = Chat(memory, Scripted(("It is seven.",), ("Water it.",)))
    chat.turn("What is the time?", id="1")
    memory.forget(id="1")
    assert chat.turn("How do I keep a fern?", id="1").text == "Water it."
    assert said(memory) == [("1", "How do I keep a fern?"), ("1/reply", "Water it.")]


def test_the_same_message_sent_twice_at_once_has_one_reply(memory: Memory) -> None:
    chat = Chat(memory, Scripted(("mine",), ("yours",)))
    first, second = chat.stream("hello", id="m1"), chat.stream("hello", id="m1")
    assert (next(first), next(second)) == ("mine", "yours")
    assert second.read().text == "yours"
    assert first.read().turn == second.read().turn
    assert said(memory) == [("m1", "hello"), ("m1/reply", "yours")]


@pytest.mark.parametrize("id", ["m1/reply", "m1/incomplete"])
def test_a_message_cannot_have_the_id_of_a_reply(memory: Memory, id: str) -> None:
    chat = Chat(memory, Scripted())
    with pytest.raises(InvalidInput, match=f"id '{id}' ends in /.*: give another id"):
        chat.turn("hello", id=id)
    assert memory.turns() == []
    memory.observe("I have a strange id", id=id)
    with pytest.raises(InvalidInput, match=f"turn '{id}' is a message, but has the id of a reply"):
        chat.turn("hello", id="m1")
    assert len(memory.turns()) == 1


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_forgotten_while_it_was_answered_stays_forgotten(memory: Memory, whole: bool) -> None:
    stream = Chat(memory, Scripted(("Your PIN is ", "4711."))).stream("My PIN is 4711.", id="m1")
    next(stream)
    memory.forget(everything=True)
    if whole:
        with pytest.raises(NotFound, match="'m1'"):
            stream.read()
    else:
        stream.close()
    assert memory.turns() == []


# Another reply


def test_a_regenerated_reply_leaves_a_memory_that_never_saw_the_first(tmp_path: Path) -> None:
    def chatted(name: str, *replies: str) -> tuple[list[Turn], str]:
        with Memory(tmp_path / name) as memory:
            chat = Chat(memory, Scripted(*([reply] for reply in replies)))
            memory.observe("I play the lute.", id="m0", at="2026-01-01")
            chat.turn("What do I play?", id="m1", at="2026-01-02")
            for _ in replies[1:]:
                chat.regenerate(at="2026-01-02")
            memory.export(tmp_path / f"{name}.jsonl")
        assert all(reply.encode() not in (tmp_path / name).read_bytes() for reply in replies[:-1])
        return memory, (tmp_path / f"{name}.jsonl").read_text("utf-8")  # type: ignore[return-value]

    assert chatted("a", "The tuba!", "The drums!", "The lute.")[1] == chatted("b", "The lute.")[1]


def test_another_reply_is_asked_for_with_what_was_known_when_the_message_came(memory: Memory) -> None:
    model = Scripted(("tuba",), ("lute",))
    chat = Chat(memory, model)
    memory.observe("I play the lute.", id="m0")
    first = chat.turn("What do I play?", id="m1")
    second = chat.regenerate()
    assert (first.prompt, model.asked[0]) == (second.prompt, model.asked[1])
    assert (first.text, second.text, memory.turns()[-1]) == ("tuba", "lute", second.turn)
    assert chat.turn("What do I play?", id="m1").turn == second.turn  # a retry finds the new one


def test_another_reply_streams_and_the_old_one_stays_until_it_is_whole(memory: Memory) -> None:
    chat = Chat(memory, Scripted(("old",), (ModelError("gone"),), COUNT, COUNT))
    chat.turn("count", id="m1")
    with pytest.raises(ModelError, match="gone"):
        chat.regenerate()
    assert said(memory)[1:] == [("m1/reply", "old")]
    with chat.regenerate_stream() as stream:
        assert next(stream) == "one "
    assert said(memory)[1:] == [("m1/reply", "old"), ("m1/incomplete", "one ")]
    stream = chat.regenerate_stream()
    assert "".join(stream) == "one two three"
    assert said(memory)[1:] == [("m1/reply", "one two three")]


@pytest.mark.parametrize("id", ["a", "a/reply"])
def test_in_a_group_any_reply_can_be_made_anew_in_a_later_process(tmp_path: Path, id: str) -> None:
    with Memory(tmp_path / "m.db") as memory:
        chat = Chat(memory, Scripted(("to Ada",), ("to Ben",)))
        chat.turn("Ada's", id="a", speaker="Ada")
        chat.turn("Ben's", id="b", speaker="Ben")
        memory.observe("Eve's", id="e", speaker="Eve")
    with Memory(tmp_path / "m.db") as memory:
        model = Scripted(("to Ada, better",))
        assert Chat(memory, model).regenerate(id).turn.id == "a/reply"
        assert model.asked == [[{"role": "user", "content": "Ada's"}]]
        assert said(memory)[1:] == [
            ("b", "Ben's"),
            ("b/reply", "to Ben"),
            ("e", "Eve's"),
            ("a/reply", "to Ada, better"),
        ]


def test_where_there_is_no_reply_to_make_anew_it_is_one_line_and_nothing_is_lost(memory: Memory) -> None:
    chat = Chat(memory, Scripted(("fine",), (ModelError("gone"),)))
    with pytest.raises(NotFound, match="nothing was said yet, there is no reply to regenerate"):
        chat.regenerate()
    chat.turn("hello", id="m1")
    with pytest.raises(ModelError):
        chat.turn("and now?", id="m2")
    memory.observe("Hm.", "assistant", id="own")
    before = said(memory)
    for id in ("m2", "own"):
        with pytest.raises(NotFound, match=f"turn '{id}' is not a reply of a Chat, nor has it one"):
            chat.regenerate(id)
    with pytest.raises(NotFound, match="the last turn is not a reply of a Chat, nor has it one"):
        chat.regenerate()
    with pytest.raises(NotFound, match="'m9'"):
        chat.regenerate("m9")
    with pytest.raises(InvalidInput, match="at is 'soon'"):
        chat.regenerate("m1", at="soon")
    assert said(memory) == before


# Several people


def test_the_model_is_told_who_says_what_where_several_people_speak(memory: Memory) -> None:
    model = Scripted(("Hi.",), ("Hello.",))
    chat = Chat(memory, model)
    chat.turn("I play the lute.", speaker="Ada", session="band")
    assert model.asked[0] == [{"role": "user", "content": "I play the lute."}]
    given: dict[str, Any] = {"topics": ["brass"], "valence": 0.5, "meta": {"from": "app"}}
    chat.turn("I play the tuba.", speaker="Ben", session="band", **given)
    assert model.asked[1] == [
        {"role": "user", "content": "Ada: I play the lute."},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Ben: I play the tuba."},
    ]
    turns = memory.turns()
    assert [turn.speaker for turn in turns] == ["Ada", None, "Ben", None]
    assert [turn.session for turn in turns] == ["band"] * 4
    assert (turns[2].text, turns[2].topics, turns[2].valence) == ("I play the tuba.", ("brass",), 0.5)
    assert [turn.meta for turn in turns] == [None, None, {"from": "app"}, None]
