"""Turns texts into vectors, quantizes and compares them.

`load_embedder` gives an `Embedder` by its name: MiniLM in NumPy, a server, or the package
sentence-transformers. It makes unit vectors of a text, its sentences and its words (`Encoded`). `vectors`
keeps them as int8 and bits; `NameVectors` gives each topic of an analysis the vector of its name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .embed import Embedder, Encoded, MiniLM, OneVector, load_embedder
    from .name_vectors import NameVectors

__all__ = ["Embedder", "Encoded", "MiniLM", "NameVectors", "OneVector", "load_embedder"]

# Where each name lives: type checkers read the imports above, Python this table.
_HOMES = {
    "embed": "Embedder Encoded MiniLM OneVector load_embedder",
    "name_vectors": "NameVectors",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:  # hidden from a type checker, so that it knows the names above and no others

    def __getattr__(name: str) -> object:
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f".{_WHERE[name]}", __name__), name)
        return found


def __dir__() -> list[str]:
    return __all__
