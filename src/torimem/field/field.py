"""Field: layers of cells on a torus, many memories at once; it knows discs, time and matches, not arithmetic.

The cells live on a backend (`torimem.field.backends`), where `layers` holds them; every coordinate wraps, x
is the column and y the row. All arguments are checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import finite, integer, integers
from ..errors import InvalidInput
from . import match, torus
from .backends import Discs, Method, Mode
from .checks import MOST_STEPS, counts, memories, reals
from .layers import Layers
from .match import Match
from .stencil import Stencil, per_layer

__all__ = ["Cell", "Field", "Match"]

Likeness: TypeAlias = Literal["ncc", "correlate"]
Stencils: TypeAlias = Stencil | Sequence[Stencil] | Mapping[str, Stencil]

_GUIDE = Stencil.diffusion()
_METHODS = frozenset(("auto", "step", "jump"))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell and what it holds."""

    x: int
    y: int
    value: float


class Field(Layers):
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

    __slots__ = ()

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
        which = all_memories if memory is None else memories(memory, self.batch)
        discs = Discs.over(which, layers, len(self._layers), columns, rows, radii, strengths)
        try:
            self._cells = self._backend.stamp(self._cells, discs, mode, self._own)
        except MemoryError:
            raise self._too_large() from None
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
                raise self._too_large() from None
            self._own = True
        return self

    def diffusion_step(self, diffusion_rate: float = 0.25, decay_rate: float = 0.1) -> Field:
        """One step of the guide's form, in place; raises `StabilityError` as `Stencil.diffusion`.

        >>> field = Field(5, 5).set(2, 2, 1.0).diffusion_step(0.5, 0.0)
        >>> field.get(2, 2), field.get(2, 1)
        (0.5, 0.125)
        """
        return self.advance(1, Stencil.diffusion(diffusion_rate, decay_rate))

    @overload
    def match(
        self, pattern: NDArray[Any] | Sequence[Sequence[float]], *, layer: str = ..., method: Likeness = ...,
        threshold: float = ..., limit: int | None = ..., memory: int | None = ...,
    ) -> list[Match]: ...  # fmt: skip

    @overload
    def match(
        self, pattern: Sequence[NDArray[Any]], *, layer: str = ..., method: Likeness = ...,
        threshold: float = ..., limit: int | None = ..., memory: int | None = ...,
    ) -> list[list[Match]]: ...  # fmt: skip

    def match(
        self, pattern: Any, *, layer: str = "activation", method: Likeness = "ncc", threshold: float = 0.8,
        limit: int | None = None, memory: int | None = None,
    ) -> list[Match] | list[list[Match]]:  # fmt: skip
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
        number, one = self._layer(layer), self._one(memory)
        patterns, several = match.split(pattern, self.height, self.width)
        engine, cells = self._backend, self._cells[one] if one else self._cells
        try:
            if method == "correlate":
                sums = (engine.correlate(cells, p.astype(self.dtype), number) for p in patterns)
                all_scores = [engine.get(each).astype(np.float64) for each in sums]
            elif likeness := getattr(engine, "likeness", None):
                all_scores = likeness(cells[number], patterns)
            else:
                all_scores = match.likeness(engine.get(cells[number]), patterns)
        except MemoryError:
            raise self._too_large() from None
        decimals = 9 if method == "ncc" else None
        found = [
            match.peaks(scores, (one.shape[0], one.shape[1]), least, most, decimals)
            for scores, one in zip(all_scores, patterns, strict=True)
        ]
        return found if several else found[0]
