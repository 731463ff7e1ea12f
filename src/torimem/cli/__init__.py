"""The command line: its global options, its errors in one line, and the entry point.

The commands stand beside it, by what somebody wants to do; each reads its arguments, calls one thing of the
library and shows the result. The exit code is 2 for bad input and 1 for a failure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ..errors import InvalidInput, TorimemError
from ..memory import Memory
from ..prompt.template import load
from ..view import json, show


@dataclass(frozen=True, slots=True)
class Options:
    """The global options, as every command gets them."""

    db: Path
    user: str
    agent: str | None
    embedder: str
    emotion: str
    as_json: bool

    def memory(self, *, new: bool = False) -> Memory:
        """The memory they name; a database that is not there is made only by commands that write."""
        if not new and not self.db.exists():
            raise InvalidInput(
                f"{self.db} does not exist: name the database with --db, or make one with torimem chat"
            )
        return Memory(self.db, self.user, agent=self.agent, embedder=self.embedder, emotion=self.emotion)

    def show(self, value: Any, shown: Callable[[], Any]) -> None:
        """The value as JSON where that is asked for, else what a person reads."""
        if self.as_json:
            # letters are escaped where standard output cannot show them
            unicode = sys.stdout.encoding.lower().startswith("utf")
            click.echo(json.text(value, ascii=not unicode))
        else:
            show.console().print(shown())


template_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--template", default="default", show_default=True, callback=lambda ctx, option, name: load(name).name,
    help="default, emotional, json, minimal, tutor, or a file of your own that ends in .toml.",
)  # fmt: skip


def embed(memory: Memory, *, afresh: bool = False) -> int:
    """Embed the turns that have no vectors yet, or all of them, behind a bar; returns how many."""
    total = memory.stats()["turns"] if afresh else memory.backlog()
    with show.progress("embedding", total) as progress:
        return memory.embed(progress, afresh=afresh)


def tell_backlog(memory: Memory) -> None:
    """Say on stderr how many turns have no vectors yet: reading makes none."""
    if backlog := memory.backlog():
        click.echo(show.backlog(backlog), err=True)


class _Commands(click.Group):
    """Takes its own options after a command too, and turns the library's errors into one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags = {
            name: option.is_flag
            for option in self.params
            if isinstance(option, click.Option)
            for name in option.opts
            if name != "--version"
        }
        own: list[str] = []
        rest: list[str] = []
        waiting = iter(args)
        for arg in waiting:
            name, value, _ = arg.partition("=")
            if arg == "--":  # what follows is no option, whatever it looks like
                rest += [arg, *waiting]
            elif name not in flags:
                rest.append(arg)
            elif flags[name] or value:
                own.append(arg)
            else:
                own += [arg, *islice(waiting, 1)]
        return super().parse_args(ctx, own + rest)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TorimemError as error:
            click.echo(f"Error: {' '.join(str(error).split())}", err=True)
            raise SystemExit(error.exit_code) from None


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option("--db", type=click.Path(path_type=Path), default=Path("torimem.db"), envvar="TORIMEM_DB",
              show_default=True, help="The database file.")  # fmt: skip
@click.option("--user", default="user", envvar="TORIMEM_USER", show_default=True, help="Whose memory it is.")
@click.option("--agent", default=None, help="Which assistant's memory of the user, where there are several.")
@click.option(
    "--embedder", default="auto", envvar="TORIMEM_EMBEDDER", show_default=True,
    help="auto, none, minilm, a folder, sentence-transformers:MODEL, openai:MODEL or URL#MODEL.",
)  # fmt: skip
@click.option("--emotion", default="vader", envvar="TORIMEM_EMOTION", show_default=True,
              help="What judges feelings: vader, hf:MODEL or hf:MODEL#DEVICE.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.version_option(package_name="torimem", prog_name="torimem")
@click.pass_context
def cli(
    ctx: click.Context, db: Path, user: str, agent: str | None, embedder: str, emotion: str, as_json: bool
) -> None:
    """A memory for LLM chats that lives on a torus.

    Topics glow where they are named, spread and fade; every turn is kept word for word; the prompt for the
    model is written from both. No model is called to write or to read.

    \b
    Try:  torimem demo                      a conversation over five weeks, and what is left of it
          torimem chat                      talk; give OPENAI_API_KEY, or run Ollama, for a real model
          torimem search "which guitar?"    what was said of it, word for word, and why it was found
          torimem prompt "what about work?" the system prompt that a model would get now
    """
    ctx.obj = Options(db, user, agent, embedder, emotion, as_json)


def main() -> None:
    """The entry point of the `torimem` command."""
    # A letter that the terminal cannot show, or a byte that is no letter, must not end a conversation.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if stream is sys.stdin else None, errors="replace")
    cli(prog_name="torimem")


# Importing a module registers its commands; they need what stands above, so they come last.
from . import changing, evaluating, machine, reading, talking  # noqa: E402, F401
