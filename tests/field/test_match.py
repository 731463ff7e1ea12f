"""Patterns in a field: found wherever they lie, scored as statistics says, the best places first."""

import numpy as np
import pytest

from torimem.field.field import Field, Match

rng = np.random.default_rng


def test_a_pattern_is_found_across_the_corner_and_named_by_its_first_cell() -> None:
    field = Field.from_numpy(rng(3).random((9, 8)))
    pattern = np.roll(field.numpy()[0], (2, 1), axis=(0, 1))[:4, :3]  # its [0, 0] lies at x=-1, y=-2
    assert field.match(pattern)[0] == Match(7, 7, 1.0)
    assert field.match(3 * pattern + 7, limit=1) == [Match(7, 7, 1.0)]  # brightness and contrast do not count
    assert field.match(-pattern, threshold=0.99) == []


@pytest.mark.parametrize("size", [(2, 2), (3, 5), (13, 12), (16, 20)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ncc_is_pearsons_r_of_every_patch(size: tuple[int, int], dtype: str) -> None:
    cells = rng(4).random((16, 20)).astype(dtype)
    cells[0, 0] = 1e7  # one glaring cell must not drown the others
    pattern = rng(5).random(size)
    height, width = size
    wide = np.tile(cells.astype("float64"), (2, 2))
    found = Field.from_numpy(cells).match(pattern, threshold=-1.0)
    assert found
    for match in found:
        patch = wide[match.y : match.y + height, match.x : match.x + width]
        assert match.score == pytest.approx(np.corrcoef(patch.ravel(), pattern.ravel())[0, 1], abs=1e-7)


def test_constant_patches_and_patterns_score_nothing() -> None:
    flat = Field.from_numpy(np.full((20, 20), 0.1))
    for size in (3, 14):
        ramp = np.arange(float(size * size)).reshape(size, size)
        assert flat.match(ramp, threshold=0.01) == []
        assert {match.score for match in flat.match(ramp, threshold=0.0)} == {0.0}
        textured = Field.from_numpy(rng(0).random((20, 20)))
        assert textured.match(np.full((size, size), 0.1), threshold=0.01) == []


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_faint_and_glaring_fields_match_alike(scale: float) -> None:
    cells = rng(7).random((8, 8)) * scale
    assert Field.from_numpy(cells).match(cells[2:5, 3:6], limit=1) == [Match(3, 2, 1.0)]


def test_plain_correlation_is_the_sum_of_products() -> None:
    cells = rng(8).random((5, 6))
    pattern = np.array([[1.0, 2.0, -1.0], [0.0, 3.0, 0.5]])
    best = Field.from_numpy(cells).match(pattern, method="correlate", threshold=-99.0, limit=1)[0]
    sums = [
        (sum(pattern[j, i] * cells[(y + j) % 5, (x + i) % 6] for j, i in np.ndindex(2, 3)), y, x)
        for y, x in np.ndindex(5, 6)
    ]
    score, y, x = max(sums)
    assert (best.x, best.y) == (x, y)
    assert best.score == pytest.approx(score)


def test_a_match_takes_the_places_close_by_with_it() -> None:
    field = Field(12, 12).activate_radius([0, 6], [0, 6], 2, [1.0, 0.5])
    blob = Field(5, 5).activate_radius(2, 2, 2, 1.0).numpy()[0]
    found = field.match(blob, threshold=0.3)
    assert [(m.x, m.y) for m in found] == [(4, 4), (10, 10)]  # equal scores: by y, then x
    assert field.match(blob, threshold=0.3, limit=1) == found[:1]
    assert field.match(blob, limit=0) == []


def test_several_patterns_give_a_list_each() -> None:
    cells = rng(9).random((8, 8))
    field = Field.from_numpy(cells)
    one, two = cells[1:4, 2:5], cells[5:7, 1:6]
    assert field.match([one, two], limit=1) == [[Match(2, 1, 1.0)], [Match(1, 5, 1.0)]]
    assert field.match(one.tolist(), limit=1) == [Match(2, 1, 1.0)]
    assert field.match([one.tolist()], limit=1) == [[Match(2, 1, 1.0)]]
    assert field.match([]) == []


def test_patterns_are_sought_in_the_layer_and_item_named() -> None:
    cells = rng(10).random((2, 2, 6, 6))
    field = Field.from_numpy(cells, layers=("a", "b"))
    for method in ("ncc", "correlate"):
        pattern = cells[1, 1, 2:4, 3:5] - 0.5
        alone = Field.from_numpy(cells[1, 1]).match(pattern, method=method, threshold=0.1)
        assert field.match(pattern, layer="b", item=1, method=method, threshold=0.1) == alone
