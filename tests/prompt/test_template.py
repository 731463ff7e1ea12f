"""The templates: every one loads, names only what there is, and a user's own file is checked in one line."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from torimem import Chat, Dynamics, InvalidInput, Memory, MemoryContext, NotFound, PromptGenerator, Topic
from torimem.context.context import extract
from torimem.prompt.sections import guidance
from torimem.prompt.template import load, names

TEA = Topic("tea", "tea", 1, 1, 0.85, turns_ago=5, valence=0.9, confidence=1.0)


def test_the_templates_are_those_of_the_folder() -> None:
    stored = {
        entry.name
        for entry in (files("torimem") / "prompt/templates").iterdir()
        if entry.name.endswith(".toml")
    }
    assert stored == {f"{name}.toml" for name in names()}


def test_every_advice_has_its_sentence() -> None:
    assert set(load().words.guidance) == set(guidance.WEIGHTS)


@pytest.mark.parametrize("name", names())
def test_a_template_that_ships_passes_the_check_of_an_own_file(name: str, tmp_path: Path) -> None:
    copy = tmp_path / f"my-{name}.toml"
    copy.write_text((files("torimem") / "prompt/templates" / f"{name}.toml").read_text("utf-8"), "utf-8")
    assert load(copy).sections == load(name).sections
    assert load(str(copy)).words == load(name).words


@pytest.mark.parametrize("name", names())
def test_every_template_can_quote_facts_and_give_guidance(name: str) -> None:
    kinds = [section.kind.name for section in load(name).sections]
    assert {"facts", "guidance"} <= set(kinds)


@pytest.mark.parametrize("name", names())
def test_bands_go_from_the_strongest_feeling_down_and_cover_every_figure(name: str) -> None:
    words = load(name).words
    for kind in words.bands:
        for value in (-1.0, -0.5, -0.05, 0.0, 0.05, 0.5, 1.0):
            assert words.band(kind, value) or kind == "periods"  # what is spoken of now needs no word


def test_a_template_changes_only_what_it_gives() -> None:
    base, tutor = load("default").words, load("tutor").words
    assert tutor.bands["positive"] == base.bands["positive"]
    assert tutor.phrases["ago"] != base.phrases["ago"]
    assert tutor.guidance["discussing"] == base.guidance["discussing"]
    assert tutor.guidance["struggling"] != base.guidance["struggling"]


def test_an_advice_left_empty_is_not_given() -> None:
    context = extract([TEA], Dynamics())
    assert 'enthusiastic about "tea"' not in PromptGenerator(template="emotional").generate(context).text
    assert 'enthusiastic about "tea"' in PromptGenerator(template="minimal").generate(context).text


@pytest.mark.parametrize("name", ["", "Default", "../default", "none", "\n", "haiku.txt"])
def test_an_unknown_name_is_one_clear_error(name: str) -> None:
    with pytest.raises(
        NotFound,
        match=r"is not one of default, emotional, json, minimal, tutor: choose one of these, or give a file",
    ):
        load(name)


def test_the_files_are_plain_toml_without_keys_that_nothing_reads() -> None:
    known = {"format", "opening", "notice", "sections", "words", "bands", "guidance"}
    for name in names():
        text = (files("torimem") / "prompt/templates" / f"{name}.toml").read_text("utf-8")
        assert set(tomllib.loads(text)) <= known


# A file of one's own

OWN = """
opening = "Sei {persona}."

[[sections]]
kind = "topics"
title = "THEMEN:"
line = "* {topic} {activation}, {when}"

