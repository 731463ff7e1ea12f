"""The commands: each reads its arguments, calls one thing of the library and shows the result.

Errors become one line in one place; the exit code is 2 for bad input and 1 for a failure.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from . import backends as engines
from . import doctor as doctors
from . import lines, plot, show
from .chat import Chat
from .dynamics import LAYERS, Dynamics
from .errors import InvalidInput, ModelError, TorimemError
from .memory import Memory


@dataclass(frozen=True, slots=True)
class Options:
    """The global options, as every command gets them."""

    db: Path
    user: str
    agent: str | None
    as_json: bool

    def memory(self, *, new: bool = False) -> Memory:
        """The memory they name; a database that is not there is made only by commands that write."""
        if not new and not self.db.exists():
            raise InvalidInput(
                f"{self.db} does not exist: name the database with --db, or make one with torimem chat"
            )
        return Memory(self.db, self.user, agent=self.agent)

    def show(self, value: Any, shown: Callable[[], Any]) -> None:
        """The value as JSON where that is asked for, else what a person reads."""
        if self.as_json:
            click.echo(show.as_json(value))
        else:
            show.console().print(shown())


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a model's reply must not drive the terminal


class _Commands(click.Group):
    """Turns the library's errors into one line with our exit code."""

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
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.version_option(package_name="torimem", prog_name="torimem")
@click.pass_context
def cli(ctx: click.Context, db: Path, user: str, agent: str | None, as_json: bool) -> None:
    """A memory for LLM chats that lives on a torus.

    Topics glow where they are named, spread and fade; every turn is kept word for word; the prompt for the
    model is written from both. No model is called to write or to read.

    \b
    Try:  torimem demo                      a conversation over five weeks, and what is left of it
          torimem chat                      talk; give OPENAI_API_KEY, or run Ollama, for a real model
          torimem prompt "what about work?" the system prompt that a model would get now
    """
    ctx.obj = Options(db, user, agent, as_json)


@cli.command()
@click.option(
    "--png", type=click.Path(path_type=Path), default=None, help="Also draw the four layers to a PNG file."
)
@click.option("--budget", default=800, show_default=True, help="Tokens for the final prompt.")
@click.pass_obj
def demo(options: Options, png: Path | None, budget: int) -> None:
    """Play the conversation that ships with torimem. Topics as turns arrive, map, prompt, an answer.

    Needs no key, no model and no network, and leaves nothing behind.
    """
    with as_file(files("torimem") / "demo.jsonl") as path:
        *messages, question = lines.read_replay(path)
    console = show.console()
    with Memory(":memory:", "ada") as memory:
        session = None
        for message in messages:
            (turn,) = memory.observe_many([message])
            if turn.session != session:
                session = turn.session
                console.rule(f"[bold]{turn.at:%A %d %B}", style="dim", align="left")
            console.print(show.said(turn))
        console.rule("[bold]what is active now", style="dim", align="left")
        console.print(show.topics(memory.topics(), 12))
        console.print(plot.terminal(memory.map(), memory.topics()))
        chat = Chat(memory, "offline", budget=budget)
        reply = chat.turn(question.text, id=question.id, at=question.at)
        console.print(show.prompt(reply.prompt, title="the system prompt for the last question"))
        console.rule(
            "[bold]its ledger: why each line is there, and what the budget cut", style="dim", align="left"
        )
        console.print(show.ledger(reply.prompt.lines))
        console.rule("[bold]the last question, and an answer without a model", style="dim", align="left")
        console.print(show.said(memory.turns(2)[0]))
        console.print(show.answer(reply.text))
        if png is not None:
            plot.png(png, memory.cells(), LAYERS, memory.topics(), title="five weeks of Ada")
            console.print(f"\nthe four layers: {png}", style="dim")


