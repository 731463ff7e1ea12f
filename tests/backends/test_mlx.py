"""MLX on the CPU: the suite, laziness, and what MLX lacks."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest

from torimem import Field, NotFound
from torimem.field.backends import load, mlx
from torimem.testing import BackendTests


class TestMlx(BackendTests):
    backend = "mlx:cpu"


def test_ten_thousand_steps_build_no_graph_that_breaks() -> None:
    field = Field(8, 8, backend="mlx:cpu").set(0, 0, 1.0)
    field.advance(10_000, method="step")
    for _ in range(3000):
        field.advance(1)
    assert np.isfinite(field.numpy()).all()


def test_steps_are_handed_over_without_waiting_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    lots: list[object] = []
    real, field = mx.async_eval, Field(8, 8, backend="mlx:cpu").set(0, 0, 1.0)

    def counted(*arrays: object) -> None:
        lots.append(arrays)
        real(*arrays)

    def never(*arrays: object) -> None:
        raise AssertionError("a step was waited for")

    monkeypatch.setattr(mx, "async_eval", counted)
    monkeypatch.setattr(mx, "eval", never)
    backend = load("mlx:cpu")
    monkeypatch.setattr(backend, "array", lambda numbers: mx.array(numbers))
    field.advance(100, method="step")
    assert len(lots) == 100 // mlx._LOT + 1


def test_a_field_of_float64_jumps_with_all_its_digits() -> None:
    cells = np.random.default_rng(0).random((6, 5))
    got = Field.from_numpy(cells, backend="mlx:cpu").advance(1000).numpy()
    np.testing.assert_allclose(
        got, Field.from_numpy(cells, backend="numpy").advance(1000).numpy(), rtol=1e-12
    )


@pytest.mark.parametrize("name", ["mlx:gpu", "mlx:npu"])
def test_a_device_that_is_not_there_is_one_line(name: str) -> None:
    with pytest.raises(NotFound, match=f"backend='{name}': MLX finds no such device here"):
        Field(3, 3, backend=name)


def test_float64_on_a_gpu_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from torimem import InvalidInput

    backend = mlx.MlxBackend("cpu")
    monkeypatch.setattr(backend, "gpu", True)
    with pytest.raises(InvalidInput, match="dtype='float64' is not known to mlx"):
        backend.put(np.zeros((1, 2, 2)))
