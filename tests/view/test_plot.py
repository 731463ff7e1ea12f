"""The pictures: what is bright is where the field is strong, and names stand where their topics are."""

from __future__ import annotations

import builtins
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.segment import Segment

from torimem.context.known import Topic
from torimem.errors import InvalidInput, MissingExtra, StoreError
from torimem.view import plot

LAYERS = ("activation", "emotion", "confidence", "recency")
Cells = NDArray[np.float64]


def topic(name: str, x: int, y: int, activation: float, valence: float | None = None) -> Topic:
    return Topic(name, name.lower(), x, y, activation, valence=valence)


def spot(x: int, y: int, value: float = 1.0, shape: tuple[int, int] = (32, 32)) -> Cells:
    cells = np.zeros(shape)
    cells[y, x] = value
    return cells


def drawn(cells: Any, topics: Any = (), *, columns: int = 100, **kwargs: Any) -> list[list[Segment]]:
    console = Console(width=columns, force_terminal=True, color_system="truecolor", file=io.StringIO())
    return console.render_lines(plot.terminal(cells, topics, **kwargs), pad=False)


def text(cells: Any, topics: Any = (), *, columns: int = 100, **kwargs: Any) -> list[str]:
    console = Console(width=columns, color_system=None, file=io.StringIO(), record=True)
    console.print(plot.terminal(cells, topics, **kwargs))
    return console.export_text().splitlines()


def light(colour: Color | None) -> float:
    assert colour is not None
    return float(np.dot(colour.get_truecolor(), (0.299, 0.587, 0.114)))


def pixels(lines: list[list[Segment]], width: int) -> Cells:
    """The lightness of each cell (y, x), from the two halves of each character of the map."""
    rows: list[list[float]] = []
    for line in lines[1:]:
        styles = [segment.style for segment in line for char in segment.text if char == "▀"][:width]
        if len(styles) == width:
            rows.append([light(style.color) for style in styles if style])
            if styles[0] and styles[0].bgcolor:
                rows.append([light(style.bgcolor) for style in styles if style])
    return np.array(rows)


def brightest(seen: Cells) -> tuple[int, int]:
    y, x = divmod(int(seen.argmax()), seen.shape[1])
    return y, x


# Colours


@pytest.mark.parametrize("anchors", [plot.AMOUNT, plot.SIGNED])
def test_more_is_always_lighter(anchors: str) -> None:
    lightness = plot._palette(anchors) @ np.array([0.299, 0.587, 0.114])
    half = lightness[128:] if anchors == plot.SIGNED else lightness
    assert (np.diff(half) > -0.7).all()  # rounding to whole colours
    assert half[-1] > 200 > 30 > half[0]
    if anchors == plot.SIGNED:
        assert (np.diff(lightness[:128]) < 0.7).all()


# Terminal


def test_the_strongest_cell_is_the_brightest() -> None:
    cells = spot(20, 9) + spot(5, 30, 0.5)
    seen = pixels(drawn(cells), 32)
    assert seen.shape == (32, 32)
    assert brightest(seen) == (9, 20)
    seen[9, 20] = 0
    assert brightest(seen) == (30, 5)


def test_negative_emotion_is_blue_and_positive_orange() -> None:
    cells = spot(3, 4, -0.5) + spot(10, 4, 0.5)
    line = drawn(cells, layer="emotion")[1 + 2]
    below, above = (line[x].style.color.get_truecolor() for x in (3, 10))  # type: ignore[union-attr]
    assert below.blue > below.red
    assert above.red > above.blue


def test_an_odd_height_has_all_its_rows() -> None:
    assert pixels(drawn(spot(2, 26, shape=(27, 29))), 29).shape == (27, 29)


