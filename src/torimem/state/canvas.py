"""Canvas: what a fold does to a field, so that a whole field and one item of a batch can both be folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import ArrayLike, NDArray

from ..field.discs import Mode
from ..field.stencil import Stencil


class Canvas(Protocol):
    """The part of `torimem.Field` that the fold uses; cells have the shape `(layer, y, x)`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """`(layer, y, x)`."""

    def activate_radius(
        self, x: ArrayLike, y: ArrayLike, radius: ArrayLike, strength: ArrayLike, /, *,
        layer: Sequence[str], mode: Mode,
    ) -> object:  # fmt: skip
        """Stamp discs on the named layers, in place."""

    def advance(self, n: int, stencils: Sequence[Stencil], /, *, exact: bool) -> object:
        """Let `n` steps pass, in place, with one stencil for each layer."""

    def numpy(self) -> NDArray[Any]:
        """A copy of the cells."""

    def with_cells(self, cells: NDArray[Any], /) -> Canvas:
        """One like this with other cells."""

    def copy(self) -> Canvas:
        """One with the same cells that changes on its own."""
