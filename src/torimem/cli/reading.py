"""Commands that only look: the prompt, a search, the topics, the map, a turn and the counts."""

from __future__ import annotations

from pathlib import Path

import click

from ..recall.rank import PARTS
from ..state.dynamics import LAYERS
from ..view import plot, show
from . import Options, cli, tell_backlog, template_option


@cli.command()
@click.argument("question", required=False)
@click.option("--budget", default=800, show_default=True, help="Tokens at most.")
@click.option("--persona", default="a helpful assistant", show_default=True, help="Who the model is to be.")
@template_option
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
        if question:  # what answers it is looked for by meaning
            tell_backlog(memory)
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
@click.argument("before")
@click.argument("after", required=False)
@click.option("--question", default=None, help="Compare the prompts for this question.")
@click.option("--budget", default=800, show_default=True, help="Tokens at most.")
@template_option
@click.option(
    "--all", "everything", is_flag=True, help="Also what a model does not see: figures behind lines."
)
@click.pass_obj
def diff(
    options: Options, before: str, after: str | None, question: str | None, budget: int, template: str,
    everything: bool,
) -> None:  # fmt: skip
    """Compare the prompts of two turns. Which lines came, went, changed or no longer fit, and why.

    BEFORE and AFTER are ids of turns, or times like 2026-01-31T10:00:00; without AFTER, it is now.
    """
    with options.memory() as memory:
        if question:
            tell_backlog(memory)
        found = memory.diff(before, after, question, budget=budget, template=template)
    options.show(found, lambda: show.difference(found, everything=everything))


@cli.command()
@click.argument("question")
@click.option("--limit", default=10, show_default=True, help="Hits at most.")
@click.option("--since", default=None, help="Only what was said from a time like 2026-01-31 on.")
@click.option("--until", default=None, help="Only what was said before a time like 2026-01-31.")
@click.option("--as-of", default=None, help="Go back to a turn's id, or a time like 2026-01-31T10:00:00.")
@click.option("--now", default=None, help="What 'yesterday' is counted from; by default the last turn.")
@click.option(
    "--without", multiple=True, metavar="PART", help=f"Leave a part out; repeatable: {', '.join(PARTS)}."
)
@click.pass_obj
def search(
    options: Options, question: str, limit: int, since: str | None, until: str | None,
    as_of: str | None, now: str | None, without: tuple[str, ...],
) -> None:  # fmt: skip
    """Find the turns that answer QUESTION. Word for word, the best first, and why each was found.

    Turns that have no vectors yet are found by their words only; torimem embed makes them. A QUESTION that
    begins with a dash stands after two dashes: torimem search -- "-5 degrees".
    """
    with options.memory() as memory:
        tell_backlog(memory)
        hits = memory.search(question, limit, since=since, until=until, as_of=as_of, now=now, without=without)
    options.show(hits, lambda: show.hits(hits))


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
@click.pass_obj
def stats(options: Options) -> None:
    """Count turns, topics and bytes. Also evictions, speakers, and the Dynamics it lives by."""
    with options.memory() as memory:
        found = memory.stats()
    options.show(found, lambda: show.figures(found))
