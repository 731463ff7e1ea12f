"""Field: layers of cells on a torus, many memories at once; it knows names, checks and time, not arithmetic.

The cells live on a backend (`torimem.backends`); every coordinate wraps, x is the column and y the row. All
arguments are checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import match, torus
from .backends import Array, Backend, Cells, Discs, Integers, Method, Mode, load
from .checks import finite, floating, integer, integers, names, planes, reals, show
from .errors import InvalidInput, NotFound
from .match import Match
from .stencil import Stencil, per_layer

__all__ = ["Cell", "Field", "Match"]

Stencils: TypeAlias = Stencil | Sequence[Stencil] | Mapping[str, Stencil]

_GUIDE = Stencil.diffusion()
_METHODS = frozenset(("auto", "step", "jump"))
_MOST_STEPS = 2**53  # beyond, float64 no longer tells an even number of steps from an odd one


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell and what it holds."""

    x: int
    y: int
    value: float


class Field:
    """Layers of cells on a torus of `width` x `height`, all zero at first.

    The shape is `(*batch, layer, y, x)`: a batch holds many memories that advance in one call, counted in C
    order wherever a method takes `memory`. Raises `InvalidInput` for sizes below 1, a dtype other than
    float32 and float64 and for layer names that repeat; `NotFound` or `MissingExtra` for a backend that is
    not here. Threads may each change a field of their own, a copy too, but not one and the same at a time.

    >>> field = Field(8, 4)
    >>> _ = field.activate_radius(0, 0, 1, 1.0)
    >>> field.advance(5).get(-1, 0) > field.get(-2, 0) > 0
    True
    """

    __slots__ = ("_backend", "_cells", "_dtype", "_layers", "_own", "_shape")

    def __init__(
        self,
        width: int,
        height: int,
        *,
        layers: Sequence[str] = ("activation",),
        batch: int | Sequence[int] = (),
        backend: str = "auto",
        dtype: DTypeLike = "float32",
    ) -> None:
        lengths = batch if isinstance(batch, Sequence) else (batch,)
        given = names(layers, 1 if isinstance(layers, str) else len(layers))
        shape = (
            *(integer("batch", length, 0) for length in lengths),
            len(given),
            integer("height", height, 1),
            integer("width", width, 1),
        )
        self._attach(np.zeros(shape, dtype=floating(dtype)), given, load(backend))

    @classmethod
    def from_numpy(
        cls, cells: ArrayLike, *, layers: Sequence[str] | None = None, backend: str = "auto"
    ) -> Field:
        """A field with a copy of `cells`, shape `(..., layer, y, x)`; two axes `(y, x)` are one layer.

        float64 stays float64, all else becomes float32. Layers not named are "activation" (one),
        "activation", "emotion", "confidence", "recency" (four) or "layer0" and so on. Raises `InvalidInput`
        for cells that are not finite numbers, for empty sides and for the wrong count of names.

        >>> Field.from_numpy([[1, 2], [3, 4]]).shape
        (1, 2, 2)
        """
        array = planes(cells)
        given = names(layers, array.shape[-3])
        field = cls.__new__(cls)
        field._attach(array, given, load(backend))
        return field

    def _attach(self, cells: Cells, layers: tuple[str, ...], backend: Backend) -> None:
        self._backend = backend
        self._cells: Array = backend.put(cells)
        self._own = True  # no copy shares these cells, so a backend may write over them
        self._layers = layers
        self._shape: tuple[int, ...] = cells.shape
        self._dtype = cells.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """`(*batch, layer, y, x)`."""
        return self._shape

    @property
    def batch(self) -> tuple[int, ...]:
        """The batch axes, `()` for one memory."""
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
            f"Field({self.width}, {self.height}, layers={self.layers}, batch={self.batch}, "
            f"backend={self.backend!r}, dtype={str(self.dtype)!r})"
        )

    def numpy(self) -> Cells:
        """A copy of the cells, shape `(*batch, layer, y, x)`.

        >>> Field(3, 2).numpy().shape
        (1, 2, 3)
        """
        return self._backend.get(self._cells).copy()

    def copy(self) -> Field:
        """A field of its own with the same cells; costs nothing until one of the two changes.

        >>> field = Field(3, 2)
        >>> field.copy().set(0, 0, 1.0).get(0, 0), field.get(0, 0)
        (1.0, 0.0)
        """
        self._own = False
        other = Field.__new__(Field)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def activate_radius(
        self,
        x: ArrayLike,
        y: ArrayLike,
        radius: ArrayLike,
        strength: ArrayLike,
        *,
        layer: str | Sequence[str] = "activation",
        mode: Mode = "max",
        memory: ArrayLike | None = None,
    ) -> Field:
        """Stamp a flat disc: the cells within `radius` (Euclidean, in cells, around the edges) of (x, y).

        "max" lifts cells to `strength`, "add" adds it, "set" writes it. Arrays, broadcast together, are many
        discs, stamped in order; several layers get every disc each, and `strength` may have a row for each of
        them. `memory` says which memory of a batch, None all of them. Radius 0 is the one cell. Returns the
        field. Raises `InvalidInput` for coordinates that are not whole, a negative radius or what is not
        finite; `NotFound` for an unknown layer.

        >>> field = Field(5, 5).activate_radius([0, 2], [0, 2], 1, [1.0, 0.5])
        >>> field.get(4, 0), field.get(2, 1)
        (1.0, 0.5)
        """
        if mode not in ("max", "add", "set"):
            raise InvalidInput(f"mode={mode!r} is not known; use 'max', 'add' or 'set'")
        layers = self._layer(layer) if isinstance(layer, str) else [self._layer(one) for one in layer]
        columns, rows = integers("x", x) % self.width, integers("y", y) % self.height
        radii, strengths = reals("radius", radius, 0), reals("strength", strength)
        if self._dtype == np.float32:  # backends get what the dtype can hold, so all add the same number
            with np.errstate(over="ignore"):
                strengths = reals("strength", strengths.astype(np.float32))
        all_memories = range(prod(self.batch)) if self.batch else 0
        which = all_memories if memory is None else self._memory(memory)
        discs = Discs.over(which, layers, len(self._layers), columns, rows, radii, strengths)
        self._cells = self._backend.stamp(self._cells, discs, mode, self._own)
        self._own = True
        return self

    def set(
        self, x: int, y: int, value: float, *, layer: str = "activation", memory: int | None = None
    ) -> Field:
        """Write one cell (in all memories of a batch, or in one); returns the field. Raises as `get`.

        >>> Field(3, 3).set(-1, 3, 0.5).get(2, 0)
        0.5
        """
        cell = integer("x", x), integer("y", y), 0, finite("value", value)
        one = None if memory is None else integer("memory", memory)
        return self.activate_radius(*cell, layer=layer, mode="set", memory=one)

    def get(self, x: int, y: int, *, layer: str = "activation", memory: int | None = None) -> float:
        """Read one cell; a field with a batch needs `memory`.

        Raises `InvalidInput` for coordinates that are not whole, `NotFound` for an unknown layer.

        >>> Field(3, 3).get(-1, 7)
        0.0
        """
        plane = self._plane(layer, memory)
        return float(plane[integer("y", y) % self.height, integer("x", x) % self.width])

    def neighbors(
        self, x: int, y: int, radius: float, *, layer: str = "activation", memory: int | None = None
    ) -> list[Cell]:
        """Every cell within `radius` of (x, y) but that one, each once; nearest first, then by y, then x.

        Raises `InvalidInput` for coordinates that are not whole and a negative radius, `NotFound` for an
        unknown layer.

        >>> [(cell.x, cell.y) for cell in Field(8, 8).neighbors(0, 0, 1)]
        [(1, 0), (7, 0), (0, 1), (0, 7)]
        """
        plane = self._plane(layer, memory)
        size = self.width, self.height
        cx, cy = integer("x", x) % self.width, integer("y", y) % self.height
        distance = float(reals("radius", radius, 0))
        cells = [
            Cell(px, py, float(plane[py, px]))
            for px, py in ((torus.ring(0, distance, *size) + np.array([cx, cy])) % size).tolist()
        ]
        return sorted(cells, key=lambda c: (torus.squared_distance(c.x, c.y, cx, cy, *size), c.y, c.x))

    def advance(
        self,
        n: int | ArrayLike = 1,
        stencil: Stencils = _GUIDE,
        *,
        method: Literal["auto", "step", "jump"] = "auto",
        exact: bool = False,
    ) -> Field:
        """Let `n` steps pass, in place; returns the field.

        `n` is one number or an integer array of the batch's shape: each memory its own. One stencil serves
        all layers; a sequence or a dict gives each layer its own. A jump (one multiplication in Fourier
        space) costs the same for any `n` and equals stepping to rounding; "auto" chooses by shape, `n`,
        stencil and backend alone. `exact=True` steps in the canonical order, which every backend that has it
        rounds alike to the bit. Raises `InvalidInput` for a negative or fractional `n`, a wrong shape or
        count, an unknown method and `exact` with "jump"; `NotFound` for an unknown layer.

        >>> field = Field(64, 64).set(0, 0, 1.0)
        >>> round(float(field.advance(10**9, Stencil.diffusion(0.25, 0.0)).numpy().sum()), 4)
        1.0
        """
        count = n if type(n) is int and 0 < n <= _MOST_STEPS else self._counts(n)
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
            self._cells = self._backend.advance(self._cells, each, count, how, self._own)
            self._own = True
        return self

    def _counts(self, n: int | ArrayLike) -> int | Integers | None:
        """How many steps each memory makes: one number, or an array of the batch's shape; None for none."""
        steps = integers("n", n)
        if steps.shape not in ((), self.batch):
            raise InvalidInput(f"n has shape {steps.shape}; give one number, or one per memory: {self.batch}")
        if steps.size and not 0 <= int(steps.min()) <= int(steps.max()) <= _MOST_STEPS:
            raise InvalidInput(f"n={show(n)} must lie in 0 .. 2**53; time does not run backwards")
        return (steps if steps.ndim else int(steps)) if steps.any() else None

    def diffusion_step(self, diffusion_rate: float = 0.25, decay_rate: float = 0.1) -> Field:
        """One step of the guide's form, in place; raises `StabilityError` as `Stencil.diffusion`.

        >>> field = Field(5, 5).set(2, 2, 1.0).diffusion_step(0.5, 0.0)
        >>> field.get(2, 2), field.get(2, 1)
        (0.5, 0.125)
        """
        return self.advance(1, Stencil.diffusion(diffusion_rate, decay_rate))

    @overload
    def match(
        self,
        pattern: NDArray[Any] | Sequence[Sequence[float]],
        *,
        layer: str = ...,
        method: Literal["ncc", "correlate"] = ...,
        threshold: float = ...,
        limit: int | None = ...,
        memory: int | None = ...,
    ) -> list[Match]: ...

    @overload
    def match(
        self,
        pattern: Sequence[NDArray[Any]],
        *,
        layer: str = ...,
        method: Literal["ncc", "correlate"] = ...,
        threshold: float = ...,
        limit: int | None = ...,
        memory: int | None = ...,
    ) -> list[list[Match]]: ...

    def match(
        self,
        pattern: Any,
        *,
        layer: str = "activation",
        method: Literal["ncc", "correlate"] = "ncc",
        threshold: float = 0.8,
        limit: int | None = None,
        memory: int | None = None,
    ) -> list[Match] | list[list[Match]]:
        """Where a pattern `(y, x)` fits best, edges or not: scores of at least `threshold`, highest first.

        "ncc" compares shapes whatever their brightness and contrast, in [-1, 1], in float64 and rounded to 9
        decimals; "correlate" is the plain sum of products, by the backend. A match takes the places within
        half the pattern's size with it; at most `limit` remain. A list of patterns gives a list for each.
        Raises `InvalidInput` for a pattern that is not two-dimensional, not finite or larger than the torus
        and for a threshold that is not finite; `NotFound` for an unknown layer.

        >>> field = Field(16, 16).activate_radius(15, 0, 1, 1.0)
        >>> field.match(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]))
        [Match(x=14, y=15, score=1.0)]
        """
        if method not in ("ncc", "correlate"):
            raise InvalidInput(f"method={method!r} is not known; use 'ncc' or 'correlate'")
        least = finite("threshold", threshold)
        most = None if limit is None else integer("limit", limit, 0)
        plane = self._plane(layer, memory)
        patterns, several = match.split(pattern, self.height, self.width)
        if method == "ncc":
            all_scores = getattr(self._backend, "likeness", match.likeness)(plane, patterns)
        else:
            sums = (
                self._backend.correlate(self._cells, p.astype(self.dtype), self._layer(layer))
                for p in patterns
            )
            number = self._memory(memory)
            all_scores = [
                self._backend.get(every).reshape(-1, *plane.shape)[number].astype(np.float64)
                for every in sums
            ]
        decimals = 9 if method == "ncc" else None
        found = [
            match.peaks(scores, (one.shape[0], one.shape[1]), least, most, decimals)
            for scores, one in zip(all_scores, patterns, strict=True)
        ]
        return found if several else found[0]

    def _layer(self, name: str) -> int:
        if name not in self.layers:
            raise NotFound(f"no layer {name!r}; this field has {', '.join(self.layers)}")
        return self.layers.index(name)

    def _memory(self, memory: ArrayLike | None) -> Integers:
        """The numbers of the memories that are meant; None means the only one."""
        count = prod(self.batch)
        if memory is None and self.batch:
            raise InvalidInput(f"this field holds {count} memories; name one, as in memory=0")
        numbers = integers("memory", 0 if memory is None else memory)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
            raise InvalidInput(
                f"memory={show(memory)} must lie in 0 .. {count - 1}; the batch is {self.batch}"
            )
        return numbers

    def _plane(self, layer: str, memory: int | None) -> Cells:
        """The cells `(y, x)` of one layer of one memory, to be read."""
        one = memory if memory is None else integer("memory", memory)
        number, index = int(self._memory(one)), self._layer(layer)
        planes: Cells = self._backend.get(self._cells).reshape(-1, *self._shape[-3:])[number, index]
        return planes
