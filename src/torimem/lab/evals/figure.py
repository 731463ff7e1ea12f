"""A report -> a picture: recall by rank, by tokens, and what each part is worth; never opens a window."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from ...errors import InvalidInput, MissingExtra
from ...prompt.quote import plain
from ...view.plot import FRAME, INK, MUTED, PAPER, write
from . import metrics
from .recall import FTS5, LAST, OURS, SHUFFLED, WORDS, Row
from .report import Report, data_of, signed
from .sheet import share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that the colour-blind tell apart (Okabe and Ito), lightened for a dark ground; each row has its own
# kind of line, too.
_LOOKS: dict[str, dict[str, Any]] = {
    OURS: {"color": "#ffb649", "linestyle": "-", "linewidth": 3.0, "marker": "o", "zorder": 5},
    WORDS: {"color": "#7cc8f2", "linestyle": "-", "linewidth": 1.8, "marker": "s", "zorder": 4},
    SHUFFLED: {"color": "#e39ac4", "linestyle": (0, (5, 2)), "linewidth": 1.8, "marker": "D", "zorder": 3},
    FTS5: {"color": "#3fc79a", "linestyle": (0, (3, 1, 1, 1)), "linewidth": 1.8, "marker": "^", "zorder": 2},
    LAST: {"color": "#a9a3bd", "linestyle": (0, (1, 1)), "linewidth": 1.8, "marker": "v", "zorder": 1},
}
_RANKS = (1, 2, 3, 5, 7, 10, 14, 20, 30, 50)
_TOKENS = (125, 177, 250, 354, 500, 707, 1000, 1414, 2000, 2828, 4000)
_FAR = -0.2  # a difference that would squeeze all others into a corner
_SHOWN_RANKS, _SHOWN_TOKENS = (1, 2, 5, 10, 20, 50), (125, 250, 500, 1000, 2000, 4000)


def check(path: Path) -> None:
    """Raise where no picture can be drawn there: in time, before the work is done."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtra("pictures need matplotlib: pip install 'torimem[plot]'") from None
    if not path.absolute().parent.is_dir():
        raise InvalidInput(f"{path} is in a folder that does not exist: make the folder first")


def png(path: Path, report: Report) -> Path:
    """Write the picture; the file appears whole or not at all.

    Raises `MissingExtra` without matplotlib, `InvalidInput` for a folder that is not there and `StoreError`
    where the path cannot be written.
    """
    check(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    main = [row for row in report.rows if row.method in _LOOKS]
    parts = [row for row in report.rows[1:] if row.method not in (FTS5, LAST, WORDS)]
    width = 16.6 if parts else 11.0
    figure = Figure(figsize=(width, 5.6), dpi=150, facecolor=FRAME)
    FigureCanvasAgg(figure)
    left, middle, right = (
        figure.add_axes((start / width, 0.11, wide / width, 0.64))
        for start, wide in ((0.65, 4.8), (6.0, 4.8), (12.6, 3.75))
    )
    _curves(left, main, _RANKS, _SHOWN_RANKS, metrics.recall)
    _head(left, "recall by rank", "share of the evidence among the first k turns", "k")
    _curves(middle, main, _TOKENS, _SHOWN_TOKENS, metrics.recall_within)
    _head(
        middle,
        "recall by prompt size",
        "share of the evidence in so many tokens of prompt",
        "tokens, estimated",
    )
    if parts:
        _worth(right, parts, report.rows[0])
        _head(right, "what each part is worth", "recall@10 less that of torimem, 95% interval", "")
    else:
        right.remove()
    embedder = "words only" if report.embedder == "none" else f"embedder {plain(report.embedder, 40)}"
    off = f", without {', '.join(report.without)}" if report.without else ""
    about = f"{data_of(report)} · {embedder}{off}"
    title = f"Does it find the turns that answer? {plain(report.file, 40)}"
    figure.text(
        0.65 / width, 0.95, title, color=INK, fontsize=15, weight="bold", va="center", parse_math=False
    )
    figure.text(0.65 / width, 0.895, about, color=MUTED, fontsize=10, va="center", parse_math=False)
    buffer = BytesIO()
    with catch_warnings():
        simplefilter("ignore")  # a file's name may have letters that no font here has: they become boxes
        figure.savefig(buffer, format="png")
    return write(path, buffer.getvalue())


def _head(axes: Axes, title: str, about: str, below: str) -> None:
    axes.set_title(f"{title}\n", color=INK, fontsize=12, loc="left", pad=8, weight="bold")
    axes.text(0, 1.025, about, transform=axes.transAxes, color=MUTED, fontsize=9)
    axes.set_xlabel(below, color=MUTED, fontsize=9)


def _ground(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=MUTED, labelsize=9, length=0)
    axes.grid(color=INK, alpha=0.09, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def _curves(axes: Axes, rows: Sequence[Row], at: Sequence[int], shown: Sequence[int], measure: Any) -> None:
    _ground(axes)
    ends = []
    for row in rows:
        values = [measure(row.found, x) for x in at]
        axes.plot(at, values, markersize=5, clip_on=False, markevery=[at.index(x) for x in shown],
                  **_LOOKS[row.method])  # fmt: skip
        ends.append((values[-1], row.method))
    axes.set_xscale("log")
    axes.set_xlim(at[0] / 1.12, at[-1] * (at[-1] / at[0]) ** 0.26)
    axes.set_xticks(shown, [str(x) for x in shown])
    axes.minorticks_off()
    axes.set_ylim(-0.025, 1)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], ["0", ".2", ".4", ".6", ".8", "1"])
    places = _apart([value for value, _ in ends], 0.045)
    for place, (_, method) in zip(places, ends, strict=True):
        axes.text(at[-1] * 1.12, place, method.replace("torimem, turns ", ""), color=_LOOKS[method]["color"],
                  fontsize=9, va="center", weight="bold" if method == OURS else "normal")  # fmt: skip


