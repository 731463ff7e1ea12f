"""Any number of steps as one multiplication in Fourier space: its factors, and the bounds that hold it.

It knows stencils and numbers of steps; the transforms are left to the backends. Rounding of a transform could
make a cell negative that cannot be, or keep a trace where all has faded: what stepping could not leave bounds
the result.
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
    complex128 where a stencil has a direction. `fades` (n, layer, 1, 1) is what the largest cell keeps at
    most. Where `positive` (layer, 1, 1), a plane stays within its least and its largest cell times that,
    elsewhere within the largest magnitude times that.
    """

    factors: NDArray[Any]
    fades: NDArray[np.float64]
    positive: NDArray[np.bool_]


def jump(stencils: tuple[Stencil, ...], steps: NDArray[np.int64], size: tuple[int, int]) -> Jump:
    """The jump of planes of that (height, width) by each of `steps` (n,), one stencil per layer.

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
