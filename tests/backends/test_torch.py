"""PyTorch on the CPU: the suite, tensors in and out without a copy, and the user's own modes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch

from torimem import Field, InvalidInput, NotFound, OutOfMemory, Stencil
from torimem.field.backends import load
from torimem.testing import BackendTests


class TestTorch(BackendTests):
    backend = "torch:cpu"


def test_a_tensor_becomes_a_field_without_a_copy_and_is_never_written_to() -> None:
    tensor = torch.rand(2, 3, 5, 7)
    before = tensor.clone()
    field = Field.from_torch(tensor, layers=["a", "b", "c"])
    assert (field.backend, field.shape, field.layers) == ("torch:cpu", (2, 3, 5, 7), ("a", "b", "c"))
    assert field.torch().data_ptr() == tensor.data_ptr()
    field.activate_radius(0, 0, 1, 9.0, layer="a").advance(3).advance(500)
    assert torch.equal(tensor, before)
    tensor.zero_()
    assert field.torch().abs().max() > 0


def test_a_deep_copy_and_a_pickle_do_not_share_the_tensor() -> None:
    tensor = torch.ones(4, 3)
    field = Field.from_torch(tensor)
    others = [copy.deepcopy(field), pickle.loads(pickle.dumps(field))]
    tensor.zero_()
    assert not field.numpy().any()
    assert all((other.numpy() == 1).all() and other.backend == "torch:cpu" for other in others)


def test_what_others_do_to_a_shared_tensor_shows_until_the_field_changes() -> None:
    field = Field(4, 3, backend="torch:cpu")
    field.torch()[0, 1, 2] = 5.0
    assert field.get(2, 1) == 5.0
    given = field.torch()
    field.set(0, 0, 1.0)
    assert given[0, 0, 0] == 0


def test_fields_of_every_backend_give_tensors_by_dlpack() -> None:
    for backend in ("native", "numpy", "reference", "torch:cpu"):
        field = Field(4, 3, backend=backend).set(1, 2, 0.5)
        for tensor in (torch.from_dlpack(field), field.torch()):
            assert tensor.shape == (1, 3, 4)
            assert tensor[0, 2, 1] == 0.5
        assert np.from_dlpack(field)[0, 2, 1] == 0.5


def test_a_field_made_in_inference_mode_lives_on_outside_of_it() -> None:
    with torch.inference_mode():
        field = Field.from_torch(torch.rand(3, 4)).advance(2)
        other = Field(4, 3, backend="torch:cpu").set(0, 0, 1.0)
    tensor = field.advance(2).activate_radius(0, 0, 1, 1.0).torch()
    assert not tensor.is_inference()
    tensor += 1  # an inference tensor would refuse
    assert other.advance(1).get(1, 0) > 0


def test_no_gradient_is_kept_of_a_tensor_that_wants_one() -> None:
    tensor = torch.rand(3, 4, requires_grad=True)
    assert not Field.from_torch(tensor).advance(2).torch().requires_grad


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (torch.zeros(3), r"shape \(3,\) must be"),
        (torch.zeros(0, 4), r"shape \(0, 4\) must be"),
        (torch.zeros(2, 2, dtype=torch.int32), "torch.int32 cannot hold a field"),
        (torch.zeros(2, 2, dtype=torch.bfloat16), "torch.bfloat16 cannot hold a field"),
        (torch.tensor([[1.0, float("nan")]]), "NaN or infinity"),
    ],
    ids=["one axis", "no rows", "whole numbers", "bfloat16", "nan"],
)
def test_a_tensor_that_cannot_be_a_field_is_refused(tensor: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        Field.from_torch(tensor)


def test_strided_and_transposed_tensors_are_read_as_they_look() -> None:
    tensor = torch.rand(6, 8)
    for view in (tensor.T, tensor[::2, ::3], tensor.flip(0)):
        np.testing.assert_array_equal(Field.from_torch(view).numpy()[0], view.numpy())


@pytest.mark.parametrize("name", ["torch:cuda", "torch:mps", "torch:cpu:3", "torch:xpu", "torch:tpu"])
def test_a_device_that_is_not_there_is_one_line(name: str) -> None:
    with pytest.raises(NotFound) as refused:
        Field(3, 3, backend=name)
    assert f"backend='{name}'" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_field_that_outgrows_the_memory_is_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field(5, 4, backend="torch:cpu").set(1, 1, 1.0)
    before = field.numpy()

    def starve(*args: Any, **options: Any) -> None:
        torch.empty(1 << 50)

    for name in ("_steps", "jump", "write"):
        monkeypatch.setattr(type(load("torch:cpu")), name, starve)
    for change in (
        lambda: field.advance(1),
        lambda: field.advance(1, method="jump"),
        lambda: field.set(0, 0, 1.0),
    ):
        with pytest.raises(OutOfMemory, match=r"shape \(1, 4, 5\) in float32, 80 bytes .* torch:cpu"):
            change()
        np.testing.assert_array_equal(field.numpy(), before)


def test_many_memories_step_as_each_does_alone() -> None:
    cells = np.random.default_rng(0).random((300, 2, 16, 16), dtype=np.float32)
    n = np.arange(300) % 7
    stencils = Stencil.diffusion(0.2, 0.01), Stencil.flow(0.2, 0.0, 0.01, 0.5)
    got = Field.from_numpy(cells, backend="torch:cpu").advance(n, stencils, exact=True).numpy()
    wanted = Field.from_numpy(cells, backend="numpy").advance(n, stencils, exact=True).numpy()
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("single", [True, False])
def test_powers_taken_on_the_device_are_those_of_the_host(single: bool) -> None:
    backend: Any = load("torch:cpu")
    stencils = Stencil.diffusion(0.2, 0.01), Stencil.diffusion(0.9, 0.1)  # one of them swings
    for counts in (np.array([7, 7]), np.array([1, 10**9 + 1]), np.array([2**52, 3])):
        got = backend.powers(stencils, counts, (6, 9), single)
        wanted = backend.waves(stencils, counts, (6, 9), single)
        for ours, theirs in zip(got, wanted, strict=True):
            ours, theirs = torch.broadcast_tensors(ours, theirs)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(
                ours.numpy(), theirs.numpy(), rtol=1e-6 if single else 1e-9, atol=1e-30
            )


def test_the_users_number_of_threads_is_left_alone() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        Field(50, 50, backend="torch:cpu").set(0, 0, 1.0).advance(3).match([[1.0, 0.0]], threshold=0.9)
        with pytest.raises(InvalidInput):
            Field.from_torch(torch.zeros(3))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
