"""Commands about this machine and the database as a file: what is here, what can compute, what is sound."""

from __future__ import annotations

import click

from ..field import backends as engines
from ..lab import bench as benches
from ..lab.bench import tables
from ..view import show
from ..view.check import Check
from . import Options, cli
from . import doctor as doctors


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
        lambda: show.checks(Check(row.name, row.here or None, row.about) for row in rows),
    )


@cli.command()
@click.option("--backend", default="auto", show_default=True, help="Which of torimem backends computes.")
@click.option("--seconds", default=120, show_default=True, type=click.IntRange(0), help="How long, about.")
@click.pass_obj
def bench(options: Options, backend: str, seconds: int) -> None:
    """Measure speed and size on this machine. Beside the claims of docs/origins.md.

    Diffusion, layers and pattern search against plain NumPy, its results checked; bytes; what the turns of a
    conversation take. Ctrl-C shows what was measured until then. --db is not touched.
    """
    with show.progress("measuring", seconds, still=True) as progress:
        found = benches.measure(backend, seconds, progress)
    options.show(found, lambda: tables.shown(found, narrow=show.console().width < 100))
    if found.wrong or found.stopped:
        raise SystemExit(1)
