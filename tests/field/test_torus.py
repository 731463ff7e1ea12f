"""Geometry against the plainest possible counting."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem.field import torus

SIZES = [(1, 1), (1, 7), (5, 1), (2, 2), (3, 2), (4, 4), (7, 5), (13, 8)]
sizes = pytest.mark.parametrize(("width", "height"), SIZES)


def shortest(ax: int, ay: int, bx: int, by: int, width: int, height: int) -> int:
    """The least squared distance over all copies of the second cell in the unrolled plane."""
    return min(
        (ax - bx - i * width) ** 2 + (ay - by - j * height) ** 2 for i in range(-3, 4) for j in range(-3, 4)
    )


@given(value=st.integers(-(10**12), 10**12), size=st.integers(1, 100))
@settings(derandomize=True, deadline=None)
def test_wrapping_stays_inside_and_moves_by_whole_turns(value: int, size: int) -> None:
    wrapped = torus.wrap(value, size)
    assert 0 <= wrapped < size
    assert (value - wrapped) % size == 0


@sizes
def test_distance_is_the_shortest_way_round(width: int, height: int) -> None:
    for x in range(-width, 2 * width):
        for y in range(height):
            wanted = shortest(x, y, 1, 0, width, height)
            assert torus.squared_distance(x, y, 1, 0, width, height) == wanted
            assert torus.distance(1, 0, x, y, width, height) == math.sqrt(wanted)


@sizes
def test_the_table_holds_every_distance(width: int, height: int) -> None:
    table = torus.squared_distances(width, height)
    assert table.shape == (height, width)
    assert table.tolist() == [
        [shortest(x, y, 0, 0, width, height) for x in range(width)] for y in range(height)
    ]


@sizes
@pytest.mark.parametrize("radius", [0, 0.99, 1, 1.5, 2, math.sqrt(13), 3.7, 50, 1e300, math.inf])
def test_a_disc_holds_each_cell_within_the_radius_once(width: int, height: int, radius: float) -> None:
    offsets = torus.disc(radius, width, height)
    cells = [(dx % width, dy % height) for dx, dy in offsets.tolist()]
    wanted = [
        (x, y)
        for x in range(width)
        for y in range(height)
        if torus.distance(0, 0, x, y, width, height) <= radius
    ]
    assert len(cells) == len(set(cells))
    assert sorted(cells) == sorted(wanted)
    squares = (offsets**2).sum(axis=1).tolist()
    assert squares == sorted(torus.squared_distance(0, 0, x, y, width, height) for x, y in cells)


@sizes
def test_a_mask_is_the_disc_around_a_cell(width: int, height: int) -> None:
    mask = torus.disc_mask(-1, height, 1.5, width, height)
    for y in range(height):
        for x in range(width):
            assert mask[y, x] == (shortest(x, y, -1, height, width, height) <= 2)


@sizes
def test_rings_fill_the_torus_without_overlap(width: int, height: int) -> None:
    rings = [torus.ring(inner, inner + 1, width, height) for inner in range(-1, width + height)]
    cells = [(dx % width, dy % height) for ring in rings for dx, dy in ring.tolist()]
    assert len(cells) == len(set(cells)) == width * height


def test_shared_tables_cannot_be_written_to() -> None:
    for table in (torus.squared_distances(4, 4), torus.disc(1, 4, 4)):
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 9


def test_below_zero_a_radius_reaches_nothing() -> None:
    assert len(torus.disc(-1, 4, 4)) == 0


def test_a_small_disc_on_a_vast_torus_is_quick() -> None:
    assert len(torus.disc(2, 10**6, 10**6)) == 13


@sizes
def test_the_nearest_allowed_cell_is_least_by_distance_then_y_then_x(width: int, height: int) -> None:
    random = np.random.default_rng(width * height)
    for _ in range(20):
        allowed = random.random((height, width)) < 0.3
        x, y = (int(random.integers(-9, 9)) for _ in range(2))
        ranked = sorted(
            (shortest(cx, cy, x % width, y % height, width, height), cy, cx)
            for cy, cx in np.argwhere(allowed).tolist()
        )
        assert torus.nearest(allowed, x, y) == ((ranked[0][2], ranked[0][1]) if ranked else None)
