"""Draw docs/field.png from results/field.csv: how many times as long as torimem the others take.

    python -m bench.field.figure [CSV] [PNG]

Each line is a task, each mark a peer on one thread, at the ratio that was measured in pairs; the newest row
of a task and an engine counts.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from torimem.view.plot import FRAME, INK, MUTED, PAPER

from ..pairs import duration
from ..record import RESULTS, ROOT

OURS, GLOW = "torimem", "#ffb649"
NEAR = 0.13  # two marks whose ratios differ by less than this, as a logarithm, would touch

# Colours that the colour-blind tell apart (Okabe and Ito), lightened for a dark ground, one for each kind of
# peer; the marks tell the peers of a kind apart.
LOOKS: dict[str, tuple[str, str, str]] = {
    "plain C": ("C, -O3 -march=native", "#7cc8f2", "o"),
    "numba": ("Numba", "#7cc8f2", "s"),
    "opencl (pocl)": ("OpenCL (PoCL)", "#7cc8f2", "^"),
    "opencv filter2D": ("OpenCV", "#e39ac4", "o"),
    "opencv matchTemplate": ("OpenCV", "#e39ac4", "o"),
    "jax jit": ("JAX jit", "#e39ac4", "s"),
    "torch conv2d": ("PyTorch conv2d", "#e39ac4", "D"),
    "numpy in place, tuned": ("NumPy in place, tuned", "#3fc79a", "o"),
    "numpy in place": ("NumPy in place", "#3fc79a", "s"),
    "numpy roll": ("NumPy roll", "#3fc79a", "D"),
    "scipy ndimage": ("SciPy ndimage", "#3fc79a", "^"),
}
TASKS = {
    "50x50, 1 step": "50 x 50, 1 step",
    "100x100, 5 steps": "100 x 100, 5 steps",
    "500x500, 100 steps one by one": "500 x 500, 100 steps one by one",
    "500x500, 100 steps": "500 x 500, 100 steps, may jump",
    "500x500, 1000 steps, decay .001": "500 x 500, 1000 steps, may jump",
    "4096x4096, 2 steps": "4096 x 4096, 2 steps",
    "4096x4096, 16 steps": "4096 x 4096, 16 steps",
    "256 memories of 4x64x64, 5 steps": "256 memories of 4 x 64 x 64, 5 steps",
    "match 5x5 on 500x500": "find a 5 x 5 pattern in 500 x 500",
    "match 5x5 on 2048x2048": "find a 5 x 5 pattern in 2048 x 2048",
    "match 64x64 on 500x500": "find a 64 x 64 pattern in 500 x 500",
}


def newest(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """The last row of each task and engine on one thread."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["threads"] == "1":
                found.setdefault(row["task"], {})[row["engine"]] = row
    return found


def draw(rows: Mapping[str, Mapping[str, Mapping[str, str]]], path: Path) -> None:
    """Write the picture."""
    tasks = [task for task in TASKS if OURS in rows.get(task, {})]
    if not tasks:
        raise SystemExit("no row of these tasks: measure first, with python -m bench.field --write")
    below, above, line = 0.45, 1.05, 0.47
    height = below + above + line * len(tasks)
    figure = plt.figure(figsize=(11, height), dpi=150, facecolor=FRAME)
    axes = figure.add_axes((0.345, below / height, 0.635, line * len(tasks) / height))
    handles = marks(axes, [rows[task] for task in tasks])
    for n, task in enumerate(tasks):
        ours = duration(float(rows[task][OURS]["median_us"]))
        place = {"transform": axes.get_yaxis_transform(), "va": "center", "ha": "right", "fontsize": 10}
        axes.text(-0.125, n, TASKS[task], color=INK, **place)
        axes.text(-0.02, n, ours, color=GLOW, weight="bold", **place)
    one = rows[tasks[0]][OURS]
    heads = (
        ("How much longer the others take", 0.36, {"color": INK, "fontsize": 15, "weight": "bold"}),
        (f"one thread, {one['device']}, {one['date']}", 0.68, {"color": MUTED, "fontsize": 9.5}),
    )
    for text, down, look in heads:
        figure.text(0.024, 1 - down / height, text, va="center", **look)
    figure.legend(
        handles=handles, loc="upper right", bbox_to_anchor=(0.985, 1 - 0.14 / height), ncols=4, frameon=False,
        fontsize=9, labelcolor=INK, handletextpad=0.15, columnspacing=1.1, labelspacing=0.42,
    )  # fmt: skip
    figure.savefig(path)
    print(path)


def marks(axes: Axes, tasks: list[Mapping[str, Mapping[str, str]]]) -> list[Any]:
    """A line for each task, a mark for each peer; the marks of the legend, in the order of `LOOKS`."""
    axes.set_facecolor(PAPER)
    handles: dict[str, Any] = {}
    least, most = 0.7, 30.0
    for n, engines in enumerate(tasks):
        ratios = {name: 1 / float(engines[name]["ratio"]) for name in LOOKS if name in engines}
        least, most = min(least, *ratios.values()), max(most, *ratios.values())
        ends = min(1, *ratios.values()), max(1, *ratios.values())
        axes.plot(ends, [n, n], color=INK, alpha=0.16, linewidth=1.2, zorder=1)
        axes.plot([1], [n], "o", color=GLOW, markersize=11, zorder=2)
        for name, level in levels(ratios).items():
            label, color, mark = LOOKS[name]
            (handle,) = axes.plot([ratios[name]], [n + level], mark, color=color, markersize=7.5, label=label,
                                  markeredgecolor=PAPER, markeredgewidth=0.8, linestyle="none")  # fmt: skip
            handles.setdefault(label, handle)
    axes.axvline(1, color=GLOW, linewidth=1.6, alpha=0.9, zorder=2)
    axes.set_xscale("log")
    axes.set_xlim(least / 1.3, most * 1.3)
    steps = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
    ticks = [step for step in steps if least / 1.3 <= step <= most * 1.3]
    names = ["torimem" if step == 1 else "" if step == 0.5 else f"{step:g} x" for step in ticks]
    axes.set_xticks(ticks, names)
    axes.minorticks_off()
    axes.set_yticks([])
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    axes.tick_params(axis="x", colors=MUTED, labelsize=9.5, length=0)
    axes.get_xticklabels()[ticks.index(1)].set(color=GLOW, weight="bold")
    axes.grid(axis="x", color=INK, alpha=0.09, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    order = [label for label, _, _ in LOOKS.values()]
    return [handles[label] for label in dict.fromkeys(order) if label in handles]


def levels(ratios: Mapping[str, float]) -> dict[str, float]:
    """How far below its line each mark is drawn, so that none hides another: near ones lie apart."""
    found: dict[str, float] = {}
    taken = {0.0: [1.0], -0.27: [], 0.27: []}
    for name in sorted(ratios, key=lambda name: ratios[name]):
        gaps = {
            level: min((abs(log(ratios[name] / other)) for other in others), default=9.0)
            for level, others in taken.items()
        }
        level = next((level for level, gap in gaps.items() if gap > NEAR), max(gaps, key=gaps.__getitem__))
        taken[level].append(ratios[name])
        found[name] = level
    return found


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    source = given[0] if given else RESULTS / "field.csv"
    draw(newest(source), given[1] if len(given) > 1 else ROOT / "docs" / "field.png")
