"""Engines on a GPU, one after another: are they right, how long do they take, what is the device busy with.

It knows results, clocks and failures, and leaves what is computed to the engines. A device that one of them
has broken is of no use to the others: then the process ends, and who started it knows whose turn it was.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from torimem.errors import MissingExtra, NotFound

from .. import pairs
from ..field import precision
from .here import Settings
from .peers import PEERS, Engine, Peer
from .rows import Row

RATE, FADED = 0.25, 1e-20
PART = 1 << 26
"""Cells that are compared at once; in float64 and with scratch they take some gigabytes."""
BROKEN = 70
"""How a process ends whose device is of no more use."""


def ready(
    name: str, made: Callable[[], Engine], cells: Tensor, decay: float, settings: Settings, row: Row
) -> tuple[Engine | None, Row]:  # fmt: skip
    """An engine that has run once, which compiles, and a row about it; None where it is of no use."""
    row, own = replace(row, engine=name), name.partition(",")[0]  # "triton, one by one" is triton too
    for one in (name, own):
        if one in settings.without:
            return None, replace(row, note=f"left out: {settings.without[one]}")
    Engine.heard(name)
    try:
        engine = made()
        begin = time.perf_counter()
        engine.fresh()
        engine.call()()
        first = time.perf_counter() - begin
        error, peak = compared(engine.cells(engine.state), cells, engine.n, decay)
    except (MissingExtra, NotFound, ImportError) as why:
        return None, replace(row, note=f"missing: {line(why)}")
    except Exception as why:
        return None, failed(row, why)
    row = replace(row, n=engine.n, first_s=first, error=error, peak=peak)
    near = error <= max(1e-5, 2e-7 * min(engine.n, 128))  # so much rounding adds up in steps
    if not isinstance(engine, Peer):
        strange = own in settings.wrong
        note = "" if near and not strange else f"wrong{': see what numpy says of it' * strange}"
        return engine, replace(row, right="no" if note else "yes", note=note)
    if near or error <= engine.loose:
        return engine, replace(row, note=engine.about)
    return None, replace(row, note=f"left out: it is off by {error:.1e}")


def failed(row: Row, why: Exception) -> Row:
    """The row of what failed; no time, and not right. A peer that fails is left out."""
    peer = row.engine in PEERS
    row = replace(row, right="" if peer else "no", note=f"{'left out' if peer else 'failed'}: {line(why)}")
    Engine.pass_on(None)
    if torch.cuda.is_initialized():
        try:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        except RuntimeError:
            print(row.note, file=sys.stderr, flush=True)
            os._exit(BROKEN)
    return row


def line(why: BaseException) -> str:
    """An error in one line of tolerable length."""
    text = " ".join(str(why).split())
    known = isinstance(why, (MissingExtra, NotFound))
    return text[:300] if known else f"{type(why).__name__}: {text}"[:300]


def compared(got: Tensor, cells: Tensor, n: int, decay: float) -> tuple[float, float]:
    """The largest error of cells `(plane, y, x)` after n steps, over the largest cell, and that cell."""
    before = cells.reshape(-1, *cells.shape[-2:])
    size = max(1, PART // before[0].numel())
    errors, peaks = [], []
    for now, then in zip(got.split(size), before.split(size), strict=True):
        want = _truth(then, n, decay)
        errors.append(float((now.double() - want).abs().max()))
        peaks.append(float(want.abs().max()))
    peak = max(peaks)
    return float(np.max(errors)) / max(peak, FADED), peak


def _truth(cells: Tensor, n: int, decay: float) -> Tensor:
    """Cells after n steps in float64: few by rolling on the device, many by NumPy's transform."""
    if n > 128:
        after = precision.truth(cells.cpu().numpy(), n, RATE, decay)
        return torch.from_numpy(after).to(cells.device)
    u = cells.double()
    for _ in range(n):
        u = (1 - RATE - decay) * u + RATE / 4 * (
            u.roll(1, -2) + u.roll(-1, -2) + u.roll(1, -1) + u.roll(-1, -1)
        )
    return u


def timed(
    engines: dict[str, Engine], rows: dict[str, Row], rounds: int, seconds: float
) -> dict[str, pairs.Times]:
    """The times of engines in turns; one that fails is taken out, its row changed, and all begin anew."""
    while engines:
        try:
            return pairs.measure(engines, None, 0, rounds, seconds)
        except Exception as why:
            name = Engine.turn.name if Engine.turn else ""
            if name not in engines:
                raise
            rows[name] = failed(rows[name], why)
            del engines[name]
    return {}


def after(engine: Engine, row: Row) -> Row:
    """The row of an engine that was timed, looked at once more: whether its cells have faded or changed."""
    engine.fresh()
    engine.call()()
    peak = float(engine.cells(engine.state).abs().max())
    if row.right == "no" or (peak > FADED and row.peak is not None and abs(peak / row.peak - 1) < 0.01):
        return row
    note = f"the largest cell became {peak:.1e} while it was timed"
    return replace(row, right="no", note=note)


def busy(engine: Engine, wall: float, size: int) -> tuple[float | None, str]:
    """Microseconds that a device is busy with a call, and a remark; None where PyTorch's events cannot tell.

    All calls of a sample are asked for while the device still sleeps, so that it need not wait for the next.
    """
    if not engine.streamed:
        return None, ""
    calls = int(max(1, min(20, 5000 // wall, (1 << 31) // size)))
    nap = min(20_000, 100 + 1.2 * calls * wall)
    spent, asked, slept = [], [], []
    for _ in range(7 if wall < 20_000 else 1):
        Engine.pass_on(engine)
        states = [engine.begin() for _ in range(calls)]
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(3)]
        torch.cuda.synchronize()
        marks[0].record()
        torch.cuda._sleep(int(2000 * nap))  # in cycles, of which about 2000 are a microsecond
        marks[1].record()
        begin = time.perf_counter()
        states = [engine.run(state) for state in states]
        asked.append(1e6 * (time.perf_counter() - begin))
        marks[2].record()
        torch.cuda.synchronize()
        del states
        slept.append(1e3 * marks[0].elapsed_time(marks[1]))
        spent.append(1e3 * marks[1].elapsed_time(marks[2]) / calls)
    waits = np.median(asked) > 0.95 * np.median(slept)
    return float(np.median(spent)), "waits for the device while it asks" * bool(waits)
