"""Checks of what callers give a field: numbers, arrays, items of a batch, layer names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..checks import integers, rectangular, show
from ..errors import InvalidInput, NotFound, OutOfMemory

MOST_STEPS = 2**53
"""Above this, float64 cannot tell an even number of steps from an odd one."""


def counts(n: ArrayLike, batch: tuple[int, ...]) -> int | NDArray[np.int64] | None:
    """The number of steps, one for all or one for each item of a batch; None where there is nothing to do.

    Raises `InvalidInput` for a wrong shape, fractions, negative numbers and more than 2**53.

    >>> counts(5, ()), counts([0, 0], (2,))
    (5, None)
    """
    steps = integers("n", n)
    if steps.shape not in ((), batch):
        raise InvalidInput(
            f"n has shape {steps.shape}; give one number, or one per item of the batch: {batch}"
        )
    if steps.size and not 0 <= int(steps.min()) <= int(steps.max()) <= MOST_STEPS:
        raise InvalidInput(f"n={show(n)} must lie in 0 .. 2**53; time does not run backwards")
    return (steps if steps.ndim else int(steps)) if steps.any() else None


def items(item: ArrayLike | None, batch: tuple[int, ...]) -> NDArray[np.int64]:
    """The numbers of the items of a batch that are meant; None means the only one.

    Raises `InvalidInput` for one that is not there, and where None is not enough.

    >>> items([0, 2], (3,))
    array([0, 2])
    """
    count = math.prod(batch)
    if batch and not count and (item is None or np.size(item)):
        raise InvalidInput(f"this field is a batch of shape {batch} and has no items; make one with batch=1")
    if item is None and batch:
        raise InvalidInput(f"this field is a batch of {count}; name one item, as in item=0")
    numbers = integers("item", 0 if item is None else item)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
        raise InvalidInput(f"item={show(item)} must lie in 0 .. {count - 1}; the batch is {batch}")
    return numbers


def reals(name: str, value: ArrayLike, least: float | None = None) -> NDArray[np.float64]:
    """Finite numbers of any shape, at least `least`; raises `InvalidInput` for all else.

    >>> reals("radius", [1, 2.5], 0)
    array([1. , 2.5])
    """
    array = rectangular(name, value)
    if array.dtype.kind not in "fiu" and array.size:
        raise InvalidInput(f"{name}={show(value)} is not a number; give one such as 1.0")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise InvalidInput(f"{name}={show(value)} is not finite; give a number such as 1.0")
    if least is not None and (numbers < least).any():
        raise InvalidInput(f"{name}={show(value)} must be at least {least}; use {least} or more")
    return numbers


def planes(cells: ArrayLike) -> NDArray[Any]:
    """Cells `(..., layer, y, x)`, finite, float64 if they were and float32 else; `(y, x)` becomes one layer.

    Raises `InvalidInput` for what is not such an array.

    >>> planes([[1, 2, 3]]).shape
    (1, 1, 3)
    """
    array = rectangular("cells", cells)
    if array.dtype.kind not in "fiub":
        raise InvalidInput(f"cells of dtype {array.dtype} are not real numbers; give float32 or float64")
    if array.ndim < 2 or 0 in array.shape[-3:]:
        raise InvalidInput(
            f"cells of shape {array.shape} must be (y, x) or (..., layer, y, x); fill every side"
        )
    kind = np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
    with np.errstate(over="ignore"):
        array = (array[None] if array.ndim == 2 else array).astype(kind)
    if not np.isfinite(array).all():
        raise InvalidInput(f"cells hold NaN, infinity or more than {kind} can; give finite numbers")
    return array


def floating(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype of a field, float32 or float64; raises `InvalidInput` for others.

    >>> floating("float32")
    dtype('float32')
    """
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise InvalidInput(f"dtype={dtype!r} is not known; use 'float32' or 'float64'") from None
    if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InvalidInput(f"dtype={str(kind)!r} cannot hold a field; use 'float32' or 'float64'")
    return kind


def names(layers: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """A name for each of `count` layers, all different; one string is one name.

    None is "activation" for one layer and "layer0", "layer1" and so on for several.

    Raises `InvalidInput` where names repeat or are too few or many.

    >>> names(None, 2), names("activation", 1)
    (('layer0', 'layer1'), ('activation',))
    """
    if layers is None:
        return ("activation",) if count == 1 else tuple(f"layer{i}" for i in range(count))
    given = (layers,) if isinstance(layers, str) else tuple(layers)
    if (
        len(given) != count
        or count < 1
        or len(set(given)) < count
        or not all(isinstance(n, str) for n in given)
    ):
        raise InvalidInput(
            f"layers={given!r} must be {max(count, 1)} different names; give one for each layer"
        )
    return given


def position(layer: str, layers: tuple[str, ...]) -> int:
    """The number of a layer, counted from 0; raises `NotFound` for a name that is none of them.

    >>> position("emotion", ("activation", "emotion"))
    1
    """
    if layer not in layers:
        raise NotFound(f"no layer {layer!r}; this field has {', '.join(layers)}")
    return layers.index(layer)


def too_large(shape: tuple[int, ...], dtype: np.dtype[Any], backend: str) -> OutOfMemory:
    """The error of a field that does not fit where its backend keeps cells.

    >>> print(too_large((1, 4, 5), np.dtype("float32"), "numpy"))  # doctest: +ELLIPSIS
    a field of shape (1, 4, 5) in float32, 80 bytes and as much to work with, does not fit ...
    """
    size = f"{shape} in {dtype}, {math.prod(shape) * dtype.itemsize:.3g} bytes and as much to work with,"
    return OutOfMemory(
        f"a field of shape {size} does not fit into the memory of {backend}: "
        "take a smaller batch, float32 or a smaller torus"
    )
