"""Every backend against the public suite, and how backends are found."""

import subprocess
import sys

import numpy as np
import pytest

from torimem.backends import available, load
from torimem.backends import numpy as numpy_backend
from torimem.errors import InvalidInput, NotFound
from torimem.stencil import Stencil
from torimem.testing import BackendTests


class TestReference(BackendTests):
    backend = "reference"


class TestNumpy(BackendTests):
    backend = "numpy"


def test_auto_is_a_backend_that_needs_nothing() -> None:
    assert load("auto") is load("numpy")


def test_every_backend_is_listed_with_what_it_is_for() -> None:
    rows = available()
    assert [row.name for row in rows] == ["reference", "numpy"]
    assert all(row.here and row.about for row in rows)


def test_an_unknown_backend_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"no backend 'nunpy'; known are auto, reference, numpy"):
        load("nunpy")


def test_a_device_on_a_backend_without_any_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no devices"):
        load("numpy:cuda")


def test_backends_are_imported_when_asked_for() -> None:
    code = "import sys, torimem.field; sys.exit('torimem.backends.numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_of_memories_give_what_each_gives_alone(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_backend, "_BLOCK", 2 * 30)
    cells = np.random.default_rng(0).random((7, 1, 5, 6)).astype(dtype)
    n, stencils = np.array([3, 50, 3, 3, 60, 0, 70]), (Stencil.diffusion(),)
    backend = load("numpy")
    together = backend.get(backend.advance(backend.put(cells), stencils, n, "auto"))
    for memory in range(7):
        alone = backend.advance(backend.put(cells[memory]), stencils, int(n[memory]), "auto")
        np.testing.assert_allclose(together[memory], backend.get(alone), rtol=1e-6)
    exact = backend.get(backend.advance(backend.put(cells), stencils, 3, "exact"))
    np.testing.assert_array_equal(exact[[0, 2, 3]], together[[0, 2, 3]])
