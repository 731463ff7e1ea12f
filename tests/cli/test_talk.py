"""The chat as somebody at a keyboard or at the end of a pipe meets it: messages, commands, Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fake_llm import FakeLLM, Received
from torimem import Chat, Hit, Memory, Message
from torimem.cli import cli
from torimem.cli.talk import Talk

LINES = [
    Message("I love my new guitar.", id="a1", at="2026-01-01T10:00:00"),  # type: ignore[arg-type]
    Message("What do you play?", "assistant", id="a2", at="2026-01-01T10:01:00"),  # type: ignore[arg-type]
    Message("The work deadline is terrible.", id="a3", at="2026-01-02T10:00:00"),  # type: ignore[arg-type]
    Message("I bought the guitar for 389 euros.", id="a4", at="2026-01-03T10:00:00"),  # type: ignore[arg-type]
]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database with four turns."""
    with Memory(tmp_path / "m.db") as memory:
        memory.observe_many(LINES)
    return tmp_path / "m.db"


def piped(db: Path, *lines: str, llm: str = "offline", columns: int = 100) -> Result:
    """A chat whose lines come through a pipe; an exception that is no exit would be a traceback."""
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(
        cli,
        ["--db", str(db), "--embedder", "none", "chat", "--llm", llm],
        input="".join(f"{line}\n" for line in lines),
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(db: Path, *lines: str, **options: Any) -> str:
    result = piped(db, *lines, **options)
    # the fake model's server shares this process, and may say there that a client has gone
    errors = [line for line in result.stderr.splitlines() if line.startswith(("Error: ", "stopped"))]
    assert (result.exit_code, errors) == (0, [])
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def refused(db: Path, line: str, message: str) -> None:
    """One line of error, exit code 2, and nothing else said or remembered."""
    before = texts(db)
    result = piped(db, line)
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.fullmatch(rf"Error: {message}\n", result.stderr), result.stderr
    assert texts(db) == before


def texts(db: Path) -> list[str]:
    with Memory(db) as memory:
        return [turn.text for turn in memory.turns()]


# Commands, piped in


def test_commands_are_neither_remembered_nor_sent(db: Path, fake_llm: FakeLLM) -> None:
    before = texts(db)
    told(
        db,
        "/context",
        "/prompt",
        "/why",
        "/why a4",
        "/map",
        "/search guitar",
        "/help",
        llm=f"{fake_llm.url}#fake-1",
    )
    assert texts(db) == before
    assert fake_llm.chats == []


def test_context_shows_topics_feelings_and_what_was_said(db: Path) -> None:
    shown = told(db, "/context")
    assert re.search(r"^guitar +█+ +1\.00 +\+0\.\d\d ", shown, re.MULTILINE)
    assert re.search(r"^feels good  guitar \+0\.\d\d$", shown, re.MULTILINE)
    assert re.search(r"^feels bad  work deadline -0\.\d\d$", shown, re.MULTILINE)
    assert re.search(r"^2026-01-03  user  I bought the guitar for 389 euros\.$", shown, re.MULTILINE)


def test_the_prompt_is_the_one_that_was_sent_with_what_it_cost(db: Path, fake_llm: FakeLLM) -> None:
    shown = told(db, "Which guitar did I buy?", "/prompt", llm=f"{fake_llm.url}#fake-1", columns=200)
    system = fake_llm.chats[0]["messages"][0]["content"]
    assert "the system prompt of the last reply" in shown
    assert re.search(r"\d+ of 800 tokens", shown)
    for line in system.splitlines():
        assert line.rstrip() in shown


def test_before_a_message_the_prompt_is_what_would_be_sent_without_what_stands_in_the_history(
    db: Path,
) -> None:
    shown = told(db, "/prompt")
    assert "what would be sent now" in shown
    assert "- guitar " in shown
    assert "389 euros" not in shown  # the last six messages are sent word for word
    with Memory(db) as memory:
        memory.observe_many([Message("hm", "assistant") for _ in range(6)])
    assert '"I bought the guitar for 389 euros."' in told(db, "/prompt")


def test_why_gives_the_ledger_of_that_prompt_or_explains_a_turn(db: Path) -> None:
    shown = told(db, "Which guitar did I buy?", "/why")
    assert re.search(r"^\+ +\d+  - guitar\b", shown, re.MULTILINE)
    assert "the question names it" in shown
    assert "the question names it" not in told(db, "/why")
    assert "turn a4, number 3 of the log" in told(db, "/why a4")
    refused(db, "/why a9", "no turn has the id 'a9'.*")


def test_the_map_shows_a_layer(db: Path) -> None:
    assert told(db, "/map").startswith("activation 64 x 64")
    assert told(db, "/map emotion").startswith("emotion 64 x 64")
    refused(db, "/map mood", "layer 'mood' is not one of activation, emotion, confidence, recency: .*")


def test_search_finds_what_was_said_in_this_conversation(db: Path) -> None:
    shown = told(db, "My cat is called Miso.", "/search What is my cat called?")
    assert re.search(r"^\d{4}-\d\d-\d\d  user +My cat is called Miso\.$", shown, re.MULTILINE)
    assert "turn a4" in told(db, "/search guitar 389")
    assert told(db, "/search xylophone") == "nothing found\n"


def test_every_command_works_on_an_empty_memory(tmp_path: Path) -> None:
    db = tmp_path / "new.db"
    assert told(db, "/context") == "nothing is active yet: say something first\n"
    assert "You are a helpful assistant." in told(db, "/prompt")
    assert "You are a helpful assistant." in told(db, "/why")
    assert told(db, "/map")
    assert told(db, "/search anything") == "nothing found\n"
    assert told(db, "/forget everything") == "nothing is remembered of it\n"


def test_help_names_every_command_and_how_to_write(db: Path) -> None:
    shown = told(db, "/help")
    for name in ("context", "prompt", "why", "again", "map", "search", "forget", "help", "quit", "exit"):
        assert f"/{name}" in shown
    assert "//TEXT" in shown
    assert "TEXT\\" in shown
    assert max(map(len, told(db, "/help", columns=80).splitlines())) <= 80


@pytest.mark.parametrize("line", ["/nope", "/Users/ada is my home", "/", "/ context"])
def test_an_unknown_command_names_the_known_ones(db: Path, line: str) -> None:
    name = line.split()[0] if line != "/ context" else "/"
    refused(
        db, line,
        rf"{name} is no command: there are /context, /prompt, /why, /again, /map, /search, /forget, /help, "
        rf"/quit; /{name} says it to the model",
    )  # fmt: skip


def test_a_command_with_too_much_or_too_little_after_it_does_nothing(db: Path) -> None:
    refused(db, "/context of the novel", "/context takes nothing after it; //context says it to the model")
    refused(db, "/quit smoking, they say", "/quit takes nothing after it; .*")
    refused(db, "/search", "/search takes QUESTION: .*")
    refused(db, "/forget", "/forget takes WHAT: .*")


def test_again_replaces_the_last_reply_and_answers_what_was_not_answered(db: Path, fake_llm: FakeLLM) -> None:
    fake_llm.then("Hm.").then("Yes!")
    server = f"{fake_llm.url}#fake-1"
    assert told(db, "Do I play the guitar?", "/again", llm=server) == "Hm.\nYes!\n"
    assert texts(db)[4:] == ["Do I play the guitar?", "Yes!"]
    fake_llm.then(fail="401").then("Well.")
    result = piped(db, "And the lute?", "/again", llm=server)
    assert result.stdout == "Well.\n"
    assert texts(db)[6:] == ["And the lute?", "Well."]
    with Memory(db) as memory:
        memory.forget(everything=True)
    refused(db, "/again", "nothing was said yet, there is no reply to regenerate: send a message first")


def test_two_slashes_begin_a_message_with_one(db: Path, fake_llm: FakeLLM) -> None:
    told(db, "//etc//hosts is // broken", "//quit", llm=f"{fake_llm.url}#fake-1")
    assert [chat["messages"][-1]["content"] for chat in fake_llm.chats] == [
        "/etc//hosts is // broken",
        "/quit",
    ]
    assert texts(db)[4::2] == ["/etc//hosts is // broken", "/quit"]


def test_a_line_that_ends_in_a_backslash_goes_on_in_the_next(db: Path) -> None:
    piped(db, "My list:\\", "  - tea\\", "  - bread", "C:\\\\", "open at the end\\")
    assert texts(db)[4::2] == ["My list:\n  - tea\n  - bread", "C:\\\\", "open at the end"]


def test_after_an_error_the_next_line_is_heard_and_the_exit_code_tells_of_it(db: Path) -> None:
    result = piped(db, "/nope", "I like tea.", "/exit", "never heard")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert texts(db)[4] == "I like tea."
    assert len(texts(db)) == 6


# Forgetting


def test_a_pipe_that_does_not_say_yes_forgets_nothing_and_is_shown_what_would_go(db: Path) -> None:
    result = piped(db, "/forget topic guitar", "yes")
    assert result.exit_code == 2
    assert "I bought the guitar for 389 euros." in result.stdout
    assert "deadline" not in result.stdout.partition("No model")[0]
    assert "Error: /forget means 2 turns" in result.stderr
    assert texts(db)[:4] == [line.text for line in LINES]


@pytest.mark.parametrize(
    ("what", "left"),
    [("a3", ["a1", "a2", "a4"]), ("topic Guitars", ["a2", "a3"]), ("everything", [])],
)
def test_a_pipe_that_says_yes_forgets(db: Path, what: str, left: list[str]) -> None:
    gone = 4 - len(left)
    assert told(db, f"/forget {what} yes") == f"forgot {gone} turn{'s' if gone > 1 else ''}; erased: done\n"
    with Memory(db) as memory:
        assert [turn.id for turn in memory.turns()] == left


def test_what_is_not_there_cannot_be_forgotten(db: Path) -> None:
    refused(db, "/forget a9 yes", "no turn has the id 'a9'.*")
    refused(db, "/forget guitar yes", "no turn has the id 'guitar'.*")
    assert told(db, "/forget topic chess yes") == "nothing is remembered of it\n"
    assert len(texts(db)) == 4


def test_what_was_forgotten_stands_in_no_prompt_that_is_shown_later(db: Path) -> None:
    with Memory(db) as memory:
        memory.observe_many([Message("hm", "assistant") for _ in range(6)])
    said = told(
        db, "How many euros for the guitar?", "/prompt", "/forget topic guitar yes", "/prompt", "/why"
    )
    before, _, after = said.partition("forgot 3 turns")
    assert "389" in before.partition("the system prompt of the last reply")[2]
    assert "389" not in after


def test_a_topic_to_forget_must_be_named(db: Path) -> None:
    refused(db, "/forget topic yes", "/forget topic takes a name: .*")


# Ctrl-C


@pytest.mark.parametrize("interactive", [True, False])
def test_a_message_is_remembered_however_early_its_reply_is_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, interactive: bool
) -> None:
    def stopped(*_: object, **__: object) -> Iterator[str]:
        raise KeyboardInterrupt

    chat = Chat(Memory(":memory:", embedder="none"), "offline")
    monkeypatch.setattr(chat, "stream", stopped)
    talk = Talk(chat, interactive=interactive)
    with (
        nullcontext() if interactive else pytest.raises(KeyboardInterrupt)
    ):  # a pipe ends, a conversation goes on
        talk.hear("I love tea.")
    assert [turn.text for turn in chat.memory.turns()] == ["I love tea."]
    assert ("stopped: your message is remembered" in capsys.readouterr().err) == interactive


