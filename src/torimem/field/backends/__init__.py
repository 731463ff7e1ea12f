"""What a backend is and how one is found: five operations on arrays of cells; names, rules stay in `field`.

A backend keeps a field in an array of its own kind, shape `(..., layer, y, x)`. Its operations are pure: the
field they are given is left as it was, so fields can share arrays. Arguments arrive checked. Each backend is
a module of this package, imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput, MissingExtra, NotFound
from .. import torus
from ..stencil import Stencil

Array: TypeAlias = Any
"""A field as its backend holds it."""
Cells: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.int64]
Method: TypeAlias = Literal["auto", "step", "jump", "exact"]
Mode: TypeAlias = Literal["max", "add", "set"]


@dataclass(frozen=True, slots=True)
class Discs:
    """Many flat discs, one entry of each array per disc, to be stamped in this order.

    `plane` counts the layers of all memories in C order (`memory * layers + layer`); `x` and `y` lie on the
    torus; `radius` is at least 0.

    >>> one = np.array([0])
    >>> index, strength = Discs(one, one, one, np.array([1.0]), np.array([0.5])).cells(width=4, height=3)
    >>> index.tolist(), strength.tolist()
    ([0, 8, 3, 1, 4], [0.5, 0.5, 0.5, 0.5, 0.5])
    """

    plane: Integers
    x: Integers
    y: Integers
    radius: NDArray[np.float64]
    strength: NDArray[np.float64]

    @classmethod
    def over(
        cls,
        memories: ArrayLike | range,
        layers: int | Sequence[int],
        layer_count: int,
        x: ArrayLike,
        y: ArrayLike,
        radius: ArrayLike,
        strength: ArrayLike,
    ) -> Discs:
        """Discs from arrays that broadcast together, `memories` and one layer with them.

        A range of memories gets every disc each, in its order, and so do several layers. Raises
        `InvalidInput` where the arrays do not broadcast.

        >>> Discs.over(0, [1, 3], 4, [5, 6], 7, 1.0, 0.5).plane
        array([1, 1, 3, 3])
        """
        given = [np.asarray(array) for array in (x, y, radius, strength)]
        axes = max(array.ndim for array in given[:3])
        plane = np.asarray(layers)
        if plane.ndim:
            plane = plane.reshape(-1, *[1] * max(axes, given[3].ndim - 1))
        which = np.asarray(memories)
        if isinstance(memories, range):
            which = which.reshape(-1, *[1] * max(axes, plane.ndim, given[3].ndim))
        try:
            given = [plane, which, *given]
            shape = np.broadcast(*given).shape
        except ValueError:
            shapes = ", ".join(str(array.shape) for array in given[1:])
            raise InvalidInput(f"arrays of discs have shapes {shapes}; make them alike") from None
        given[1] = which * layer_count + plane
        columns: list[NDArray[Any]] = [np.empty(shape, kind) for kind in (*[np.int64] * 3, *[np.float64] * 2)]
        for column, array in zip(columns, given[1:], strict=True):
            column[...] = array
        return cls(*(column.ravel() for column in columns))

    def cells(self, width: int, height: int) -> tuple[Integers, NDArray[np.float64]]:
        """The flat index and the strength of every cell of every disc: once for each disc that covers it."""
        parts = [np.empty(0, dtype=np.int64)]
        counts = []
        for part, offsets in self._runs(width, height):
            x = (self.x[part, None] + offsets[:, 0]) % width
            y = (self.y[part, None] + offsets[:, 1]) % height
            parts.append(((self.plane[part, None] * height + y) * width + x).ravel())
            counts += [len(offsets)] * len(x)
        return np.concatenate(parts), np.repeat(self.strength, counts)

    def passes(self, width: int, height: int, mode: Mode) -> Iterator[tuple[Integers, NDArray[np.float64]]]:
        """The same in passes that name no cell twice, for devices that write cells in no certain order.

        One after another they give what the discs in their order give, to the bit: "add" needs as many passes
        as discs lie over each other, the others one.

        >>> one = np.array([0])
        >>> twice = Discs(*(np.repeat(one, 2),) * 3, np.zeros(2), np.array([0.5, 0.25]))
        >>> [(i.tolist(), s.tolist()) for mode in ("max", "add") for i, s in twice.passes(3, 3, mode)]
        [([0], [0.5]), ([0], [0.5]), ([0], [0.25])]
        """
        index, strength = self.cells(width, height)
        order = np.lexsort((strength, index)) if mode == "max" else np.argsort(index, kind="stable")
        index, strength = index[order], strength[order]
        first = np.r_[True, index[1:] != index[:-1]][: len(index)]
        if mode == "add":
            starts = np.flatnonzero(first)
            turn = np.arange(len(index)) - np.repeat(starts, np.diff(np.r_[starts, len(index)]))
            for number in range(int(turn.max(initial=-1)) + 1):
                yield index[turn == number], strength[turn == number]
        elif len(index):
            last = np.r_[first[1:], True]
            yield index[last], strength[last]

    def _runs(self, width: int, height: int) -> Iterator[tuple[slice, Integers]]:
        """Neighbouring discs of one radius with the offsets they share."""
        start = 0
        for radius, run in groupby(self.radius.tolist()):
            stop = start + sum(1 for _ in run)
            yield slice(start, stop), torus.disc(radius, width, height)
            start = stop


class Backend(Protocol):
    """Five pure operations; `torimem.testing.BackendTests` says what each must give.

    `donate` says that the given field will not be looked at again, so its memory may be written over; a call
    that fails leaves it whole all the same. What does not fit into memory raises `MemoryError`. An array can
    be indexed with whole numbers as NumPy's can. A backend may also have a `likeness`, as
    `torimem.field.match` has it but of an array of its own, and a `wait`, which returns when all that was
    asked of a field is done. `torimem.field.backends.device.Device` has all but `put` and `get` for those who
    begin with less.
    """

    name: str

    def put(self, cells: Cells) -> Array:
        """A field that holds a copy of `cells`, of the same shape and dtype."""

    def get(self, field: Array) -> Cells:
        """The cells of a field, perhaps as a view: not to be written to."""

    def advance(
        self,
        field: Array,
        stencils: tuple[Stencil, ...],
        n: int | Integers,
        method: Method,
        donate: bool = False,
    ) -> Array:
        """The field `n` steps later; one stencil per layer, `n` one number or one per memory.

        "exact" rounds every operation on its own in the canonical order.
        """

    def stamp(self, field: Array, discs: Discs, mode: Mode, donate: bool = False) -> Array:
        """The field with the discs on it, in their order."""

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
    """What a backend is, in one line: what it says of itself, else what its kind is for.

    >>> about(load("numpy"))
    'any CPU, nothing to compile; stepping and Fourier jumps'
    """
    _, _, known = _BACKENDS.get(backend.name.partition(":")[0], ("", "", ""))
    said: str = getattr(backend, "about", known)
    return said
