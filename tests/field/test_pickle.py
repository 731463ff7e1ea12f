"""Fields pickled and copied: with their batch, dtype, layers and backend, and apart from the original."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import numpy as np
import pytest

from torimem import Field, InvalidInput, MissingExtra, NotFound, Stencil
from torimem.field import backends
from torimem.field.backends import Cells, _native
from torimem.field.backends.device import Device
from torimem.field.backends.numpy import NumpyBackend

NARROWEST = list(_native.engines())[-1]
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COPIES = [copy.copy, copy.deepcopy, *(lambda f, p=p: pickle.loads(pickle.dumps(f, p)) for p in PROTOCOLS)]
NAMES = ["copy", "deepcopy", *(f"protocol {p}" for p in PROTOCOLS)]


class Kept(Device):
    """A backend of the user's own."""

    name = "kept"

    def put(self, cells: Cells) -> Cells:
        return np.array(cells)

    def get(self, field: Cells) -> Cells:
        return field


class Named(NumpyBackend):
    """One that has the name of ours, and is another."""


@pytest.mark.parametrize("copied", COPIES, ids=NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["native", f"native:{NARROWEST}", "numpy", "reference", Kept(), Named()])
def test_a_copy_is_the_same_field_and_goes_its_own_way(copied: Any, backend: Any, dtype: str) -> None:
    cells = np.random.default_rng(0).random((2, 3, 2, 5, 4)).astype(dtype)
    field = Field.from_numpy(cells, layers=("a", "b"), backend=backend)
    other = copied(field)
    assert (other.shape, other.dtype, other.layers) == (field.shape, field.dtype, ("a", "b"))
    assert other.backend == field.backend
    assert type(other._backend) is type(field._backend)
    other.advance(3, Stencil.diffusion(0.2, 0.01), exact=True).set(0, 0, 9.0, layer="b", item=5)
    np.testing.assert_array_equal(field.numpy(), cells)
    field.advance(3, Stencil.diffusion(0.2, 0.01), exact=True).set(0, 0, 9.0, layer="b", item=5)
    np.testing.assert_array_equal(other.numpy(), field.numpy())


@pytest.mark.parametrize("copied", COPIES, ids=NAMES)
def test_a_batch_of_none_and_cells_that_overflowed_are_copied_too(copied: Any) -> None:
    assert copied(Field(4, 3, batch=0)).shape == (0, 1, 3, 4)
    huge = Field(2, 1).set(0, 0, 3e38)
    with np.errstate(over="ignore"):
        huge.activate_radius(0, 0, 0, 3e38, mode="add")
    assert copied(huge).get(0, 0) == np.inf


class Torus(Field):
    """A class of the user's own."""

    __slots__ = ()


@pytest.mark.parametrize("copied", COPIES, ids=NAMES)
def test_a_copy_is_of_the_same_class(copied: Any) -> None:
    assert type(copied(Torus(3, 3))) is Torus


def test_a_deep_copy_of_what_holds_a_field_twice_holds_one() -> None:
    field = Field(3, 3)
    one, two = copy.deepcopy([field, field])
    assert one is two is not field


def test_a_pickle_of_a_machine_of_other_byte_order_is_read() -> None:
    field = Field.from_numpy(np.random.default_rng(0).random((3, 4)).astype("float32"))
    backend, layers, cells = field.__getstate__()
    other = Field.__new__(Field)
    other.__setstate__((backend, layers, cells.astype(cells.dtype.newbyteorder("S"))))
    assert other.dtype.isnative
    np.testing.assert_array_equal(other.advance(2).numpy(), field.advance(2).numpy())


def test_buffers_out_of_band_do_not_change_with_the_field() -> None:
    field = Field.from_numpy(np.ones((64, 64), "float32"), backend="native")
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(field, 5, buffer_callback=buffers.append)
    field.advance(5)
    assert len(data) < 1000
    assert (pickle.loads(data, buffers=buffers).numpy() == 1).all()


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("torch:cuda:0", MissingExtra, r"backend='torch:cuda:0' is not installed here .* 'torimem\[torch\]'"),
        ("native:avx1024", InvalidInput, "backend='native:avx1024' does not run here"),
        ("abacus", NotFound, "no backend 'abacus'"),
    ],
)
def test_a_field_whose_backend_is_not_here_says_which_and_what_to_do(
    name: str, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "torimem.field.backends.torch", raising=False)
    monkeypatch.setattr("torimem.field.field.pickled", lambda backend: name)  # as if it had been made there
    backends._named.cache_clear()
    data = pickle.dumps(Field(3, 3))
    instead = r"; or pickle field.to\('numpy'\) where the field is"
    with pytest.raises(error, match=f"{says}.*{instead}") as refused:
        pickle.loads(data)
    assert "\n" not in str(refused.value)
    backends._named.cache_clear()
