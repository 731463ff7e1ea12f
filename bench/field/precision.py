"""How near to float64 a field stays, stepping and jumping; and that float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from torimem import Field, Stencil

from ..pairs import Row

RATE = 0.25
SIZES = ((64, 64), (100, 100), (101, 97), (500, 500))
# A jump costs the same for any n, so it has to be right for any n.
BARS: dict[str, dict[int, float]] = {
    "step": {1: 3e-7, 10: 3e-7, 100: 3e-7, 1000: 2e-6},
    "jump": {1: 3e-7, 100: 3e-7, 10_000: 3e-7, 1_000_000: 3e-7},
}


def truth(cells: NDArray[Any], n: Any, rate: float, decay: float) -> NDArray[np.float64]:
    """Cells `(..., y, x)` after n steps (one number, or one per memory) in float64.

    Few steps are taken one by one; many by Fourier transform, whose error in float64 is some 1e-13.
    """
    u = cells.astype(np.float64)
    if np.ndim(n) == 0 and n <= 16:
        for _ in range(n):
            four = np.roll(u, 1, -1) + np.roll(u, -1, -1) + np.roll(u, 1, -2) + np.roll(u, -1, -2)
            u = u + rate * (four / 4 - u) - decay * u
        return u
    height, width = u.shape[-2:]
    bend_y = 2 * np.sin(np.pi * np.arange(height) / height) ** 2
    bend_x = 2 * np.sin(np.pi * np.arange(width // 2 + 1) / width) ** 2
    factor = 1 - decay - rate / 2 * (bend_y[:, None] + bend_x)
    powers = np.asarray(n, dtype=np.float64).reshape(-1, *(1,) * (u.ndim - 1))
    return np.fft.irfft2(np.fft.rfft2(u) * factor**powers, (height, width))


def difference(cells: NDArray[Any], after: NDArray[np.float64]) -> float:
    """Relative L2 error."""
    return float(np.linalg.norm((cells - after).ravel()) / np.linalg.norm(after.ravel()))


def fields(height: int, width: int) -> list[NDArray[np.float32]]:
    """Random cells, and a few discs on nothing."""
    rng = np.random.default_rng(height)
    discs = Field(width, height)
    discs.activate_radius(rng.integers(0, width, 5), rng.integers(0, height, 5), 3, rng.random(5))
    return [rng.random((1, height, width), dtype=np.float32), discs.numpy()]


def precision(settings: Any) -> list[Row]:
    """The worst error over sizes and kinds of cells, for each method, decay and n."""
    rows = []
    for method, bars in BARS.items():
        for decay in (0.0, 0.001):
            for n, bar in bars.items():
                if decay * n > 80:
                    continue  # nothing is left of the field that float32 could hold
                rows.append(_worst(method, decay, n, bar, settings.backend))
    return rows


def _worst(method: Any, decay: float, n: int, bar: float, backend: str) -> Row:
    errors, peaks, strange = [], [], 0
    for height, width in SIZES:
        for cells in fields(height, width):
            field = Field.from_numpy(cells, backend=backend)
            after = field.advance(n, Stencil.diffusion(RATE, decay), method=method).numpy()
            size = np.abs(after)
            strange += int((~(size >= np.finfo(np.float32).tiny) & (size != 0)).sum())  # or NaN
            errors.append(difference(after, truth(cells, n, RATE, decay)))
            peaks.append(float(size.max()))
    error = float(np.max(errors))
    name = f"{method}, decay {decay:g}" + (f", {strange} subnormal" if strange else "")
    met = "yes" if error <= bar and not strange else "no"
    return Row(
        "relative error against float64", name, n=n, measure="error", bar=bar, met=met, peak=min(peaks),
        error=error,
    )  # fmt: skip
