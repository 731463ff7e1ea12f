"""The estimate of tokens is never below what real byte-pair encoders, trained here, spend on unseen text."""

from __future__ import annotations

import ast
import inspect
import json
import random
from collections.abc import Callable
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from torimem import estimate_tokens

# Trained on the first modules, held out from the last: real English and real code that every Python has.
TRAINED = (
    "argparse asyncio.base_events calendar configparser csv datetime difflib doctest email.message fractions "
    "functools gettext heapq inspect ipaddress json.decoder logging mailbox os pathlib pickle random shutil "
    "sqlite3.dbapi2 statistics string subprocess tarfile tempfile textwrap threading traceback turtle typing "
    "unittest.mock urllib.request uuid zipfile"
)
HELD_OUT = (
    "_pydecimal ast bdb cmd codecs copy dataclasses enum http.client imaplib locale optparse pdb "
    "selectors shelve"
)

# Not so long as a novel, and enough for a tokenizer to know the common characters.
CHINESE = """
我昨天晚上在家里学习机器学习，觉得很有意思，但是也有一点难。
今天的会议推迟到下星期三，因为老板生病了。
我住在北京，在一家运输公司做数据分析的工作。
你能告诉我怎么用这个软件吗？我已经试了三次，都没有成功。
周末我们打算去爬山，如果天气好的话，还想在湖边野餐。
我的吉他老师说，每天练习半个小时就够了。
她喜欢听古典音乐，也喜欢看电影和读小说。
这个项目的截止日期是四月二十号，时间非常紧张。
请问最近的地铁站在哪里？我想去火车站接一个朋友。
春天来了，公园里的花都开了，孩子们在草地上放风筝。
他一边喝咖啡一边看新闻，然后就去上班了。
我们公司的新产品下个月上市，大家都很期待。
小猫今天不肯吃东西，我很担心，准备带它去看医生。
中国的高铁很方便，从上海到杭州只要一个小时。
我最近在学做饭，昨天做的红烧肉味道还不错。
"""
CHINESE_HELD_OUT = """
葡萄牙的波尔图是一座美丽的城市，我们计划五月份坐飞机过去。
损失函数为什么不下降？我把学习率调低以后，曲线反而更奇怪了。
繁體字也要算得對：憂鬱的臺灣烏龜，龍飛鳳舞，體檢報告。
鼠标、键盘、显示器、麦克风全都坏了，真倒霉！
「窗前明月光，疑是地上霜。」——李白《静夜思》
我对花生过敏，請不要推荐含有堅果的菜。
"""
EMOJI = """
😀 😃 😄 great day 🎉🎉 see you at the beach 🏖️
I love my cat 🐱❤️ and my guitar 🎸🎶
👍👍 thanks! 🙏 ok 👌 done ✅
😂😂😂 that was funny 🤣
"""
EMOJI_HELD_OUT = """
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
def held_out() -> dict[str, list[str]]:
    """Lines that no tokenizer here has seen, by kind."""
    demo = (files("torimem") / "demo.jsonl").read_text("utf-8").splitlines()
    sources = _sources(HELD_OUT)
    code = [line for source in sources for line in _lines(source)]
    draw = random.Random(1)
    return {
        "chat": [json.loads(line)["text"] for line in demo],
        "English": [line for line in _docstrings(sources) if len(line.split()) > 3],
        "code": draw.sample(code, 4000),
        "Chinese": _lines(CHINESE_HELD_OUT),
        "emoji": _lines(EMOJI_HELD_OUT),
    }


# How GPT-2 and how GPT-4 and Llama 3 split text before pairs are merged, and the pieces of older Llamas.
_GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _train(kind: str, vocabulary: int) -> Callable[[str], int]:
    if kind == "pieces":
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(?=▁[^▁])"), "isolated")
        alphabet, special = [], ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    else:
        tokenizer = Tokenizer(models.BPE())
        split = pre_tokenizers.Split(Regex(_GPT4), "isolated")
        whole = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        gpt4 = pre_tokenizers.Sequence([split, whole])
        tokenizer.pre_tokenizer = (
            gpt4 if kind == "GPT-4" else pre_tokenizers.ByteLevel(add_prefix_space=False)
        )
        tokenizer.decoder = decoders.ByteLevel()
        alphabet, special = pre_tokenizers.ByteLevel.alphabet(), []
    sources = _sources(TRAINED)
    text = [*sources, *_docstrings(sources) * 3, *_lines(CHINESE), *_lines(EMOJI)]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=alphabet,
        special_tokens=special,
        show_progress=False,
        limit_alphabet=300,
    )
    tokenizer.train_from_iterator(text, trainer)
    return lambda line: len(tokenizer.encode(line, add_special_tokens=False).ids)


@pytest.fixture(
    scope="module",
    params=[("GPT-2", 2000), ("GPT-4", 2000), ("GPT-4", 8000), ("pieces", 4000)],
    ids=lambda pair: f"{pair[0]}-{pair[1]}",
)
def count(request: pytest.FixtureRequest) -> Callable[[str], int]:
    """What a real tokenizer counts."""
    return _train(*request.param)


KINDS = ("chat", "English", "code", "Chinese", "emoji")


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_is_never_below_a_real_count_on_unseen_lines(
    kind: str, held_out: dict[str, list[str]], count: Callable[[str], int]
) -> None:
    low = [(estimate_tokens(line), count(line), line) for line in held_out[kind]]
    assert [row for row in low if row[0] < row[1]] == []


def test_the_estimate_is_never_below_a_real_count_on_whole_texts(
    held_out: dict[str, list[str]], count: Callable[[str], int]
) -> None:
    for lines in held_out.values():
        text = "\n".join(lines)
        assert estimate_tokens(text) >= count(text)


def test_the_estimate_is_at_most_three_times_a_real_count_on_english(
    held_out: dict[str, list[str]], count: Callable[[str], int]
) -> None:
    for kind in ("chat", "English"):
        text = "\n".join(held_out[kind])
        assert estimate_tokens(text) <= 3 * count(text)


@given(st.text(max_size=80))
def test_no_text_is_estimated_above_one_token_a_byte(text: str) -> None:
    # words of one or two letters may cost one more, their space
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
