"""A kind of section is one object: what it says of itself is so, and one from outside works like our own."""

from __future__ import annotations

import json
import pickle
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from torimem import (
    Dynamics,
    Fact,
    InvalidInput,
    LedgerLine,
    MemoryContext,
    PromptGenerator,
    Topic,
    Trait,
    Usual,
)
from torimem.context.context import extract
from torimem.prompt import KINDS, Finding, Kind, Words, diff, load, names, sections
from torimem.prompt.quote import name, plain_name


def topic(label: str, x: int, activation: float, valence: float, latest: float) -> Topic:
    figures = {"valence": valence, "started": valence, "latest": latest, "confidence": 1.0}
    turns = {"first_turn": f"{label[0]}1", "last_turn": f"{label[0]}2"}
    return Topic(label, label, x, x, activation, **figures, **turns)  # type: ignore[arg-type]


AT = datetime(2026, 1, 2, tzinfo=UTC)
FACTS = (
    Fact("It rains in Porto.", AT, "f1", 1, speaker="Ann"),
    Fact("I like rain.", AT, "f2", 2, speaker="Bob"),
    Fact("I do not.", AT, "f3", 3, speaker="Ann"),
)
CONTEXT = replace(
    extract(
        [
            topic("work deadline", 20, 0.5, -0.8, -0.8),
            topic("work stress", 21, 0.8, -0.3, 0.4),
            topic("guitar", 40, 0.8, 0.9, 0.9),
            topic("guitar practice", 41, 0.7, 0.8, 0.8),
        ],
        Dynamics(),
    ),
    recent_facts=FACTS,
    usual=(Usual("choir", "choir", 4, 9, "u1"),),
    profile=(Trait("home", "I live in Rome.", AT, "p1"),),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_finds_something_and_fills_just_the_places_that_a_line_can_name(kind: Kind[Any]) -> None:
    found = kind.findings(CONTEXT)
    assert found
    for finding in found:
        assert set(kind.values(finding.item, load().words)) == set(kind.places)
        assert json.dumps(kind.entry(finding.item, load().words))
        assert finding.about
        assert finding.why


def test_every_kind_that_has_a_file_is_in_the_list() -> None:
    there = {
        value.name
        for module in iter_modules(sections.__path__)
        for value in vars(import_module(f"{sections.__name__}.{module.name}")).values()
        if isinstance(value, Kind)
    }
    assert there == {kind.name for kind in KINDS}


def test_every_phrase_of_the_default_belongs_to_a_kind_and_names_what_it_may() -> None:
    phrases = {key: places for kind in KINDS for key, places in kind.phrases.items()} | {"and": ()}
    for template in names():
        for key, text in load(template).words.phrases.items():
            assert {field for _, field, _, _ in string.Formatter().parse(text) if field} <= set(phrases[key])


def test_a_generator_can_be_sent_to_another_process() -> None:
    generator = PromptGenerator("a tutor", "emotional")
    assert pickle.loads(pickle.dumps(generator)).generate(CONTEXT) == generator.generate(CONTEXT)
    assert hash(PromptGenerator()) == hash(PromptGenerator())


# A kind that torimem does not have: who spoke, and how often


def spoke(context: MemoryContext) -> Iterator[Finding[str]]:
    for speaker in sorted({fact.speaker for fact in context.recent_facts if fact.speaker}):
        turns = tuple(fact.turn_id for fact in context.recent_facts if fact.speaker == speaker)
        yield Finding(speaker, speaker, f"said {len(turns)} of the facts", turns, len(turns))


def spoke_twice(context: MemoryContext) -> Iterator[Finding[str]]:
    return (finding for finding in spoke(context) if len(finding.sources) > 1)


def values(speaker: str, words: Words) -> Mapping[str, str]:
    return {"who": words.phrase("called", who=name(speaker))} if speaker != "Zoe" else {}


def entry(speaker: str, words: Words) -> Mapping[str, str]:
    return {"who": plain_name(speaker)} if speaker != "Zoe" else {}


def left(line: LedgerLine, topics: Mapping[str, Topic]) -> str:
    return f"{line.about} is silent now; it was: {line.why}"


SPEAKERS = Kind(
    name="speakers",
    find=spoke,
    limit=2,
    only={"twice": spoke_twice},
    places=("who",),
    values=values,
    entry=entry,
    phrases={"called": ("who",)},
    worth=9.0,
    first=True,
    gone=left,
)
OURS = (*KINDS, SPEAKERS)

TEXT = """
[[sections]]
kind = "topics"
title = "Topics:"
line = "- {topic}"

[[sections]]
kind = "speakers"
title = "Speakers:"
line = "- {who}"

[words]
called = "someone called {who}"
"""
JSON = """
format = "json"

[[sections]]
kind = "speakers"
title = "speakers"

[words]
called = "{who}"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_kind_from_outside_is_told_in_the_words_of_a_template(tmp_path: Path) -> None:
    generator = PromptGenerator(template=written(tmp_path, TEXT), kinds=OURS)
    prompt = generator.generate(CONTEXT)
    assert "\n\nSpeakers:\n- someone called Ann\n- someone called Bob\n" in prompt.text
    ann, bob = (line for line in prompt.lines if line.section == "speakers")
    assert (ann.text, ann.about, ann.why) == ("- someone called Ann", "Ann", "said 2 of the facts")
    assert (ann.sources, ann.kept) == (("f1", "f3"), True)
    small = generator.generate(CONTEXT, budget=prompt.tokens - bob.tokens - 1)
    assert "Ann" in small.text  # its first finding is taken first, and it is worth most
    assert not all(line.kept for line in small.lines)


def test_a_kind_from_outside_has_a_limit_a_narrower_search_and_findings_left_out(tmp_path: Path) -> None:
    more = (replace(FACTS[0], speaker="Zoe", turn_id="z"), replace(FACTS[0], speaker="Yan", turn_id="y"))

    def told(text: str, *facts: Fact) -> list[str]:
        generator = PromptGenerator(template=written(tmp_path, text), kinds=OURS)
        lines = generator.generate(MemoryContext(recent_facts=facts)).lines
        return [line.about for line in lines if line.section == "speakers"]

    assert told(TEXT, *FACTS, *more) == ["Ann", "Bob"]
    assert told(TEXT, *more) == ["Yan"]
    assert told(JSON, *more) == ["Yan"]
    assert told(TEXT.replace('title = "Speakers:"', 'title = "Speakers:"\nonly = "twice"'), *FACTS) == ["Ann"]


@pytest.mark.parametrize(("limit", "told"), [(2, [{"who": "Ann"}, {"who": "Bob"}]), (1, {"who": "Ann"})])
def test_a_kind_from_outside_is_told_as_json(limit: int, told: object, tmp_path: Path) -> None:
    kinds = (replace(SPEAKERS, limit=limit),)
    text = PromptGenerator(template=written(tmp_path, JSON), kinds=kinds).generate(CONTEXT).text
    body = text.partition("<torimem-memory>\n")[2].partition("\n</torimem-memory>")[0]
    assert json.loads(body)["speakers"] == told


def test_a_line_of_a_kind_from_outside_says_why_it_is_gone(tmp_path: Path) -> None:
    generator = PromptGenerator(template=written(tmp_path, TEXT), kinds=OURS)
    before, after = (generator.generate(MemoryContext(recent_facts=facts)) for facts in (FACTS, FACTS[1:2]))
    (change,) = diff(before, after, kinds=OURS).seen
    assert (change.kind, change.why) == ("went", "Ann is silent now; it was: said 2 of the facts")
    (change,) = diff(before, after).seen
    assert change.why == "no longer so: said 2 of the facts"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("- {who}", "- {topic}", "section 2: line is '- {topic}', {topic} is not known there: use {who}"),
        ("someone called {who}", "{name}", "words: called is '{name}', {name} is not known there: use {who}"),
        ('called = "someone called {who}"', "", "words: called is None, it must be text"),
        ('title = "Speakers:"', 'title = "S"\nonly = "loud"', 'in a trajectory or "twice", in a speakers'),
        ('kind = "speakers"', 'kind = "speaker"', "it must be one of profile, topics,"),
    ],
)
def test_a_template_is_checked_against_a_kind_from_outside(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    assert old in TEXT
    with pytest.raises(InvalidInput) as error:
        load(written(tmp_path, TEXT.replace(old, new)), kinds=OURS)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_without_the_kind_its_template_is_refused_and_ours_do_not_change(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="section 2: kind is 'speakers', it must be one of profile, "):
        load(written(tmp_path, TEXT))
    assert PromptGenerator(kinds=OURS).generate(CONTEXT) == PromptGenerator().generate(CONTEXT)
    assert load("json", kinds=OURS) == load("json")


def test_two_kinds_of_one_name_are_one_clear_error() -> None:
    with pytest.raises(InvalidInput, match=r"^kinds has 'mood' twice, a name can stand for one only: "):
        PromptGenerator(kinds=(*KINDS, replace(SPEAKERS, name="mood")))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "frame"}, "kind name is 'frame', it must be a word of letters and digits, and not"),
        ({"name": "two words"}, "kind name is 'two words', it must be a word"),
        ({"limit": 0}, "limit of kind 'speakers' is 0, it must be at least 1: give None"),
    ],
)
def test_a_kind_that_could_not_be_told_is_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{says}"):
        replace(SPEAKERS, **given)  # type: ignore[arg-type]
