"""Peers that compute with whole arrays, and what every peer is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.float32]
Shape = tuple[int, int, int]


class Peer:
    """Arrays of one shape and the step `c*u + q*(sum of 4 neighbours)`."""

    steps = True  # a copy takes none

    def __init__(self, shape: Shape, d: float, k: float) -> None:
        self.shape, self.d, self.k = shape, d, k
        self.c, self.q = np.float32(1 - d - k), np.float32(d / 4)
        self.prepare()

    def prepare(self) -> None:
        """Import, compile, allocate."""

    def fresh(self, cells: Cells) -> None:
        """Take a copy of the cells."""
        raise NotImplementedError

    def run(self, n: int) -> object:
        """Take n steps and wait until they are done."""
        raise NotImplementedError

    def call(self, n: int) -> Callable[[], object]:
        """What the clock measures."""
        return partial(self.run, n)

    def cells(self) -> Cells:
        """The cells now."""
        raise NotImplementedError


class NumpyInPlace(Peer):
    """One buffer with a rim of one cell, six operations on slices of it, all with `out`."""

    def prepare(self) -> None:
        planes, height, width = self.shape
        padded = np.zeros((planes, height + 2, width + 2), dtype=np.float32)
        self.inner, self.sum, self.rim = padded[:, 1:-1, 1:-1], np.empty(self.shape, np.float32), rim(padded)
        self.four = padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]

    def fresh(self, cells: Cells) -> None:
        self.inner[...] = cells

    def run(self, n: int) -> None:
        north, south, west, east = self.four
        for _ in range(n):
            for target, source in self.rim:
                target[...] = source
            np.add(north, south, out=self.sum)
            np.add(self.sum, west, out=self.sum)
            np.add(self.sum, east, out=self.sum)
            np.multiply(self.sum, self.q, out=self.sum)
            np.multiply(self.inner, self.c, out=self.inner)
            np.add(self.inner, self.sum, out=self.inner)

    def cells(self) -> Cells:
        return self.inner.copy()


class NumpyFlat(Peer):
    """The same, tuned: planes are taken flat, so that each operation runs over one long stretch of memory,
    and so many at once as a core's own cache holds.
    """

    def prepare(self) -> None:
        planes, height, width = self.shape
        row, span = width + 2, height * (width + 2)
        padded = np.zeros((planes, height + 2, row), dtype=np.float32)
        self.inner = padded[:, 1:-1, 1:-1]
        size = max(1, min(planes, 65_536 // span))
        total = np.empty((size, span), dtype=np.float32)
        self.blocks = []
        for start in range(0, planes, size):
            block = padded[start : start + size]
            flat = block.reshape(len(block), -1)
            views = [flat[:, shift : shift + span] for shift in (row, 0, 2 * row, row - 1, row + 1)]
            self.blocks.append((rim(block), *views, total[: len(block)]))

    def fresh(self, cells: Cells) -> None:
        self.inner[...] = cells

    def run(self, n: int) -> None:
        add, multiply, copy, c, q = np.add, np.multiply, np.copyto, self.c, self.q
        for edges, here, north, south, west, east, total in self.blocks:
            for _ in range(n):
                for target, source in edges:
                    copy(target, source)
                add(north, south, total)
                add(total, west, total)
                add(total, east, total)
                multiply(total, q, total)
                multiply(here, c, here)
                add(here, total, here)

    def cells(self) -> Cells:
        return self.inner.copy()


def rim(padded: Cells) -> list[tuple[Cells, Cells]]:
    """Where the rim of a padded buffer is, and what belongs there."""
    return [
        (padded[:, 0], padded[:, -2]),
        (padded[:, -1], padded[:, 1]),
        (padded[:, :, 0], padded[:, :, -2]),
        (padded[:, :, -1], padded[:, :, 1]),
    ]


class Held(Peer):
    """A peer whose cells are one NumPy array, replaced at each step."""

    def fresh(self, cells: Cells) -> None:
        self.u = cells.copy()

    def run(self, n: int) -> None:
        for _ in range(n):
            self.u = self.step(self.u)

    def step(self, u: Cells) -> Cells:
        """One step."""
        raise NotImplementedError

    def cells(self) -> Cells:
        return self.u


class NumpyRoll(Held):
    """Four rolled copies: the one-liner."""

    def step(self, u: Cells) -> Cells:
        four = np.roll(u, 1, 1) + np.roll(u, -1, 1) + np.roll(u, 1, 2) + np.roll(u, -1, 2)
        return self.c * u + self.q * four


class Ndimage(Held):
    """`scipy.ndimage.convolve` with mode="wrap"."""

    def prepare(self) -> None:
        from scipy.ndimage import convolve

        self.convolve, self.kernel = convolve, cross(self.c, self.q)[None]

    def step(self, u: Cells) -> Cells:
        return self.convolve(u, self.kernel, mode="wrap")


class Filter2D(Held):
    """`cv2.filter2D` on an array that OpenCV has wrapped, plane by plane."""

    def prepare(self) -> None:
        import cv2

        cv2.setNumThreads(1)
        self.cv2, self.kernel = cv2, cross(self.c, self.q)

    def step(self, u: Cells) -> Cells:
        cv2 = self.cv2
        for plane in u:
            wide = cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_WRAP)
            plane[...] = cv2.filter2D(wide, -1, self.kernel)[1:-1, 1:-1]
        return u


def cross(c: np.float32, q: np.float32) -> Cells:
    """The step as a kernel of 3 x 3."""
    return np.array([[0, q, 0], [q, c, q], [0, q, 0]], dtype=np.float32)


class TorchConv2d(Peer):
    """PyTorch as often written: circular padding, conv2d, then the update; the kernel is made once."""

    def prepare(self) -> None:
        import torch
        from torch.nn import functional

        torch.set_num_threads(1)
        self.torch, self.functional = torch, functional
        self.kernel = torch.tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=torch.float32)[None, None] / 4

    def fresh(self, cells: Cells) -> None:
        self.u = self.torch.from_numpy(cells.copy())[:, None]

    def run(self, n: int) -> None:
        pad, conv2d, u = self.functional.pad, self.functional.conv2d, self.u
        with self.torch.inference_mode():
            for _ in range(n):
                mean = conv2d(pad(u, (1, 1, 1, 1), mode="circular"), self.kernel)
                u = u + self.d * (mean - u) - self.k * u
        self.u = u

    def cells(self) -> Cells:
        return self.u[:, 0].numpy()


class JaxJit(Peer):
    """All n steps in one compiled `fori_loop` that may overwrite its argument."""

    def prepare(self) -> None:
        import jax
        import jax.numpy as jnp

        # saves a change of threads, half the time of a small field; heeded before the first array is made
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        d, k = self.d, self.k

        def step(_: int, u: Any) -> Any:
            above = jnp.concatenate([u[:, -1:], u[:, :-1]], axis=1)
            below = jnp.concatenate([u[:, 1:], u[:, :1]], axis=1)
            wide = jnp.concatenate([u[:, :, -1:], u, u[:, :, :1]], axis=2)
            mean = (above + below + wide[:, :, :-2] + wide[:, :, 2:]) * 0.25
            return u + d * (mean - u) - k * u

        def advance(u: Any, n: int) -> Any:
            return jax.lax.fori_loop(0, n, step, u)

        self.array, self.advance = jnp.array, jax.jit(advance, static_argnums=1, donate_argnums=0)

    def fresh(self, cells: Cells) -> None:
        self.u = self.array(cells).block_until_ready()

    def run(self, n: int) -> None:
        self.u = self.advance(self.u, n).block_until_ready()

    def cells(self) -> Cells:
        return np.asarray(self.u)