def test_a_command_can_be_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> list[Hit]:
        raise KeyboardInterrupt

    chat = Chat(Memory(":memory:", embedder="none"), "offline")
    monkeypatch.setattr(chat.memory, "search", stopped)
    Talk(chat, interactive=True).hear("/search tea")
    assert capsys.readouterr().err == "\nstopped\n"


# At a terminal


class Terminal:
    """A pseudo-terminal with a chat in it: types, and waits for what appears."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process, self.end = process, end
        self.seen = ""  # what has appeared and was not waited for yet
        self.marks_pastes = False  # whether the terminal was asked to

    def type(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def say(self, line: str) -> None:
        """A line, once the chat asks for one."""
        self.wait("you: ")
        self.type(line + "\r")

    def wait(self, text: str) -> str:
        """Everything up to a text that must appear; a minute of silence means that it never will."""
        while text not in self.seen:
            assert select.select([self.end], [], [], 60)[0], f"{text!r} did not appear after {self.seen!r}"
            piece = self._read()
            assert piece, f"the chat ended before {text!r} appeared: {self.seen!r}"
        before, _, self.seen = self.seen.partition(text)
        return before

    def ended(self) -> str:
        """What was still said, once it has ended by itself with exit code 0."""
        going_on = True
        while going_on:
            assert select.select([self.end], [], [], 60)[0], self.seen
            going_on = bool(self._read())
        assert self.process.wait() == 0
        return self.seen

    def _read(self) -> str:
        try:
            piece = os.read(self.end, 65536).decode(errors="replace")
        except OSError:  # how Linux says that the other end is gone
            return ""
        self.marks_pastes |= "\x1b[?2004h" in piece
        self.seen += re.sub(r"\x1b\[\?2004[hl]\r?|\r", "", piece)
        return piece


# The terminal must be the one that sends Ctrl-C to the process, as in a shell.
SHELL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from torimem.cli import main; main()"


@contextmanager
def terminal(db: Path, llm: str = "offline") -> Iterator[Terminal]:
    ours, theirs = os.openpty()
    home = str(db.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", SHELL, "--db", db.name, "--embedder", "none", "chat", "--llm", llm],
        cwd=home, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "TERM": "xterm", "HOME": home, "COLUMNS": "100", "INPUTRC": os.devnull},
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)


# A signal that comes before Python waits for a key is noticed at the next key: hence the second one.
CTRL_C = "\x03\r"


class Asked(list[Received]):
    """What a model was asked, and a queue to wait at until it was."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Queue[int] = Queue()

    def append(self, request: Received) -> None:
        super().append(request)
        self.counted.put(len(self))


needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@needs_terminal
def test_it_says_who_answers_and_when_we_last_talked_and_leaves_no_file_but_the_database(
    tmp_path: Path,
) -> None:
    db = tmp_path / "m.db"
    with terminal(db) as chat:
        chat.wait("m.db, user user, model offline; /help lists the commands, /quit leaves\n")
        chat.wait("nothing is remembered yet\n")
        chat.say("I love tea.")
        chat.wait("No model is set up")
        chat.say("")
        chat.say("/quit")
        chat.ended()
    with terminal(db) as chat:
        assert re.search(
            r"2 turns remembered, last talked on \w+day \d\d \w+ \d{4}, \d\d:\d\d UTC\n$", chat.wait("you: ")
        )
        chat.type("/exit\r")
        chat.ended()
    assert texts(db)[0] == "I love tea."
    assert {path.name for path in tmp_path.iterdir()} <= {"m.db", "m.db-wal", "m.db-shm"}


@needs_terminal
def test_ctrl_c_stops_a_reply_keeps_the_message_and_the_conversation_goes_on(
    db: Path, fake_llm: FakeLLM
) -> None:
    fake_llm.then("I was \x1b[31mgoing to say", fail="stalls midway").then(fail="stalls").then(
        "Fine, ", "thanks."
    )
    fake_llm.requests = asked = Asked()
    with terminal(db, f"{fake_llm.url}#fake-1") as chat:
        chat.say("How are you?")
        assert asked.counted.get(timeout=60) == 1
        assert "\x1b" not in chat.wait("[31mgoing to say")  # it is shown as it comes, and drives nothing
        chat.type("\x03")
        chat.wait("stopped: your message is remembered, and the reply as far as it was said\n")
        chat.say("And now?")
        chat.wait("And now?\n")
        assert asked.counted.get(timeout=60) == 2  # the chat itself is silent until the model speaks
        chat.type("\x03")
        chat.wait("stopped: your message is remembered, and the reply as far as it was said\n")
        chat.say("Once more?")
        chat.wait("Fine, thanks.\n")
        chat.say("/quit")
        chat.ended()
    said = ["How are you?", "I was \x1b[31mgoing to say", "And now?", "Once more?", "Fine, thanks."]
    assert texts(db)[4:] == said
    assert [message["content"] for message in fake_llm.chats[2]["messages"][-4:]] == said[:4]


