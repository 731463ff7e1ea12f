"""Triton's kernels compile for devices that are not here; the canonical order is not fused on them."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from typing import Any

import pytest
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from torimem.field.backends import triton as ours

ARGUMENTS = {"counts": "*i64", "done": "i32", "layers": "i32", "height": "i32", "width": "i32"}
BLOCKS = {
    "planes": [(64, 64), (16, 128), (1, 8)],
    "stream": [(8, 256), (1, 1)],
}


def compiled(name: str, arch: int, real: str, form: str, block: tuple[int, int], fused: bool) -> Any:
    kernel = getattr(ours, name)
    constants = {"ROWS": block[0], "COLUMNS": block[1], "FORM": form}
    signature = {
        argument: "constexpr" if argument in constants else ARGUMENTS.get(argument, f"*{real}")
        for argument in kernel.arg_names
    }
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    options = {"num_warps": 4, "enable_fp_fusion": fused}
    return triton.compile(source, target=GPUTarget("cuda", arch, 32), options=options)


@pytest.mark.parametrize("arch", [80, 90])
@pytest.mark.parametrize(("name", "block"), [(name, block) for name in BLOCKS for block in BLOCKS[name]])
def test_each_kernel_becomes_machine_code(name: str, block: tuple[int, int], arch: int) -> None:
    for real, form in product(("fp32", "fp64"), ("even", "any", "both")):
        made = compiled(name, arch, real, form, block, fused=True)
        assert len(made.asm["cubin"]) > 1000
        assert f".target sm_{arch}" in made.asm["ptx"]


@pytest.mark.parametrize("name", ["planes", "stream"])
def test_the_canonical_order_is_not_fused(name: str) -> None:
    for real, form in product(("fp32", "fp64"), ("even", "any", "both")):
        assert "fma.rn" in compiled(name, 90, real, form, BLOCKS[name][0], fused=True).asm["ptx"]
        assert "fma.rn" not in compiled(name, 90, real, form, BLOCKS[name][0], fused=False).asm["ptx"]


def test_small_planes_are_read_and_written_once() -> None:
    ptx = compiled("planes", 90, "fp32", "even", (64, 64), fused=True).asm["ptx"]
    body = ptx[ptx.index("BB0") :] if "BB0" in ptx else ptx
    loop = body[body.rindex("$L__BB") :] if "$L__BB" in body else ""
    assert "ld.global" not in loop.split("bra")[0]


def test_without_a_gpu_it_says_so_in_one_line() -> None:
    code = "from torimem.field.backends import load; load('triton')"
    where = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    run = subprocess.run([sys.executable, "-c", code], env=where, capture_output=True, text=True, check=False)
    line = run.stderr.splitlines()[-1]
    assert line.startswith("torimem.errors.NotFound: backend='triton' needs a CUDA or ROCm device")
    assert "TRITON_INTERPRET=1" in line