@cli.command()
@click.option(
    "--llm", default="auto", show_default=True, help="auto, offline, openai:MODEL, ollama:MODEL or URL#MODEL."
)
@click.option(
    "--history", default=6, show_default=True, type=click.IntRange(0), help="Messages sent word for word."
)
@click.option("--budget", default=800, show_default=True, help="Tokens for the memory's prompt.")
@click.option("--persona", default="a helpful assistant", show_default=True, help="Who the model is to be.")
@click.option(
    "--template", default="default", show_default=True, help="default, minimal, emotional or tutor."
)
@click.pass_obj
def chat(options: Options, llm: str, history: int, budget: int, persona: str, template: str) -> None:
    """Talk to a model that remembers; /quit or end of input leaves.

    Messages can be piped in, one a line. A model that fails loses no turn.
    """
    failed = False
    with options.memory(new=True) as memory:
        talk = Chat(memory, llm, history=history, budget=budget, persona=persona, template=template)
        interactive = sys.stdin.isatty()
        if interactive:
            click.echo(f"{options.db}, user {options.user}, model {talk.llm.name}; /quit leaves", err=True)
        while (text := _heard(interactive)) is not None:
            if not text:
                continue
            piece = ""
            try:
                for piece in talk.stream(text):
                    click.echo(_CONTROL.sub("", piece), nl=False)
                    sys.stdout.flush()
                click.echo()
            except ModelError as error:
                failed = True
                click.echo(nl=bool(piece))
                click.echo(f"Error: {error}", err=True)
    if failed and not interactive:
        raise SystemExit(ModelError.exit_code)


def _heard(interactive: bool) -> str | None:
    """The next message, None at the end."""
    if interactive:
        try:
            text = click.prompt("you", prompt_suffix=": ", default="", show_default=False)
        except click.Abort:
            return None
    else:
        text = sys.stdin.readline()
        if not text:
            return None
    return None if text.strip() in ("/quit", "/exit") else text.strip()


def _turns(count: int, kind: str = "") -> str:
    return f"{count} {kind}turn{'' if count == 1 else 's'}"


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def replay(options: Options, file: Path) -> None:
    """Remember a conversation from JSON lines. All of it, or nothing where a line is wrong.

    \b
    {"id": "D1:3", "role": "user", "speaker": "Ada", "text": "...", "at": "2026-01-31T10:00", "session": "1"}

    Only text is required. A file can be replayed again: turns whose id is known are not written twice.
    """
    messages = lines.read_replay(file)
    with options.memory(new=True) as memory, show.progress("folding", len(messages)) as progress:
        before = memory.stats()["turns"]
        memory.observe_many(messages, progress)
        stats = memory.stats()
    new = stats["turns"] - before
    text = f"{_turns(new, 'new ')}, {stats['turns']} in all, {stats['topics']} topics on the torus"
    options.show({"read": len(messages), "new": new, **stats}, lambda: text)


@cli.command()
@click.argument("question", required=False)
@click.option("--budget", default=800, show_default=True, help="Tokens at most.")
@click.option("--persona", default="a helpful assistant", show_default=True, help="Who the model is to be.")
@click.option(
    "--template", default="default", show_default=True, help="default, minimal, emotional or tutor."
)
@click.option("--as-of", default=None, help="Go back to a turn's id, or a time like 2026-01-31T10:00:00.")
@click.option("--now", default=None, help="Let the clock run on to a time, where the Dynamics have a tick.")
@click.option("--ledger", is_flag=True, help="Also show why each line is there, and what the budget cut.")
@click.pass_obj
def prompt(
    options: Options, question: str | None, budget: int, persona: str, template: str,
    as_of: str | None, now: str | None, ledger: bool,
) -> None:  # fmt: skip
    """Print the system prompt that a model would get now. For QUESTION where one is given."""
    with options.memory() as memory:
        written = memory.prompt(
            question, budget=budget, persona=persona, template=template, as_of=as_of, now=now
        )
    if options.as_json:
        options.show(written, lambda: None)
        return
    click.echo(written.text)
    if ledger:
        show.console().print("", show.ledger(written.lines))


@cli.command()
@click.option("--all", "everything", is_flag=True, help="All topics on the torus, not only the strongest 20.")
@click.pass_obj
def topics(options: Options, everything: bool) -> None:
    """List the topics on the torus. How active, how felt about, when named, and where they lie."""
    with options.memory() as memory:
        found = memory.topics()
    options.show(found, lambda: show.topics(found, len(found) if everything else 20))


@cli.command("map")
@click.option(
    "--layer", type=click.Choice(LAYERS), default="activation", show_default=True, help="Which layer to show."
)
@click.option(
    "--png", type=click.Path(path_type=Path), default=None, help="Draw all four layers to a PNG file instead."
)
@click.pass_obj
def map_(options: Options, layer: str, png: Path | None) -> None:
    """Draw the torus as a heat map. It wraps, left to right and top to bottom."""
    with options.memory() as memory:
        cells, found = memory.cells(), memory.topics()
    if png is not None:
        plot.png(png, cells, LAYERS, found, title=f"the memory of {options.user}")
        options.show({"png": str(png)}, lambda: str(png))
        return
    plane = cells[LAYERS.index(layer)]
    rounded = [[round(float(cell), 4) for cell in row] for row in plane]
    options.show(
        {"layer": layer, "cells": rounded, "topics": found}, lambda: plot.terminal(plane, found, layer=layer)
    )


