"""A conversation line by line: what a person types, what is shown; answering is left to `Chat`.

A line that begins with a slash is a command; it is not remembered and not sent. At a terminal lines can be
edited, an error ends nothing and deleting asks first; a pipe is read in the same way, line by line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ..chat import Chat
from ..errors import InvalidInput, ModelError, TorimemError
from ..log.arrival import new_id
from ..prompt.ledger import Prompt
from ..reply import Reply, ReplyStream
from ..view import plot, show

if TYPE_CHECKING:
    from rich.console import RenderableType

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a model's reply must not drive the terminal
_LISTED = 12  # turns that /forget shows before it asks
_FOUND = 5  # turns that /search shows


class Talk:
    """Lines to messages and commands, until the input ends.

    >>> from torimem import Memory
    >>> talk = Talk(Chat(Memory(":memory:"), "offline"), interactive=False)
    >>> talk.hear("I love tea.")
    No model is set up, and I recall nothing about this yet.
    """

    def __init__(self, chat: Chat, *, interactive: bool) -> None:
        self.chat: Chat = chat
        self.memory = chat.memory
        self.interactive = interactive
        self._open = True
        self._reply: Reply | None = None
        self._keep: Callable[[str], None] | None = None

    def run(self) -> int:
        """Hear every line; returns the exit code of the first that failed, 0 where none did.

        In a pipe a message that is refused is raised: it ends the chat, as bad input ends every command.
        """
        code = 0
        if self.interactive:
            self._edit()
            click.echo(self._last_time(), err=True)
        try:
            while self._open and (text := self._read()) is not None:
                try:
                    self.hear(text)
                except TorimemError as error:
                    message = _command(text) is None and not isinstance(error, ModelError)
                    if message and not self.interactive:
                        raise
                    click.echo(f"Error: {' '.join(str(error).split())}", err=True)
                    code = code or error.exit_code
        except KeyboardInterrupt:
            if not self.interactive:
                raise
            click.echo()
        return code

    def hear(self, text: str) -> None:
        """Answer a message, or do what a command says; an empty line is neither.

        At a terminal Ctrl-C stops the reply or the command, not the conversation.
        """
        command = _command(text)
        try:
            if command is not None:
                self._do(command, text[1 + len(command) :].strip())
            elif text:
                self._answer(text[1:] if text.startswith("//") else text)
        except KeyboardInterrupt:
            if not self.interactive:
                raise
            kept = ": your message is remembered, and the reply as far as it was said"
            rest = "" if command is not None else kept
            click.echo(f"\nstopped{rest}", err=True)

    def _answer(self, text: str) -> None:
        id = new_id()
        try:
            self._speak(self.chat.stream(text, id=id))
        except KeyboardInterrupt:
            self.memory.observe(text, id=id)  # nothing is written twice; it may have come too early
            raise

    def _speak(self, stream: ReplyStream) -> None:
        """Show a reply piece by piece."""
        self._reply, piece = None, ""
        try:
            with stream:
                for piece in stream:
                    click.echo(_CONTROL.sub("", piece), nl=False)
            click.echo()
        except ModelError:
            click.echo(nl=bool(piece))
            raise
        self._reply = stream.reply

    # Lines

    def _edit(self) -> None:
        """Arrow keys and the lines of this session; no file keeps them."""
        try:
            import readline
        except ImportError:  # Windows, where the console does it
            return
        readline.set_auto_history(False)  # the answer to a question is no line to come back to
        readline.parse_and_bind("set enable-bracketed-paste on")  # what is pasted is one message
        self._keep = readline.add_history

    def _last_time(self) -> str:
        turns = self.memory.stats()["turns"]
        if not turns:
            return "nothing is remembered yet"
        (last,) = self.memory.turns(1)
        return f"{show.count(turns)} remembered, last talked on {last.at:%A %d %B %Y, %H:%M} UTC"

    def _read(self) -> str | None:
        """The next message or command, None at the end; a backslash at the end of a line asks for more."""
        lines: list[str] = []
        while (line := self._line("... " if lines else "you: ")) is not None:
            if self._keep and line.strip():
                self._keep(line)
            lines.append(line)
            if (len(line) - len(line.rstrip("\\"))) % 2 == 0:
                break
            lines[-1] = line[:-1]
        return "\n".join(lines).strip() if lines else None

    def _line(self, prompt: str) -> str | None:
        if not self.interactive:
            line = sys.stdin.readline()
            return line.removesuffix("\n") if line else None
        try:
            return input(prompt)
        except EOFError:
            click.echo()
            return None

    # Commands: each takes what stands after its name, and gives what to show

    def _do(self, name: str, rest: str) -> None:
        name = "quit" if name == "exit" else name
        if name not in _COMMANDS:
            known = ", ".join(f"/{known}" for known in _COMMANDS)
            raise InvalidInput(f"/{name} is no command: there are {known}; //{name} says it to the model")
        wanted, _, do = _COMMANDS[name]
        if rest and not wanted:
            raise InvalidInput(f"/{name} takes nothing after it; //{name} says it to the model")
        if wanted and not rest and not wanted.startswith("["):
            raise InvalidInput(f"/{name} takes {wanted}: write it on the same line, or see /help")
        shown = do(self, rest)
        if shown is not None:
            show.console().print(shown)

    def _context(self, _: str) -> RenderableType:
        return show.context(self.memory.context())

    def _prompt(self, _: str) -> RenderableType:
        title = "the system prompt of the last reply" if self._reply else "what would be sent now"
        return show.prompt(self._written(), title=title)

    def _why(self, id: str) -> RenderableType:
        return show.explanation(self.memory.explain(id)) if id else show.ledger(self._written().lines)

    def _written(self) -> Prompt:
        """The prompt of the last reply; without one, what a message that names nothing would be sent with."""
        if self._reply is not None:
            return self._reply.prompt
        earlier = self.memory.turns(self.chat.history)
        return self.chat.messages_for(self.memory.context(), earlier, "")[0]

    def _again(self, _: str) -> None:
        last = self.memory.turns(1)
        if last and last[0].role == "user":  # the model failed, or was stopped before its first word
            self._speak(self.chat.stream(last[0].text, id=last[0].id))
        else:
            self._speak(self.chat.regenerate_stream())

    def _map(self, layer: str) -> RenderableType:
        layer = layer or "activation"
        return plot.terminal(self.memory.map(layer), self.memory.topics(), layer=layer)

    def _search(self, question: str) -> RenderableType:
        found = self.memory.search(question, _FOUND)
        if backlog := self.memory.backlog():
            click.echo(show.backlog(backlog), err=True)
        return show.hits(found)

    def _forget(self, what: str) -> RenderableType:
        sure = what.endswith(" yes")
        what = what.removesuffix(" yes").strip()
        kind, _, topic = what.partition(" ")
        choice: dict[str, Any] = {"id": what}
        if what == "everything":
            choice = {"everything": True}
        elif kind == "topic":
            if not topic.strip():
                raise InvalidInput("/forget topic takes a name: write it on the same line")
            choice = {"topic": topic.strip()}
        ids = self.memory.forget(**choice, dry_run=True).turns
        if not ids:
            return "nothing is remembered of it"
        if not sure:
            found = {turn.id: turn for turn in self.memory.turns()}
            show.console().print(*(show.said(found[id]) for id in ids[:_LISTED] if id in found), sep="\n")
            if not self._agreed(len(ids)):
                return "nothing was forgotten"
        receipt = self.memory.forget(**choice)
        self._reply = None  # its prompt may quote what is gone
        return f"forgot {show.count(len(receipt.turns))}; erased: {receipt.erased}"

    def _agreed(self, turns: int) -> bool:
        if not self.interactive:
            raise InvalidInput(
                f"/forget means {show.count(turns)}, and in a pipe nobody can be asked: end the line in yes"
            )
        more = f" ({turns - _LISTED} more than shown)" if turns > _LISTED else ""
        try:
            answer = self._line(f"Forget {show.count(turns)}{more} for good? [y/N] ")
        except KeyboardInterrupt:
            click.echo()
            return False
        return (answer or "").strip().lower() in ("y", "yes")

    def _help(self, _: str) -> RenderableType:
        rows = [(f"/{name} {wanted}".strip(), about) for name, (wanted, about, _) in _COMMANDS.items()]
        return show.usage([*rows, *_WRITING])

    def _quit(self, _: str) -> None:
        self._open = False


# Name -> what it takes, what it is for, what it does.
_COMMANDS: dict[str, tuple[str, str, Callable[[Talk, str], RenderableType | None]]] = {
    "context": ("", "what is active now, what is felt about it, and what was said of it", Talk._context),
    "prompt": ("", "the system prompt of the last reply, or what would be sent now", Talk._prompt),
    "why": ("[ID]", "why each line of that prompt is there; or what became of one turn", Talk._why),
    "again": ("", "another reply to your last message, in place of the last one", Talk._again),
    "map": ("[LAYER]", "the torus as a heat map", Talk._map),
    "search": ("QUESTION", "the turns that answer it, word for word", Talk._search),
    "forget": (
        "WHAT",
        "removes turns for good; WHAT is a turn's id, topic NAME or everything. It shows them and asks; with "
        "yes at the end it does not ask. In a pipe, where nobody can be asked, it needs that yes",
        Talk._forget,
    ),
    "help": ("", "this list", Talk._help),
    "quit": ("", "leaves; so do /exit, Ctrl-D, and Ctrl-C while nothing is answered", Talk._quit),
}
_WRITING = [
    ("//TEXT", "a message that begins with a slash"),
    ("TEXT\\", "a backslash at the end of a line: the message goes on in the next"),
]


def _command(text: str) -> str | None:
    """The name of the command that a line is, None for a message."""
    if not text.startswith("/") or text.startswith("//"):
        return None
    return re.split(r"\s", text[1:], maxsplit=1)[0]
