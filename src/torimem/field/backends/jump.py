"""Any number of steps as one multiplication in Fourier space: the factors, and bounds on the result.

Backends do the transforms. Their rounding could make a cell negative, or leave a trace where everything has
faded, so the result is clipped to the bounds that stepping obeys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stencil import Stencil


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    """What a jump needs; the first axis of `factors` and `fades` counts different numbers of steps.

    `factors` (n, layer, y, x // 2 + 1) multiply the waves in the layout of `numpy.fft.rfft2`: float64, or
    complex128 where a stencil has a direction. `fades` (n, layer, 1, 1) bounds what is left of the largest
    magnitude. Where `positive` (layer, 1, 1), a plane stays between its smallest and its largest cell times
    `fades`, elsewhere within plus or minus its largest magnitude times `fades`.
    """

    factors: NDArray[Any]
    fades: NDArray[np.float64]
    positive: NDArray[np.bool_]


def jump(stencils: tuple[Stencil, ...], steps: NDArray[np.int64], size: tuple[int, int]) -> Jump:
    """The jump by each of `steps` (n,) of planes of size (height, width), one stencil per layer.

    >>> jump((Stencil.diffusion(0.5, 0.0),), np.array([1, 2]), (1, 2)).factors.ravel().tolist()
    [1.0, 0.5, 1.0, 0.25]
    """
    n = steps.astype(np.float64)[:, None, None]
    with np.errstate(under="ignore"):
        powers = {stencil: stencil.eigenvalues(*size) ** n for stencil in set(stencils)}
        gains = np.array([min(stencil.gain, 1.0) for stencil in stencils])[:, None, None]
        fades: NDArray[np.float64] = gains ** n[..., None]
    positive = np.array([stencil.positive for stencil in stencils])[:, None, None]
    return Jump(np.stack([powers[stencil] for stencil in stencils], axis=1), fades, positive)
