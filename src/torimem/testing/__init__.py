"""Public conformance suites: what must hold of anything that calls itself a backend, or a store.

    from torimem.testing import BackendTests, StoreTests

    class TestMyBackend(BackendTests):
        backend = "mine"

    class TestMyStore(StoreTests):
        def opened(self, folder):
            return MyStore(folder / "memory.mine")

A backend is held against the float64 reference and against laws that need no code: waves, translation,
linearity, mass; a store against a plain list. `ListStore` is a store that keeps every promise, in memory and
in few lines. The suites need pytest and hypothesis, which the library itself never imports.
"""

from .backends import BackendTests
from .draws import SHAPES
from .lists import Lists, ListStore
from .shared import SharedStoreTests
from .stores import StoreTests

__all__ = ["SHAPES", "BackendTests", "ListStore", "Lists", "SharedStoreTests", "StoreTests"]
