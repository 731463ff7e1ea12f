"""Who takes turns on a GPU: what every engine is, and steps as people write them in PyTorch; it has no clock.

An engine is set up for cells that it never writes over, and for a number of steps. All compute the same
step `u + d*(mean of 4 neighbours - u) - k*u`. Only the engine whose turn it is holds a result, which may be
large.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from torimem import Stencil


class Engine:
    """What takes turns; `heard` is told whose turn begins. `streamed` says that PyTorch's events see it."""

    streamed = True
    turn: ClassVar[Engine | None] = None
    heard: ClassVar[Callable[[str], object]] = staticmethod(lambda name: None)

    def __init__(self, name: str, n: int) -> None:
        self.name, self.n = name, n
        self.state: Any = None

    @classmethod
    def pass_on(cls, engine: Engine | None) -> None:
        """The turn is this engine's; what the last one holds is let go."""
        if Engine.turn is not engine:
            if Engine.turn:
                Engine.turn.state = None
            Engine.turn = engine
            if engine:
                Engine.heard(engine.name)

    def fresh(self, cells: object = None) -> None:
        """Begin anew; not measured."""
        self.pass_on(self)
        self.state = self.begin()

    def call(self, n: int = 0) -> Callable[[], object]:
        """What the clock measures: all steps, and the wait for their end."""
        return self._whole

    def _whole(self) -> None:
        self.state = self.run(self.state)
        self.wait(self.state)

    def begin(self) -> Any:
        """The state from which it begins."""
        raise NotImplementedError

    def run(self, state: Any) -> Any:
        """Ask for all the steps; the state after them."""
        raise NotImplementedError

    def wait(self, state: Any) -> None:
        """Return when they are done."""
        raise NotImplementedError

    def cells(self, state: Any) -> Tensor:
        """The cells of a state `(plane, y, x)`."""
        raise NotImplementedError


class Peer(Engine):
    """Steps of cells `(plane, 1, y, x)`, each of which gives a new tensor.

    `loose` is an error, over the largest cell, that is no fault of the code.
    """

    loose = 0.0
    about = ""

    def __init__(self, name: str, cells: Tensor, n: int, d: float, k: float) -> None:
        super().__init__(name, n)
        self.source, self.d, self.k = cells.reshape(-1, 1, *cells.shape[-2:]), d, k
        self.c, self.q = 1 - d - k, d / 4
        self.prepare()

    def prepare(self) -> None:
        """Compile, make tables."""

    def begin(self) -> Tensor:
        return self.source

    def run(self, state: Tensor) -> Tensor:
        with torch.inference_mode():
            for _ in range(self.n):
                state = self.step(state)
        return state

    def step(self, u: Tensor) -> Tensor:
        """One step."""
        raise NotImplementedError

    def wait(self, state: Tensor) -> None:
        if state.is_cuda:
            torch.cuda.synchronize()

    def cells(self, state: Tensor) -> Tensor:
        return state[:, 0]


def rolled(u: Tensor, c: float, q: float) -> Tensor:
    """The step as a one-liner."""
    return c * u + q * (u.roll(1, -2) + u.roll(-1, -2) + u.roll(1, -1) + u.roll(-1, -1))


class Roll(Peer):
    """Four rolled copies."""

    def step(self, u: Tensor) -> Tensor:
        return rolled(u, self.c, self.q)


class Compiled(Peer):
    """The same, one step of it compiled by `torch.compile` for this shape."""

    def prepare(self) -> None:
        backend = "inductor" if self.source.is_cuda else "eager"  # for a CPU it would take half a minute
        # with fullgraph it fails where it would otherwise give up and compile nothing
        self.compiled = torch.compile(rolled, dynamic=False, fullgraph=True, backend=backend)
        self.about = f"backend={backend}"

    def run(self, state: Tensor) -> Tensor:
        with torch.no_grad():  # inference mode would have every shape compiled twice
            for _ in range(self.n):
                state = self.compiled(state, self.c, self.q)
        return state


class Guide(Peer):
    """PyTorch as often written: circular padding, conv2d, then the update; TF32 as PyTorch ships it."""

    loose = 5e-3

    def prepare(self) -> None:
        kernel = [[0.0, 0.25, 0.0], [0.25, 0.0, 0.25], [0.0, 0.25, 0.0]]
        self.kernel = torch.tensor(kernel, device=self.source.device)[None, None]
        self.about = f"cudnn.allow_tf32={torch.backends.cudnn.allow_tf32}"

    def step(self, u: Tensor) -> Tensor:
        mean = conv2d(pad(u, (1, 1, 1, 1), mode="circular"), self.kernel)
        return u + self.d * (mean - u) - self.k * u


class Cudnn(Peer):
    """One convolution that is the whole step, in full float32, by the fastest algorithm that cuDNN finds."""

    def prepare(self) -> None:
        c, q = self.c, self.q
        self.kernel = torch.tensor([[0, q, 0], [q, c, q], [0, q, 0]], device=self.source.device)[None, None]

    def run(self, state: Tensor) -> Tensor:
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=False, allow_tf32=False):
            return super().run(state)

    def step(self, u: Tensor) -> Tensor:
        return conv2d(pad(u, (1, 1, 1, 1), mode="circular"), self.kernel)


class Fourier(Peer):
    """All steps at once: transform, multiply by a table made before, transform back."""

    def prepare(self) -> None:
        self.size = (self.source.shape[-2], self.source.shape[-1])
        powers = Stencil.diffusion(self.d, self.k).eigenvalues(*self.size) ** float(self.n)
        self.powers = torch.tensor(powers.astype(np.float32), device=self.source.device)

    def run(self, state: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.fft.irfft2(torch.fft.rfft2(state) * self.powers, s=self.size)


class Copy(Peer):
    """One copy instead of any step: what reading and writing every cell once takes."""

    def __init__(self, name: str, cells: Tensor, n: int, d: float, k: float) -> None:
        super().__init__(name, cells, 0, d, k)

    def prepare(self) -> None:
        self.target = torch.empty_like(self.source)

    def run(self, state: Tensor) -> Tensor:
        return self.target.copy_(state)


PEERS: dict[str, type[Peer]] = {
    "torch roll": Roll,
    "torch conv2d": Guide,
    "torch.compile": Compiled,
    "cuDNN": Cudnn,
    "torch rfft2": Fourier,
    "copy": Copy,
}
