"""Sentences with the feeling that a reader sees: how many are found, beside VADER as it comes."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from torimem.cli import cli
from torimem.errors import InvalidInput
from torimem.lab.evals.emotion import LABELS, Example, Row, evaluate, read
from torimem.language.analyser import analyse
from torimem.language.feeling import lexicon

FOLDER = Path(__file__).parent / "feelings"
CONTRAST_FLOOR = 0.80
HELD_FLOOR = 0.65
AHEAD = 0.2  # of VADER, where sentences are made to be hard


@cache
def rows(name: str) -> tuple[Row, Row]:
    ours, vader = evaluate(read(FOLDER / f"{name}.csv"))
    return ours, vader


@pytest.mark.parametrize(("name", "floor"), [("contrast", CONTRAST_FLOOR), ("held", HELD_FLOOR)])
def test_sentences_made_to_be_hard(name: str, floor: float) -> None:
    ours, vader = rows(name)
    assert ours.accuracy >= floor, (ours.accuracy, ours.rules)
    assert ours.accuracy - vader.accuracy >= AHEAD, (ours.accuracy, vader.accuracy)


def test_plain_sentences_are_judged_as_well_as_by_vader() -> None:
    ours, vader = rows("plain")
    assert ours.accuracy >= vader.accuracy


def test_no_rule_is_left_behind() -> None:
    assert min(rows("contrast")[0].rules.values()) >= 0.7


def test_a_row_adds_up() -> None:
    examples = [
        Example("I love it", "positive", "love"),
        Example("I hate it", "positive", "hate"),
        Example("The train leaves at nine", "neutral"),
    ]
    ours, _ = evaluate(examples)
    assert (ours.n, ours.accuracy) == (3, 0.6667)
    assert ours.rules == {"love": 1.0, "hate": 0.0}
    assert ours.confusion["positive", "negative"] == ours.confusion["positive", "positive"] == 1
    assert sum(ours.confusion.values()) == 3
    assert set(ours.confusion) == {(one, other) for one in LABELS for other in LABELS}
    assert ours.macro_f1 == pytest.approx((0 + 1 + 2 / 3) / 3, abs=1e-4)
    assert ours.misses == ((examples[1], "negative"),)


def test_labels_may_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("text,label\nGood,1\nSo,0\nBad,-1\n", encoding="utf-8")
    assert [example.label for example in read(path)] == ["positive", "neutral", "negative"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: give"),
        (b"text,label\n", "has no message: give"),
        (b"text,mood\nHi,1\n", "line 1 has no column 'label': give"),
        (b"label\n1\n", "line 1 has no column 'text': give"),
        (b"text,label\nHi,1\nHo,glad\n", "line 3, column 'label' is 'glad': use negative"),
        (b"text,label\nHi\n", "line 2 has fewer fields"),
        (b"text,label\nHi,\n", "line 2, column 'label' is '': use"),
        (b"text,label\n ,1\n", "line 2, column 'text' is empty: write"),
        (b'text,label\n"Hi"x,1\n', "is no CSV"),
        (b"text,label\n\xff\xfe,1\n", "is not UTF-8 text: save"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name_and_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_and_an_empty_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path / "none.csv")
    with pytest.raises(InvalidInput, match="no message to score"):
        evaluate([])


def test_idioms_are_many_and_said_once() -> None:
    phrases = [phrase for phrase, _ in lexicon.phrases()]
    assert len([valence for _, valence in lexicon.phrases() if valence]) >= 120
    twice = sorted({phrase for phrase in phrases if phrases.count(phrase) > 1})
    assert not twice


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("None of us was glad about the decision.", -1),
        ("I doubt that this is a good plan.", -1),
        ("There was nothing boring about that lecture.", 1),
        ("The film is neither good nor bad.", 0),
        ("Nobody was ever kinder to us.", 1),
        ("I hoped for a quiet room, but they screamed all night.", -1),
        ("I used to enjoy my work. Now every day is torture.", -1),
        ("I wish I had listened to her.", -1),
        ("I wish there was a bus to the beach.", 0),
        ("Unless it is terrible, I'll keep it.", 0),
        ("Which is the worst option?", 0),
        ("I couldn't be angrier.", -1),
        ("It was worse than I expected.", -1),
        ("Thanks in advance for your help.", 0),
        ("Write a sad story about a lost dog.", 0),
        ("The trust fund pays interest every quarter.", 0),
        ("I'm on cloud nine!", 1),
        ("He really gets under my skin.", -1),
    ],
)
def test_rules_hold_for_sentences_that_are_in_no_file(text: str, sign: int) -> None:
    valence = analyse(text).valence or 0.0
    assert (valence > 0) - (valence < 0) == sign


def test_the_command_shows_what_was_found_for_each_label_and_rule(tmp_path: Path) -> None:
    run = CliRunner(env={"COLUMNS": "120"})
    arguments = ["eval", "emotion", str(FOLDER / "contrast.csv"), "--csv", str(tmp_path / "rows.csv")]
    shown = run.invoke(cli, arguments)
    assert shown.exit_code == 0, shown.output
    for said in ("torimem", "VADER", "macro F1", "VADER: negative", "negation", "idiom"):
        assert said in shown.output
    with (tmp_path / "rows.csv").open() as file:
        kept = list(csv.DictReader(file))
    assert [(row["method"], row["n"]) for row in kept] == [("torimem", "191"), ("VADER", "191")]
    assert float(kept[0]["accuracy"]) >= CONTRAST_FLOOR
    as_json = json.loads(run.invoke(cli, ["--json", *arguments[:3]]).output)
    assert {row["what makes it hard"] for row in as_json["parts"][1]} == set(rows("contrast")[0].rules)
    none = run.invoke(cli, ["eval", "emotion", str(tmp_path / "none.csv")])
    assert (none.exit_code, "check the path" in none.output) == (2, True)
