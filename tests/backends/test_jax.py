"""JAX on one CPU device: the suite, and nothing compiled anew for another number of steps."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from torimem import Field, NotFound, Stencil
from torimem.field.backends import jax as ours
from torimem.testing import BackendTests


class TestJax(BackendTests):
    backend = "jax:cpu"


def test_other_numbers_of_steps_and_other_rates_compile_nothing() -> None:
    field = Field(12, 10, batch=3, backend="jax:cpu").set(0, 0, 1.0)

    def all_ways(n: int) -> None:
        stencil = Stencil.diffusion(0.2 / n, 0.01 / n)
        field.advance(n % 30 + 1, stencil).advance(n, stencil, method="jump").advance(100 + n, stencil)
        field.advance(np.array([0, n % 30 + 1, 2]), stencil).advance(np.array([0, n, 100 * n]), stencil)
        for radius in range(4):
            field.activate_radius(n, n, radius, 0.5, item=n % 3)

    all_ways(41)
    sizes = [f._cache_size() for f in (ours._steps, ours._jump, ours._write)]
    for n in (42, 57, 900):
        all_ways(n)
    assert [f._cache_size() for f in (ours._steps, ours._jump, ours._write)] == sizes
    assert np.isfinite(field.numpy()).all()


def test_nothing_of_the_users_settings_is_changed() -> None:
    Field(4, 4, backend="jax:cpu", dtype="float64").set(0, 0, 1.0).advance(100)
    assert not jax.config.jax_enable_x64
    assert jax.numpy.ones(3).dtype == np.float32


@pytest.mark.parametrize("name", ["jax:cuda", "jax:tpu", "jax:abacus"])
def test_a_platform_that_is_not_there_is_one_line(name: str) -> None:
    with pytest.raises(NotFound, match=f"backend='{name}': JAX finds no such platform here; it has jax:cpu"):
        Field(3, 3, backend=name)
