"""The templates: every one loads, differs only in what it says, and can hold every kind of line."""

from __future__ import annotations

import string
import tomllib
from importlib.resources import files

import pytest

from torimem import Dynamics, NotFound, PromptGenerator, Topic
from torimem.context import extract
from torimem.prompt import _KINDS
from torimem.template import load

TEMPLATES = ("default", "emotional", "minimal", "tutor")
# What a line of each kind can name.
FIELDS = {
    "topics": {"topic", "activation", "when"},
    "positive": {"topic", "sentiment", "intensity"},
    "negative": {"topic", "sentiment", "intensity"},
    "facts": {"date", "speaker", "text"},
    "relationships": {"topic", "related"},
    "trajectory": {"topic", "story"},
    "insights": {"insight"},
    "guidance": {"advice"},
}


def named(line: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(line) if field is not None}


def test_the_templates_are_those_of_the_folder() -> None:
    stored = {
        entry.name for entry in (files("torimem") / "templates").iterdir() if entry.name.endswith(".toml")
    }
    assert stored == {f"{name}.toml" for name in TEMPLATES}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_names_only_what_a_line_of_its_kind_can_tell(name: str) -> None:
    template = load(name)
    assert template.name == name
    assert named(template.opening) == {"persona"}
    assert named(template.notice) == set()
    for section in template.sections:
        assert named(section.line) <= FIELDS[section.kind]
        assert section.line.startswith("- ")
        assert section.title.endswith(":")
        assert section.only in ("", "changes")
    for sentence in template.guidance.values():
        assert named(sentence) <= {"topics", "first", "second"}
    assert set(FIELDS) == set(_KINDS)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_can_quote_facts_and_give_guidance(name: str) -> None:
    kinds = [section.kind for section in load(name).sections]
    assert {"facts", "guidance"} <= set(kinds)
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("name", TEMPLATES)
def test_bands_go_from_the_strongest_feeling_down_and_cover_every_figure(name: str) -> None:
    template = load(name)
    for kind, bands in template.bands.items():
        assert [least for least, _ in bands] == sorted((least for least, _ in bands), reverse=True)
        for value in (-1.0, -0.5, -0.05, 0.0, 0.05, 0.5, 1.0):
            assert template.band(kind, value)


def test_a_template_changes_only_what_it_gives() -> None:
    base, tutor = load("default"), load("tutor")
    assert tutor.bands == base.bands
    assert tutor.words["ago"] != base.words["ago"]
    assert tutor.guidance["discussing"] == base.guidance["discussing"]
    assert tutor.guidance["struggling"] != base.guidance["struggling"]


def test_an_advice_left_empty_is_not_given() -> None:
    context = extract([Topic("tea", "tea", 1, 1, 1.0, valence=0.9)], Dynamics())
    assert "GUIDANCE" not in PromptGenerator(template="emotional").generate(context).text
    assert "GUIDANCE" in PromptGenerator(template="minimal").generate(context).text


@pytest.mark.parametrize("name", ["", "Default", "default.toml", "../default", "none", "\n"])
def test_an_unknown_name_is_one_clear_error(name: str) -> None:
    with pytest.raises(
        NotFound, match=r"is not one of default, emotional, minimal, tutor: choose one of these$"
    ):
        load(name)


def test_the_files_are_plain_toml_without_keys_that_nothing_reads() -> None:
    known = {"opening", "notice", "sections", "words", "bands", "guidance"}
    for name in TEMPLATES:
        text = (files("torimem") / "templates" / f"{name}.toml").read_text("utf-8")
        assert set(tomllib.loads(text)) <= known
