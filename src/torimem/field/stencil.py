"""Stencil: the five weights of one step, their stability and their eigenvalues. Backends apply them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, show
from ..errors import InvalidInput, StabilityError
from .checks import position

_EPS = 2.0**-52


@dataclass(frozen=True, slots=True)
class Stencil:
    """One step on a torus: `u' = c*u + n*u[y-1,x] + s*u[y+1,x] + w*u[y,x-1] + e*u[y,x+1]`.

    The weights are float64. Raises `StabilityError` if the sum of their magnitudes is above 1, because then
    some field would grow; `InvalidInput` for what is not a finite number.

    >>> Stencil(0.5, 0, 0, 0.5, 0)      # half of everything moves one cell to the right
    Stencil(c=0.5, n=0.0, s=0.0, w=0.5, e=0.0)
    """

    c: float
    n: float
    s: float
    w: float
    e: float

    def __post_init__(self) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if self.gain > 1 + 8 * _EPS:
            raise StabilityError(
                f"|c|+|n|+|s|+|w|+|e| = {self.gain!r} must be at most 1; divide each weight by {self.gain!r}"
            )

    @classmethod
    def diffusion(cls, diffusion_rate: float = 0.25, decay_rate: float = 0.1) -> Stencil:
        """The usual five-point diffusion, `u + d*(mean of 4 neighbours - u) - k*u`, rates per step.

        Raises `StabilityError` for a negative rate and unless `2*diffusion_rate + decay_rate <= 2`;
        `InvalidInput` for what is not a finite number.

        >>> Stencil.diffusion(0.5, 0.25)
        Stencil(c=0.25, n=0.125, s=0.125, w=0.125, e=0.125)
        """
        d, k = _rate("diffusion_rate", diffusion_rate), _rate("decay_rate", decay_rate)
        if 2 * d + k > 2 + 4 * _EPS:
            decay = min(k, 2.0)
            near = f"diffusion_rate={(2 - decay) / 2!r}" + (
                f" with decay_rate={decay!r}" if decay < k else ""
            )
            raise StabilityError(
                f"diffusion_rate={d!r}, decay_rate={k!r} break 2*diffusion_rate + decay_rate <= 2; "
                f"the nearest allowed value is {near}"
            )
        return cls(1 - d - k, d / 4, d / 4, d / 4, d / 4)

    @classmethod
    def flow(cls, dx: float, dy: float, decay_rate: float = 0.0, drift: float = 0.0) -> Stencil:
        """Spreading by `dx` along x and `dy` along y; a `drift` in [-1, 1] above 0 carries towards larger x.

        A share `dx*(1+drift)/2` moves one cell right and `dx*(1-drift)/2` one cell left in each step. Raises
        `StabilityError` for a negative rate, a drift outside [-1, 1] and unless `2*(dx + dy) + decay_rate <=
        2`; `InvalidInput` for what is not a finite number.

        >>> Stencil.flow(0.5, 0.0, 0.0, drift=1.0)
        Stencil(c=0.5, n=0.0, s=0.0, w=0.5, e=0.0)
        """
        dx, dy, k = _rate("dx", dx), _rate("dy", dy), _rate("decay_rate", decay_rate)
        drift = finite("drift", drift)
        if abs(drift) > 1:
            raise StabilityError(f"drift={drift!r} must lie in [-1, 1]; use {math.copysign(1.0, drift)!r}")
        if 2 * (dx + dy) + k > 2 + 4 * _EPS:
            raise StabilityError(
                f"dx={dx!r}, dy={dy!r}, decay_rate={k!r} break 2*(dx + dy) + decay_rate <= 2; "
                f"multiply all three by {2 / (2 * (dx + dy) + k)!r} or less"
            )
        share = (1 + drift) / 2
        return cls(1 - k - dx - dy, dy / 2, dy / 2, dx * share, dx * (1 - share))

    @property
    def total(self) -> float:
        """The exact sum of the weights: what one step makes of a field that is the same everywhere.

        >>> Stencil.diffusion(0.25, 0.1).total
        0.9
        """
        return math.fsum((self.c, self.n, self.s, self.w, self.e))

    @property
    def gain(self) -> float:
        """The sum of the weights' magnitudes: `max|u'| <= gain * max|u|` for every field.

        >>> Stencil.diffusion(0.25, 0.1).gain
        0.9
        """
        return math.fsum(map(abs, (self.c, self.n, self.s, self.w, self.e)))

    @property
    def positive(self) -> bool:
        """Whether all weights are >= 0, so that a field stays within its bounds (maximum principle).

        >>> Stencil.diffusion(0.25, 0.1).positive, Stencil.diffusion(0.9, 0.2).positive
        (True, False)
        """
        return min(self.c, self.n, self.s, self.w, self.e) >= 0

    @property
    def symmetric(self) -> bool:
        """Whether both directions of each axis weigh the same, so that the eigenvalues are real.

        >>> Stencil.diffusion().symmetric, Stencil.flow(0.5, 0.0, drift=0.5).symmetric
        (True, False)
        """
        return self.n == self.s and self.w == self.e

    def eigenvalues(self, height: int, width: int) -> NDArray[np.float64] | NDArray[np.complex128]:
        """The factor by which one step multiplies each wave, in the layout of `numpy.fft.rfft2`.

        Shape `(height, width // 2 + 1)`; float64 for a symmetric stencil, complex128 otherwise; magnitude at
        most 1. The waves of a torus are the eigenvectors of every circulant stencil (Davis, Circulant
        Matrices, 1979).

        >>> Stencil.diffusion(0.25, 0.1).eigenvalues(1, 2)
        array([[0.9 , 0.65]])
        """
        y, x = np.arange(height)[:, None] / height, np.arange(width // 2 + 1) / width
        # 1 - cos a = 2 sin^2(a/2) keeps the slow waves exact, on which a billion steps depend
        bend_y, bend_x = 2 * np.sin(np.pi * y) ** 2, 2 * np.sin(np.pi * x) ** 2
        real: NDArray[np.float64] = self.total - (self.n + self.s) * bend_y - (self.w + self.e) * bend_x
        if self.symmetric:
            return np.clip(real, -1.0, 1.0)
        turn = (self.s - self.n) * np.sin(2 * np.pi * y) + (self.e - self.w) * np.sin(2 * np.pi * x)
        values: NDArray[np.complex128] = real + 1j * turn
        return values / np.maximum(np.abs(values), 1.0)


def _rate(name: str, value: float) -> float:
    rate = finite(name, value)
    if rate < 0:
        raise StabilityError(f"{name}={rate!r} must not be negative; the nearest allowed value is 0")
    return rate


def weight_table(stencils: Sequence[Stencil]) -> NDArray[np.float64]:
    """The weights c, n, s, w, e of each stencil, shape (stencil, 5).

    >>> weight_table([Stencil.diffusion(0.5, 0.25)])
    array([[0.25 , 0.125, 0.125, 0.125, 0.125]])
    """
    return np.array([(one.c, one.n, one.s, one.w, one.e) for one in stencils], dtype=np.float64)


Stencils: TypeAlias = Stencil | Sequence[Stencil] | Mapping[str, Stencil]
"""One for all layers, one for each in order, or one for each by name."""


def per_layer(stencil: Stencils, layers: tuple[str, ...]) -> tuple[Stencil, ...]:
    """One stencil for each layer, in order, from one for all, a sequence or a mapping by layer name.

    Raises `NotFound` for a name that is no layer and `InvalidInput` unless every layer gets one.

    >>> still = Stencil(1, 0, 0, 0, 0)
    >>> per_layer({"b": still, "a": Stencil.diffusion()}, ("a", "b"))[1] == still
    True
    """
    if isinstance(stencil, Stencil):
        return (stencil,) * len(layers)
    if isinstance(stencil, Mapping):
        for name in stencil:
            position(name, layers)
        given = tuple(stencil[name] for name in layers if name in stencil)
    else:
        given = tuple(stencil) if isinstance(stencil, Sequence) else (stencil,)
    if len(given) != len(layers) or not all(isinstance(one, Stencil) for one in given):
        raise InvalidInput(
            f"stencil={show(stencil)} must be one Stencil, or one for each of {', '.join(layers)}; "
            "make them with Stencil.diffusion or Stencil.flow"
        )
    return given
