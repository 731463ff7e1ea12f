"""Values as callers give them, checked: each error is one line with the value, the rule and the next step."""

from __future__ import annotations

import math
from collections.abc import Collection
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidInput


def show(value: object) -> str:
    """A value on one line, cut to a readable length.

    >>> show(np.zeros((2, 2)))
    'array([[0., 0.], [0., 0.]])'
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def finite(name: str, value: object) -> float:
    """One finite real number as a float; raises `InvalidInput` for all else, True and False included.

    >>> finite("decay_rate", 1)
    1.0
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidInput(f"{name}={show(value)} is not a finite number; give one such as 0.1")
    return float(value)


def valence(value: object, name: str = "valence") -> float:
    """A feeling between -1 and 1, rounded to 4 decimals; raises `InvalidInput`.

    >>> valence(-0.25)
    -0.25
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{name} is {show(value)}, it must be a number between -1 and 1")
    if not -1 <= value <= 1:
        raise InvalidInput(f"{name} is {value}, it must be between -1 and 1: scale it")
    return round(float(value), 4) + 0.0  # no negative zero


def unicode(text: str, name: str) -> None:
    """Raise `InvalidInput` for text that could not be written: half a character, a lone surrogate.

    >>> unicode("Müsli", "text")
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{name} has a lone surrogate at {error.start}: give valid Unicode") from None


def flag(name: str, value: object) -> None:
    """Raise `InvalidInput` for what is not True or False: the text "false" would count as true.

    >>> flag("dry_run", True)
    """
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} is {show(value)}, it must be True or False")


def collection(name: str, value: object) -> None:
    """Raise `InvalidInput` for what is no collection of several values: one text, a number, None.

    >>> collection("omit", ["t1"])
    """
    if isinstance(value, str | bytes) or not isinstance(value, Collection):
        raise InvalidInput(f"{name} is {show(value)}, it must be a list, tuple or set: put it into brackets")


def integer(name: str, value: int, least: int | None = None) -> int:
    """One whole number, at least `least`; raises `InvalidInput` for all else.

    >>> integer("width", np.int32(64), 1)
    64
    """
    if type(value) is not int or not -(2**63) <= value < 2**63:
        array = integers(name, value)
        if array.ndim:
            raise InvalidInput(f"{name}={show(value)} must be one whole number; call once for each")
        value = int(array)
    if least is not None and value < least:
        raise InvalidInput(f"{name}={value} must be at least {least}; use {least} or more")
    return value


def integers(name: str, value: ArrayLike) -> NDArray[np.int64]:
    """Whole numbers of any shape; raises `InvalidInput` for fractions, text, True, False and above 64 bits.

    >>> integers("x", [1, 2])
    array([1, 2])
    """
    array = rectangular(name, value)
    if (array.dtype.kind not in "iu" and array.size) or array.dtype == np.uint64:
        raise InvalidInput(f"{name}={show(value)} is not a whole number of 64 bits; round it first")
    return array.astype(np.int64)


def rectangular(name: str, value: ArrayLike) -> NDArray[np.generic]:
    """The value as an array; raises `InvalidInput` for rows of unequal length."""
    try:
        return np.asarray(value)
    except ValueError:  # rows of unequal length
        raise InvalidInput(
            f"{name}={show(value)} is not a rectangular array; make its rows equally long"
        ) from None
