"""Field: layers of cells on a torus, stamped with discs, advanced in time and searched for patterns.

The cells live in an array of a backend (`torimem.field.backends`), which does the arithmetic. Every
coordinate wraps; x is the column, y the row. All arguments are checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Literal, Self, cast, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..checks import finite, integer
from ..errors import InvalidInput
from . import discs, match
from .backends import Array, Backend, Cells, Method, exchanged, kind, load, pickled, unpickled
from .checks import MOST_STEPS, counts, floating, items, names, planes, position, reals, too_large
from .discs import Cell, Discs, Mode
from .match import Match
from .match import Method as Matching
from .stencil import Stencil, Stencils, per_layer

_DIFFUSION = Stencil.diffusion()
_METHODS = frozenset(("auto", "step", "jump"))


class Field:
    """Layers of cells on a torus of `width` x `height`, all zero at first.

    The shape is `(*batch, layer, y, x)`. A batch is many fields that advance in one call; methods take the
    number of one of them, counted in C order, as `item`. `backend` is a name or an object (see
    `torimem.field.backends`). Raises `InvalidInput` for sizes below 1, a dtype other than float32 and float64
    and for layer names that repeat; `NotFound` or `MissingExtra` for a backend that is not here;
    `OutOfMemory`. Threads may each change a field of their own, a copy too, but not the same one.

    >>> field = Field(8, 4)
    >>> _ = field.activate_radius(0, 0, 1, 1.0)
    >>> field.advance(5).get(-1, 0) > field.get(-2, 0) > 0
    True
    """

    __slots__ = ("_backend", "_cells", "_dtype", "_layers", "_own", "_shape")

    def __init__(
        self, width: int, height: int, *, layers: Sequence[str] = ("activation",),
        batch: int | Sequence[int] = (), backend: str | Backend = "auto", dtype: DTypeLike = "float32",
    ) -> None:  # fmt: skip
        lengths = batch if isinstance(batch, Sequence) else (batch,)
        given = names(layers, 1 if isinstance(layers, str) else len(layers))
        shape = (
            *(integer("batch", length, 0) for length in lengths),
            len(given),
            integer("height", height, 1),
            integer("width", width, 1),
        )
        number, engine = floating(dtype), load(backend)
        try:
            cells = np.zeros(shape, dtype=number)
        except (MemoryError, ValueError):  # ValueError: more bytes than an address can count
            raise too_large(shape, number, engine.name) from None
        self._put(engine, cells, given)

    @classmethod
    def from_numpy(
        cls, cells: ArrayLike, *, layers: Sequence[str] | None = None, backend: str | Backend = "auto"
    ) -> Self:
        """A field with a copy of `cells`, shape `(..., layer, y, x)`; two axes `(y, x)` are one layer.

        float64 stays float64, all else becomes float32. A single layer that is not named is "activation",
        several are "layer0", "layer1" and so on. Raises `InvalidInput` for cells that are not finite numbers,
        for empty sides and for the wrong count of names.

        >>> Field.from_numpy([[1, 2], [3, 4]]).shape
        (1, 2, 2)
        """
        array = planes(cells)
        return cls.__new__(cls)._put(load(backend), array, names(layers, array.shape[-3]))

    @classmethod
    def from_torch(cls, tensor: Any, *, layers: Sequence[str] | None = None, backend: str = "torch") -> Self:
        """A field on a PyTorch tensor, or on any array with DLPack, without copying it.

        `backend` may also be "triton" or "cuda". The field never writes to the tensor; whoever else does
        changes the field, until it has changed by itself. Raises as `from_numpy`, also for other dtypes.
        `Field.from_torch(torch.zeros(2, 3, device="cuda"))` lies on the GPU.
        """
        engine, array = cast(Any, load("torch:cpu")).adopt(tensor, backend)
        given = names(layers, array.shape[-3])
        return cls.__new__(cls)._hold(engine, array, tuple(array.shape), kind(array), given, own=False)

    def _put(self, backend: Backend, cells: Cells, layers: tuple[str, ...]) -> Self:
        try:
            array = backend.put(cells)
        except MemoryError:
            raise too_large(cells.shape, cells.dtype, backend.name) from None
        return self._hold(backend, array, cells.shape, cells.dtype, layers, own=True)

    def _hold(
        self, backend: Backend, array: Array, shape: tuple[int, ...], dtype: np.dtype[Any],
        layers: tuple[str, ...], *, own: bool,
    ) -> Self:  # fmt: skip
        self._backend, self._cells, self._layers = backend, array, layers
        self._shape, self._dtype = shape, dtype
        self._own = own  # no copy shares these cells, so a backend may write over them
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """`(*batch, layer, y, x)`."""
        return self._shape

    @property
    def batch(self) -> tuple[int, ...]:
        """The batch axes, `()` for a field without a batch."""
        return self._shape[:-3]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names, in the order of the layer axis."""
        return self._layers

    @property
    def width(self) -> int:
        """Cells along x."""
        return self._shape[-1]

    @property
    def height(self) -> int:
        """Cells along y."""
        return self._shape[-2]

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self._dtype

    @property
    def backend(self) -> str:
        """The name of the backend that holds the cells."""
        return self._backend.name

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.width}, {self.height}, layers={self.layers}, batch={self.batch}, "
            f"backend={self.backend!r}, dtype={str(self.dtype)!r})"
        )

    # Cells

    def activate_radius(
        self, x: ArrayLike, y: ArrayLike, radius: ArrayLike, strength: ArrayLike, *,
        layer: str | Sequence[str] = "activation", mode: Mode = "max", item: ArrayLike | None = None,
    ) -> Self:  # fmt: skip
        """Stamp a flat disc: the cells within `radius` (Euclidean, in cells, around the edges) of (x, y).

        "max" lifts cells to `strength`, "add" adds it, "set" writes it. Arrays, broadcast together, are many
        discs, stamped in order; several layers get every disc each, and `strength` may have a row for each of
        them. `item` says which of a batch, None all of them. Radius 0 is the one cell. Returns the
        field. Raises `InvalidInput` for coordinates that are not whole, a negative radius or what is not
        finite; `NotFound` for an unknown layer.

        >>> field = Field(5, 5).activate_radius([0, 2], [0, 2], 1, [1.0, 0.5])
        >>> field.get(4, 0), field.get(2, 1)
        (1.0, 0.5)
        """
        if mode not in ("max", "add", "set"):
            raise InvalidInput(f"mode={mode!r} is not known; use 'max', 'add' or 'set'")
        own = self._layers
        which = position(layer, own) if isinstance(layer, str) else [position(one, own) for one in layer]
        every = range(prod(self.batch)) if self.batch else 0
        chosen = every if item is None else items(item, self.batch)
        given = Discs.over(chosen, which, self._shape, self._dtype, x, y, radius, strength)
        try:
            self._cells = self._backend.stamp(self._cells, given, mode, self._own)
        except MemoryError:
            raise too_large(self._shape, self._dtype, self._backend.name) from None
        self._own = True
        return self

    def set(
        self, x: int, y: int, value: float, *, layer: str = "activation", item: int | None = None
    ) -> Self:
        """Write one cell (in all items of a batch, or in one); returns the field. Raises as `get`.

        >>> Field(3, 3).set(-1, 3, 0.5).get(2, 0)
        0.5
        """
        cell = integer("x", x), integer("y", y), 0, finite("value", value)
        single = None if item is None else integer("item", item)
        return self.activate_radius(*cell, layer=layer, mode="set", item=single)

    def get(self, x: int, y: int, *, layer: str = "activation", item: int | None = None) -> float:
        """Read one cell; a field with a batch needs `item`.

        Raises `InvalidInput` for coordinates that are not whole, `NotFound` for an unknown layer.

        >>> Field(3, 3).get(-1, 7)
        0.0
        """
        plane = self._plane(layer, item)
        return float(plane[integer("y", y) % self.height, integer("x", x) % self.width])

    def neighbors(
        self, x: int, y: int, radius: float, *, layer: str = "activation", item: int | None = None
    ) -> list[Cell]:
        """The cells within `radius` of (x, y) without that one, each once; nearest first, then by y, x.

        Raises `InvalidInput` for coordinates that are not whole and a negative radius, `NotFound` for an
        unknown layer.

        >>> [(cell.x, cell.y) for cell in Field(8, 8).neighbors(0, 0, 1)]
        [(1, 0), (7, 0), (0, 1), (0, 7)]
        """
        plane = self._plane(layer, item)
        column, row = integer("x", x) % self.width, integer("y", y) % self.height
        return discs.neighbors(plane, column, row, float(reals("radius", radius, 0)))

    def advance(
        self, n: int | ArrayLike = 1, stencil: Stencils = _DIFFUSION, *,
        method: Literal["auto", "step", "jump"] = "auto", exact: bool = False,
    ) -> Self:  # fmt: skip
        """Let `n` steps pass, in place; returns the field.

        `n` is one number or an integer array of the batch's shape: each item its own. One stencil serves
        all layers; a sequence or a dict gives each layer its own. A jump (one multiplication in Fourier
        space) costs the same for any `n` and equals stepping to rounding; "auto" chooses by shape, `n`,
        stencil and backend alone. `exact=True` steps in the canonical order: all backends give the same bits.
        Raises `InvalidInput` for a negative or fractional `n`, a wrong shape or count, an unknown method and
        `exact` with "jump"; `NotFound` for an unknown layer.

        >>> field = Field(64, 64).set(0, 0, 1.0)
        >>> round(float(field.advance(10**9, Stencil.diffusion(0.25, 0.0)).numpy().sum()), 4)
        1.0
        """
        count = n if type(n) is int and 0 < n <= MOST_STEPS else counts(n, self.batch)
        if method not in _METHODS:
            raise InvalidInput(f"method={method!r} is not known; use 'auto', 'step' or 'jump'")
        how: Method = method
        if exact:
            if method == "jump":
                raise InvalidInput("exact=True steps one by one and cannot jump; leave method at 'auto'")
            how = "exact"
        each = (
            (stencil,) * len(self._layers) if type(stencil) is Stencil else per_layer(stencil, self._layers)
        )
        if count is not None:
            try:
                self._cells = self._backend.advance(self._cells, each, count, how, self._own)
            except MemoryError:
                raise too_large(self._shape, self._dtype, self._backend.name) from None
            self._own = True
        return self

    def diffusion_step(self, diffusion_rate: float = 0.25, decay_rate: float = 0.1) -> Self:
        """One step of the usual five-point diffusion, in place; raises as `Stencil.diffusion`.

        >>> field = Field(5, 5).set(2, 2, 1.0).diffusion_step(0.5, 0.0)
        >>> field.get(2, 2), field.get(2, 1)
        (0.5, 0.125)
        """
        return self.advance(1, Stencil.diffusion(diffusion_rate, decay_rate))

    @overload
    def match(
        self, pattern: NDArray[Any] | Sequence[Sequence[float]], *, layer: str = ..., method: Matching = ...,
        threshold: float = ..., limit: int | None = ..., item: int | None = ...,
    ) -> list[Match]: ...  # fmt: skip

    @overload
    def match(
        self, pattern: Sequence[NDArray[Any]], *, layer: str = ..., method: Matching = ...,
        threshold: float = ..., limit: int | None = ..., item: int | None = ...,
    ) -> list[list[Match]]: ...  # fmt: skip

    def match(
        self, pattern: Any, *, layer: str = "activation", method: Matching = "ncc", threshold: float = 0.8,
        limit: int | None = None, item: int | None = None,
    ) -> list[Match] | list[list[Match]]:  # fmt: skip
        """Where a pattern `(y, x)` fits best, edges or not: scores of at least `threshold`, highest first.

        "ncc" compares shapes whatever their brightness and contrast, in [-1, 1], in float64 and rounded to 9
        decimals; "correlate" is the plain sum of products, by the backend. A match suppresses the places
        within half the pattern's size; at most `limit` remain. A list of patterns gives a list for each.
        Raises `InvalidInput` for a pattern that is not two-dimensional, not finite or larger than the torus
        and for a threshold that is not finite; `NotFound` for an unknown layer.

        >>> field = Field(16, 16).activate_radius(15, 0, 1, 1.0)
        >>> field.match(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]))
        [Match(x=14, y=15, score=1.0)]
        """
        number, one = position(layer, self._layers), self._one(item)
        patterns, several = match.split(pattern, self.height, self.width)
        try:
            found = match.search(
                self._backend, self._cells[one] if one else self._cells, layer=number, patterns=patterns,
                dtype=self._dtype, method=method, threshold=threshold, limit=limit,
            )  # fmt: skip
        except MemoryError:
            raise too_large(self._shape, self._dtype, self._backend.name) from None
        return found if several else found[0]

    # Copies, and arrays of others

    def numpy(self, item: int | None = None) -> Cells:
        """A copy of the cells `(*batch, layer, y, x)`, or those of one item of a batch `(layer, y, x)`.

        >>> Field(3, 2).numpy().shape
        (1, 2, 3)
        """
        cells = self._cells if item is None else self._cells[self._one(item)]
        return self._backend.get(cells).copy()

    def copy(self) -> Self:
        """A field of its own with the same cells; costs nothing until one of the two changes.

        A deep copy shares nothing, not even a tensor that the field was made of. A pickle holds the cells and
        the name of the backend; where that is not here, unpickling raises as `torimem.field.backends.load`.

        >>> field = Field(3, 2)
        >>> field.copy().shape == field.shape
        True
        """
        self._own = False
        held = self._backend, self._cells, self._shape, self._dtype, self._layers
        return type(self).__new__(type(self))._hold(*held, own=False)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        cells = self._backend.get(self._cells)
        return type(self).__new__(type(self))._put(self._backend, cells, self._layers)

    def __getstate__(self) -> tuple[str | Backend, tuple[str, ...], Cells]:
        return pickled(self._backend), self._layers, self.numpy()

    def __setstate__(self, state: tuple[str | Backend, tuple[str, ...], Cells]) -> None:
        backend, layers, cells = state
        self._put(unpickled(backend), cells.astype(cells.dtype.newbyteorder("=")), layers)

    def with_cells(self, cells: ArrayLike) -> Self:
        """One like this with other cells of the same shape and dtype, copied; raises as `from_numpy`.

        >>> Field(2, 1).with_cells([[[1, 2]]]).numpy()
        array([[[1., 2.]]], dtype=float32)
        """
        array = np.asarray(cells, self.dtype).reshape(self.shape)
        return self.from_numpy(array, layers=self.layers, backend=self._backend)

    def to(self, backend: str | Backend) -> Self:
        """A field of its own with the same cells on another backend; raises as `torimem.field.backends.load`.

        >>> Field(3, 2).to("numpy").backend
        'numpy'
        """
        engine = load(backend)
        if engine is self._backend:
            return self.copy()
        return type(self).__new__(type(self))._put(engine, self._backend.get(self._cells), self._layers)

    def synchronize(self) -> Self:
        """Wait until the device has finished all work on this field, so that times can be measured.

        >>> Field(2, 1).synchronize().shape
        (1, 1, 2)
        """
        if synchronize := getattr(self._backend, "synchronize", None):
            synchronize(self._cells)
        return self

    def torch(self) -> Any:
        """The cells as a PyTorch tensor `(*batch, layer, y, x)`, not copied if they are in one already.

        The two share memory until the field changes. `from_dlpack(field)` of PyTorch, JAX, NumPy, CuPy and
        others does the same with the arrays of any backend.
        """
        load("torch:cpu")  # or a line that says how to get it
        import torch

        return torch.from_dlpack(self)

    def __dlpack__(self, **options: Any) -> Any:
        self._own = False
        return exchanged(self._backend, self._cells).__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = exchanged(self._backend, self._cells).__dlpack_device__()
        return device

    def _plane(self, layer: str, item: int | None) -> Cells:
        """The cells `(y, x)` of one layer of one item, to be read."""
        return self._backend.get(self._cells[(*self._one(item), position(layer, self._layers))])

    def _one(self, item: int | None) -> tuple[int, ...]:
        """Where one item lies along the batch axes; None means the only one."""
        number = items(None if item is None else integer("item", item), self.batch)
        return tuple(int(index) for index in np.unravel_index(int(number), self.batch))
