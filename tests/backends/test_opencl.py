"""OpenCL on PoCL: the suite, kernels for small and large planes, devices by name, lesser devices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyopencl as cl
import pytest

from torimem import Field, InvalidInput, NotFound
from torimem.field.backends import load, opencl
from torimem.testing import BackendTests


class TestOpencl(BackendTests):
    backend = "opencl"


class TestWithoutLocalMemory(BackendTests):
    """The same where a plane does not fit: one launch a step."""

    backend = "opencl:0"

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Small:
            local_mem_size = 0

            def __getattr__(self, name: str) -> object:
                return getattr(real, name)

        real = load("opencl:0").device  # type: ignore[attr-defined]
        monkeypatch.setattr(load("opencl:0"), "device", Small())


def test_devices_go_by_kind_number_and_name() -> None:
    name = cl.get_platforms()[0].get_devices()[0].name
    for part in ("cpu", "0", name, name[:7].upper()):
        assert load(f"opencl:{part}").device.name == name  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", ["gpu", "7", "no such thing"])
def test_a_device_that_is_not_there_is_one_line_that_lists_those_that_are(part: str) -> None:
    with pytest.raises(NotFound, match=f"backend='opencl:{part}': no such device here; there are 0 "):
        load(f"opencl:{part}")


def test_without_a_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise cl.LogicError("clGetPlatformIDs", -1001, "PLATFORM_NOT_FOUND_KHR")

    monkeypatch.setattr(cl, "get_platforms", none)
    with pytest.raises(NotFound, match="no OpenCL driver is here; install"):
        opencl.OpenclBackend()


def test_float64_on_a_device_without_it_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = opencl.OpenclBackend()

    class Single:
        double_fp_config = 0

    monkeypatch.setattr(backend, "device", Single())
    with pytest.raises(InvalidInput, match="dtype='float64' is not known to opencl"):
        backend.put(np.zeros((1, 2, 2)))


def test_a_buffer_that_no_device_can_give_is_out_of_memory() -> None:
    backend = load("opencl")
    with pytest.raises(cl.Error) as refused:
        cl.Buffer(backend.context, cl.mem_flags.READ_WRITE, 1 << 46)  # type: ignore[attr-defined]
    assert backend.starved(refused.value)  # type: ignore[attr-defined]


def test_threads_may_each_change_a_field_of_their_own() -> None:
    def changed(seed: int) -> float:
        field = Field(20, 10, backend="opencl").set(seed, 3, float(seed))
        for _ in range(50):
            field.advance(1)
        return float(field.numpy().sum())

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(changed, range(1, 9)))
    np.testing.assert_allclose(got, [seed * 0.9**50 for seed in range(1, 9)], rtol=1e-4)
