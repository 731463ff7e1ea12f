"""Commands about this machine and the database as a file: what is here, what can compute, what is sound."""

from __future__ import annotations

import click

from .. import backends as engines
from .. import doctor as doctors
from .. import show
from . import Options, cli


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