def test_markers_stand_on_their_topics_strongest_first() -> None:
    topics = [topic("faint", 3, 30, 0.2), topic("strong", 20, 9, 0.9), topic("wraps", -1, 32, 0.5)]
    lines = ["".join(segment.text for segment in line) for line in drawn(spot(20, 9), topics)]
    assert lines[1 + 9 // 2][20] == "1"
    assert lines[1 + 30 // 2][3] == "3"
    assert lines[1][31] == "2"
    legend = [line[35:].split() for line in lines[2:5]]
    assert legend == [["1", "strong", "0.90", "-"], ["2", "wraps", "0.50", "-"], ["3", "faint", "0.20", "-"]]


def test_a_marker_whose_place_is_taken_stands_beside_it() -> None:
    topics = [topic("a", 100, 100, 0.9), topic("b", 101, 101, 0.8)]
    lines = text(np.zeros((256, 256)), topics, columns=64)
    assert lines[1 + 100 // 4 // 2][25] == "1"
    assert "".join(lines[1:33]).count("2") == 1


def test_the_legend_shows_activation_and_valence() -> None:
    lines = text(spot(0, 0), [topic("work deadline", 3, 4, 0.876, -0.5), topic("Porto", 9, 9, 1.0, 0.25)])
    assert any(line.split()[-4:] == ["work", "deadline", "0.88", "-0.50"] for line in lines)
    assert any(line.split()[-3:] == ["Porto", "1.00", "+0.25"] for line in lines)


def test_what_the_legend_cannot_hold_is_counted() -> None:
    topics = [topic(f"t{n}", n % 32, n // 2 % 32, 1 - n / 500) for n in range(200)]
    lines = text(spot(0, 0), topics)
    assert any("and 186 more" in line for line in lines)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (7, 64), (256, 256), (100, 300)])
@pytest.mark.parametrize("columns", [1, 10, 40, 80, 200])
def test_every_shape_fits_every_width(shape: tuple[int, int], columns: int) -> None:
    cells = np.zeros(shape)
    cells[-1, -1] = 1.0
    topics = [topic("a rather long name 日本語 of a topic", shape[1] - 1, shape[0] - 1, 1.0, 0.3)]
    lines = drawn(cells, topics, columns=columns)
    assert all(sum(cell_len(segment.text) for segment in line) <= columns for line in lines)
    assert any("1" in segment.text and segment.style for line in lines[1:] for segment in line)


def test_one_cell_is_shown_as_a_square() -> None:
    seen = pixels(drawn([[0.4]]), 24)
    assert seen.shape == (24, 24)
    assert seen.min() == seen.max() > 200


def test_width_given_is_width_taken() -> None:
    lines = drawn(np.zeros((64, 64)), width=32)
    assert max(sum(len(segment.text) for segment in line) for line in lines) <= 32


def test_a_large_field_keeps_its_strongest_cells() -> None:
    cells = spot(200, 77, -0.9, (256, 256)) + spot(10, 250, 0.3, (256, 256))
    seen = pixels(drawn(cells, layer="emotion", columns=64), 64)
    assert brightest(seen) == (77 // 4, 200 // 4)
    assert seen[250 // 4, 10 // 4] > seen[0, 0]


def test_without_colours_signs_carry_the_map() -> None:
    lines = text(spot(4, 2, 1.0) + spot(9, 2, -1.0), layer="emotion")
    assert (lines[2][4], lines[2][9], lines[2][20]) == ("#", "=", " ")
    assert "\x1b" not in "".join(lines)


def test_names_cannot_break_the_legend() -> None:
    lines = text(spot(0, 0), [topic("bad\n\x1b[31m[bold]name", 1, 1, 0.5)])
    assert any("bad [31m[bold]name" in line for line in lines)


@pytest.mark.parametrize("cells", [np.zeros((32, 32)), np.full((32, 32), np.nan), np.full((32, 32), np.inf)])
def test_a_field_without_anything_is_dark(cells: Cells) -> None:
    assert pixels(drawn(cells), 32).max() < 30


@pytest.mark.parametrize("shape", [(0, 4), (4,), (2, 3, 4)])
def test_what_is_not_one_layer_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="not one layer"):
        plot.terminal(np.zeros(shape))


# PNG


def stack(*planes: Cells) -> Cells:
    return np.stack([*planes, *[np.zeros_like(planes[0])] * (4 - len(planes))])


def image(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        picture.verify()
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def test_png_is_an_image_of_the_right_size(tmp_path: Path) -> None:
    path = plot.png(tmp_path / "field.png", stack(spot(3, 3)), LAYERS, title="Ada")
    assert image(path).shape == (1578, 1605, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["field.png"]


def test_png_puts_the_first_row_at_the_top(tmp_path: Path) -> None:
    path = plot.png(tmp_path / "field.png", stack(spot(24, 4)), LAYERS)
    panel = image(path)[30 + 37 : 30 + 37 + 645, 48 : 48 + 645]  # the first of the four
    rows, columns = np.nonzero(panel.min(axis=2) > 190)
    bright = panel.shape[0] / 32
    ys, xs = rows[columns < 640], columns[columns < 640]
    assert abs(np.median(xs) / bright - 24.5) < 1.5
    assert np.median(ys) / bright < 10


def labels(path: Path, cells: Cells, topics: list[Topic], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The boxes of the names in the first panel, in pixels, with the box of the panel last."""
    from matplotlib.figure import Figure

    figures: list[Figure] = []
    savefig = Figure.savefig

    def keep(self: Figure, *args: Any, **kwargs: Any) -> None:
        figures.append(self)
        savefig(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    plot.png(path, cells, LAYERS, topics)
    panel = figures[0].axes[0]
    return [*(name.get_window_extent() for name in panel.texts), panel.get_window_extent()]


def test_names_stay_inside_and_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corners = [topic(f"a long topic name {x} {y}", x, y, 0.9) for x in (0, 31) for y in (0, 31)]
    crowd = [topic(f"crowded name {n}", 14 + n % 4, 14 + n // 4, 0.8 - n / 100) for n in range(16)]
    *boxes, panel = labels(tmp_path / "f.png", stack(spot(3, 3)), corners + crowd, monkeypatch)
    assert len(boxes) >= 8
    for n, box in enumerate(boxes):
        assert panel.x0 - 1 <= box.x0 <= box.x1 <= panel.x1 + 1
        assert panel.y0 - 1 <= box.y0 <= box.y1 <= panel.y1 + 1
        assert not any(box.overlaps(other) for other in boxes[:n])


@pytest.mark.parametrize(
    "name", ["日本語", "🎸 guitar", "😀👍🏽", "עברית", "$x_1^{", "a\nb\x1b[31m", "ﷺ", "\ue000"]
)
def test_any_name_is_drawn_without_a_warning(tmp_path: Path, name: str) -> None:
    cells = np.zeros((1, 8, 8))
    assert image(plot.png(tmp_path / "f.png", cells, [name], [topic(name, 4, 4, 0.9)], title=name)).any()


def test_what_no_font_has_becomes_one_box() -> None:
    assert plot._drawable("go \ue000\ue001 \U0010fffd!")[0] in ("go □ □!", "go    !", "go !")


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (30, 50), (256, 256)])
@pytest.mark.parametrize("layers", [("activation",), ("activation", "emotion", "heat")])
def test_png_takes_every_shape_and_number_of_layers(
    tmp_path: Path, shape: tuple[int, int], layers: tuple[str, ...]
) -> None:
    cells = np.zeros((len(layers), *shape))
    assert image(plot.png(tmp_path / "f.png", cells, layers, [topic("a", 0, 0, 0.5)])).any()


@pytest.mark.parametrize("shape", [(4, 8), (3, 8, 8), (0, 8, 8), (4, 0, 8)])
def test_png_refuses_what_does_not_fit(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="for the layers"):
        plot.png(tmp_path / "f.png", np.zeros(shape), LAYERS)
    assert not list(tmp_path.iterdir())


def test_png_without_any_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="for the layers"):
        plot.png(tmp_path / "f.png", np.zeros((0, 8, 8)), ())


@pytest.mark.parametrize("name", ["missing/field.png", ".", "a" * 300 + ".png", "nul\0.png"])
def test_a_path_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match=r"cannot be written.*; name another file") as caught:
        plot.png(tmp_path / name, np.zeros((1, 4, 4)), ["activation"])
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_missing_matplotlib_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"pip install 'torimem\[plot\]'"):
        plot.png(tmp_path / "f.png", np.zeros((1, 4, 4)), ["activation"])


def test_no_window_no_pyplot_and_no_matplotlib_on_import(tmp_path: Path) -> None:
    code = (
        "import sys, torimem.view.plot as plot; assert 'matplotlib' not in sys.modules;"
        f"plot.png({str(tmp_path / 'f.png')!r}, [[[1.0]]], ['activation']);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