@cli.command()
@click.argument("id")
@click.pass_obj
def why(options: Options, id: str) -> None:
    """Explain a turn by its id. What it says, what became of its topics, which prompt lines rest on it."""
    with options.memory() as memory:
        found = memory.explain(id)
    options.show(found, lambda: show.explanation(found))


@cli.command()
@click.option("--turn", default=None, help="One turn, by its id.")
@click.option("--topic", default=None, help="Every turn that mentions a topic.")
@click.option("--before", default=None, help="Every turn said before a time like 2026-01-31.")
@click.option("--everything", is_flag=True, help="The whole memory of this user.")
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def forget(
    options: Options,
    turn: str | None,
    topic: str | None,
    before: str | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove turns as if they had never been said. Name exactly one of the options that choose."""
    with options.memory() as memory:
        choice: dict[str, Any] = {"turn": turn, "topic": topic, "before": before, "everything": everything}
        receipt = memory.forget(**choice, dry_run=True)
        if receipt.turns and not dry_run:
            if not yes:
                click.confirm(f"Forget {_turns(len(receipt.turns))} for good?", abort=True, err=True)
            receipt = memory.forget(**choice)
    verb = "would forget" if dry_run else "forgot"
    listed = "".join(f"\n  {id}" for id in receipt.turns)
    options.show(receipt, lambda: f"{verb} {_turns(len(receipt.turns))}; erased: {receipt.erased}{listed}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def export(options: Options, file: Path) -> None:
    """Write the log as JSON lines. With sums by which two memories can be compared."""
    with options.memory() as memory:
        memory.export(file)
        turns = memory.stats()["turns"]
    options.show({"file": str(file), "turns": turns}, lambda: f"{_turns(turns)} written to {file}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def restore(ctx: click.Context, file: Path) -> None:
    """Read an export into a database. Its user must have no memory there; --user and --agent rename it."""
    options: Options = ctx.obj
    source = ctx.parent.get_parameter_source("user") if ctx.parent else None
    user = None if source is click.core.ParameterSource.DEFAULT else options.user
    with Memory.restore(file, options.db, user=user, agent=options.agent) as memory:
        stats = memory.stats()
    options.show(stats, lambda: f"{_turns(stats['turns'])} of {stats['user']!r} restored to {options.db}")


@cli.command()
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change one of the Dynamics; repeatable."
)
@click.pass_obj
def refold(options: Options, changes: tuple[str, ...]) -> None:
    """Fold the whole log afresh. With other Dynamics where --set gives them; every turn stays as it is."""
    with options.memory() as memory:
        dynamics = replace(memory.dynamics, **dict(_change(change) for change in changes))
        with show.progress("folding", memory.stats()["turns"]) as progress:
            memory.refold(dynamics, progress)
        stats = memory.stats()
    options.show(stats, lambda: f"{_turns(stats['turns'])} folded, {stats['topics']} topics on the torus")


def _change(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or key not in Dynamics.__dataclass_fields__:
        known = ", ".join(Dynamics.__dataclass_fields__)
        raise InvalidInput(f"--set {text!r} is not NAME=VALUE with a NAME of {known}: correct it")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        raise InvalidInput(f"--set {text!r}: {value!r} is not a number: give one like 0.05") from None


@cli.command()
@click.pass_obj
def stats(options: Options) -> None:
    """Count turns, topics and bytes. Also evictions, speakers, and the Dynamics it lives by."""
    with options.memory() as memory:
        found = memory.stats()
    options.show(found, lambda: show.figures(found))


@cli.command()
@click.pass_obj
def doctor(options: Options) -> None:
    """Check the installation and the database. Versions, extras, integrity, and that the fold repeats."""
    found = doctors.examine(options.db)
    options.show(found, lambda: show.checks(found))
    if any(check.ok is False for check in found):
        raise SystemExit(1)


@cli.command()
@click.pass_obj
def backends(options: Options) -> None:
    """List what can compute fields here. What is missing, and how to get it."""
    rows = engines.available()
    options.show(
        [row._asdict() for row in rows],
        lambda: show.checks(doctors.Check(row.name, row.here or None, row.about) for row in rows),
    )


def main() -> None:
    """The entry point of the `torimem` command."""
    # A letter that the terminal cannot show, or a byte that is no letter, must not end a conversation.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if stream is sys.stdin else None, errors="replace")
    cli(prog_name="torimem")