def _apart(values: Sequence[float], least: float) -> list[float]:
    """Places for labels near their values, none nearer to another than `least`."""
    places = list(values)
    order = sorted(range(len(values)), key=lambda n: -values[n])
    for _ in range(100):
        for upper, lower in pairwise(order):
            overlap = least - (places[upper] - places[lower])
            if overlap > 1e-9:
                places[upper] += overlap / 2
                places[lower] -= overlap / 2
    return places


def _worth(axes: Axes, rows: Sequence[Row], base: Row) -> None:
    """A dot and its interval for each row; one far off is an arrow at the edge, so that the rest shows."""
    from matplotlib.ticker import MaxNLocator

    _ground(axes)
    axes.grid(visible=False, axis="y")
    found = [metrics.difference(row.found, base.found) for row in rows]
    least = min([-0.02, *(low for _, low, _ in found if low >= _FAR)])
    most = max([0.01, *(high for _, _, high in found)])
    edge = least - 0.12 * (most - least)
    axes.axvline(0, color=_LOOKS[OURS]["color"], linewidth=1.6, alpha=0.9)
    for n, (mean, low, high) in enumerate(found):
        color = "#7cc8f2" if low > 0 or high < 0 else MUTED
        if low < _FAR:
            axes.plot([edge], [n], "<", color=color, markersize=9)
        else:
            axes.plot([low, high], [n, n], color=color, linewidth=3, alpha=0.6, solid_capstyle="round")
            axes.plot([mean], [n], "o", color=color, markersize=8)
        axes.text(0.99, n, f"{signed(mean)} ±{share((high - low) / 2)}", transform=axes.get_yaxis_transform(),
                  color=INK if color != MUTED else MUTED, fontsize=9, ha="right", va="center")  # fmt: skip
    axes.set_yticks(range(len(rows)), [row.method.replace("torimem, ", "") for row in rows])
    axes.tick_params(axis="y", labelcolor=INK, labelsize=10)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(edge - 0.04 * (most - edge), most + 0.55 * (most - edge))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xticks([tick for tick in axes.get_xticks() if edge <= tick <= most])
    axes.xaxis.set_major_formatter(
        lambda value, _: "0" if abs(value) < 1e-9 else f"{value:+.2f}".replace("0.", ".")
    )
