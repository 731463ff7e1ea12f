"""Public conformance suites: what must hold of anything that calls itself a backend.

    from torimem.testing import BackendTests

    class TestMine(BackendTests):
        backend = "mine"

A backend is held against the float64 reference and against laws that need no code: waves, translation,
linearity, mass. Every test runs on every shape of `SHAPES`, with stencils and cells drawn by hypothesis. It
needs pytest and hypothesis, which the library itself never imports.
"""

from .backends import BackendTests
from .draws import SHAPES

__all__ = ["SHAPES", "BackendTests"]
