"""What a newcomer meets: the public names, their docstrings, a light and silent import, stages in order."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from importlinter.cli import lint_imports

import torimem
from optional import MODULES

ROOT = Path(__file__).parents[1]


def test_all_is_sorted_and_is_what_the_package_exposes() -> None:
    assert torimem.__all__ == sorted(set(torimem.__all__))
    assert sorted(dir(torimem)) == sorted([*torimem.__all__, "__version__"])
    tree = ast.parse((ROOT / "src/torimem/__init__.py").read_text("utf-8"))
    imported = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert sorted(imported) == torimem.__all__  # what type checkers see is what Python gives
    for name, home in imported.items():
        assert getattr(torimem, name) is getattr(importlib.import_module(f"torimem.{home}"), name)
    with pytest.raises(AttributeError, match="module 'torimem' has no attribute 'Memori'"):
        torimem.Memori  # noqa: B018
    for name in ("", "log.turn", "log.nothing", "a b", "_homes"):
        assert not hasattr(torimem, name)


def test_a_field_alone_loads_no_language_and_a_name_only_its_rooms() -> None:
    loaded = run("import sys, torimem; print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith(("torimem.", "numpy"))] == []
    loaded = run("import sys\nfrom torimem import Field, Stencil\nprint(*sys.modules)").split()
    rooms = {name.split(".")[1] for name in loaded if name.startswith("torimem.")}
    assert rooms == {"field", "errors", "checks"}
    assert run("import torimem; print(torimem.field.Field(2, 2).shape)") == "(1, 2, 2)\n"


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    assert torimem.__version__ == version("torimem")


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


HEAVY = (
    "torch jax openai transformers matplotlib vaderSentiment requests httpx click hypothesis pytest "
    "tokenizers IPython"
)


def test_importing_it_loads_nothing_heavy_and_says_nothing() -> None:
    loaded = run("import sys\nfrom torimem import *\nprint(*sys.modules)").split()
    assert [name for name in HEAVY.split() if name in loaded] == []


def test_importing_it_opens_no_socket_no_thread_and_no_file_to_write() -> None:
    watched = """
import sys, threading
seen = []
def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if event.startswith(("socket.", "subprocess.")) or (writes and "__pycache__" not in str(args[0])):
        seen.append((event, args))
sys.addaudithook(watch)
import torimem
memory = torimem.Memory(":memory:")
memory.observe("I love learning about AI!")
memory.prompt("AI?")
assert not seen, seen
assert threading.active_count() == 1
"""
    assert run(watched) == ""


def documented(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The module, its public classes and functions, and the methods of those that users meet."""
    yield module.__name__, module
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            yield f"{module.__name__}.{name}", value
        if inspect.isclass(value) and name in torimem.__all__:
            for part, member in vars(value).items():
                member = getattr(member, "__func__", getattr(member, "fget", member))
                if not part.startswith("_") and inspect.isfunction(member):
                    yield f"{module.__name__}.{name}.{part}", member


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring_of_its_own(module: str) -> None:
    found = list(documented(importlib.import_module(module)))
    # dataclasses without one get their signature
    bare = [name for name, value in found if not value.__doc__ or re.match(r"\w+\(", value.__doc__)]
    assert bare == []


def test_the_readme_mentions_every_command() -> None:
    from torimem.cli import cli

    readme = (ROOT / "README.md").read_text("utf-8")
    assert [
        name for name in cli.commands if f"torimem {name}" not in readme and f"`{name}" not in readme
    ] == []


def test_no_source_file_is_longer_than_400_lines_nor_the_face_of_a_room_than_500() -> None:
    files = sorted((ROOT / "src").rglob("*.py"))
    assert len(files) > 30
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files}
    faces = {name for name in lengths if name.endswith(("__init__.py", "torimem/memory.py"))}
    assert [(name, n) for name, n in lengths.items() if n > (500 if name in faces else 400)] == []


def test_no_library_module_prints() -> None:
    calls = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert calls == []


def test_a_room_imports_only_earlier_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0
