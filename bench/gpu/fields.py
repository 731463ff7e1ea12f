"""Fields of ours beside steps in PyTorch, in turns; and from how many steps on a jump pays.

A time is that of `Field.advance`, which users call, and of the wait for its end. Before it is believed the
result is compared with float64, afterwards the field must not have faded; where it is wrong, its row says so.
What is measured stands in `tasks`, how engines take turns in `turns`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torimem import Field, Stencil
from torimem.field.backends import load

from ..pairs import Times
from .here import Settings, backends, bandwidth, copied, device
from .peers import PEERS, Engine
from .rows import Row
from .tasks import COUNTS, CROSSED, CROSSINGS, JUMP, STEP, TASKS, Task
from .turns import RATE, after, busy, failed, ready, timed


class Ours(Engine):
    """A field on the backend that its name begins with.

    Where `apart` says so each layer is a field of its own; where `another` does each call makes a step more
    than the last one.
    """

    def __init__(
        self, name: str, cells: Tensor, n: int, decay: float, how: Mapping[str, Any], *, apart: bool = False,
        another: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, n)
        backend = name.partition(",")[0]
        base = backend.partition(":")[0]
        self.streamed = base != "jax"
        parts = [one[None].contiguous() for one in cells] if apart else [cells]
        self.sources = [
            # tensors stay where they are: many gigabytes need not be there several times
            Field.from_torch(part, backend=base) if self.streamed
            else Field.from_numpy(part.cpu().numpy(), backend=backend)
            for part in parts
        ]  # fmt: skip
        self.advance = {"n": n, "stencil": Stencil.diffusion(RATE, decay), **how}
        self.another = another

    def begin(self) -> list[Field]:
        self.advance["n"] += self.another
        return [source.copy() for source in self.sources]  # no field writes over cells that others share

    def run(self, state: list[Field]) -> list[Field]:
        for one in state:
            one.advance(**self.advance)
        return state

    def wait(self, state: list[Field]) -> None:
        for one in state:
            one.wait()

    def cells(self, state: list[Field]) -> Tensor:
        parts = [one.torch() for one in state]
        whole = torch.cat(parts) if len(parts) > 1 else parts[0]
        return whole.reshape(-1, *whole.shape[-2:])


def measured(name: str, settings: Settings, seconds: float) -> list[Row]:
    """The rows of one task."""
    end, task = time.monotonic() + seconds, TASKS[name]
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()  # others, JAX among them, have no use for what PyTorch keeps
    shape, n = (task.small, task.few) if settings.cpu else (task.shape, task.n)
    cells, title = drawn(shape, settings.cpu), _title(shape, n, task)
    makers: dict[str, Callable[[], Engine]] = {}
    for one in reversed(backends(settings.cpu)):  # JAX first, before PyTorch has taken most of the memory
        makers[one] = partial(Ours, one, cells, n, task.decay, task.how, another=task.another)
        if task.apart:
            apart = f"{one}, one by one"
            makers[apart] = partial(Ours, apart, cells, n, task.decay, task.how, apart=True)
    for one in task.peers:
        makers[one] = partial(PEERS[one], one, cells, n, RATE, task.decay)
    rows: dict[str, Row] = {}
    engines: dict[str, Engine] = {}
    for one, made in makers.items():
        engine, rows[one] = ready(one, made, cells, task.decay, settings, Row(title, one, n))
        if engine:
            engines[one] = engine
    rounds, least = (3, 0.2) if settings.cpu else (25, 2.0)
    times = timed(engines, rows, rounds, max(least, 0.7 * (end - time.monotonic())))
    rate = bandwidth(*copied(settings.cpu))
    for one, engine in engines.items():
        rows[one] = row = _clocked(rows[one], times[one])
        if "copy" in task.peers or task.measure == "share":
            copies = rate / (2e6 * cells.nbytes)  # in a microsecond
            rows[one] = row = replace(row, share=max(1, engine.n) / (copies * (row.wall_us or 1.0)))
        try:
            if not settings.cpu:
                device_us, remark = busy(engine, row.wall_us or 1.0, cells.nbytes)
                row = replace(row, device_us=device_us, note="; ".join(filter(None, (row.note, remark))))
            rows[one] = after(engine, row)
        except Exception as error:
            rows[one] = failed(row, error)
    Engine.pass_on(None)
    return _compared(rows, times, task)


def _clocked(row: Row, times: Times) -> Row:
    wall, low, high = times.microseconds().values()
    return replace(row, rounds=len(times.rounds), wall_us=wall, p20_us=low, p80_us=high)


def _compared(rows: dict[str, Row], times: Mapping[str, Times], task: Task) -> list[Row]:
    """The rows with ratios and verdicts."""
    right = [one for one in times if rows[one].right == "yes" and "," not in one]
    best = min(right, key=lambda one: rows[one].wall_us or 0.0, default="")
    judged = []
    for one, row in rows.items():
        other = one.partition(",")[0] if "," in one else best
        if one in times and other in times and one != other:
            row = replace(row, ratio=times[other].over(times[one]))
        if one in PEERS:
            row = replace(row, measure="ratio", target=task.bars.get(one))
        elif "," not in one and (one in times or row.right == "no"):
            row = replace(row, measure=task.measure, target=task.target)
        judged.append(row.judged())
    return judged


def crossing(backend: str, settings: Settings) -> tuple[list[Row], list[Row]]:
    """From how many steps on a jump costs less: a row for each shape, and those that it rests on."""
    found, grounds = list[Row](), list[Row]()
    counts = COUNTS[:2] if settings.cpu else COUNTS
    for name, (large, small) in CROSSINGS.items():
        cells = drawn(small if settings.cpu else large, settings.cpu)
        engines, rows = {}, {}
        for n, how in (*((n, STEP) for n in counts), (counts[-1], JUMP)):
            one = f"{backend}, {how['method']} {n}"
            made = partial(Ours, one, cells, n, 0.01, how)
            engine, rows[one] = ready(one, made, cells, 0.01, settings, Row(f"{name}, step or jump", one, n))
            if not engine:
                return [*found, replace(rows[one], task=CROSSED, engine=backend)], grounds
            engines[one] = engine
        times = timed(engines, rows, 3 if settings.cpu else 10, 1.0)  # of which three rounds are sure
        if len(times) < len(rows):
            return [*found, *(row for row in rows.values() if row.right == "no")], grounds
        clocked = [_clocked(row, times[one]) for one, row in rows.items()]
        *steps, jump = (row.wall_us or 0.0 for row in clocked)
        grounds += clocked
        now = getattr(load(backend), "longest", "no number")
        note = f"{name}; torimem steps up to {now}"
        found.append(Row(CROSSED, backend, crossed(counts, steps, jump), note=note))
    Engine.pass_on(None)
    return found, grounds


def crossed(counts: Sequence[int], steps: Sequence[float], jump: float) -> int | str:
    """How many steps cost what a jump does, on lines between those that were measured.

    >>> crossed([4, 8], [1.0, 2.0], 1.5), crossed([4, 8], [1.0, 2.0], 3.0), crossed([4, 8], [1.0, 2.0], 0.5)
    (6, '> 8', '< 4')
    """
    if jump <= steps[0]:
        return f"< {counts[0]}"
    for index in range(1, len(counts)):
        low, high = steps[index - 1], steps[index]
        if high >= jump:
            part = (jump - low) / (high - low)
            return int(counts[index - 1] + part * (counts[index] - counts[index - 1]))
    return f"> {counts[-1]}"


def drawn(shape: tuple[int, ...], cpu: bool) -> Tensor:
    """Cells between 0 and 1 on the device."""
    where = device(cpu)
    return torch.rand(shape, device=where, generator=torch.Generator(where).manual_seed(1))


def _title(shape: tuple[int, ...], n: int, task: Task) -> str:
    """A task in words."""
    *batch, layers, height, width = shape
    size = f"{height}x{width}" if layers == 1 else f"{layers}x{height}x{width}"
    size = f"{batch[0]} memories of {size}" if batch else size
    how = {"step": ", one by one", "jump": ", at once"}.get(task.how.get("method", ""), "")
    other = ", another number each time" * task.another
    return f"{size}, {n} step{'s' * (n != 1)}{how}{other}"
