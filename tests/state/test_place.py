"""Places keep their distance, follow attraction, and are the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from math import isqrt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from torimem.field import torus
from torimem.state.place import Ground, Pull, capacity, choose, hashed

SIZES = st.sampled_from([(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (5, 8), (9, 6), (13, 11)])


@st.composite
def situations(draw: st.DrawFn) -> tuple[int, int, int, list[tuple[int, int]], list[Pull]]:
    width, height = draw(SIZES)
    cell = st.tuples(st.integers(0, width - 1), st.integers(0, height - 1))
    taken = draw(st.lists(cell, max_size=4))
    pulls = [Pull(x, y, draw(st.integers(1, 5))) for x, y in draw(st.lists(cell, max_size=3))]
    return width, height, draw(st.integers(1, 5)), taken, pulls


def effort(x: int, y: int, pulls: list[Pull], width: int, height: int) -> int:
    """The definition, one cell at a time."""
    total = 0
    for pull in pulls:
        squared = torus.squared_distance(x, y, pull.x, pull.y, width, height)
        total += pull.weight * isqrt(isqrt(squared << 40))
    return total


def obvious(
    key: str, pulls: list[Pull], taken: list[tuple[int, int]], width: int, height: int, spacing: int
) -> tuple[int, int] | None:
    """`choose` as its docstring says it, cell by cell."""
    free = [
        (x, y)
        for y in range(height)
        for x in range(width)
        if all(torus.squared_distance(x, y, *cell, width, height) >= spacing * spacing for cell in taken)
    ]
    if not free:
        return None
    if pulls:
        return min(free, key=lambda cell: effort(*cell, pulls, width, height))
    home = hashed(key, width, height)
    lonely = [
        here
        for here in free
        if all(torus.squared_distance(*here, *cell, width, height) > (2 * spacing) ** 2 for cell in taken)
    ]
    return min(lonely or free, key=lambda cell: torus.squared_distance(*cell, *home, width, height))


@given(situations(), st.text(max_size=5))
def test_the_place_is_the_allowed_cell_with_the_least_distances(
    situation: tuple[int, int, int, list[tuple[int, int]], list[Pull]], key: str
) -> None:
    width, height, spacing, taken, pulls = situation
    chosen = choose(key, pulls, Ground(width, height, spacing, taken))
    assert chosen == obvious(key, pulls, taken, width, height, spacing)


@given(SIZES, st.integers(1, 5))
def test_topics_placed_one_after_another_keep_their_spacing_until_none_fits(
    size: tuple[int, int], spacing: int
) -> None:
    width, height = size
    taken: list[tuple[int, int]] = []
    ground = Ground(width, height, spacing)
    while (cell := choose(f"t{len(taken)}", [], ground)) is not None:
        for other in taken:
            assert torus.squared_distance(*cell, *other, width, height) >= spacing**2
        taken.append(cell)
        ground.take(*cell)
    assert taken
    assert not ground.free().any()


@given(situations(), st.data())
def test_the_ground_is_as_if_those_who_left_had_never_come(
    situation: tuple[int, int, int, list[tuple[int, int]], list[Pull]], data: st.DataObject
) -> None:
    width, height, spacing, taken, _ = situation
    taken = list(dict.fromkeys(taken))  # no two topics share a cell
    ground = Ground(width, height, spacing, taken)
    stay = [cell for cell in taken if data.draw(st.booleans())]
    for cell in taken:
        if cell not in stay:
            ground.leave(*cell)
    fresh = Ground(width, height, spacing, stay)
    assert ground.taken == fresh.taken == [y * width + x for x, y in stay]
    assert (ground.free() == fresh.free()).all()
    assert (ground.out_of_reach() == fresh.out_of_reach()).all()


def test_the_default_torus_holds_about_two_hundred_topics() -> None:
    ground = Ground(64, 64, 4)
    while (cell := choose(f"topic {len(ground.taken)}", [], ground)) is not None:
        ground.take(*cell)
    assert 170 <= len(ground.taken) <= 256


def test_a_torus_holds_half_of_what_would_fit() -> None:
    assert capacity(64, 64, 4) == 128
    assert capacity(64, 32, 4) == 64
    assert capacity(1, 1, 1) == capacity(2, 3, 7) == 1


def test_of_equally_attractive_cells_the_upper_then_the_left_one_is_taken() -> None:
    assert choose("x", [Pull(8, 8, 1)], Ground(16, 16, 2, [(8, 8)])) == (8, 6)
    assert choose("x", [Pull(8, 8, 1)], Ground(16, 16, 2, [(8, 8), (8, 5)])) == (6, 8)


def test_attraction_and_spacing_reach_over_the_edge() -> None:
    chosen = choose("x", [Pull(0, 0, 1)], Ground(16, 16, 3, [(0, 0)]))
    assert chosen is not None
    assert torus.squared_distance(*chosen, 0, 0, 16, 16) == 9
    assert not Ground(16, 16, 3, [(0, 0)]).free()[15, 15]


def test_the_stronger_pull_wins() -> None:
    pulls = [Pull(4, 4, 1), Pull(20, 20, 3)]
    chosen = choose("x", pulls, Ground(32, 32, 4, [(4, 4), (20, 20)]))
    assert chosen is not None
    to_the_stronger = torus.squared_distance(*chosen, 20, 20, 32, 32)
    assert to_the_stronger <= 18 < torus.squared_distance(*chosen, 4, 4, 32, 32)


def test_where_there_is_no_room_around_a_pull_the_nearest_that_is_left_will_do() -> None:
    crowd = [(x, y) for x in range(9) for y in range(9)]
    chosen = choose("x", [Pull(4, 4, 9)], Ground(64, 64, 4, crowd))
    assert chosen is not None
    assert torus.squared_distance(*chosen, 4, 4, 64, 64) == 64  # straight over the edge of the crowd


def test_the_first_of_its_kind_lies_out_of_reach_of_all_others_where_there_is_room() -> None:
    taken: list[tuple[int, int]] = []
    for number in range(12):
        cell = choose(f"kind {number}", [], Ground(64, 64, 4, taken))
        assert cell is not None
        assert all(torus.squared_distance(*cell, *other, 64, 64) > 8**2 for other in taken)
        taken.append(cell)


def test_a_full_torus_has_no_place() -> None:
    assert choose("x", [], Ground(1, 1, 4, [(0, 0)])) is None
    assert choose("x", [Pull(2, 0, 1)], Ground(5, 1, 4, [(2, 0)])) is None


def test_a_torus_of_one_cell_has_one_place() -> None:
    assert choose("x", [], Ground(1, 1, 4)) == (0, 0)
    assert hashed("anything", 1, 1) == (0, 0)


def test_different_names_get_different_places() -> None:
    cells = {hashed(f"topic {n}", 64, 64) for n in range(200)}
    assert len(cells) > 180


def test_a_name_has_the_same_place_in_every_process() -> None:
    names = ["python", "C++", "机器学习", "", "\ud800", "a\0b"]
    here = [hashed(name, 64, 48) for name in names]
    assert here[0] == (6, 34)  # written down: a change would move every topic of every memory
    program = f"from torimem.state.place import hashed\nprint([hashed(name, 64, 48) for name in {names!r}])"
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        told = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
        )
        assert told.stdout.strip() == repr(here)


def test_the_order_of_the_given_topics_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    taken = [(int(x), int(y)) for x, y in rng.integers(0, 32, (20, 2))]
    pulls = [Pull(x, y, 1 + n % 3) for n, (x, y) in enumerate(taken[:8])]
    one = choose("x", pulls, Ground(32, 32, 3, taken))
    other = choose("x", pulls[::-1], Ground(32, 32, 3, taken[::-1]))
    assert one == other