[words]
ago = "vor {n} Runden"
"""


def test_an_own_file_gives_its_sections_and_words_and_takes_the_rest_from_the_default(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(OWN, "utf-8")
    generator = PromptGenerator("ein Freund", str(own))
    text = generator.generate(extract([TEA], Dynamics())).text
    assert text.startswith("Sei ein Freund.\n")
    assert "THEMEN:\n* tea 0.85, vor 5 Runden\n" in text
    own.unlink()  # it was read once
    assert generator.generate(MemoryContext()).text == "Sei ein Freund."


def test_a_memory_and_a_chat_take_a_path(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(OWN, "utf-8")
    with Memory(":memory:", embedder="none") as memory:
        memory.observe("I love tea.")
        assert "* tea 1.00, now" in memory.prompt(template=own).text
        assert Chat(memory, "offline", template=own).turn("Tea?").prompt.text.startswith("Sei a helpful")


WRONG = [
    ("sections = 3", "sections is 3, it must be a list of tables"),
    ("[[sections]]\nkind = 'topic'", "section 1: kind is 'topic', it must be one of profile, topics,"),
    ("[[sections]]\nkind = 'topics'\ntitle = 'T'", "section 1: line is None, it must be text"),
    ("[[sections]]\nkind = 'mood'\ntitle = 'T'\nline = '{name}'", "{name} is not known there: use {mood}"),
    ("[[sections]]\nkind = 'topics'\ntitle = 'T'\nline = '{topic!r}'", "{topic!r} is not known there"),
    ("[[sections]]\nkind = 'topics'\ntitle = 'T'\nline = '{topic.x}'", "{topic.x} is not known there"),
    ("[[sections]]\nkind = 'topics'\ntitle = 'T'\nline = '{topic'", "its braces do not fit"),
    ("[[sections]]\nkind = 'topics'\ntitle = ''\nline = 'x'", "section 1: title is '', it must be text"),
    ("[[sections]]\nkind = 'topics'\ntitle = 'T'\nline = 'a\\nb'\ncolour = 1", "'colour' is not a key"),
    ("[[sections]]\nkind = 'topics'\ntitle = 'T'\nline = \"a\\nb\"", "one line without control characters"),
    ("[[sections]]\nkind = 'topics'\ntitle = '</torimem-memory>'\nline = 'x'", "marks of the memory block"),
    ("opening = 'You are {name}.'", "opening is 'You are {name}.', {name} is not known there: use {persona}"),
    ("colour = 'red'", "'colour' is not a key, there are bands, format, guidance"),
    ("[[sections]]\nkind = ['topics']", "section 1: kind is ['topics'], it must be one of profile, topics,"),
    ("[[sections]]\nkind = 'topics'\nonly = 'changes'", 'it can be "changes", in a trajectory: leave it out'),
    ("[[sections]]\nkind = 'trajectory'\nonly = ['changes']", "section 1: only is ['changes'], it can be"),
    ("format = ['text']", "format is ['text'], it must be \"text\" or \"json\""),
    ("format = 'xml'", "format is 'xml', it must be \"text\" or \"json\""),
    ("words = 1", "words is 1, it must be a table"),
    ("[words]\nsoon = 'x'", "words: 'soon' is not a key"),
    ("[words]\nago = '{turns}'", "words: ago is '{turns}', {turns} is not known there: use {n}"),
    ("[bands]\npositive = [[0, 'a'], [1, 'b']]", "its figures must go down"),
    ("[bands]\npositive = []", "bands: positive is [], it must be a list such as"),
    ("[bands]\npositive = [['much', 'a']]", "it must be a list such as"),
    ("[guidance]\nconcern = 5", "guidance: concern is 5, it must be text"),
    ("opening = ", "is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), WRONG, ids=[says[:30] for _, says in WRONG])
def test_a_faulty_file_is_one_line_that_names_it_the_value_and_the_rule(
    text: str, says: str, tmp_path: Path
) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(text, "utf-8")
    with Memory(":memory:", embedder="none") as memory:
        with pytest.raises(InvalidInput) as error:
            Chat(memory, "offline", template=str(own))
        assert memory.stats()["turns"] == 0
    assert says in str(error.value)
    assert str(error.value).startswith(f"template {own}")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.toml is not there: check the path, or choose one of default,"):
        load(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InvalidInput, match=r"folder\.toml cannot be read"):
        load(tmp_path / "folder.toml")
    (tmp_path / "bytes.toml").write_bytes(b"opening = '\xff'")
    with pytest.raises(InvalidInput, match=r"bytes\.toml is not UTF-8 text"):
        load(tmp_path / "bytes.toml")
