"""The conformance suite for backends: subclass it, name the backend, run pytest; it knows what, not how."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ..field import match
from ..field.backends import Backend, Cells, Discs, Integers, Method, Mode, load
from ..field.stencil import Stencil
from . import draws


class BackendTests:
    """What every backend must do; set `backend`, and narrow `dtypes` where a device knows only float32.

    `seen` holds the largest error of each backend, operation and dtype that was met: absolute, against the
    definition in float64, for cells in [-1, 1].
    """

    backend: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]] = ("float32", "float64")
    seen: ClassVar[dict[tuple[str, str, str], float]] = {}

    @property
    def ours(self) -> Backend:
        """The backend under test."""
        return load(self.backend)

    def later(self, cells: Cells, stencils: Any, n: int | Integers, method: Method = "step") -> Cells:
        """Cells `n` steps later; one stencil may stand for all layers."""
        each = (stencils,) * cells.shape[-3] if isinstance(stencils, Stencil) else tuple(stencils)
        out = self.ours.get(self.ours.advance(self.ours.put(cells), each, n, method))
        assert (out.shape, out.dtype) == (cells.shape, cells.dtype)
        return out

    def close(
        self, got: Cells, wanted: NDArray[Any], steps: int = 1, scale: float = 1.0, of: str = ""
    ) -> None:
        """Equal within a few roundings for each step; the error counts as one `of` an operation."""
        if of and got.size:
            self.note(of, got, wanted)
        bound = 8 * float(np.finfo(got.dtype).eps) * (steps + 4) * scale
        np.testing.assert_allclose(got, wanted, rtol=0, atol=bound)

    def note(self, operation: str, got: Cells, wanted: NDArray[Any]) -> None:
        """Remember the largest error of an operation."""
        key = self.ours.name, operation, str(got.dtype)
        error = float(np.abs(got.astype(np.float64) - wanted).max())
        self.seen[key] = max(error, self.seen.get(key, 0.0))

    @draws.each_shape
    @given(seed=draws.seeds)
    @draws.drawn
    def test_get_gives_back_what_put_took(self, shape: tuple[int, ...], seed: int) -> None:
        for dtype in self.dtypes:
            cells = draws.cells((2, *shape), seed, dtype)
            got = self.ours.get(self.ours.put(cells))
            assert got.dtype == cells.dtype
            np.testing.assert_array_equal(got, cells)

    def test_put_takes_a_copy(self) -> None:
        cells = np.zeros((1, 2, 3), dtype="float32")
        field = self.ours.put(cells)
        cells[...] = 1
        assert not self.ours.get(field).any()

    @draws.each_shape
    @given(seed=draws.seeds, data=st.data(), n=st.integers(0, 6))
    @draws.drawn
    def test_steps_equal_the_reference(
        self, shape: tuple[int, ...], seed: int, data: st.DataObject, n: int
    ) -> None:
        stencils = [data.draw(draws.stencils()) for _ in range(shape[0])]  # each layer has its own rate
        for dtype in self.dtypes:
            cells = draws.cells((2, *shape), seed, dtype)
            wanted = _reference(cells, stencils, n)
            for method in ("step", "jump", "auto"):
                of = "" if method == "auto" else method
                self.close(self.later(cells, stencils, n, method), wanted, n, of=of)

    @draws.each_shape
    @given(seed=draws.seeds, data=st.data(), n=st.sampled_from([1, 2, 3, 100, 10**6, 10**9]))
    @draws.drawn
    def test_a_jump_equals_the_reference(
        self, shape: tuple[int, ...], seed: int, data: st.DataObject, n: int
    ) -> None:
        stencils = [data.draw(draws.stencils()) for _ in range(shape[0])]
        cells = draws.cells(shape, seed)
        wanted = _reference(cells, stencils, n, "jump")
        # an eigenvalue is known to a few roundings of float64, and n of them add up
        slack = n * 64 * float(np.finfo(np.float64).eps) / float(np.finfo(np.float32).eps)
        self.close(self.later(cells, stencils, n, "jump"), wanted, int(slack), of="jump")

    @draws.each_shape
    @given(rates=draws.diffusions(), ky=st.integers(1, 6), kx=st.integers(1, 6), phase=st.floats(0, 6))
    @example(rates=(0.4, 0.1), ky=2, kx=3, phase=0.5)
    @draws.drawn
    def test_a_wave_is_multiplied_by_its_eigenvalue(
        self, shape: tuple[int, ...], rates: tuple[float, float], ky: int, kx: int, phase: float
    ) -> None:
        (d, k), (_, height, width) = rates, shape
        by, bx = 2 * np.pi * ky / height, 2 * np.pi * kx / width
        angle = by * np.arange(height)[:, None] + bx * np.arange(width) + phase
        wave = np.broadcast_to(np.cos(angle), shape)
        factor = 1 - k - d * (1 - (np.cos(by) + np.cos(bx)) / 2)
        for method in ("step", "jump"):
            for n in (1, 3):
                got = self.later(wave.astype("float32"), Stencil.diffusion(d, k), n, method)
                self.close(got, factor**n * wave, n)

    @draws.each_shape
    @given(
        rates=draws.diffusions(),
        share=draws.rates,
        drift=st.floats(-1, 1),
        ky=st.integers(1, 6),
        kx=st.integers(1, 6),
    )
    @draws.drawn
    def test_a_flow_turns_a_wave_by_its_eigenvalue(
        self, shape: tuple[int, ...], rates: tuple[float, float], share: float, drift: float, ky: int, kx: int
    ) -> None:
        (d, k), (_, height, width) = rates, shape
        dx, dy = d * share, d * (1 - share)
        by, bx = 2 * np.pi * ky / height, 2 * np.pi * kx / width
        wave = np.exp(1j * (by * np.arange(height)[:, None] + bx * np.arange(width)))
        factor = 1 - k - dx * (1 - np.cos(bx)) - dy * (1 - np.cos(by)) - 1j * dx * drift * np.sin(bx)
        cells = np.broadcast_to(wave.real, shape).astype("float32")
        for method in ("step", "jump"):
            got = self.later(cells, Stencil.flow(dx, dy, k, drift), 1, method)
            self.close(got, np.broadcast_to((factor * wave).real, shape), 1)

    @draws.each_shape
    @given(seed=draws.seeds, stencil=draws.stencils(), dy=st.integers(-9, 9), dx=st.integers(-9, 9))
    @draws.drawn
    def test_no_cell_is_special(
        self, shape: tuple[int, ...], seed: int, stencil: Stencil, dy: int, dx: int
    ) -> None:
        cells = draws.cells(shape, seed)
        moved = np.roll(cells, (dy, dx), axis=(-2, -1))
        for method in ("step", "jump"):
            wanted = np.roll(self.later(cells, stencil, 3, method), (dy, dx), axis=(-2, -1))
            self.close(self.later(moved, stencil, 3, method), wanted, 3)

    @draws.each_shape
    @given(seed=draws.seeds, stencil=draws.stencils(), a=st.integers(0, 5), b=st.integers(0, 40))
    @draws.drawn
    def test_a_steps_and_then_b_are_a_plus_b(
        self, shape: tuple[int, ...], seed: int, stencil: Stencil, a: int, b: int
    ) -> None:
        cells = draws.cells(shape, seed)
        for method in ("step", "jump", "auto"):
            twice = self.later(self.later(cells, stencil, a, method), stencil, b, method)
            self.close(twice, self.later(cells, stencil, a + b, method), a + b)

    @draws.each_shape
    @given(seed=draws.seeds, stencil=draws.stencils(), factor=st.floats(-2, 2, width=32))
    @draws.drawn
    def test_advancing_is_linear(
        self, shape: tuple[int, ...], seed: int, stencil: Stencil, factor: float
    ) -> None:
        one, two = draws.cells((2, *shape), seed)
        mixed = (one + np.float32(factor) * two).astype("float32")
        for method in ("step", "jump"):
            wanted = self.later(one, stencil, 3, method) + factor * self.later(two, stencil, 3, method)
            self.close(self.later(mixed, stencil, 3, method), wanted, 3, scale=3)

    @draws.each_shape
    @given(seed=draws.seeds, rates=draws.diffusions(), n=st.integers(1, 5))
    @draws.drawn
    def test_mass_falls_by_exactly_the_decay(
        self, shape: tuple[int, ...], seed: int, rates: tuple[float, float], n: int
    ) -> None:
        cells = np.abs(draws.cells(shape, seed))
        for method in ("step", "jump"):
            got = (
                self.later(cells, Stencil.diffusion(*rates), n, method).astype("float64").mean(axis=(-2, -1))
            )
            wanted = cells.astype("float64").mean(axis=(-2, -1)) * (1 - rates[1]) ** n
            np.testing.assert_allclose(got, wanted, rtol=0, atol=4e-7 * (n + 4))

    @draws.each_shape
    @given(seed=draws.seeds, rates=draws.diffusions(), n=st.integers(1, 200))
    @draws.drawn
    def test_a_field_stays_within_the_bounds_it_had(
        self, shape: tuple[int, ...], seed: int, rates: tuple[float, float], n: int
    ) -> None:
        cells = np.abs(draws.cells(shape, seed))
        stencil = Stencil.diffusion(rates[0] / 2, rates[1] / 2)  # d + k <= 1
        assert stencil.positive
        for method in ("step", "jump"):
            got = self.later(cells, stencil, n, method)
            assert got.min() >= 0
            assert (got.max(axis=(-2, -1)) <= cells.max(axis=(-2, -1)) * (1 + 2e-7 * (n + 4))).all()

    @draws.each_shape
    @given(seed=draws.seeds, data=st.data())
    @draws.drawn
    def test_each_item_of_a_batch_advances_by_its_own_n(
        self, shape: tuple[int, ...], seed: int, data: st.DataObject
    ) -> None:
        stencils = [data.draw(draws.stencils()) for _ in range(shape[0])]
        cells = draws.cells((2, 3, *shape), seed)
        n = np.random.default_rng(seed).integers(0, 40, (2, 3))
        n[0, 0], n[1, 2] = 0, 1
        for method in ("step", "jump", "auto"):
            steps = n * n if method == "auto" else n  # so that some step and some jump
            got = self.later(cells, stencils, steps, method)
            for item in np.ndindex(2, 3):
                alone = self.later(cells[item], stencils, int(steps[item]), method)
                self.close(got[item], alone, int(steps[item]))
        np.testing.assert_array_equal(got[0, 0], cells[0, 0])

    @draws.each_shape
    @given(seed=draws.seeds, data=st.data(), n=st.integers(1, 5))
    @draws.drawn
    def test_exact_steps_equal_the_reference_to_the_bit(
        self, shape: tuple[int, ...], seed: int, data: st.DataObject, n: int
    ) -> None:
        stencils = [data.draw(draws.stencils()) for _ in range(shape[0])]
        for dtype in self.dtypes:
            cells = draws.cells((2, *shape), seed, dtype)
            wanted = _reference(cells, stencils, n, "exact")
            np.testing.assert_array_equal(self.later(cells, stencils, n, "exact"), wanted)

    @draws.each_shape
    @given(seed=draws.seeds, count=st.integers(0, 5))
    @draws.drawn
    def test_stamps_equal_the_reference(self, shape: tuple[int, ...], seed: int, count: int) -> None:
        for dtype in self.dtypes:
            cells = draws.cells((2, *shape), seed, dtype)
            discs = draws.discs((2, *shape), seed, count)
            reference = load("reference")
            for mode in get_args(Mode):
                got = self.ours.get(self.ours.stamp(self.ours.put(cells), discs, mode))
                self.close(
                    got, reference.get(reference.stamp(reference.put(cells), discs, mode)), count, of="stamp"
                )

    @draws.each_shape
    @given(seed=draws.seeds)
    @draws.drawn
    def test_a_stamped_cell_is_set(self, shape: tuple[int, ...], seed: int) -> None:
        cells, one = draws.cells(shape, seed), draws.discs(shape, seed, 1)
        disc = Discs(one.plane, one.x, one.y, np.zeros(1), one.strength)
        wanted = cells.copy()
        wanted[one.plane[0], one.y[0], one.x[0]] = one.strength[0]
        np.testing.assert_array_equal(
            self.ours.get(self.ours.stamp(self.ours.put(cells), disc, "set")), wanted
        )

    @draws.each_shape
    @given(seed=draws.seeds, count=st.integers(1, 5))
    @draws.drawn
    def test_stamping_twice_in_max_mode_is_stamping_once(
        self, shape: tuple[int, ...], seed: int, count: int
    ) -> None:
        discs = draws.discs(shape, seed, count)
        once = self.ours.stamp(self.ours.put(draws.cells(shape, seed)), discs, "max")
        twice = self.ours.stamp(once, discs, "max")
        np.testing.assert_array_equal(self.ours.get(twice), self.ours.get(once))

    @pytest.mark.parametrize(("x", "y"), [(0, 0), (6, 4), (3, 2), (6, 0)])
    def test_a_disc_wraps_around_every_edge(self, x: int, y: int) -> None:
        def stamped(x: int, y: int) -> Cells:
            disc = Discs(np.array([0]), np.array([x]), np.array([y]), np.array([2.0]), np.array([1.0]))
            return self.ours.get(self.ours.stamp(self.ours.put(np.zeros((1, 5, 7), "float32")), disc, "max"))

        assert stamped(x, y).sum() == 13
        np.testing.assert_array_equal(np.roll(stamped(3, 2), (y - 2, x - 3), axis=(-2, -1)), stamped(x, y))

    @draws.each_shape
    @given(seed=draws.seeds, data=st.data())
    @draws.drawn
    def test_correlation_equals_the_reference(
        self, shape: tuple[int, ...], seed: int, data: st.DataObject
    ) -> None:
        size = data.draw(st.integers(1, shape[1])), data.draw(st.integers(1, shape[2]))
        layer = data.draw(st.integers(0, shape[0] - 1))
        for dtype in self.dtypes:
            cells, pattern = draws.cells((2, *shape), seed, dtype), draws.cells(size, seed + 1, dtype)
            reference = load("reference")
            wanted = reference.get(reference.correlate(reference.put(cells), pattern, layer))
            got = self.ours.get(self.ours.correlate(self.ours.put(cells), pattern, layer))
            assert got.shape == (2, *shape[1:])
            self.close(got, wanted, pattern.size, of="correlate")

    def test_correlation_does_not_turn_the_pattern_round(self) -> None:
        cells = np.zeros((1, 3, 5), "float32")
        cells[0, 2, 4], cells[0, 2, 0] = 1, 2  # (x, y) = (4, 2) and, over the edge, (0, 2)
        scores = self.ours.get(self.ours.correlate(self.ours.put(cells), np.array([[1, 2]], "float32"), 0))
        assert scores[2, 4] == 5
        assert scores[2, 3] == 2

    def test_large_patterns_correlate_like_small_ones(self) -> None:
        cells, pattern = draws.cells((1, 24, 20), 1), draws.cells((17, 19), 2)
        reference = load("reference")
        wanted = reference.get(reference.correlate(reference.put(cells), pattern, 0))
        got = self.ours.get(self.ours.correlate(self.ours.put(cells), pattern, 0))
        self.close(got, wanted, pattern.size, scale=0.1, of="correlate")

    @pytest.mark.parametrize("size", [(1, 2), (3, 3), (13, 14)], ids=lambda size: "x".join(map(str, size)))
    def test_ncc_is_that_of_the_definition(self, size: tuple[int, int]) -> None:
        plane = draws.cells((1, 20, 17), 5)
        plane[0, 4:9, 3:8] = 0.25  # patches that are constant, and so are like nothing
        pattern = np.roll(plane[0], (1, -12), axis=(0, 1))[: size[0], : size[1]].astype(np.float64)
        field = self.ours.put(plane)
        own = getattr(self.ours, "ncc", None)
        (got,) = own(field[0], [pattern]) if own else match.ncc_each(self.ours.get(field[0]), [pattern])
        wanted = match.ncc(plane[0].astype(np.float64), pattern)
        self.note("match", got, wanted)
        np.testing.assert_allclose(got, wanted, rtol=0, atol=5e-9)  # more than is compared of it
        assert got[19, 12] == pytest.approx(1.0, abs=1e-6)
        if max(size) < 5:
            assert got[5, 4] == 0.0

    @pytest.mark.parametrize(
        "size",
        [(64, 64), (50, 50), (37, 41), (48, 20), (150, 170)],
        ids=lambda size: "x".join(map(str, size)),
    )
    def test_larger_planes_step_like_small_ones(self, size: tuple[int, int]) -> None:
        cells = draws.cells((3, 2, *size), 7)
        stencils = Stencil.diffusion(0.3, 0.01), Stencil.flow(0.2, 0.1, 0.01, 0.5)
        numpy = load("numpy")
        for n in (np.array([0, 1, 5]), np.array([4, 4, 4])):
            wanted = numpy.get(numpy.advance(numpy.put(cells.astype("float64")), stencils, n, "step"))
            self.close(self.later(cells, stencils, n, "step"), wanted, 5, of="step")
            self.close(self.later(cells, stencils, n, "jump"), wanted, 5, of="jump")
            exact = numpy.get(numpy.advance(numpy.put(cells), stencils, n, "exact"))
            np.testing.assert_array_equal(self.later(cells, stencils, n, "exact"), exact)

    def test_a_field_can_be_indexed(self) -> None:
        cells = draws.cells((2, 3, 4, 5, 6), 9)
        field = self.ours.put(cells)
        np.testing.assert_array_equal(self.ours.get(field[1, 2, 3]), cells[1, 2, 3])
        one = self.ours.correlate(field[1, 2], np.ones((1, 1), "float32"), 3)
        np.testing.assert_allclose(self.ours.get(one), cells[1, 2, 3], atol=1e-6)

    @draws.each_shape
    @given(seed=draws.seeds, stencil=draws.stencils())
    @draws.drawn
    def test_the_given_field_is_untouched(self, shape: tuple[int, ...], seed: int, stencil: Stencil) -> None:
        cells = draws.cells(shape, seed)
        field = self.ours.put(cells)
        for method in get_args(Method):
            self.ours.advance(field, (stencil,) * shape[0], 3, method)
        for mode in ("max", "add"):
            self.ours.stamp(field, draws.discs(shape, seed, 3), mode)
        self.ours.correlate(field, np.ones((1, 1), "float32"), 0)
        np.testing.assert_array_equal(self.ours.get(field), cells)

    def test_a_batch_of_none_is_no_trouble(self) -> None:
        cells = np.zeros((0, 2, 3, 4), "float32")
        stencil = Stencil.diffusion()
        assert self.later(cells, stencil, 5, "auto").shape == cells.shape
        assert self.later(cells, stencil, np.zeros(0, np.int64), "jump").shape == cells.shape

    def test_a_billion_steps_end_in_the_mean_or_in_nothing(self) -> None:
        cells = np.abs(draws.cells((2, 5, 7), 3))
        got = self.later(cells, (Stencil.diffusion(0.2, 0.0), Stencil.diffusion(0.2, 0.1)), 10**9, "auto")
        np.testing.assert_allclose(got[0], cells[0].mean(), rtol=1e-5)
        assert not got[1].any()


def _reference(cells: Cells, stencils: list[Stencil], n: int, method: Method = "step") -> Cells:
    """What the definition gives."""
    reference = load("reference")
    return reference.get(reference.advance(reference.put(cells), tuple(stencils), n, method))
