"""Commands that hold a conversation: the one that ships with torimem, and one with a person."""

from __future__ import annotations

import sys
from importlib.resources import as_file, files
from pathlib import Path

import click

from ..chat import Chat
from ..log.replay import read_replay
from ..memory import Memory
from ..state.dynamics import LAYERS
from ..view import plot, show
from . import Options, cli, embed, template_option
from .talk import Talk


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
    with as_file(files("torimem") / "cli/demo.jsonl") as path:
        *messages, question = read_replay(path)
    console = show.console()
    with Memory(":memory:", "ada", embedder="none") as memory:
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
    "--llm",
    default="auto",
    show_default=True,
    help="auto, offline, openai:MODEL, ollama:MODEL, URL#MODEL or transformers:MODEL (or a folder).",
)
@click.option(
    "--history", default=6, show_default=True, type=click.IntRange(0), help="Messages sent word for word."
)
@click.option("--budget", default=800, show_default=True, help="Tokens for the memory's prompt.")
@click.option("--persona", default="a helpful assistant", show_default=True, help="Who the model is to be.")
@template_option
@click.pass_obj
def chat(options: Options, llm: str, history: int, budget: int, persona: str, template: str) -> None:
    """Talk to a model that remembers. /help lists what else can be typed; /quit or end of input leaves.

    Messages can be piped in, one a line; a line that ends in a backslash goes on in the next. A model that
    fails, or is stopped with Ctrl-C, loses no message.
    """
    interactive = sys.stdin.isatty()
    with options.memory(new=True) as memory:
        talker = Chat(memory, llm, history=history, budget=budget, persona=persona, template=template)
        embed(memory)  # what has no vectors yet would be found by its words only
        if interactive:
            click.echo(
                f"{options.db}, user {options.user}, model {talker.llm.name}; /help lists the commands, "
                "/quit leaves",
                err=True,
            )
        code = Talk(talker, interactive=interactive).run()
    if code and not interactive:
        raise SystemExit(code)
