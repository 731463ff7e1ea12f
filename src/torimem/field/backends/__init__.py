"""The `Backend` protocol, five operations on arrays of cells, and how a backend is found by name.

A backend keeps a field in an array of its own kind, shape `(..., layer, y, x)`. Its operations are pure: they
leave the given field unchanged, so fields can share arrays. `Field` has checked all arguments. Each backend
is a module of this package, imported when first used.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput, MissingExtra, NotFound
from ..discs import Discs, Mode
from ..stencil import Stencil
from ..torus import Integers

__all__ = [
    "Array",
    "Backend",
    "Cells",
    "Discs",
    "Integers",
    "Method",
    "Mode",
    "Row",
    "about",
    "available",
    "exchanged",
    "kind",
    "load",
    "pickled",
    "unpickled",
]

Array: TypeAlias = Any
"""A field as its backend holds it."""
Cells: TypeAlias = NDArray[np.floating[Any]]
Method: TypeAlias = Literal["auto", "step", "jump", "exact"]


class Backend(Protocol):
    """Five pure operations; `torimem.testing.BackendTests` checks what each must return.

    With `donate` the caller gives the field up, so its memory may be reused; a call that fails must leave it
    whole all the same. Raise `MemoryError` for what does not fit. Arrays are indexed with whole numbers, as
    NumPy's are. Two methods are optional: `ncc(plane, patterns)`, which returns what
    `torimem.field.match.ncc_each` does, and `synchronize(field)`, which waits until all work on a field is
    done. `torimem.field.backends.device.Device` derives everything from `put` and `get`.
    """

    name: str

    def put(self, cells: Cells) -> Array:
        """A field that holds a copy of `cells`, of the same shape and dtype."""

    def get(self, field: Array) -> Cells:
        """The cells of a field, possibly a view; callers must not write to it."""

    def advance(
        self,
        field: Array,
        stencils: tuple[Stencil, ...],
        n: int | Integers,
        method: Method,
        donate: bool = False,
    ) -> Array:
        """The field `n` steps later; one stencil per layer, `n` one number or one for each item of the batch.

        "exact" rounds each operation separately, in the canonical order.
        """

    def stamp(self, field: Array, discs: Discs, mode: Mode, donate: bool = False) -> Array:
        """The field with the discs stamped on it, in their order."""

    def correlate(self, field: Array, pattern: Cells, layer: int) -> Array:
        """`sum over j, i of pattern[j, i] * u[y+j, x+i]` of one layer, shape `(..., y, x)`."""


class Row(NamedTuple):
    """One line of `torimem backends`: a name, whether it is here, and what it is for or how to get it."""

    name: str
    here: bool
    about: str


_OPERATIONS = "name", "put", "get", "advance", "stamp", "correlate"

_BACKENDS = {  # name: (class in the module of that name, what may stand after a colon, what it is for)
    "reference": ("ReferenceBackend", "", "the definition: float64, cell by cell, slow; for tests"),
    "numpy": ("NumpyBackend", "", "any CPU, nothing to compile; stepping and Fourier jumps"),
    "native": ("NativeBackend", "instructions", "the default on CPUs: C with vector instructions"),
    "torch": ("TorchBackend", "device", "PyTorch tensors on CUDA, Apple's MPS or the CPU"),
    "triton": (
        "TritonBackend",
        "device",
        "many steps in one kernel on NVIDIA and AMD GPUs, on PyTorch tensors",
    ),
    "cuda": ("CudaBackend", "device", "own CUDA kernels, compiled where they run, on PyTorch tensors"),
    "mlx": ("MlxBackend", "device", "Apple silicon (Metal)"),
    "opencl": ("OpenclBackend", "device", "GPUs and CPUs of any maker"),
    "jax": ("JaxBackend", "platform", "TPUs, GPUs and CPUs; large fields over all devices of a platform"),
}


def kind(array: Array) -> np.dtype[Any]:
    """The dtype of an array as NumPy names it.

    >>> kind(np.zeros(1, "float32"))
    dtype('float32')
    """
    return np.dtype(str(array.dtype).rpartition(".")[2])


def exchanged(backend: Backend, field: Array) -> Any:
    """The array itself if it has DLPack, else its cells as a NumPy array.

    >>> exchanged(load("numpy"), np.zeros(3)).__dlpack_device__()
    (1, 0)
    """
    try:
        field.__dlpack_device__()
    except (AttributeError, BufferError):  # an array without DLPack, or one on several devices
        return backend.get(field)
    return field


def load(name: str | Backend = "auto") -> Backend:
    """The backend of that name, imported now if it was not; "auto" is the best general one that is here.

    An object that is a backend is returned as it is. Raises `NotFound` for an unknown name and a device that
    is not here, `InvalidInput` for an unknown instruction set and for other objects, and `MissingExtra` where
    what it needs is not installed.

    >>> load().name in ("native", "numpy")
    True
    """
    if isinstance(name, str):
        return _named(name)
    if lacking := [one for one in _OPERATIONS if not hasattr(name, one)]:
        raise InvalidInput(f"backend={name!r} has no {lacking[0]}; it needs {', '.join(_OPERATIONS)}")
    return name


@lru_cache(maxsize=32)
def _named(name: str) -> Backend:
    if name == "auto":
        try:
            return load("native")
        except MissingExtra:
            return load("numpy")
    base, _, part = name.partition(":")
    if base not in _BACKENDS:
        raise NotFound(f"no backend {name!r}; known are auto, {', '.join(_BACKENDS)}")
    made, parts, _ = _BACKENDS[base]
    if part and not parts:
        raise InvalidInput(f"backend={name!r}: {base} has no devices to choose from; write {base!r}")
    try:
        backend = getattr(importlib.import_module(f".{base}", __name__), made)
    except ImportError as error:
        if isinstance(error, MissingExtra):
            raise
        why = " ".join(str(error).split())
        raise MissingExtra(
            f"backend={name!r} is not installed here ({why}): pip install 'torimem[{base}]'"
        ) from None
    return cast(Backend, backend(part) if part else backend())


def pickled(backend: Backend) -> str | Backend:
    """What a pickle holds of a backend: its name if `load` finds it by that, else the object.

    >>> pickled(load("numpy"))
    'numpy'
    """
    base, made = backend.name.partition(":")[0], type(backend)
    ours = f"{__name__}.{base}", _BACKENDS.get(base, ("",))[0]
    return backend.name if (made.__module__, made.__name__) == ours else backend


def unpickled(backend: str | Backend) -> Backend:
    """The backend of a pickled field; raises as `load` does, and says how to go without it.

    >>> unpickled("numpy").name
    'numpy'
    """
    try:
        return load(backend)
    except (InvalidInput, MissingExtra, NotFound) as lacking:
        raise type(lacking)(f"{lacking}; or pickle field.to('numpy') where the field is") from None


def available() -> list[Row]:
    """Every backend, whether it is here, and what it is for or how to get it; imports what is installed.

    >>> [row.name for row in available()][:3]
    ['reference', 'numpy', 'native']
    """
    rows = []
    for name in _BACKENDS:
        try:
            rows.append(Row(name, True, about(load(name))))
        except (MissingExtra, NotFound) as missing:
            rows.append(Row(name, False, str(missing)))
    return rows


def about(backend: Backend) -> str:
    """One line about a backend: its own `about`, else what its kind is for.

    >>> about(load("numpy"))
    'any CPU, nothing to compile; stepping and Fourier jumps'
    """
    _, _, known = _BACKENDS.get(backend.name.partition(":")[0], ("", "", ""))
    said: str = getattr(backend, "about", known)
    return said
