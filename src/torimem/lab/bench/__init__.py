"""Bench: what torimem takes on this machine, in time and in bytes, beside what was claimed of its forerunner.

It divides the time among the tasks and says where they ran; what they are stands in `fields` and
`conversation`, how they are timed in `race`. It shows nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeAlias

from ...checks import finite
from ...field import backends
from .. import machine as here
from . import conversation, fields
from .race import Share
from .row import Row

__all__ = ["Report", "machine", "measure"]

_Task: TypeAlias = Callable[[Share], Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured, where, and how to measure it again; `stopped` where Ctrl-C came first.

    `rough` says that some figures rest on too few rounds, `wrong` that some results were wrong.
    """

    machine: Mapping[str, str]
    rows: tuple[Row, ...]
    rough: bool
    wrong: bool
    stopped: bool
    command: str


def measure(
    backend: str = "auto", seconds: float = 120.0, progress: Callable[[int], None] | None = None
) -> Report:
    """Measure for about so many seconds; Ctrl-C ends it with what there is.

    `progress` is called with the whole seconds that have passed. Writes to a temporary folder only. Raises as
    `torimem.field.backends.load` for a backend that is not here, `InvalidInput` for seconds that are no
    number.

    >>> row = measure(seconds=0.1).rows[0]
    >>> row.what, row.bytes, row.claim
    ('field 50 x 50', 10000, 10000)
    """
    begin, end = time.perf_counter(), time.perf_counter() + finite("seconds", seconds)
    name = backends.load(backend).name
    told = 0

    def tell() -> None:
        nonlocal told
        passed = int(time.perf_counter() - begin)
        if progress and passed > told:
            told = passed
            progress(told)

    rows: list[Row] = []
    stopped = False
    tasks = _tasks(name)
    try:
        for number, (weight, task) in enumerate(tasks):
            now = time.perf_counter()
            part = weight / sum(each for each, _ in tasks[number:])
            rows += task(Share(now + max(0.0, end - now) * part, tell))
    except KeyboardInterrupt:
        stopped = True
    rough, wrong = (any(getattr(row, flag, False) for row in rows) for flag in ("rough", "wrong"))
    return Report(machine(name), tuple(rows), rough, wrong, stopped, _command(name, seconds))


def machine(backend: str = "auto") -> dict[str, str]:
    """What is measured on, and with what.

    >>> list(machine())
    ['processor', 'cores', 'backend', 'versions', 'date']
    """
    engine = backends.load(backend)
    return {
        "processor": here.processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "backend": f"{engine.name}: {backends.about(engine)}",
        "versions": here.versions(),
        "date": date.today().isoformat(),
    }


def _tasks(backend: str) -> list[tuple[float, _Task]]:
    """Every task and how much of the time it gets, in relation to the others."""
    more = {(200, 100): 2.0, (500, 1): 1.5, (500, 100): 6.0}
    tasks: list[tuple[float, _Task]] = [(0.0, fields.footprint)]
    for side in fields.SIDES:
        for n in (1, 100):
            tasks.append((more.get((side, n), 1.0), partial(fields.diffusion, backend, side, n)))
    tasks.append((1.5, partial(fields.layers, backend)))
    tasks += [(1.0, partial(fields.search, backend, side)) for side in fields.PATTERNS]
    tasks.append((0.5, partial(fields.transfers, backend)))
    return [*tasks, (4.0, conversation.conversation)]


def _command(backend: str, seconds: float) -> str:
    """What has to be typed for the same again."""
    threads = os.environ.get("TORIMEM_THREADS")
    command = f"torimem bench --backend {backend} --seconds {seconds:g}"
    return f"TORIMEM_THREADS={threads} {command}" if threads else command
