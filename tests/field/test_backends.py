"""Every backend against the public suite, and how backends are found."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from torimem.errors import InvalidInput, MissingExtra, NotFound
from torimem.field import backends
from torimem.field.backends import available, load
from torimem.field.backends import numpy as numpy_backend
from torimem.field.stencil import Stencil
from torimem.testing import BackendTests

ROOT = Path(__file__).parents[2]


class TestReference(BackendTests):
    backend = "reference"


class TestNumpy(BackendTests):
    backend = "numpy"


def test_auto_is_the_compiled_backend_where_there_is_one_and_else_numpy() -> None:
    here = {row.name for row in available() if row.here}
    assert load("auto") is load("native" if "native" in here else "numpy")


def test_every_backend_is_listed_with_what_it_is_for() -> None:
    rows = available()
    names = "reference numpy native torch triton cuda mlx opencl jax"
    assert [row.name for row in rows] == names.split()
    assert all(row.here for row in rows[:2])
    assert all(row.about and "\n" not in row.about for row in rows)


@pytest.mark.parametrize("name", ["torch", "triton", "cuda", "mlx", "opencl", "jax"])
def test_a_backend_whose_package_is_missing_names_the_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("torch", "triton", "cuda", "mlx", "pyopencl", "jax"):
        for module in [m for m in sys.modules if m.split(".")[0] == package]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, package, None)
    for module in ("torch", "triton", "cuda", "mlx", "opencl", "jax"):
        monkeypatch.delitem(sys.modules, f"torimem.field.backends.{module}", raising=False)
    backends._named.cache_clear()
    with pytest.raises(MissingExtra, match=rf"backend='{name}' .* pip install 'torimem\[{name}\]'"):
        load(name)
    backends._named.cache_clear()


def python(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command with the package and, for what it builds, the compiler of that folder."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "src", "CC": "false", "TORIMEM_THREADS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_compiler_it_installs_and_numpy_serves(tmp_path: Path) -> None:
    """Builds a wheel of a copy of the sources; needs setuptools."""
    for name in ("src", "native"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    built = python(tmp_path, "setup.py", "-q", "bdist_wheel")
    assert built.returncode == 0, built.stderr
    assert 'building extension "torimem.field.backends._native" failed' in built.stderr
    (wheel,) = (tmp_path / "dist").glob("torimem-*.whl")
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    assert (tmp_path / "installed/torimem/field/backends/native.py").exists()
    assert not list((tmp_path / "installed").rglob("_native*.so"))

    ask = "from torimem.field.field import Field; print(Field(3, 3, backend={!r}).backend)"
    assert python(tmp_path, "-c", ask.format("auto")).stdout == "numpy\n"
    refused = python(tmp_path, "-c", ask.format("native")).stderr.splitlines()[-1]
    error, _, line = refused.partition(": ")
    assert error == "torimem.errors.MissingExtra"
    assert "numpy serves instead" in line
    assert "pip install" in line
    listed = json.loads(python(tmp_path, "-m", "torimem", "--json", "backends").stdout)
    assert ("native", False, line) in [(row["name"], row["here"], row["about"]) for row in listed]


def test_an_unknown_backend_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"no backend 'nunpy'; known are auto, reference, numpy, native"):
        load("nunpy")


def test_a_device_on_a_backend_without_any_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no devices"):
        load("numpy:cuda")


def test_backends_are_imported_when_asked_for() -> None:
    code = "import sys, torimem.field.field; sys.exit('torimem.field.backends.numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_of_items_give_what_each_gives_alone(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_backend, "_BLOCK", 2 * 30)
    cells = np.random.default_rng(0).random((7, 1, 5, 6)).astype(dtype)
    n, stencils = np.array([3, 50, 3, 3, 60, 0, 70]), (Stencil.diffusion(),)
    backend = load("numpy")
    together = backend.get(backend.advance(backend.put(cells), stencils, n, "auto"))
    for item in range(7):
        alone = backend.advance(backend.put(cells[item]), stencils, int(n[item]), "auto")
        np.testing.assert_allclose(together[item], backend.get(alone), rtol=1e-6)
    exact = backend.get(backend.advance(backend.put(cells), stencils, 3, "exact"))
    np.testing.assert_array_equal(exact[[0, 2, 3]], together[[0, 2, 3]])
