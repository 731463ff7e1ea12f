"""What a stencil promises: the formula of diffusion, stability, eigenvalues, plain errors."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from torimem.errors import InvalidInput, NotFound, StabilityError
from torimem.field.stencil import Stencil, per_layer

MANY = [
    Stencil.diffusion(),
    Stencil.diffusion(0.05, 0.004),
    Stencil.diffusion(1.0, 0.0),
    Stencil.diffusion(0.0, 1.0),
    Stencil.flow(0.3, 0.2, 0.1, 0.7),
    Stencil.flow(0.9, 0.0, 0.0, -1.0),
    Stencil(-0.2, 0.1, -0.3, 0.25, 0.15),
]


def one_step(u: np.ndarray[Any, Any], s: Stencil) -> np.ndarray[Any, Any]:
    north, south = np.roll(u, 1, 0), np.roll(u, -1, 0)
    west, east = np.roll(u, 1, 1), np.roll(u, -1, 1)
    return s.c * u + s.n * north + s.s * south + s.w * west + s.e * east


def test_diffusion_is_its_formula() -> None:
    u = np.random.default_rng(0).random((6, 5))
    mean = (np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)) / 4
    wanted = u + 0.25 * (mean - u) - 0.1 * u
    np.testing.assert_allclose(one_step(u, Stencil.diffusion(0.25, 0.1)), wanted, rtol=1e-14)
    assert Stencil.diffusion() == Stencil.diffusion(0.25, 0.1)


@pytest.mark.parametrize(("d", "k"), [(0.25, 0.1), (0.3, 0.0), (0.95, 0.1), (0.0, 0.5)])
def test_mass_falls_by_exactly_the_decay(d: float, k: float) -> None:
    for stencil in (Stencil.diffusion(d, k), Stencil.flow(d / 3, d * 2 / 3, k, 0.5)):
        total = stencil.c + stencil.n + stencil.s + stencil.w + stencil.e
        assert total == pytest.approx(1 - k, abs=1e-15)


def test_positive_drift_carries_towards_larger_x() -> None:
    u = np.zeros((3, 7))
    u[1, 3] = 1
    after = one_step(u, Stencil.flow(0.4, 0.2, 0.1, 0.5))
    assert after[1, 4] == pytest.approx(0.3)
    assert after[1, 2] == pytest.approx(0.1)
    assert after[0, 3] == after[2, 3] == pytest.approx(0.1)
    assert after[1, 3] == pytest.approx(0.3)


@pytest.mark.parametrize(("d", "k"), [(1.0, 0.0), (0.95, 0.1), (0.0, 2.0), (0.5, 1.0), (0.7, 0.6)])
def test_rates_on_the_limit_are_allowed(d: float, k: float) -> None:
    assert Stencil.diffusion(d, k).gain <= 1 + 1e-14


@pytest.mark.parametrize(("d", "k"), [(1.0, 0.1), (0.951, 0.1), (1.2, 0.0), (0.3, 2.5), (9.0, 9.0)])
def test_too_high_rates_are_refused_with_the_nearest_allowed(d: float, k: float) -> None:
    with pytest.raises(StabilityError, match=r"2\*diffusion_rate \+ decay_rate <= 2; the nearest") as caught:
        Stencil.diffusion(d, k)
    message = str(caught.value)
    assert "\n" not in message
    assert repr(d) in message
    advice = message.partition("nearest")[2]
    rates = {name: float(value) for name, value in re.findall(r"(\w+_rate)=([\d.]+)", advice)}
    Stencil.diffusion(**({"diffusion_rate": d, "decay_rate": k} | rates))


@pytest.mark.parametrize(
    "build",
    [
        lambda: Stencil.diffusion(-0.1, 0.1),
        lambda: Stencil.diffusion(0.1, -0.1),
        lambda: Stencil.flow(-0.1, 0.1, 0.0, 0.0),
        lambda: Stencil.flow(0.1, 0.1, 0.0, 1.5),
        lambda: Stencil.flow(0.6, 0.6, 0.0, 0.0),
        lambda: Stencil(1.0, 0.1, 0.0, 0.0, 0.0),
        lambda: Stencil(-0.6, -0.6, 0.0, 0.0, 0.0),
    ],
)
def test_unstable_weights_are_refused_on_one_line(build: Callable[[], Stencil]) -> None:
    with pytest.raises(StabilityError) as caught:
        build()
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)  # the rule, then the next step


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "0.1", None, True, [0.1]])
def test_rates_must_be_finite_numbers(bad: Any) -> None:
    with pytest.raises(InvalidInput, match=r"decay_rate=.* is not a finite number"):
        Stencil.diffusion(0.1, bad)
    with pytest.raises(InvalidInput, match=r"c=.* is not a finite number"):
        Stencil(bad, 0.0, 0.0, 0.0, 0.0)


def test_positive_means_no_negative_weight() -> None:
    assert Stencil.diffusion(0.6, 0.4).positive
    assert not Stencil.diffusion(0.6, 0.5).positive


def test_stencils_are_values() -> None:
    assert Stencil(1, 0, 0, 0, 0) == Stencil(1.0, 0.0, 0.0, 0.0, 0.0)
    assert len({Stencil.diffusion(), Stencil.diffusion()}) == 1
    with pytest.raises(AttributeError):
        Stencil.diffusion().c = 0.5  # type: ignore[misc]


@pytest.mark.parametrize("stencil", MANY)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 6), (5, 1), (2, 2), (7, 4), (4, 9)])
def test_eigenvalues_are_the_transform_of_one_step(stencil: Stencil, height: int, width: int) -> None:
    values = stencil.eigenvalues(height, width)
    assert values.shape == (height, width // 2 + 1)
    assert np.iscomplexobj(values) == (not stencil.symmetric)
    assert np.abs(values).max() <= 1 + 1e-15
    u = np.random.default_rng(1).random((height, width))
    after = np.fft.irfft2(np.fft.rfft2(u) * values, (height, width))
    np.testing.assert_allclose(after, one_step(u, stencil), atol=1e-14)


def test_without_decay_the_mean_keeps_for_ever() -> None:
    for d in np.linspace(0.001, 1, 500):
        assert Stencil.diffusion(float(d), 0.0).eigenvalues(8, 8)[0, 0] == 1


def test_a_stencil_for_each_layer_may_be_named() -> None:
    a, b = Stencil.diffusion(), Stencil.flow(0.1, 0.2)
    assert per_layer({"two": b, "one": a}, ("one", "two")) == per_layer([a, b], ("one", "two")) == (a, b)
    with pytest.raises(NotFound, match="no layer 'three'"):
        per_layer({"three": a}, ("one", "two"))
    for wrong in ([a], {"one": a}, 0.25, [a, 0.1]):
        with pytest.raises(InvalidInput, match="one for each of one, two"):
            per_layer(wrong, ("one", "two"))  # type: ignore[arg-type]
