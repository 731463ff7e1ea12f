"""A process of `bench.gpu`: it does the jobs that it is given, one after another, and tells what it finds.

What it tells are lines of JSON; whatever else is printed goes to stderr. A job that fails does not end the
others; who is told by a broken process whose turn it was goes on without it.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import here
from .here import Settings
from .rows import Row, tallied

FEW = "test_put_takes_a_copy or test_larger_planes_step_like_small_ones"
"""Tests that are run on a CPU, where others run them all."""

SUITE = """
from bench.gpu import here
from torimem.testing import BackendTests

if {cpu}:
    here.stand_in()


class TestBackend(BackendTests):
    backend = "{backend}"
"""

Say = Callable[..., None]


def work(job: str, settings: Settings, seconds: float, say: Say) -> None:
    """Do one job, `kind:backend` or the name of a task."""
    kind, _, backend = job.partition(":")
    if backend:
        say(at=backend)
    if kind == "here":
        rows, lines = here.here(settings)
        say(rows=rows, lines=lines)
    elif kind == "right":
        from .right import checked

        found, grounds = checked(backend, settings)
        say(rows=found, grounds=grounds)
    elif kind == "kernels":
        from .right import kernels

        if why := here.missing(backend):
            say(rows=[Row("kernels", backend, note=f"missing: {why}")])
        else:
            kernels(backend)
    elif kind == "suite":
        suite(backend, settings, say)
    elif kind == "users":
        from .users import together

        say(rows=together(settings, seconds))
    else:
        from . import fields
        from .peers import Engine

        Engine.heard = lambda name: say(at=name)
        if kind == "crossing":
            found, grounds = fields.crossing(backend, settings)
            say(rows=found, grounds=grounds)
        else:
            say(rows=fields.measured(job, settings, seconds))


def suite(backend: str, settings: Settings, say: Say) -> None:
    """All of `torimem.testing.BackendTests` on a backend, test by test; on a CPU a few of them."""
    if why := here.missing(backend):
        say(rows=[Row("torimem.testing.BackendTests", backend, note=f"missing: {why}")])
        return
    import hypothesis  # noqa: F401
    import pytest

    class Tally:
        def __init__(self) -> None:
            self.passed, self.failed, self.faults = 0, 0, list[str]()

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            self.passed += report.when == "call" and report.passed
            if report.failed:
                self.failed += 1
                self.faults.append(report.nodeid.rpartition("::")[2])
            say(tally=[self.passed, self.failed, self.faults[:3]])

    tally = Tally()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "test_backend.py"
        file.write_text(SUITE.format(cpu=settings.cpu, backend=backend), encoding="utf-8")
        options = ["-q", "-p", "no:cacheprovider", f"--rootdir={folder}", str(file)]
        options += ["-k", FEW] if settings.cpu else _parallel(settings.threads)
        code = pytest.main(options, plugins=[tally])
    faults = tally.faults[:3]
    if code and not faults:
        faults.append(f"pytest ended with {code!r}")
    right = "yes" if not code and tally.passed else "no"
    say(rows=[tallied(backend, tally.passed, tally.failed, faults, right)])


def _parallel(threads: int) -> list[str]:
    """Most of the time goes into compiling, which several processes do at once where pytest-xdist is here."""
    return ["-p", "xdist", "-n", str(threads)] if threads > 1 and find_spec("xdist") else []


def main() -> None:
    """Do what the first argument says."""
    told = json.loads(sys.argv[1])
    settings = Settings(**told["settings"])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**message: Any) -> None:
        print(json.dumps(message, default=asdict), file=out, flush=True)

    if settings.cpu:
        here.stand_in()
    elif why := here.no_gpu():
        say(missing="a GPU", why=why)
        say(done=True)
        return
    jobs = told["jobs"]
    for number, (job, weight) in enumerate(jobs):
        part = weight / sum(each for _, each in jobs[number:])
        say(job=job)
        try:
            work(job, settings, max(0.0, settings.end - time.time()) * part, say)
        except Exception as error:
            absent = error.name or "" if isinstance(error, ImportError) else ""
            if absent and absent.partition(".")[0] not in ("bench", "torimem"):
                say(missing=absent, why=f"{error}; {job} needs it")
                continue
            traceback.print_exc()
            say(failed=f"{type(error).__name__}: {error}")
    say(done=True)


if __name__ == "__main__":
    main()
