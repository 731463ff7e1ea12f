"""Field -> picture: knows how to draw cells and topics as terminal text or as a PNG; never opens a window.

It leaves to others where cells and topics come from: it takes plain arrays `(layer, y, x)` and `Topic`s. The
row y = 0 is at the top. Amounts go from dark to light; a layer with a sign, as emotion has, goes from dark to
light blue below zero and to light orange above.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from ..context.known import Topic
from ..errors import InvalidInput, MissingExtra, StoreError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from rich.console import Console, ConsoleOptions, RenderableType

MARKERS = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEGEND = 37  # columns of one legend entry: marker, name, activation, valence

# Anchors at equal distances; lightness rises evenly along AMOUNT, and from the middle of SIGNED to its ends.
AMOUNT = "0b0a14 211542 45196a 701f7a 9c2c75 c94066 ea6651 f89a55 fcce80 fdf7cf"
SIGNED = "dff6ff 92d2f5 479edb 2a6fb2 1a4674 0b0a14 66320f 9f4c18 d8701f f6a956 fff1d2"
INK, MUTED, PAPER, FRAME = "#f4f1fa", "#a9a3bd", "#0b0a14", "#171522"
AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
# For what the default font of matplotlib lacks; it cannot draw fonts in colour.
FALLBACKS = (
    "Noto Sans CJK JP,Noto Sans CJK SC,Source Han Sans,WenQuanYi Micro Hei,Hiragino Sans,Yu Gothic,"
    "PingFang SC,Microsoft YaHei,Malgun Gothic,Noto Sans,Noto Emoji,Segoe UI Symbol,Apple Symbols,"
    "Arial Unicode MS"
)


def terminal(
    cells: ArrayLike, topics: Iterable[Topic] = (), *, layer: str = "activation", width: int | None = None
) -> RenderableType:
    """A heat map of one layer `(y, x)` for a rich console, two rows a line, with a legend of the topics.

    It fits the console, or `width` columns, by taking the strongest cell of each block; where there are no
    colours it uses signs. Raises `InvalidInput` where `cells` is not a non-empty array of two axes.

    >>> from rich.console import Console
    >>> topic = Topic("guitar", "guitar", x=1, y=0, activation=0.8, valence=0.6)
    >>> Console(width=60, color_system=None).print(terminal([[0, 0.8]], [topic]))  # doctest: +ELLIPSIS
    activation 2 x 1   0 .:-=+*#%@ 0.8...
    """
    grid = np.nan_to_num(np.asarray(cells, dtype=np.float64), posinf=0.0, neginf=0.0)
    if grid.ndim != 2 or not grid.size:
        raise InvalidInput(f"cells of shape {grid.shape} are not one layer (y, x) with at least one cell")
    return _Map(grid, _strongest_first(topics), layer, width)


def png(
    path: str | os.PathLike[str],
    cells: ArrayLike,
    layers: Sequence[str],
    topics: Iterable[Topic] = (),
    *,
    title: str | None = None,
) -> Path:
    """Write a picture of all layers `(layer, y, x)`, two in a row, with the names of the strongest topics.

    The file appears whole or not at all. Raises `MissingExtra` without matplotlib, `InvalidInput` where cells
    and layers do not fit each other, and `StoreError` where the path cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     png(f"{folder}/field.png", [[[0.0, 1.0]]], ["activation"]).name
    'field.png'
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.font_manager import FontProperties
    except ImportError:
        raise MissingExtra("pictures need matplotlib: pip install 'torimem[plot]'") from None
    grid = np.nan_to_num(np.asarray(cells, dtype=np.float64), posinf=0.0, neginf=0.0)
    if grid.ndim != 3 or not grid.size or len(grid) != len(layers):
        raise InvalidInput(
            f"cells of shape {grid.shape} are not (layer, y, x) for the layers {tuple(layers)}"
        )
    columns = min(2, len(layers))
    rows = -(-len(layers) // columns)
    size = (5.2 * columns + 0.3, 4.95 * rows + (0.62 if title else 0.2))
    figure = Figure(figsize=size, dpi=150, facecolor=FRAME)
    canvas = FigureCanvasAgg(figure)
    if title:
        text, fonts = _drawable(title)
        head = figure.text(0.32 / size[0], 1 - 0.36 / size[1], text, color=INK, va="center", parse_math=False)
        head.set_fontproperties(FontProperties(family=fonts, size=15, weight="bold"))
    ordered = _strongest_first(topics)
    for index, (name, plane) in enumerate(zip(layers, grid, strict=True)):
        left = 0.32 + 5.2 * (index % columns)
        bottom = 4.95 * (rows - 1 - index // columns) + 0.25
        panel = figure.add_axes((left / size[0], bottom / size[1], 4.3 / size[0], 4.3 / size[1]))
        _panel(canvas, panel, plane, name, ordered)
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return write(Path(path), buffer.getvalue())


def _strongest_first(topics: Iterable[Topic]) -> list[Topic]:
    return sorted(topics, key=lambda topic: (-topic.activation, topic.label))


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _palette(anchors: str) -> NDArray[np.uint8]:
    """256 colours `(256, 3)` between the anchors."""
    rgb = np.frombuffer(bytes.fromhex(anchors), np.uint8).reshape(-1, 3)
    at = np.linspace(0, len(rgb) - 1, 256)
    return np.stack([np.interp(at, range(len(rgb)), part) for part in rgb.T], axis=1).astype(np.uint8)


def _scale(cells: NDArray[np.float64], layer: str) -> tuple[bool, float]:
    """Whether the layer has a sign, and the amount at the end of its colour scale."""
    return layer == "emotion" or bool(cells.min() < 0), float(np.abs(cells).max()) or 1.0


# Terminal


class _Map:
    """The heat map; it chooses its size when the console is known."""

    def __init__(
        self, cells: NDArray[np.float64], topics: list[Topic], layer: str, width: int | None
    ) -> None:
        self.cells, self.topics, self.layer, self.width = cells, topics, layer, width
        self.signed, self.top = _scale(cells, layer)
        self.palette = _palette(SIGNED if self.signed else AMOUNT)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        width = max(1, min(self.width or options.max_width, options.max_width))
        plain = console.color_system is None or console.no_color or options.ascii_only
        side = width - LEGEND - 3
        beside = bool(self.topics) and (side >= 48 or side >= max(24, self.cells.shape[1]))
        cells, factor = _fitted(self.cells, side if beside else width)
        lines = -(-len(cells) // 2)
        across = max(1, width // (LEGEND + 2))
        shown = self.topics[: max(1, min(lines - 2 if beside else 12 * across, len(MARKERS)))]
        picture = self._picture(cells, self._marks(shown, factor, cells.shape), plain)
        legend = self._legend(shown, plain)
        if beside:
            blank, gap = [Segment(" " * cells.shape[1])], Segment("   ")
            rows = [[*(a or blank), gap, *(b or [])] for a, b in zip_longest(picture, legend)]
        else:  # column by column, as one reads a list
            down = -(-len(legend) // across)
            cropped = [Segment.adjust_line_length(entry, min(width, LEGEND + 2)) for entry in legend]
            rows = [*picture, *([part for entry in cropped[n::down] for part in entry] for n in range(down))]
        for row in [self._heading(width, plain), *rows]:
            yield from row
            yield Segment.line()

    def _heading(self, width: int, plain: bool) -> list[Segment]:
        height, across = self.cells.shape
        low, high = (f"-{self.top:.3g}", f"+{self.top:.3g}") if self.signed else ("0", f"{self.top:.3g}")
        words = [Segment(_line(self.layer), Style(bold=True)), Segment(f" {across} x {height}   {low} ")]
        if plain:
            words.append(Segment("=-~;,  .:+*#" if self.signed else ".:-=+*#%@"))
        else:
            words += [Segment("█", Style(color=_rich(self.palette[n]))) for n in range(0, 256, 15)]
        return Segment.adjust_line_length([*words, Segment(f" {high}")], width, pad=False)

    def _picture(
        self, cells: NDArray[np.float64], marks: dict[tuple[int, int], str], plain: bool
    ) -> list[list[Segment]]:
        """The lines of the map; each character stands for two rows."""
        share = cells / self.top
        index = ((share + 1) * 127.5 if self.signed else share * 255).round().astype(np.intp)
        rgb = self.palette[index]
        lines = []
        for y in range(0, len(cells), 2):
            pair = cells[y : y + 2]
            strong = np.abs(pair).argmax(axis=0)
            line = []
            for x in range(cells.shape[1]):
                mark = marks.get((y // 2, x))
                if plain:
                    line.append(Segment(mark or self._sign(share[y + strong[x], x])))
                elif mark:
                    line.append(Segment(mark, _on(rgb[y + strong[x], x])))
                else:
                    below = _rich(rgb[y + 1, x]) if len(pair) == 2 else None
                    line.append(Segment("▀", Style(color=_rich(rgb[y, x]), bgcolor=below)))
            lines.append(line)
        return lines

    def _sign(self, share: float) -> str:
        ramp = (" .:+*#" if share > 0 else " ,;~-=") if self.signed else " .:-=+*#%@"
        return ramp[round(abs(share) * (len(ramp) - 1))]

    def _marks(
        self, topics: list[Topic], factor: float, shape: tuple[int, ...]
    ) -> dict[tuple[int, int], str]:
        """Where the markers stand, as (line, column); one that is taken gives way to a free neighbour."""
        marks: dict[tuple[int, int], str] = {}
        lines = -(-shape[0] // 2)
        for mark, topic in zip(MARKERS, topics, strict=False):
            x = int((topic.x % self.cells.shape[1] + 0.5) * factor)
            y = int((topic.y % self.cells.shape[0] + 0.5) * factor) // 2
            for dx, dy in ((0, 0), *AROUND):
                at = (y + dy, x + dx)
                if at not in marks and 0 <= at[0] < lines and 0 <= at[1] < shape[1]:
                    marks[at] = mark
                    break
        return marks

    def _legend(self, shown: list[Topic], plain: bool) -> list[list[Segment]]:
        if not shown:
            return []
        muted = Style(dim=True)
        name = LEGEND - 16
        lines = [[Segment("  " + set_cell_size("topic", name) + " active  feels", muted)]]
        for mark, topic in zip(MARKERS, shown, strict=False):
            valence = topic.valence
            feels = "      -" if valence is None else f"  {valence:+.2f}"
            tone = muted
            if valence is not None and not plain:
                tone = Style(color=_rich(_palette(SIGNED)[round(127.5 + 127.5 * _toned(valence))]))
            label = Segment(f" {_cut(topic.label, name)}{topic.activation:7.2f}")
            lines.append([Segment(mark, Style(bold=True)), label, Segment(feels, tone)])
        if len(self.topics) > len(shown):
            lines.append([Segment(f"  and {len(self.topics) - len(shown)} more", muted)])
        return lines


def _fitted(cells: NDArray[np.float64], width: int) -> tuple[NDArray[np.float64], float]:
    """The cells at a size that fits `width` columns and as many rows, and the factor that led there."""
    longest = max(cells.shape)
    if longest * 2 <= min(width, 24):  # a small field is hard to see at its own size
        times = min(width, 24) // longest
        return cells.repeat(times, axis=0).repeat(times, axis=1), float(times)
    block = -(-longest // max(1, width))
    if block == 1:
        return cells, 1.0
    height, across = (-(-size // block) for size in cells.shape)
    padded = np.zeros((height * block, across * block))
    padded[: cells.shape[0], : cells.shape[1]] = cells
    blocks = padded.reshape(height, block, across, block).swapaxes(1, 2).reshape(height, across, -1)
    # By amount: where a layer has a sign, the largest would hide what is below zero.
    strongest = np.abs(blocks).argmax(axis=2)
    return np.take_along_axis(blocks, strongest[..., None], axis=2)[..., 0], 1 / block


def _cut(text: str, columns: int) -> str:
    """The text in exactly so many columns; wide characters count as two, as a terminal counts them."""
    line = _line(text)
    cut = line if cell_len(line) <= columns else set_cell_size(line, columns - 1) + "…"
    return set_cell_size(cut, columns)


def _rich(rgb: NDArray[np.uint8]) -> Color:
    return Color.from_rgb(*(int(part) for part in rgb))


def _on(rgb: NDArray[np.uint8]) -> Style:
    """Bold text that can be read on this colour."""
    light = rgb @ np.array([0.299, 0.587, 0.114]) > 140
    return Style(color=Color.parse(PAPER if light else "#ffffff"), bgcolor=_rich(rgb), bold=True)


def _toned(valence: float) -> float:
    """A valence moved away from the dark middle of the scale, where text could not be read."""
    return float(np.sign(valence) * (0.55 + 0.25 * min(1.0, abs(valence))))


# PNG


def _panel(
    canvas: FigureCanvasAgg, axes: Axes, cells: NDArray[np.float64], layer: str, topics: list[Topic]
) -> None:
    from matplotlib.colors import ListedColormap

    signed, top = _scale(cells, layer)
    height, width = cells.shape
    stretched = max(height, width) > 6 * min(height, width)
    image = axes.imshow(
        cells,
        cmap=ListedColormap(_palette(SIGNED if signed else AMOUNT) / 255),
        vmin=-top if signed else 0.0,
        vmax=top,
        interpolation="nearest",
        aspect="auto" if stretched else "equal",
    )
    axes.set_axis_off()
    axes.apply_aspect()
    name, fonts = _drawable(layer)
    axes.set_title(name, color=INK, fontsize=12, loc="left", pad=7, family=fonts, parse_math=False)
    bar = axes.inset_axes((1.025, 0.0, 0.028, 1.0))
    scale = canvas.figure.colorbar(image, cax=bar)
    scale.outline.set_visible(False)
    bar.tick_params(colors=MUTED, labelsize=8, length=2, width=0.6)
    shown = [topic for topic in topics if topic.activation > 0]
    if shown:
        axes.scatter(
            [topic.x % width for topic in shown],
            [topic.y % height for topic in shown],
            s=7,
            color=INK,
            edgecolors=PAPER,
            linewidths=0.8,
        )
    _label(canvas, axes, shown[:14], cells.shape)


def _label(canvas: FigureCanvasAgg, axes: Axes, topics: list[Topic], shape: tuple[int, ...]) -> None:
    """Write the names, strongest first, where they cover neither each other nor a dot; else leave one out."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    inside = axes.get_window_extent(renderer)
    dots = [axes.transData.transform((topic.x % shape[1], topic.y % shape[0])) for topic in topics]
    taken = [Bbox.from_extents(x - 6, y - 6, x + 6, y + 6) for x, y in dots]
    for topic, (x, y) in zip(topics, dots, strict=True):
        text, fonts = _drawable(topic.label if len(topic.label) <= 26 else topic.label[:25] + "…")
        label = axes.text(0, 0, text, color=INK, fontsize=8.5, family=fonts, parse_math=False, va="bottom")
        label.set_path_effects([withStroke(linewidth=2.4, foreground=PAPER, alpha=0.8)])
        size = label.get_window_extent(renderer)
        for far, (right, up) in ((far, step) for far in (8, 18, 30) for step in AROUND):
            left = x + far * right + size.width * (right - 1) / 2
            low = y + far * up + size.height * (up - 1) / 2
            box = Bbox.from_bounds(left, low, size.width, size.height)
            fits = inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
            if fits and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                label.set_position(tuple(axes.transData.inverted().transform((left, low))))
                break
        else:
            label.remove()


def _drawable(text: str) -> tuple[str, list[str]]:
    """The text as the fonts here can draw it, and those fonts; what none can draw becomes one box."""
    from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

    here = {font.name for font in fontManager.ttflist}
    families = ["DejaVu Sans"]
    line = _line(text)
    missing = {ord(char) for char in line if char != "\ufe0f"}
    for family in ("DejaVu Sans", *FALLBACKS.split(",")):
        if missing and (family in here or family == "DejaVu Sans"):
            known = missing & get_font(findfont(FontProperties(family=[family]))).get_charmap().keys()
            missing -= known
            families += [family] if known and family not in families else []
    drawn = ""
    for char in line:
        lost = ord(char) in missing
        drawn += "" if char == "\ufe0f" or (lost and drawn.endswith("□")) else "□" if lost else char
    return drawn, families


def write(path: Path, content: bytes) -> Path:
    """Write a picture beside its target and rename it, so that a full disk leaves the old one as it was.

    Raises `StoreError` where it cannot be written.
    """
    spare = path.parent / f".{os.getpid()}-{id(content)}.png"
    try:
        spare.write_bytes(content)
        spare.replace(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        with suppress(OSError, ValueError):
            spare.unlink()
        raise StoreError(f"picture {str(path)!r} cannot be written: {reason}; name another file") from None
    return path
