"""Layers: cells on a torus as a backend holds them; it knows their names and how they come and go, not time.

What becomes of the cells is `field`'s. Every way in checks what it is given before anything is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..checks import integer
from ..errors import NotFound, OutOfMemory
from .backends import Array, Backend, Cells, kind, load
from .checks import floating, memories, names, planes


class Layers:
    """Cells of the shape `(*batch, layer, y, x)`, all zero at first, in arrays of a backend's own kind.

    `backend` is a name (see `torimem.field.backends`) or an object that is one. Raises `InvalidInput` for
    sizes below 1, a dtype other than float32 and float64 and layer names that repeat; `NotFound` or
    `MissingExtra` for a backend that is not here; `OutOfMemory`.

    >>> Layers(3, 2, layers=("activation", "emotion")).shape
    (2, 2, 3)
    """

    __slots__ = ("_backend", "_cells", "_dtype", "_layers", "_own", "_shape")

    def __init__(
        self,
        width: int,
        height: int,
        *,
        layers: Sequence[str] = ("activation",),
        batch: int | Sequence[int] = (),
        backend: str | Backend = "auto",
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
        number, engine = floating(dtype), load(backend)
        try:
            cells = np.zeros(shape, dtype=number)
        except (MemoryError, ValueError):  # ValueError: more bytes than an address can count
            raise _too_large(shape, number, engine) from None
        self._attach(engine, cells, given)

    @classmethod
    def from_numpy(
        cls, cells: ArrayLike, *, layers: Sequence[str] | None = None, backend: str | Backend = "auto"
    ) -> Self:
        """A field with a copy of `cells`, shape `(..., layer, y, x)`; two axes `(y, x)` are one layer.

        float64 stays float64, all else becomes float32. Layers not named are "activation" (one),
        "activation", "emotion", "confidence", "recency" (four) or "layer0" and so on. Raises `InvalidInput`
        for cells that are not finite numbers, for empty sides and for the wrong count of names.

        >>> Layers.from_numpy([[1, 2], [3, 4]]).shape
        (1, 2, 2)
        """
        array = planes(cells)
        field = cls.__new__(cls)
        field._attach(load(backend), array, names(layers, array.shape[-3]))
        return field

    @classmethod
    def from_torch(cls, tensor: Any, *, layers: Sequence[str] | None = None, backend: str = "torch") -> Self:
        """A field on a PyTorch tensor, or any array that speaks DLPack, where it lies: not copied.

        `backend` may also be "triton" or "cuda". The field never writes to the tensor; whoever else does
        changes the field, until it has changed by itself. Raises as `from_numpy`, also for other dtypes.
        `Field.from_torch(torch.zeros(2, 3, device="cuda"))` lies on the GPU.
        """
        engine, array = cast(Any, load("torch:cpu")).adopt(tensor, backend)
        field = cls.__new__(cls)
        field._hold(engine, array, tuple(array.shape), kind(array), names(layers, array.shape[-3]), False)
        return field

    def _attach(self, backend: Backend, cells: Cells, layers: tuple[str, ...]) -> None:
        try:
            array = backend.put(cells)
        except MemoryError:
            raise _too_large(cells.shape, cells.dtype, backend) from None
        self._hold(backend, array, cells.shape, cells.dtype, layers, True)

    def _hold(
        self, backend: Backend, array: Array, shape: tuple[int, ...], dtype: np.dtype[Any],
        layers: tuple[str, ...], own: bool,
    ) -> None:  # fmt: skip
        self._backend, self._cells, self._layers = backend, array, layers
        self._shape, self._dtype = shape, dtype
        self._own = own  # no copy shares these cells, so a backend may write over them

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
            f"{type(self).__name__}({self.width}, {self.height}, layers={self.layers}, batch={self.batch}, "
            f"backend={self.backend!r}, dtype={str(self.dtype)!r})"
        )

    def numpy(self, memory: int | None = None) -> Cells:
        """A copy of the cells `(*batch, layer, y, x)`, or of those of one memory of a batch `(layer, y, x)`.

        >>> Layers(3, 2).numpy().shape
        (1, 2, 3)
        """
        cells = self._cells if memory is None else self._cells[self._one(memory)]
        return self._backend.get(cells).copy()

    def copy(self) -> Self:
        """A field of its own with the same cells; costs nothing until one of the two changes.

        >>> field = Layers(3, 2)
        >>> field.copy().shape == field.shape
        True
        """
        self._own = False
        other = type(self).__new__(type(self))
        for name in Layers.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def filled(self, cells: ArrayLike) -> Self:
        """One like this with other cells of the same shape and dtype, copied; raises as `from_numpy`.

        >>> Layers(2, 1).filled([[[1, 2]]]).numpy()
        array([[[1., 2.]]], dtype=float32)
        """
        return self.from_numpy(
            np.asarray(cells, self.dtype).reshape(self.shape), layers=self.layers, backend=self._backend
        )

    def wait(self) -> Self:
        """Return when the device has done all that it was asked, for those who measure time.

        >>> Layers(2, 1).wait().shape
        (1, 1, 2)
        """
        if wait := getattr(self._backend, "wait", None):
            wait(self._cells)
        return self

    def to(self, backend: str | Backend) -> Self:
        """A field of its own with the same cells on another backend; raises as `torimem.field.backends.load`.

        >>> Layers(3, 2).to("numpy").backend
        'numpy'
        """
        engine = load(backend)
        if engine is self._backend:
            return self.copy()
        other = type(self).__new__(type(self))
        other._attach(engine, self._backend.get(self._cells), self._layers)
        return other

    def torch(self) -> Any:
        """The cells as a PyTorch tensor `(*batch, layer, y, x)`; not copied where they lie in one.

        It shares its memory with the field until the field changes. `torch.from_dlpack(field)`, and the
        same of JAX, NumPy, CuPy and others, do likewise with the arrays of any backend.
        """
        load("torch:cpu")  # or a line that says how to get it
        import torch

        return torch.from_dlpack(self)

    def __dlpack__(self, **options: Any) -> Any:
        self._own = False
        return self._exchanged().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._exchanged().__dlpack_device__()
        return device

    def _exchanged(self) -> Any:
        try:
            self._cells.__dlpack_device__()
        except (AttributeError, BufferError):  # an array that cannot, or that lies over several devices
            return self._backend.get(self._cells)
        return self._cells

    def _layer(self, name: str) -> int:
        if name not in self.layers:
            raise NotFound(f"no layer {name!r}; this field has {', '.join(self.layers)}")
        return self.layers.index(name)

    def _plane(self, layer: str, memory: int | None) -> Cells:
        """The cells `(y, x)` of one layer of one memory, to be read."""
        return self._backend.get(self._cells[(*self._one(memory), self._layer(layer))])

    def _one(self, memory: int | None) -> tuple[int, ...]:
        """Where one memory lies among the batch axes; None means the only one."""
        number = memories(None if memory is None else integer("memory", memory), self.batch)
        return tuple(int(index) for index in np.unravel_index(int(number), self.batch))

    def _too_large(self) -> OutOfMemory:
        return _too_large(self.shape, self.dtype, self._backend)


def _too_large(shape: tuple[int, ...], dtype: np.dtype[Any], backend: Backend) -> OutOfMemory:
    size = f"{shape} in {dtype}, {prod(shape) * dtype.itemsize:.3g} bytes and as much to work with,"
    return OutOfMemory(
        f"a field of shape {size} does not fit into the memory of {backend.name}: "
        "take fewer memories at once, float32 or a smaller torus"
    )
