"""The estimate of tokens is never below what a real encoder spends: GPT-2's, which installs offline."""

from __future__ import annotations

import ast
import csv
import inspect
import json
import random
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import Memory, estimate_tokens

TESTS = Path(__file__).parents[1]
MODULES = (
    "_pydecimal ast bdb cmd codecs copy dataclasses enum http.client imaplib locale optparse pdb "
    "selectors shelve"
)

CHINESE = """
葡萄牙的波尔图是一座美丽的城市，我们计划五月份坐飞机过去。
损失函数为什么不下降？我把学习率调低以后，曲线反而更奇怪了。
繁體字也要算得對：憂鬱的臺灣烏龜，龍飛鳳舞，體檢報告。
鼠标、键盘、显示器、麦克风全都坏了，真倒霉！
「窗前明月光，疑是地上霜。」——李白《静夜思》
我对花生过敏，請不要推荐含有堅果的菜。
"""
EMOJI = """
😭😭😭 my flight is late ✈️🕐 again 😡
👩‍👩‍👧‍👦 family dinner 🍝🍷 🥳🥳🥳
🇵🇹🇩🇪 👩🏽‍💻 🧑🏿‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🫠🫡🪿
no 🙅‍♀️ yes 🙆 maybe 🤷🏻‍♂️ ¯\\_(ツ)_/¯
"""


def _sources(names: str) -> list[str]:
    return [inspect.getsource(__import__(name, fromlist=["x"])) for name in names.split()]


def _docstrings(sources: list[str]) -> list[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, kinds))
    return [line.strip() for node in nodes for line in (ast.get_docstring(node) or "").splitlines()]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    """Lines by kind: what a prompt may hold."""
    demo = [
        json.loads(line) for line in (files("torimem") / "cli/demo.jsonl").read_text("utf-8").splitlines()
    ]
    sources = _sources(MODULES)
    code = [line for source in sources for line in _lines(source)]
    labelled = (path for name in ("feelings", "topics") for path in (TESTS / "language" / name).glob("*.csv"))
    with Memory(":memory:", embedder="none") as memory:
        for turn in demo:
            memory.observe(turn["text"], at=turn["at"], role=turn["role"])
        prompts = [memory.prompt(budget=900, template=name) for name in ("default", "emotional", "tutor")]
    return {
        "chat": [turn["text"] for turn in demo],
        "messages": [
            row["text"]
            for path in labelled
            for row in csv.DictReader(path.read_text("utf-8").splitlines())
            if row["text"].isascii()
        ],
        "English": [line for line in _docstrings(sources) if len(line.split()) > 3],
        "code": random.Random(1).sample(code, 4000),
        "Chinese": _lines(CHINESE),
        "emoji": _lines(EMOJI),
        "prompts": [text for prompt in prompts for text in (prompt.text, *_lines(prompt.text))],
    }


KINDS = ("chat", "messages", "English", "code", "Chinese", "emoji", "prompts")


def test_the_counter_is_gpt_2(gpt2: Callable[[str], int]) -> None:
    assert gpt2("I love learning about AI!") == 6


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_is_never_below_a_real_count(
    kind: str, texts: dict[str, list[str]], gpt2: Callable[[str], int]
) -> None:
    assert texts[kind]
    low = [(estimate_tokens(text), gpt2(text), text) for text in (*texts[kind], "\n".join(texts[kind]))]
    assert [row for row in low if row[0] < row[1]] == []


def test_the_estimate_is_at_most_half_above_a_real_count_on_chat(
    texts: dict[str, list[str]], gpt2: Callable[[str], int]
) -> None:
    for kind in ("chat", "messages", "English"):
        text = "\n".join(texts[kind])
        assert estimate_tokens(text) <= 1.6 * gpt2(text)


@given(st.text(max_size=80))
def test_no_text_is_estimated_above_one_token_a_byte(text: str) -> None:
    # short words may cost one more, their space, and so may the beginning of a text
    assert estimate_tokens(text) <= 2 * len(text.encode("utf-8", "surrogatepass"))
    assert (estimate_tokens(text) == 0) == (text == "")


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r \t\f\v"), max_size=20), max_size=6)
)
def test_lines_add_up_so_that_a_prompt_packs_to_the_last_token(lines: list[str]) -> None:
    assert estimate_tokens("".join(f"\n{line}" for line in lines)) == sum(
        estimate_tokens("\n" + line) for line in lines
    )


def test_a_text_of_a_million_characters_is_counted_in_one_pass() -> None:
    assert estimate_tokens("a" * 1_000_000) >= 500_000
    assert estimate_tokens(" " * 1_000_000) == 1_000_000
