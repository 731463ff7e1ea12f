"""How long a fresh process takes until a first field has advanced, over importing NumPy alone."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from ..pairs import Row, Times, verdict

LONGEST = 300_000.0  # us
OURS, NUMPY = "torimem, over numpy", "import numpy"


def starting(settings: Any) -> list[Row]:
    """Processes take turns; what counts is the difference within a round."""
    ours = f"from torimem import Field; Field(50, 50, backend={settings.backend!r}).advance(1)"
    times = {OURS: Times(), NUMPY: Times()}
    _spent(ours)  # the first one writes bytecode
    for _ in range(settings.rounds):
        numpy = _spent("import numpy")
        times[NUMPY].rounds.append(numpy)
        times[OURS].rounds.append(_spent(ours) - numpy)
    rows = []
    for engine, bar in ((OURS, LONGEST), (NUMPY, None)):
        figures = times[engine].microseconds()
        met = verdict(figures["median_us"], bar)
        rows.append(
            Row(
                "a fresh process, 50x50, 1 step",
                engine,
                rounds=settings.rounds,
                measure="median_us",
                bar=bar,
                met=met,
                **figures,
            )
        )
    return rows


def _spent(code: str) -> float:
    begin = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", code], check=True)
    return float(time.perf_counter_ns() - begin)
