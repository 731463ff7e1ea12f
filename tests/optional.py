"""Which modules need a heavy extra, and so are imported by the tests in `backends/` only."""

from __future__ import annotations

import pkgutil

import torimem

OPTIONAL = [f"torimem.field.backends.{name}" for name in ("cuda", "jax", "mlx", "opencl", "torch", "triton")]

MODULES = ["torimem"] + [
    found.name
    for found in pkgutil.walk_packages(torimem.__path__, "torimem.")
    if not found.name.endswith("__main__") and found.name not in OPTIONAL
]
"""All the others."""
