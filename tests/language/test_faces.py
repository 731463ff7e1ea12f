"""The faces of the language room: what others may take is there by name, and is loaded when first used."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

FACES = ["torimem.language", "torimem.language.feeling", "torimem.language.meaning"]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("face", FACES)
def test_every_name_of_a_face_is_there_and_no_other(face: str) -> None:
    module = importlib.import_module(face)
    assert sorted(module.__all__) == dir(module)
    for name in module.__all__:
        value = getattr(module, name)
        assert value.__doc__ or name == "VADER", name
        assert importlib.import_module(f"{face}.{module._WHERE[name]}").__dict__[name] is value
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = module.nonsense


def test_a_public_name_is_no_module_whatever_was_imported_before() -> None:
    code = """
import torimem.language.analyser, torimem.language.topics.key, torimem.language.meaning.embed
from torimem.language import analyse, load_embedder, load_sentiment, topic_key
print(analyse("I love my guitar").mentions[0].label, topic_key("Guitars"), load_embedder("none"))
print(load_sentiment("vader").name)
"""
    assert run(code) == "guitar guitar None\nvader-2\n"


def test_what_an_analysis_is_can_be_imported_without_what_makes_one() -> None:
    code = """
import importlib.util, sys, types
alone = types.ModuleType("torimem")
alone.__path__ = importlib.util.find_spec("torimem").submodule_search_locations
sys.modules["torimem"] = alone
from torimem.language.analysis import Analysis
print(*sorted({"numpy", "torimem.language.topics.find", "torimem.language.meaning.embed"} & set(sys.modules)))
"""
    assert run(code) == "\n"
