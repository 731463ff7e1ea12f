"""Triton's kernels in its interpreter, which has to be asked for before Triton is imported."""

from __future__ import annotations

import os

import pytest

os.environ["TRITON_INTERPRET"] = "1"

from demo_fold import same_everywhere

from torimem import Field, NotFound
from torimem.field.backends import load
from torimem.testing import BackendTests


class TestTriton(BackendTests):
    backend = "triton"


def test_the_kernels_run_and_not_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    from torimem.field.backends import torch, triton

    def never(*args: object) -> None:
        raise AssertionError("PyTorch stepped")

    monkeypatch.setattr(torch.TorchBackend, "step", never)
    launched = []
    for name in ("planes", "stream"):
        kernel = getattr(triton, name)
        monkeypatch.setattr(
            triton,
            name,
            type(
                "Spy", (), {"__getitem__": lambda _, grid, k=kernel, n=name: launched.append(n) or k[grid]}
            )(),
        )
    assert load("triton").name == "triton:cpu"
    Field(50, 50, backend="triton").set(0, 0, 1.0).advance(3, method="step")
    Field(50, 50, backend="triton").set(0, 0, 1.0).advance(1)
    Field(150, 130, backend="triton").set(0, 0, 1.0).advance(2)
    Field(50, 50, backend="triton").set(0, 0, 1.0).advance(3, exact=True)
    assert launched == ["planes", "stream", "stream", "stream", "planes"]


def test_a_device_that_the_interpreter_does_not_have_is_one_line() -> None:
    for name in ("triton:cuda", "triton:mps"):
        with pytest.raises(NotFound, match=f"backend='{name}'"):
            load(name)


def test_the_demos_log_folds_to_the_same_topics_and_figures() -> None:
    same_everywhere("triton")
