"""What suites draw from: shapes, cells, stencils and discs; it knows nothing of what is tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ..field.backends import Cells, Discs
from ..field.stencil import Stencil

SHAPES = [
    (1, 1, 1),
    (1, 1, 7),
    (2, 5, 1),
    (1, 2, 2),
    (2, 1, 2),
    (3, 2, 3),
    (2, 4, 4),
    (1, 7, 2),
    (2, 3, 11),
    (4, 5, 6),
]
"""(layer, y, x): sides of 1, of 2, odd, prime and unequal."""

each_shape: pytest.MarkDecorator = pytest.mark.parametrize(
    "shape", SHAPES, ids=lambda shape: "x".join(map(str, shape))
)
drawn: settings = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
rates: st.SearchStrategy[float] = st.floats(0.0, 1.0, allow_subnormal=False)
seeds: st.SearchStrategy[int] = st.integers(0, 2**32 - 1)


@st.composite
def diffusions(draw: st.DrawFn) -> tuple[float, float]:
    """A diffusion and a decay rate with `2d + k <= 2`; some of them swing rather than settle."""
    k = draw(rates)
    return draw(rates) * (2 - k) / 2, k


@st.composite
def stencils(draw: st.DrawFn) -> Stencil:
    """Diffusion, a flow, or any five weights that are stable."""
    d, k = draw(diffusions())
    kind = draw(st.sampled_from(["diffusion", "flow", "any"]))
    if kind == "diffusion":
        return Stencil.diffusion(d, k)
    if kind == "flow":
        share = draw(rates)
        return Stencil.flow(d * share, d * (1 - share), k, draw(st.floats(-1.0, 1.0, allow_subnormal=False)))
    weights = np.random.default_rng(draw(seeds)).uniform(-1, 1, 5)
    return Stencil(*(weights / np.abs(weights).sum()).tolist())


def cells(shape: tuple[int, ...], seed: int, dtype: str = "float32") -> Cells:
    """Cells between -1 and 1."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(dtype)


def discs(shape: tuple[int, ...], seed: int, count: int) -> Discs:
    """Discs anywhere on fields of that shape, smaller and larger than the torus."""
    random = np.random.default_rng(seed)
    planes = int(np.prod(shape[:-2]))
    plane, y, x = (random.integers(0, side, count) for side in (planes, *shape[-2:]))
    radius = random.choice([0.0, 1.0, 1.5, 2.0, 9.0], count)
    return Discs(plane, x, y, radius, random.uniform(-1, 1, count).astype("float32").astype("float64"))
