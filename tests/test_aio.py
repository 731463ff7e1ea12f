"""AsyncMemory and AsyncChat do what Memory and Chat do; cancelling loses nothing and leaves no thread."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from torimem import Chat, InvalidInput, Memory, Message, ModelError, NotFound, StoreError
from torimem.aio import AsyncChat, AsyncMemory, AsyncReplyStream
from torimem.models import ChatMessage

pytestmark = pytest.mark.usefixtures("bare_environment")
TWINS: list[tuple[type, type]] = [(Memory, AsyncMemory), (Chat, AsyncChat)]
STREAMS = ("stream", "regenerate_stream")  # returned at once, and awaited piece by piece


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive(), thread


class Scripted:
    """A model that says its replies one after another; an exception in one is raised."""

    name = "scripted"

    def __init__(self, *replies: Sequence[str | Exception]) -> None:
        self.replies = list(replies)

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        for piece in self.replies.pop(0) if self.replies else ("fine",):
            if isinstance(piece, Exception):
                raise piece
            yield piece


class Slow:
    """A model that waits for what it is to say; None ends the reply."""

    name = "slow"

    def __init__(self) -> None:
        self.pieces: Queue[str | None] = Queue()
        self.asked: Queue[bool] = Queue()

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        self.asked.put(True)
        while (piece := self.pieces.get()) is not None:
            yield piece


def test_a_chat_wants_a_memory_and_says_so() -> None:
    path: Any = "memory.db"
    with pytest.raises(InvalidInput, match=r"must be a torimem\.aio\.AsyncMemory"):
        AsyncChat(path, llm="offline")


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(main)


async def said(memory: AsyncMemory) -> list[tuple[str, str]]:
    return [(turn.id, turn.text) for turn in await memory.turns()]


# Parity


def public(kind: type) -> dict[str, object]:
    found = {name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {name: getattr(value, "__func__", value) for name, value in found.items()}


def parameters(call: object) -> list[tuple[str, object, object]]:
    """Name, kind and default of each, without the one that only the twins have."""
    assert callable(call)
    found = [(one.name, one.kind, one.default) for one in inspect.signature(call).parameters.values()]
    return [one for one in found if one[0] != "executor"]


@pytest.mark.parametrize(("kind", "twin"), TWINS, ids=["Memory", "Chat"])
def test_every_verb_has_a_twin_with_its_parameters_and_its_docstring(kind: type, twin: type) -> None:
    theirs = public(twin)
    for name, value in public(kind).items():
        assert name in theirs, f"{twin.__name__} lacks {name}"
        own = theirs[name]
        assert inspect.getdoc(own) == inspect.getdoc(value), name
        if isinstance(value, property):
            assert isinstance(own, property), name
            continue
        assert parameters(own) == parameters(value), name
        assert inspect.iscoroutinefunction(own) == (name not in STREAMS), name
        if hasattr(own, "__wrapped__"):
            assert own.__wrapped__ is value, f"{twin.__name__}.{name} calls {own.__wrapped__.__qualname__}"
            assert own.__qualname__ == f"{twin.__name__}.{name}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "twin"), TWINS, ids=["Memory", "Chat"])
def test_they_are_made_with_the_same_arguments(kind: type, twin: type) -> None:
    assert parameters(twin) == parameters(kind)


def test_what_an_object_shows_its_twin_shows_too() -> None:
    async def shown() -> None:
        with Memory(":memory:") as memory:
            async with AsyncMemory(":memory:") as twin:
                chat, other = Chat(memory, "offline"), await AsyncChat(twin, "offline").open()
                for own, theirs in ((memory, twin), (chat, other)):
                    names = [name for name in vars(own) if not name.startswith("_")]
                    assert names
                    for name in names:
                        assert hasattr(theirs, name), f"{type(theirs).__name__} lacks {name}"
                assert (twin.user, twin.agent, twin.backend) == (memory.user, memory.agent, memory.backend)
                assert (twin.dynamics, twin.embedder) == (memory.dynamics, memory.embedder)
                assert (other.history, other.budget, other.llm.name) == (6, 800, "offline")

    run(shown())


async def settled(value: Any) -> Any:
    """A value, or what awaiting it gives."""
    return await value if inspect.isawaitable(value) else value


async def pieces(stream: Any) -> list[str]:
    return [piece async for piece in stream] if hasattr(stream, "__aiter__") else list(stream)


async def lived(memory: Any, chat: Any, folder: Path) -> list[object]:
    """A life of a memory, by all of its verbs; what each of them answered."""
    found: list[object] = []

    async def note(value: Any) -> Any:
        found.append(await settled(value))
        return found[-1]

    at = "2026-01-31T10:00"
    await note(memory.observe("I love learning about AI!", id="a", at=at, speaker="Ada", session="s"))
    given = [Message(f"I play the lute, {n}", id=f"t{n}", at=at) for n in range(3)]  # type: ignore[arg-type]
    progress: list[int] = []
    await note(memory.observe_many(given, progress.append))
    await note(chat.turn("What do I play?", id="m1", at=at, speaker="Ben", topics=["music"], valence=0.5))
    stream = chat.stream("And what do I love?", id="m2", at=at)
    found.append(await pieces(stream))
    found.append((stream.reply, stream.prompt, stream.message))
    await note(chat.stream("And what do I love?", id="m2", at=at).read())
    await note(chat.regenerate(at=at))
    stream = chat.regenerate_stream("m1", at=at)
    found.append((await pieces(stream), stream.reply))
    for call in (
        lambda: chat.turn("x", at="soon"),
        lambda: chat.turn("broken", id="m3", at=at),
        lambda: chat.stream("x", id="m1/reply").read(),
        lambda: chat.regenerate("nobody"),
        lambda: memory.turn("nobody"),
        lambda: memory.search("x", limit=0),
    ):
        try:
            await note(call())
        except (InvalidInput, ModelError, NotFound) as error:
            found.append((type(error), str(error)))
    context = await note(memory.context(query="lute"))
    await note(chat.messages_for(context, await settled(memory.turns(2)), "And now?"))
    await note(memory.prompt("Which lute?", budget=300, persona="a friend"))
    await note(memory.extract_context())
    await note(memory.diff(2))
    await note(memory.search("What do I play?", limit=3))
    await note(memory.correct("t1", "I play the tuba", reason="a slip"))
    found[-1] = found[-1].text  # type: ignore[attr-defined]  # when it was corrected differs
    await note(memory.forget(id="t0"))
    for call in (memory.topics, memory.turns, memory.verify, memory.backlog, memory.embed, memory.reanalyse):
        await note(call())
    found[-5] = [(turn.id, turn.text) for turn in found[-5]]  # type: ignore[attr-defined]
    await note(memory.turn("a"))
    explanation = await note(memory.explain("a"))
    found[-1] = str(explanation)
    await note(memory.refold())
    found += [(await settled(memory.map("emotion"))).tobytes(), (await settled(memory.cells())).tobytes()]
    stats = dict(await settled(memory.stats()))
    found.append({name: value for name, value in stats.items() if not isinstance(value, float)})
    await note(memory.forget(topic="lute", dry_run=True))
    await note(memory.export(folder / "export.jsonl"))
    found.append(progress)
    return found


def test_a_life_by_all_verbs_is_the_same_for_both(tmp_path: Path) -> None:
    replies = [("The ", "lute."), ("AI.",), ("AI!",), ("The lute", "!"), ("half", ModelError("gone"))]

    async def both() -> tuple[list[object], list[object]]:
        with Memory(tmp_path / "m.db", "ada", agent="x", embedder="none") as memory:
            first = await lived(memory, Chat(memory, Scripted(*replies), history=4), tmp_path)
        for file in tmp_path.glob("m.db*"):
            file.unlink()
        async with AsyncMemory(tmp_path / "m.db", "ada", agent="x", embedder="none") as twin:
            return first, await lived(twin, AsyncChat(twin, Scripted(*replies), history=4), tmp_path)

    first, second = run(both())
    assert len(first) > 30
    for one, other in zip(first, second, strict=True):
        assert one == other


def test_a_memory_is_restored_from_an_export(tmp_path: Path) -> None:
    async def restored() -> None:
        async with AsyncMemory(":memory:", "ada", agent="x") as memory:
            await memory.observe("I love tea.", id="a")
            await memory.export(tmp_path / "e.jsonl")
        async with await AsyncMemory.restore(tmp_path / "e.jsonl", tmp_path / "m.db") as memory:
            assert (memory.user, memory.agent, await said(memory)) == ("ada", "x", [("a", "I love tea.")])
        with pytest.raises(InvalidInput, match="already has 1 turns"):
            await AsyncMemory.restore(tmp_path / "e.jsonl", tmp_path / "m.db")

    run(restored())


# Opening and closing


def test_making_one_opens_nothing_and_the_first_verb_does(tmp_path: Path) -> None:
    async def opened() -> None:
        memory = AsyncMemory(tmp_path / "m.db", "ada")
        chat = AsyncChat(memory, "offline")
        assert list(tmp_path.iterdir()) == []
        for name, look in (("AsyncMemory", lambda: memory.dynamics), ("AsyncChat", lambda: chat.llm)):
            with pytest.raises(InvalidInput, match=f"this {name} is not open yet: use `async with`"):
                look()
        replies = await asyncio.gather(*(chat.turn(f"I like tea {n}", id=str(n)) for n in range(5)))
        assert [reply.turn.id for reply in replies] == [f"{n}/reply" for n in range(5)]
        assert len(await memory.turns()) == 10
        await memory.close()
        await memory.close()
        for call in (memory.turns, chat.open, lambda: chat.turn("x")):
            with pytest.raises(StoreError, match="was closed: open a new one"):
                await call()  # type: ignore[operator]

    run(opened())


def test_what_cannot_be_opened_says_why_and_leaves_no_thread(tmp_path: Path) -> None:
    async def refused() -> None:
        with pytest.raises(StoreError, match="is a folder"):
            async with AsyncMemory(tmp_path):
                pass
        with pytest.raises(InvalidInput, match="user is ''"):
            await AsyncMemory(":memory:", "").open()
        async with AsyncMemory(":memory:") as memory:
            with pytest.raises(InvalidInput, match="did you mean openai:gpt-4o"):
                await AsyncChat(memory, "gpt-4o").open()

    run(refused())


def test_many_memories_may_share_one_executor_which_stays_open() -> None:
    async def shared(pool: ThreadPoolExecutor) -> None:
        for n in range(3):
            async with AsyncMemory(":memory:", executor=pool) as memory:
                await AsyncChat(memory, Scripted((f"reply {n}",)), executor=pool).turn("hello", id="m")
                assert await said(memory) == [("m", "hello"), ("m/reply", f"reply {n}")]

    with ThreadPoolExecutor(1) as pool:
        run(shared(pool))
        assert pool.submit(lambda: 1).result() == 1


def test_the_loop_turns_while_a_model_is_silent() -> None:
    async def turned() -> None:
        model = Slow()
        async with AsyncMemory(":memory:") as memory:
            reply = asyncio.create_task(AsyncChat(memory, model).turn("hello", id="m"))
            await asyncio.to_thread(model.asked.get)
            await memory.observe("I love tea.", id="t")
            assert not reply.done()
            model.pieces.put("fine")
            model.pieces.put(None)
            assert (await reply).text == "fine"
            assert await said(memory) == [("m", "hello"), ("t", "I love tea."), ("m/reply", "fine")]

    run(turned())


# Given up

opened: list[AsyncReplyStream] = []


async def closed(chat: AsyncChat) -> None:
    stream = chat.stream("count", id="m")
    assert [await anext(stream), await anext(stream)] == ["one ", "two "]
    await stream.aclose()
    await stream.aclose()
    assert ([piece async for piece in stream], stream.reply) == ([], None)


async def left_by_with(chat: AsyncChat) -> None:
    async with chat.stream("count", id="m") as stream:
        assert stream.message is not None
        assert [await anext(stream), await anext(stream)] == ["one ", "two "]


async def kept_open(chat: AsyncChat) -> None:
    opened.append(chat.stream("count", id="m"))
    assert [await anext(opened[0]), await anext(opened[0])] == ["one ", "two "]


async def dropped(chat: AsyncChat) -> None:
    async for piece in chat.stream("count", id="m"):
        if piece == "two ":
            break


async def thrown_out_of(chat: AsyncChat) -> None:
    async def listen() -> None:
        async for piece in chat.stream("count", id="m"):
            if piece == "two ":
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await listen()


@pytest.mark.parametrize("given_up", [closed, left_by_with, kept_open, dropped, thrown_out_of])
def test_what_was_said_of_a_reply_that_is_given_up_is_remembered(
    tmp_path: Path, given_up: Callable[[AsyncChat], Awaitable[None]]
) -> None:
    async def listened() -> None:
        async with AsyncMemory(tmp_path / "m.db") as memory:
            await given_up(AsyncChat(memory, Scripted(("one ", "two ", "three"))))

    run(listened())
    with Memory(tmp_path / "m.db") as memory:
        assert [(turn.id, turn.text) for turn in memory.turns()] == [
            ("m", "count"),
            ("m/incomplete", "one two "),
        ]
    opened.clear()


@pytest.mark.parametrize("whole", [False, True], ids=["stream", "turn"])
def test_a_cancelled_reply_raises_at_once_and_keeps_what_was_said(tmp_path: Path, whole: bool) -> None:
    model = Slow()

    async def listen(chat: AsyncChat, heard: asyncio.Event) -> None:
        if whole:
            await chat.turn("count", id="m")
        async for _ in chat.stream("count", id="m"):
            heard.set()

    async def cancelled() -> None:
        async with AsyncMemory(tmp_path / "m.db") as memory:
            heard = asyncio.Event()
            task = asyncio.create_task(listen(AsyncChat(memory, model), heard))
            await asyncio.to_thread(model.asked.get)
            if not whole:
                model.pieces.put("one ")
                await heard.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task  # the model is silent still
            await memory.observe("I love tea.", id="t")  # and the memory is at work
            model.pieces.put("never heard")  # the thread ends with this; closing waits for it

    run(cancelled())
    kept = set() if whole else {("m/incomplete", "one ")}
    with Memory(tmp_path / "m.db") as memory:
        first, *others = [(turn.id, turn.text) for turn in memory.turns()]
    assert first == ("m", "count")
    assert len(others) == 1 + len(kept)  # in either order: a thread remembers what was said
    assert set(others) == {("t", "I love tea."), *kept}


def test_what_was_acknowledged_is_in_the_log_whatever_was_cancelled_meanwhile(tmp_path: Path) -> None:
    acknowledged: list[str] = []

    async def write(memory: AsyncMemory, n: int) -> None:
        acknowledged.append((await memory.observe(f"I like tea {n}", id=str(n))).id)

    async def written() -> None:
        async with AsyncMemory(tmp_path / "m.db") as memory:
            await memory.open()
            tasks = [asyncio.create_task(write(memory, n)) for n in range(40)]
            while len(acknowledged) < 10:
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    run(written())
    with Memory(tmp_path / "m.db") as memory:
        assert set(acknowledged) <= {turn.id for turn in memory.turns()}
        assert memory.verify()


def test_a_call_that_is_cancelled_before_its_turn_never_runs_and_one_that_had_begun_is_whole() -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def messages() -> Iterator[Message]:
        yield Message("I like tea", id="a")
        at_work.set()
        go_on.wait()
        yield Message("and cake", id="b")

    async def cancelled() -> None:
        with ThreadPoolExecutor(1) as pool:
            async with AsyncMemory(":memory:", executor=pool) as memory:
                begun = asyncio.create_task(memory.observe_many(messages()))
                waiting = asyncio.create_task(memory.observe("and pie", id="c"))
                await asyncio.to_thread(at_work.wait)
                for task in (begun, waiting):
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                go_on.set()
                assert await said(memory) == [("a", "I like tea"), ("b", "and cake")]

    run(cancelled())


def test_a_stream_that_was_closed_before_it_began_asks_nobody() -> None:
    async def unbegun() -> None:
        async with AsyncMemory(":memory:") as memory:
            stream = AsyncChat(memory, Scripted()).stream("hello")
            await stream.aclose()
            with pytest.raises(InvalidInput, match="closed before it was begun"):
                await stream.read()
            assert await memory.turns() == []

    run(unbegun())
