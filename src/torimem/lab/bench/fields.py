"""Fields: what diffusion, layers, a search and the cells themselves take, and plain NumPy for comparison.

What a backend computes is compared with plain NumPy before its time is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...field import backends
from ...field.field import Field
from ...field.stencil import Stencil
from ...state.dynamics import LAYERS, Dynamics
from .race import Share, Start, race, sample
from .row import Size, Time, estimated, timed

# What was claimed (docs/origins.md), in seconds and bytes, without a word of how it was measured.
_DIFFUSION = {
    50: {"CPU": 0.025, "CUDA": 0.0005, "Metal": 0.0007},
    100: {"CPU": 0.1, "CUDA": 0.0012, "Metal": 0.0015},
    200: {"CPU": 0.4, "CUDA": 0.0035, "Metal": 0.004},
    500: {"CPU": 2.5, "CUDA": 0.02, "Metal": 0.025},
}
_LAYERS = {"one by one": {"CPU": 2.0}, "at once": {"GPU": 0.008}}
_SEARCH = {"CPU": 0.2, "GPU": 0.002}
_FOOTPRINT = {50: 10_000, 100: 40_000, 200: 160_000, 500: 1_000_000}

SIDES = tuple(_DIFFUSION)
PATTERNS = 5, 16, 32

_Method: TypeAlias = Literal["auto", "step"]

_FADED = 1e-20  # a field that has faded below this proves nothing


def diffusion(backend: str, side: int, n: int, share: Share) -> list[Time]:
    """`n` steps of a field of one layer: one by one, and where there are many as "auto" goes about it.

    >>> [(row.steps, row.rival, row.wrong) for row in diffusion("numpy", 50, 1, Share(end=0.0))]
    [('1', 'NumPy', False)]
    """
    what, claims, cells = f"{side} x {side}", _DIFFUSION[side], _cells(side, side)
    ways: dict[str, _Method] = {f"{n}": "step"}
    if n > 1:
        ways[f"{n}, auto"] = "auto"
    starts: dict[str, Start] = {
        steps: partial(_advance, backend, [cells], n, method) for steps, method in ways.items()
    }
    rows = []
    once = min(sample(partial(_advance, backend, [cells], 1, "step")) for _ in range(2))
    if n * once > max(1.0, 3 * share.left()):
        del starts[f"{n}"]
        rows.append(estimated("diffusion", what, n * once, steps=f"{n}", claims=claims))
    truth = _steps(cells.astype(np.float64), n)
    errors = {steps: _error(start()(), [truth]) for steps, start in starts.items()}
    times = race({**starts, "NumPy": lambda: partial(_steps, cells.copy(), n)}, share)
    return rows + [
        timed("diffusion", what, times[steps], steps=steps, claims=claims, rival="NumPy",
              others=times["NumPy"], error=errors[steps])
        for steps in starts
    ]  # fmt: skip


def layers(backend: str, share: Share) -> list[Time]:
    """One step of four layers: each a field of its own, against plain NumPy; all in one field, against that.

    >>> [(row.what, row.rival, row.wrong) for row in layers("numpy", Share(end=0.0))]
    [('one by one', 'NumPy', False), ('at once', 'one by one', False)]
    """
    cells = _cells(4, 100, 100)
    truth = [_steps(one.astype(np.float64), 1) for one in cells]
    starts: dict[str, Start] = {
        "one by one": partial(_advance, backend, list(cells), 1, "step"),
        "at once": partial(_advance, backend, [cells], 1, "step"),
        "NumPy": lambda: lambda: [_steps(one, 1) for one in cells],
    }
    rivals = {"one by one": "NumPy", "at once": "one by one"}
    errors = {name: _error(starts[name]()(), truth) for name in rivals}
    times = race(starts, share)
    return [
        timed("layers", name, times[name], claims=_LAYERS[name], rival=rival,
              others=times[rival], error=errors[name])
        for name, rival in rivals.items()
    ]  # fmt: skip


def transfers(backend: str, share: Share) -> list[Time]:
    """Cells to the backend's device and back, against a copy by NumPy; none where cells stay NumPy's own.

    >>> transfers("numpy", Share(end=0.0))
    []
    """
    engine = backends.load(backend)
    if not hasattr(engine, "synchronize"):
        return []
    rows: list[Time] = []
    for what, shape in (("500 x 500", (1, 500, 500)), ("256 memories of 4 x 64 x 64", (256, 4, 64, 64))):
        cells = _cells(*shape)
        # a step makes them cells of the device's own: what was put may be NumPy's all the while
        there = engine.advance(engine.put(cells), (Stencil(1, 0, 0, 0, 0),) * shape[-3], 1, "step")
        error = float(np.abs(engine.get(there) - cells).max())
        starts: dict[str, Start] = {
            "there": partial(partial, _put, engine, cells),
            "back": partial(partial, engine.get, there),
            "NumPy": partial(partial, cells.copy),
        }
        times = race(starts, share)
        rows += [
            timed("transfers", f"{what}, {way}", times[way], claims={}, rival="NumPy",
                  others=times["NumPy"], error=error)
            for way in ("there", "back")
        ]  # fmt: skip
    return rows


def _put(engine: Any, cells: NDArray[np.float32]) -> None:
    engine.synchronize(engine.put(cells))


def search(backend: str, side: int, share: Share) -> list[Time]:
    """A pattern cut from the field over both its edges, and looked for at every place of 100 x 100.

    >>> [(row.what, row.wrong) for row in search("numpy", 5, Share(end=0.0))]
    [('pattern 5 x 5', False)]
    """
    cells, y, x = _cells(100, 100), 98, 97
    pattern = np.roll(cells, (-y, -x), axis=(0, 1))[:side, :side].copy()
    starts: dict[str, Start] = {
        "torimem": lambda: partial(Field.from_numpy(cells, backend=backend).match, pattern),
        "NumPy": lambda: partial(_find, cells.copy(), pattern),
    }
    best = starts["torimem"]()()[:1]
    found = [(one.y, one.x) for one in best] == [(y, x)] == [_find(cells, pattern)]
    times = race(starts, share)
    return [
        timed("search", f"pattern {side} x {side}", times["torimem"], claims=_SEARCH, rival="NumPy",
              others=times["NumPy"], error=min(1.0, abs(1.0 - best[0].score)) if found else 1.0)
    ]  # fmt: skip


def footprint(share: Share) -> list[Size]:
    """The cells of fields of the sizes that were claimed, and those that a memory lives in.

    >>> [(row.bytes, row.claim) for row in footprint(Share(end=0.0))][1:3]
    [(40000, 40000), (160000, 160000)]
    """
    rows = [
        Size("footprint", f"field {side} x {side}", Field(side, side).numpy().nbytes, claim)
        for side, claim in _FOOTPRINT.items()
    ]
    own = Dynamics()
    field = Field(own.width, own.height, layers=LAYERS)
    return [*rows, Size("footprint", "a memory's field, 4 layers", field.numpy().nbytes)]


# Ours, and its check


def _cells(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).random(shape, dtype=np.float32)


def _advance(
    backend: str, cells: Sequence[NDArray[np.float32]], n: int, method: _Method
) -> Callable[[], list[Field]]:
    """A call that advances fresh fields, one after another, and returns when they are done."""
    made = [Field.from_numpy(one, backend=backend) for one in cells]

    def call() -> list[Field]:
        for field in made:
            field.advance(n, method=method)
        return [field.synchronize() for field in made]

    return call


def _error(fields: Sequence[Field], truth: Sequence[NDArray[np.float64]]) -> float:
    """How far fields are from the truth; 1 where they are wholly wrong, or nothing is left to compare."""
    got = np.concatenate([field.numpy() for field in fields]).astype(np.float64)
    want = np.array(truth)
    if got.shape != want.shape or not np.abs(want).max() > _FADED:
        return 1.0
    error = float(np.linalg.norm(got - want) / np.linalg.norm(want))
    return error if error < 1 else 1.0  # no number is 1 too


# Theirs: the same formulas in NumPy, as most people would write them


def _steps(u: NDArray[Any], n: int, diffusion_rate: float = 0.25, decay_rate: float = 0.1) -> NDArray[Any]:
    for _ in range(n):
        mean = (np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)) / 4
        u = u + diffusion_rate * (mean - u) - decay_rate * u
    return u


def _find(u: NDArray[Any], pattern: NDArray[Any]) -> tuple[int, int]:
    """The row and column where a patch is most like the pattern, whatever its brightness and contrast."""
    height, width = pattern.shape
    windows = sliding_window_view(np.pad(u, ((0, height - 1), (0, width - 1)), mode="wrap"), pattern.shape)
    alike = np.einsum("yxji,ji->yx", windows, pattern - pattern.mean()) / windows.std(axis=(2, 3))
    y, x = np.unravel_index(alike.argmax(), u.shape)
    return int(y), int(x)