@needs_terminal
@pytest.mark.parametrize("key", [CTRL_C, "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_at_the_prompt_ctrl_c_and_ctrl_d_leave(db: Path, key: str) -> None:
    with terminal(db) as chat:
        chat.wait("you: ")
        chat.type(key)
        assert "Traceback" not in chat.ended()
    assert len(texts(db)) == 4


@needs_terminal
def test_lines_can_be_edited_called_back_and_pasted(db: Path, fake_llm: FakeLLM) -> None:
    pytest.importorskip("readline")
    with terminal(db, f"{fake_llm.url}#fake-1") as chat:
        chat.say("tea\x1b[D\x1b[D\x1b[Dgreen ")  # three to the left
        chat.wait("You said: green tea\n")
        chat.say("\x1b[A and bread")  # up
        chat.wait("You said: green tea and bread\n")
        chat.say("\x1b[200~one\ntwo\n\x1b[201~three")
        chat.wait("three\nYou said: one\ntwo\nthree\n")
        assert chat.marks_pastes
        chat.say("a\\")
        chat.wait("... ")
        chat.type("b\r")
        chat.wait("You said: a\nb\n")
        chat.say("/quit")
        chat.ended()
    assert texts(db)[4::2] == ["green tea", "green tea and bread", "one\ntwo\nthree", "a\nb"]


@needs_terminal
def test_forgetting_shows_what_would_go_and_asks(db: Path) -> None:
    with terminal(db) as chat:
        for answer in ("n\r", "\r", "\x04", CTRL_C):
            chat.say("/forget topic guitar")
            assert "389 euros" in chat.wait("Forget 2 turns for good? [y/N] ")
            chat.type(answer)
            chat.wait("nothing was forgotten\n")
        assert len(texts(db)) == 4
        chat.say("/forget topic guitar")
        chat.wait("Forget 2 turns for good? [y/N] ")
        chat.type("y\r")
        chat.wait("forgot 2 turns; erased: done\n")
        chat.say("\x1b[A")  # the answer is no line to come back to
        assert "/forget topic guitar" in chat.wait("nothing is remembered of it\n")
        chat.say("/quit")
        chat.ended()
    assert texts(db) == ["What do you play?", "The work deadline is terrible."]


@needs_terminal
def test_an_error_does_not_end_a_conversation_at_a_terminal(db: Path, fake_llm: FakeLLM) -> None:
    fake_llm.then(fail="401").then("Back again.")
    with terminal(db, f"{fake_llm.url}#fake-1") as chat:
        chat.say("hello")
        assert re.search(r"Error: .*API key", chat.wait("\nyou: "))
        chat.type("/nope\r")
        chat.wait("Error: /nope is no command")
        chat.say("hello again")
        chat.wait("Back again.\n")
        chat.say("/quit")
        chat.ended()
    assert texts(db)[4:] == ["hello", "hello again", "Back again."]
