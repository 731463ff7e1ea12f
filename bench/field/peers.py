"""The others: steps of diffusion and decay as people write them for each library; the clock is not here.

A peer is set up for one shape `(plane, y, x)` of float32 and keeps its arrays, so that `run` pays for the
steps alone: `fresh` lays out cells anew, `run(n)` takes n steps and waits for them, `cells` fetches the
result. All compute the same step `u + d*(mean of 4 neighbours - u) - k*u`. Setting one up raises
`ImportError` or `OSError` where its package, driver or compiler is missing.

No peer is held back: each is the fastest of the forms that were tried here, compiled before the clock runs.
"""

from __future__ import annotations

from . import arrays, loops
from .arrays import Peer

__all__ = ["PEERS", "Peer"]

PEERS: dict[str, type[Peer]] = {
    "numpy in place": arrays.NumpyInPlace,
    "numpy in place, tuned": arrays.NumpyFlat,
    "numpy roll": arrays.NumpyRoll,
    "scipy ndimage": arrays.Ndimage,
    "opencv filter2D": arrays.Filter2D,
    "torch conv2d": arrays.TorchConv2d,
    "jax jit": arrays.JaxJit,
    "numba": loops.Numba,
    "numba naive": loops.NumbaNaive,
    "opencl (pocl)": loops.OpenCL,
    "plain C": loops.PlainC,
    "copy": loops.Copy,
    "non-temporal copy": loops.CopyPastCaches,
}
