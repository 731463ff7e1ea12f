"""What backends on devices share, tried without a device: one that can only keep cells, and odd ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from torimem import Field, InvalidInput, Memory, OutOfMemory, Stencil
from torimem.field.backends import Cells, Discs, load
from torimem.field.backends.device import Device
from torimem.testing import BackendTests


class Bare(Device):
    """Keeps cells and nothing else; all the rest is done for it."""

    name = "bare"

    def put(self, cells: Cells) -> Cells:
        return np.array(cells)

    def get(self, field: Cells) -> Cells:
        return field


class TestBare(BackendTests):
    """A backend of two methods passes the whole suite."""

    backend = "bare"

    @property
    def ours(self) -> Any:
        return BARE


BARE = Bare()


def test_an_object_can_be_the_backend_of_a_field_and_of_a_memory() -> None:
    field = Field(8, 4, backend=BARE).set(0, 0, 1.0).advance(3)
    assert (field.backend, load(BARE)) == ("bare", BARE)
    np.testing.assert_allclose(field.numpy(), Field(8, 4).set(0, 0, 1.0).advance(3).numpy(), atol=1e-7)
    with Memory(":memory:", backend=BARE) as memory, Memory(":memory:") as other:
        for one in (memory, other):
            one.observe("I love my new guitar!", at="2026-03-07T17:06")
        assert memory.backend == "bare"
        np.testing.assert_array_equal(memory.cells(), other.cells())


def test_an_object_that_is_no_backend_is_told_what_it_lacks() -> None:
    with pytest.raises(InvalidInput, match="has no name; it needs name, put, get, advance, stamp, correlate"):
        Field(3, 3, backend=object())  # type: ignore[arg-type]


class Full(Bare):
    """Has no memory for anything but keeping cells."""

    def step(self, *given: Any) -> Any:
        raise RuntimeError("device: no room")

    jump = write = step

    def starved(self, error: Exception) -> bool:
        return "no room" in str(error)


def test_a_device_without_room_is_one_error_and_leaves_the_field() -> None:
    field = Field.from_numpy(np.eye(4, dtype="float32"), backend=Full())
    for change in (
        lambda: field.advance(1),
        lambda: field.advance(1000),
        lambda: field.activate_radius(0, 0, 1, 1.0),
    ):
        with pytest.raises(OutOfMemory, match=r"does not fit into the memory of bare: take a smaller batch"):
            change()
        np.testing.assert_array_equal(field.numpy()[0], np.eye(4))


def test_other_errors_of_a_device_are_not_taken_for_that() -> None:
    class Broken(Full):
        def starved(self, error: Exception) -> bool:
            return False

    with pytest.raises(RuntimeError, match="no room"):
        Field(3, 3, backend=Broken()).set(0, 0, 1.0)


def test_a_copy_does_not_change_with_its_field_on_any_kind_of_array() -> None:
    field = Field(5, 5, backend=BARE).set(1, 1, 1.0)
    copy = field.copy()
    field.advance(5).set(0, 0, 9.0)
    assert copy.numpy().sum() == 1.0


@pytest.mark.parametrize("mode", ["max", "add", "set"])
def test_no_pass_names_a_cell_twice_and_together_they_are_the_discs(mode: Any) -> None:
    random = np.random.default_rng(1)
    discs = Discs(
        random.integers(0, 2, 40), random.integers(0, 9, 40), random.integers(0, 7, 40),
        random.choice([0.0, 1.0, 2.5], 40), random.uniform(-1, 1, 40).astype("float32").astype("float64"),
    )  # fmt: skip
    numpy = load("numpy")
    cells = random.random((2, 7, 9), dtype=np.float32)
    wanted = numpy.get(numpy.stamp(numpy.put(cells), discs, mode))
    flat = cells.ravel().copy()
    passes = list(discs.passes(9, 7, mode))
    for index, strength in passes:
        assert len(np.unique(index)) == len(index) > 0
        values = strength.astype("float32")
        flat[index] = {"max": np.maximum(flat[index], values), "add": flat[index] + values, "set": values}[
            mode
        ]
    assert len(passes) == 1 or mode == "add"
    np.testing.assert_array_equal(flat, wanted.ravel())


def test_each_item_of_a_mixed_batch_goes_its_own_way_once() -> None:
    ways: list[tuple[str, list[int]]] = []

    class Watched(Bare):
        def step(self, cells: Any, stencils: Any, counts: Any, exact: bool) -> Any:
            ways.append(("step", counts.tolist()))
            return super().step(cells, stencils, counts, exact)

        def jump(self, cells: Any, stencils: Any, counts: Any) -> Any:
            ways.append(("jump", counts.tolist()))
            return super().jump(cells, stencils, counts)

    field = Field(4, 4, batch=5, backend=Watched()).set(0, 0, 1.0)
    n = np.array([0, 3, 10**6, 64, 65])
    field.advance(n, Stencil.diffusion(0.1, 1e-6))
    assert ways == [("jump", [10**6, 65]), ("step", [3, 64])]
    wanted = Field(4, 4, batch=5, backend="numpy").set(0, 0, 1.0).advance(n, Stencil.diffusion(0.1, 1e-6))
    np.testing.assert_allclose(field.numpy(), wanted.numpy(), atol=1e-6)
