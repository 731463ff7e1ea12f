"""The three chatbots of `examples`, played as a user would, with models small enough to be built here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_models import gpt2, roberta

ROOT = Path(__file__).parents[2]


def play(script: str, *arguments: str, folder: Path) -> str:
    where = {**os.environ, "PYTHONWARNINGS": "error", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, str(ROOT / "examples" / script), *arguments]
    done = subprocess.run(command, cwd=folder, env=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(gpt2(tmp_path_factory.mktemp("gpt2"), says="Gladly, tell me more.", window=1024))


def turns(said: str) -> list[str]:
    """What is printed of each turn."""
    return said.split("\nuser: ")[1:]


def test_the_first_says_what_is_active_and_felt_at_each_turn(model: str, tmp_path: Path) -> None:
    feelings = f"hf:{roberta(tmp_path / 'roberta')}"
    for extra in ((), ("--emotion", feelings)):
        said = play("gpu_and_llm.py", "--device", "auto", "--model", model, *extra, folder=tmp_path)
        first, second = turns(said)
        assert re.search(r"AI: active 1.00, felt \+\d", first)
        assert re.search(r"machine learning: active 1.00", second)
        assert re.search(r"AI: active 0.9", second)
        for turn in (first, second):
            assert "assistant: Gladly, tell me more." in turn
            assert int(re.search(r"prompt of (\d+) tokens", turn)[1]) > 20  # type: ignore[index]


def test_the_second_keeps_its_field_in_mlx(model: str, tmp_path: Path) -> None:
    said = play("apple_silicon.py", "--model", model, folder=tmp_path)
    assert re.search(r"20 steps later the centre holds 0\.\d+", said)
    for turn in turns(said):
        assert re.search(r"active: \w.* \d\.\d\d", turn)
        assert "assistant: Gladly" in turn
    assert "Metal programming" in said.split("glad of:")[1].splitlines()[0]


def test_the_third_goes_on_from_its_file(model: str, tmp_path: Path) -> None:
    for known, all_in_all in ((0, 6), (6, 12)):
        said = play("hybrid.py", "--model", model, "--device", "cpu", folder=tmp_path)
        assert f"{known} turns remembered; the field on torch:cpu" in said
        assert f"on disk: {all_in_all} turns" in said
        assert all("  told: " in turn for turn in turns(said))
        assert "Harlow OM-20" in said.split("found: ")[1]


@pytest.mark.parametrize("script", ["gpu_and_llm.py", "apple_silicon.py", "hybrid.py"])
def test_a_model_that_is_not_there_is_one_line(script: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / script), "--model", str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "nowhere" in line
