"""Field as its user sees it: reading, stamping, time, neighbours and plain errors."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem.errors import InvalidInput, NotFound, StabilityError, TorimemError
from torimem.field import torus
from torimem.field.backends import load
from torimem.field.field import Field
from torimem.field.stencil import Stencil

SHAPES = [(1, 1), (1, 6), (5, 1), (2, 2), (3, 7), (6, 4)]
rng = np.random.default_rng


def by_hand(cells: np.ndarray[Any, Any], stencils: list[Stencil], n: int) -> np.ndarray[Any, Any]:
    """The canonical float32 step, one cell and one rounding at a time."""
    f = np.float32
    cells = cells.copy()
    for plane, stencil in zip(cells, stencils, strict=True):
        height, width = plane.shape
        c, no, so, we, ea = (f(v) for v in (stencil.c, stencil.n, stencil.s, stencil.w, stencil.e))
        for _ in range(n):
            old = plane.copy()
            for y, x in np.ndindex(height, width):
                u, up, down = old[y, x], old[y - 1, x], old[(y + 1) % height, x]
                left, right = old[y, x - 1], old[y, (x + 1) % width]
                if no == so == we == ea:
                    plane[y, x] = f(f(c * u) + f(f(f(up + down) + f(left + right)) * no))
                else:
                    total = f(f(c * u) + f(no * up))
                    for weight, value in ((so, down), (we, left), (ea, right)):
                        total = f(total + f(weight * value))
                    plane[y, x] = total
    return cells


def test_a_new_field_is_zero_and_says_what_it_is() -> None:
    field = Field(5, 3, layers=("activation", "emotion"), batch=2)
    assert field.shape == field.numpy().shape == (2, 2, 3, 5)
    assert field.numpy().dtype == field.dtype == np.float32
    assert not field.numpy().any()
    assert (field.width, field.height, field.batch, field.backend) == (5, 3, (2,), load().name)
    assert repr(field) == (
        "Field(5, 3, layers=('activation', 'emotion'), batch=(2,), "
        f"backend={field.backend!r}, dtype='float32')"
    )


@pytest.mark.parametrize(
    ("cells", "shape", "layers", "dtype"),
    [
        (np.ones((3, 4), "float32"), (1, 3, 4), ("activation",), "float32"),
        (np.ones((4, 3, 4)), (4, 3, 4), ("layer0", "layer1", "layer2", "layer3"), "float64"),
        (np.ones((5, 2, 3, 4), "int8"), (5, 2, 3, 4), ("layer0", "layer1"), "float32"),
        ([[1, 2]], (1, 1, 2), ("activation",), "float32"),
    ],
)
def test_arrays_become_fields(
    cells: Any, shape: tuple[int, ...], layers: tuple[str, ...], dtype: str
) -> None:
    field = Field.from_numpy(cells)
    assert (field.shape, field.layers, field.dtype) == (shape, layers, np.dtype(dtype))
    np.testing.assert_array_equal(field.numpy(), np.reshape(cells, shape))


def test_what_goes_in_and_comes_out_is_a_copy() -> None:
    cells = np.zeros((3, 4), "float32")
    field = Field.from_numpy(cells)
    cells[...] = 1
    field.numpy()[...] = 1
    twin = field.copy().set(0, 0, 2.0).advance(3)
    assert not field.numpy().any()
    assert twin.numpy().any()


def test_every_coordinate_wraps() -> None:
    field = Field(5, 3).set(-1, 7, 0.5)
    assert field.numpy()[0, 1, 4] == 0.5
    assert field.get(4, 1) == field.get(-6, -2) == field.get(10**12 + 4, 1) == 0.5
    assert Field(5, 3).activate_radius(-1, 7, 0, 0.5).get(4, 1) == 0.5


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("radius", [0, 1, 1.5, 2, 40])
def test_a_disc_covers_the_cells_within_its_radius(height: int, width: int, radius: float) -> None:
    cells = Field(width, height).activate_radius(width - 1, 0, radius, 0.5).numpy()[0]
    for y, x in np.ndindex(height, width):
        inside = torus.distance(x, y, width - 1, 0, width, height) <= radius
        assert cells[y, x] == (0.5 if inside else 0)
    added = Field(width, height).activate_radius(width - 1, 0, radius, 0.5, mode="add").numpy()[0]
    np.testing.assert_array_equal(added, cells)  # no cell is hit twice, however large the disc


def test_max_lifts_and_add_adds() -> None:
    field = Field(5, 5).activate_radius(2, 2, 1, 0.6).activate_radius(2, 2, 0, 0.4)
    assert field.get(2, 2) == pytest.approx(0.6)
    field.activate_radius(2, 2, 0, -0.4, mode="add")
    assert field.get(2, 2) == pytest.approx(0.2)


@pytest.mark.parametrize("mode", ["max", "add"])
def test_many_discs_in_one_call_are_the_same_discs_one_by_one(mode: Any) -> None:
    random = rng(2)
    x, y, radius = random.integers(-9, 9, 30), random.integers(-9, 9, 30), random.choice([0, 1, 2.5], 30)
    strength = random.random(30)
    together, alone = Field(7, 5), Field(7, 5)
    together.activate_radius(x, y, radius, strength, mode=mode)
    for disc in zip(x, y, radius, strength, strict=True):
        alone.activate_radius(*disc, mode=mode)
    np.testing.assert_array_equal(together.numpy(), alone.numpy())
    assert not Field(7, 5).activate_radius([], [], 1, 1.0).numpy().any()


def test_discs_go_to_one_item_to_several_or_to_all() -> None:
    field = Field(4, 4, batch=(2, 2)).activate_radius([0, 1], 0, 0, 1.0, item=[0, 3])
    assert np.argwhere(field.numpy()).tolist() == [[0, 0, 0, 0, 0], [1, 1, 0, 0, 1]]
    assert (
        Field(4, 4, batch=3).activate_radius([0, 2], 0, 0, 1.0).numpy().sum(axis=(1, 2, 3)).tolist()
        == [2] * 3
    )
    field.set(3, 3, 0.5, item=2)
    assert field.get(3, 3, item=2) == field.numpy()[1, 0, 0, 3, 3] == 0.5


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("radius", [0, 1, 2.3, 30])
def test_neighbours_come_once_nearest_first_without_the_centre(
    height: int, width: int, radius: float
) -> None:
    field = Field.from_numpy(rng(1).random((height, width)))
    found = field.neighbors(-1, height, radius)
    wanted = sorted(
        (torus.squared_distance(x, y, -1, height, width, height), y, x)
        for y, x in np.ndindex(height, width)
        if 0 < torus.distance(x, y, -1, height, width, height) <= radius
    )
    assert [(cell.y, cell.x) for cell in found] == [(y, x) for _, y, x in wanted]
    assert all(cell.value == field.get(cell.x, cell.y) for cell in found)


def test_one_step_of_diffusion() -> None:
    field = Field(5, 5).set(0, 2, 1.0).diffusion_step(0.25, 0.1)
    assert field.get(0, 2) == pytest.approx(0.65)
    for x, y in ((-1, 2), (1, 2), (0, 1), (0, 3)):
        assert field.get(x, y) == pytest.approx(0.0625)
    assert field.numpy().sum() == pytest.approx(0.9)


def test_a_lone_cell_after_five_steps() -> None:
    assert Field(64, 64).set(9, 9, 1.0).advance(5).get(9, 9) == pytest.approx(0.161, abs=5e-4)


def test_on_a_torus_one_cell_wide_a_cell_is_its_own_neighbour() -> None:
    assert Field(1, 1).set(0, 0, 1.0).diffusion_step(0.5, 0.1).get(0, 0) == pytest.approx(0.9)
    field = Field(1, 3).set(0, 0, 1.0).diffusion_step(0.4, 0.0)
    assert field.numpy()[0, :, 0] == pytest.approx([0.8, 0.1, 0.1])
    assert Field(2, 2).set(0, 0, 1.0).diffusion_step(0.4, 0.0).get(1, 0) == pytest.approx(0.2)


@pytest.mark.parametrize("method", ["auto", "step", "jump"])
def test_no_time_changes_nothing(method: Any) -> None:
    cells = rng(0).random((2, 3, 5), dtype=np.float32)
    np.testing.assert_array_equal(Field.from_numpy(cells).advance(0, method=method).numpy(), cells)


def test_layers_and_items_go_at_their_own_pace() -> None:
    cells = rng(0).random((3, 2, 5, 4), dtype=np.float32)
    slow, fast = Stencil.diffusion(0.1, 0.0), Stencil.flow(0.3, 0.1, 0.2, 0.5)
    n = np.array([0, 3, 500])
    named = Field.from_numpy(cells, layers=("a", "b")).advance(n, {"b": fast, "a": slow}).numpy()
    for item in range(3):
        for layer, stencil in enumerate((slow, fast)):
            alone = Field.from_numpy(cells[item, layer]).advance(int(n[item]), stencil).numpy()[0]
            np.testing.assert_allclose(named[item, layer], alone, atol=1e-6)


def test_a_billion_steps_take_no_time() -> None:
    field = Field(64, 64).set(3, 3, 1.0).advance(10**9, Stencil.diffusion(0.25, 0.0))
    np.testing.assert_allclose(field.numpy(), 1 / 4096, rtol=1e-5)
    assert not field.advance(10**9).numpy().any()
    assert not Field(8, 8).set(0, 0, 1.0).advance(2000, method="jump").numpy().any()


def test_a_jump_makes_no_cell_negative() -> None:
    for n in (1, 3, 10):
        assert Field(16, 12).set(3, 3, 1.0).advance(n, method="jump").numpy().min() >= 0


@given(n=st.integers(0, 300), d=st.floats(0, 0.9), k=st.floats(0, 0.1))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_auto_step_and_jump_agree_and_auto_is_always_the_same(n: int, d: float, k: float) -> None:
    cells, stencil = rng(n).random((1, 5, 7), dtype=np.float32), Stencil.diffusion(d, k)
    auto, again, step, jump = (
        Field.from_numpy(cells).advance(n, stencil, method=method).numpy()
        for method in ("auto", "auto", "step", "jump")
    )
    np.testing.assert_array_equal(auto, again)
    np.testing.assert_allclose(step, jump, atol=1e-7 * (n + 4))
    assert (auto == step).all() or (auto == jump).all()


@pytest.mark.parametrize("backend", ["auto", "numpy"])
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_exact_steps_are_the_canonical_float32_operations_to_the_bit(
    height: int, width: int, backend: str
) -> None:
    stencils = [
        Stencil.diffusion(0.05, 0.004),
        Stencil.flow(0.3, 0.1, 0.01, 0.4),
        Stencil.diffusion(0.0, 0.1),
        Stencil.diffusion(0.9, 0.15),
    ]
    cells = rng(5).uniform(-1, 1, (4, height, width)).astype("float32")
    got = Field.from_numpy(cells, backend=backend).advance(5, stencils, exact=True).numpy()
    np.testing.assert_array_equal(got, by_hand(cells, stencils, 5))


@pytest.mark.parametrize("backend", ["auto", "numpy", "reference"])
def test_exact_steps_do_not_depend_on_layout_batch_or_company(backend: str) -> None:
    cells = rng(6).uniform(-1, 1, (3, 2, 6, 5)).astype("float32")
    stencils = [Stencil.diffusion(0.05, 0.004), Stencil.flow(0.1, 0.1, 0.0, 0.3)]
    wanted = np.stack([by_hand(item, stencils, 4) for item in cells])
    strided = np.zeros((3, 2, 12, 10), "float32")[..., ::2, ::-2]
    strided[...] = cells
    for layout in (cells, np.asfortranarray(cells), strided):
        got = Field.from_numpy(layout, backend=backend).advance(4, stencils, exact=True).numpy()
        np.testing.assert_array_equal(got, wanted)
    own = Field.from_numpy(cells, backend=backend).advance(np.array([0, 4, 1]), stencils, exact=True).numpy()
    np.testing.assert_array_equal(own[:2], [cells[0], wanted[1]])
    halves = Field.from_numpy(cells, backend=backend).advance(1, stencils, exact=True)
    np.testing.assert_array_equal(halves.advance(3, stencils, exact=True).numpy(), wanted)


def test_float64_fields_keep_their_precision() -> None:
    field = Field(8, 8, dtype="float64").set(0, 0, 1 / 3).advance(50, Stencil.diffusion(0.3, 0.0))
    assert field.numpy().sum() == pytest.approx(1 / 3, rel=1e-14)


def test_a_batch_of_none_can_do_everything() -> None:
    field = Field(4, 4, batch=0).activate_radius(1, 1, 1, 1.0).set(0, 0, 1.0)
    assert field.advance(3).advance(np.zeros(0, int)).advance(10**6).numpy().shape == (0, 1, 4, 4)


@pytest.mark.parametrize("item", [None, 0])
def test_a_batch_of_none_has_no_item_to_name_and_says_so(item: Any) -> None:
    with pytest.raises(InvalidInput, match=r"batch of shape \(0,\) and has no items"):
        Field(4, 4, batch=0).match(np.eye(2), item=item)


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    "break_a_rule",
    [
        lambda f: Field(0, 4),
        lambda f: Field(4, -1),
        lambda f: Field(4.5, 4),
        lambda f: Field(4, 4, layers=()),
        lambda f: Field(4, 4, layers=("a", "a")),
        lambda f: Field(4, 4, batch=-1),
        lambda f: Field(4, 4, dtype="int32"),
        lambda f: Field(4, 4, dtype="floaty"),
        lambda f: Field.from_numpy([[1.0, NAN]]),
        lambda f: Field.from_numpy([[1e300, 0]], backend="numpy").set(0, 0, INF),
        lambda f: Field.from_numpy(np.zeros((0, 4))),
        lambda f: Field.from_numpy(np.zeros(4)),
        lambda f: Field.from_numpy([["a"]]),
        lambda f: Field.from_numpy([[1, 2], [3]]),
        lambda f: Field.from_numpy([[1j]]),
        lambda f: Field.from_numpy(np.zeros((2, 4, 4)), layers=("a",)),
        lambda f: f.activate_radius(0.5, 0, 1, 1.0),
        lambda f: f.activate_radius(0, 0, -1, 1.0),
        lambda f: f.activate_radius(0, 0, NAN, 1.0),
        lambda f: f.activate_radius(0, 0, 1, NAN),
        lambda f: f.activate_radius(0, 0, 1, 1e39),
        lambda f: f.activate_radius([0, 1], [0, 1, 2], 1, 1.0),
        lambda f: f.activate_radius(0, 0, 1, 1.0, mode="min"),
        lambda f: f.activate_radius(0, 0, 1, 1.0, item=1),
        lambda f: f.activate_radius(0, 0, 1, "strong"),
        lambda f: f.set(0, 0, NAN),
        lambda f: f.set([0, 1], 0, 1.0),
        lambda f: f.get(0, True),
        lambda f: f.get(0, 10**30),
        lambda f: f.neighbors(0, 0, -1),
        lambda f: f.advance(-1),
        lambda f: f.advance(1.5),
        lambda f: f.advance(2**53 + 1),
        lambda f: f.advance([1, 2]),
        lambda f: f.advance(1, method="leap"),
        lambda f: f.advance(1, method="jump", exact=True),
        lambda f: f.advance(1, [Stencil.diffusion()] * 2),
        lambda f: f.advance(1, 0.25),
        lambda f: f.match(np.ones((9, 2))),
        lambda f: f.match(np.ones(3)),
        lambda f: f.match(np.ones((0, 3))),
        lambda f: f.match([[1, 2], [3]]),
        lambda f: f.match([[NAN]]),
        lambda f: f.match([[1.0]], threshold=NAN),
        lambda f: f.match([[1.0]], method="fft"),
        lambda f: f.match([[1.0]], limit=-1),
        lambda f: Field(2, 2, batch=2).get(0, 0),
        lambda f: Field(2, 2, batch=2).get(0, 0, item=2),
    ],
)
def test_a_broken_rule_is_one_clear_line_and_changes_nothing(break_a_rule: Callable[[Field], object]) -> None:
    field = Field(4, 4).activate_radius(1, 1, 1, 0.5)
    before = field.numpy()
    with pytest.raises(InvalidInput) as caught:
        break_a_rule(field)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 200
    np.testing.assert_array_equal(field.numpy(), before)


@pytest.mark.parametrize(
    "ask",
    [
        lambda f: f.get(0, 0, layer="mood"),
        lambda f: f.set(0, 0, 1.0, layer="mood"),
        lambda f: f.neighbors(0, 0, 1, layer="mood"),
        lambda f: f.activate_radius(0, 0, 1, 1.0, layer="mood"),
        lambda f: f.match([[1.0]], layer="mood"),
        lambda f: f.advance(1, {"mood": Stencil.diffusion()}),
    ],
)
def test_an_unknown_layer_names_the_known_ones(ask: Callable[[Field], object]) -> None:
    with pytest.raises(NotFound, match="no layer 'mood'; this field has activation"):
        ask(Field(4, 4))


def test_unstable_rates_are_refused_before_anything_changes() -> None:
    field = Field(4, 4).set(0, 0, 1.0)
    with pytest.raises(StabilityError):
        field.diffusion_step(1.5, 0.1)
    assert field.get(0, 0) == 1
    assert issubclass(StabilityError, TorimemError)


@pytest.mark.parametrize("backend", ["auto", "numpy", "reference"])
def test_several_layers_get_every_disc_each(backend: str) -> None:
    layers = ("activation", "emotion", "confidence", "recency")
    x, y, felt = [1, 6], [2, 5], np.array([[0.5, -0.25], [1.0, 0.75]])
    together, apart = (Field(8, 7, layers=layers, batch=3, backend=backend) for _ in range(2))
    together.activate_radius(x, y, 1, 1.0, layer=("activation", "recency"))
    together.activate_radius(x, y, 1, felt, layer=("emotion", "confidence"), mode="add", item=2)
    for layer in ("activation", "recency"):
        apart.activate_radius(x, y, 1, 1.0, layer=layer)
    for layer, strength in zip(("emotion", "confidence"), felt, strict=True):
        apart.activate_radius(x, y, 1, strength, layer=layer, mode="add", item=2)
    np.testing.assert_array_equal(together.numpy(), apart.numpy())
    together.activate_radius(1, 2, 1, 0.0, layer=layers, mode="set")
    assert not together.numpy()[:, :, 1:4, 1].any()
    assert together.get(6, 5, layer="recency", item=0) == 1.0


def test_a_layer_among_several_that_is_none_changes_nothing() -> None:
    field = Field(4, 4, layers=("a", "b"))
    with pytest.raises(NotFound, match="no layer 'c'; this field has a, b"):
        field.activate_radius(0, 0, 1, 1.0, layer=("a", "c"))
    with pytest.raises(InvalidInput, match=r"arrays of discs have shapes .*; make them alike"):
        field.activate_radius([0, 1], [0, 1], 1, np.ones((2, 3)), layer=("a", "b"))
    assert not field.numpy().any()
