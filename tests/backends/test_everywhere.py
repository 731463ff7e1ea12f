"""One set of numbers: fields that cross backends, and a conversation folded on each of them."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from demo_fold import said, same_everywhere

from torimem import Field, Memory, OutOfMemory, Stencil, advance_many
from torimem.state import checkpoint

BACKENDS = ["reference", "numpy", "native", "torch:cpu", "mlx:cpu", "opencl", "jax:cpu"]
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COPIES = [copy.copy, copy.deepcopy, *(lambda f, p=p: pickle.loads(pickle.dumps(f, p)) for p in PROTOCOLS)]
NAMES = ["copy", "deepcopy", *(f"protocol {p}" for p in PROTOCOLS)]
FOLDING = [name for name in BACKENDS if name != "reference"]  # cell by cell, five memories take minutes


@pytest.mark.parametrize("there", BACKENDS)
@pytest.mark.parametrize("here", BACKENDS)
def test_fields_cross_from_every_backend_to_every_other(here: str, there: str) -> None:
    for shape in ((1, 1, 1), (2, 3, 5), (0, 2, 4, 4), (1, 2, 4, 4), (2, 2, 1, 3, 7)):
        for dtype in ("float32", "float64"):
            cells = np.random.default_rng(0).random(shape).astype(dtype)
            field = Field.from_numpy(cells, backend=here)
            other = field.to(there)
            assert (other.shape, other.dtype, other.layers) == (shape, np.dtype(dtype), field.layers)
            np.testing.assert_array_equal(other.numpy(), cells)
            other.advance(2).set(0, 0, 9.0, layer=other.layers[0])
            np.testing.assert_array_equal(field.numpy(), cells)
            assert other.numpy().size == 0 or other.numpy().max() == 9.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_batch_of_none_or_one_goes_through_everything(backend: str) -> None:
    for batch in (0, 1):
        field = Field(5, 3, batch=batch, layers=("a", "b"), backend=backend, dtype="float64")
        field.activate_radius([0, 1], [2, 2], 1, 1.0, layer="a", mode="add")
        field.advance(3, Stencil.diffusion(0.1, 0.01)).advance(np.full(batch, 50), method="jump")
        field.advance(np.full(batch, 2), exact=True)
        assert field.numpy().shape == (batch, 2, 3, 5)
        if batch:
            assert field.match([[1.0, 0.0]], layer="a", item=0, threshold=-1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_field_larger_than_any_memory_is_one_line(backend: str) -> None:
    with pytest.raises(OutOfMemory) as refused:
        Field(1 << 22, 1 << 22, backend=backend)
    assert backend.partition(":")[0] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_demos_log_folds_to_the_same_topics_and_figures(backend: str) -> None:
    same_everywhere(backend)


@pytest.mark.parametrize("backend", FOLDING)
def test_many_memories_fold_together_as_each_does_alone(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    users = [f"user {number}" for number in range(5)]
    for number, user in enumerate(users):
        with Memory(path, user, embedder="none") as memory:
            memory.observe_many(said()[number:])
    memories = [Memory(path, user, embedder="none") for user in users]
    assert advance_many(memories, backend) == sum(len(said()) - number for number in range(5))
    assert advance_many(memories, backend) == 0
    for memory, user in zip(memories, users, strict=True):
        with memory, Memory(path, user, embedder="none") as alone:
            assert memory.topics() == alone.topics()
            np.testing.assert_array_equal(memory.cells(), alone.cells())
            with memory._log.reading() as (_, state), alone._log.reading() as (_, other):
                same = checkpoint.dump(state) == checkpoint.dump(other)
                assert same


@pytest.mark.parametrize("copied", COPIES, ids=NAMES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_fields_of_every_backend_are_copied_and_pickled(backend: str, copied: Any) -> None:
    for shape, dtype in (((2, 3, 5), "float32"), ((0, 2, 4, 4), "float32"), ((2, 2, 1, 3, 7), "float64")):
        cells = np.random.default_rng(0).random(shape).astype(dtype)
        field = Field.from_numpy(cells, backend=backend)
        other = copied(field)
        assert (other.shape, other.dtype, other.layers) == (shape, np.dtype(dtype), field.layers)
        assert other.backend == field.backend
        other.advance(2).set(0, 0, 9.0, layer=other.layers[0])
        np.testing.assert_array_equal(field.numpy(), cells)
        assert other.numpy().size == 0 or other.numpy().max() == 9.0
