"""JAX on eight devices, seven of them make-believe: fields cut along y, batches cut between items."""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"

import jax
import numpy as np
import pytest
from demo_fold import same_everywhere

from torimem import Field, Stencil
from torimem.field.backends import load
from torimem.field.backends.jax import JaxBackend
from torimem.testing import BackendTests


class TestEight(BackendTests):
    """Every field lies over as many devices as cut it into equal parts, however small it is."""

    backend = "jax:cpu"

    @pytest.fixture(autouse=True)
    def _always(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert len(jax.devices()) == 8
        monkeypatch.setattr(JaxBackend, "shared", 0)
        monkeypatch.setattr(load("jax:cpu"), "name", "jax:cpu x 8")


def test_a_large_field_lies_over_all_devices_and_stays_there() -> None:
    cells = np.random.default_rng(0).random((1, 2048, 2048), dtype=np.float32)
    field = Field.from_numpy(cells, backend="jax:cpu")
    other = Field.from_numpy(cells)
    for n, method in ((3, "step"), (1000, "jump")):
        stencil = Stencil.flow(0.2, 0.1, 1e-4, 0.5)
        field.advance(n, stencil, method=method).activate_radius(1, 2, 40, 1.0)
        other.advance(n, stencil, method=method).activate_radius(1, 2, 40, 1.0)
        shards = field._cells.addressable_shards
        assert len({shard.device for shard in shards}) == 8
        np.testing.assert_allclose(field.numpy(), other.numpy(), atol=2e-6)


def test_a_batch_is_cut_between_its_items() -> None:
    field = Field(256, 256, batch=64, backend="jax:cpu").set(0, 0, 1.0).advance(4)
    assert {shard.data.shape for shard in field._cells.addressable_shards} == {(8, 1, 256, 256)}
    assert float(field.numpy().sum()) == pytest.approx(64 * 0.9**4, rel=1e-5)


def test_a_field_over_many_devices_can_be_exchanged() -> None:
    field = Field(1024, 4096, backend="jax:cpu").set(1, 2, 0.5)
    assert np.from_dlpack(field)[0, 2, 1] == 0.5
    assert field.to("native").get(1, 2) == 0.5


def test_the_demos_log_folds_to_the_same_topics_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JaxBackend, "shared", 0)
    same_everywhere("jax:cpu")
