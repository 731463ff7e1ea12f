"""Topics against what a person named: figures that bite, baselines, and files that cannot be scored.

`topics/chat.csv` is what the rules were made with; `topics/held.csv` was scored only after they were done.
A topic is a thing, a person, a place, a work or a pastime that the message is about, as long as it is named;
judgement, size, age and time are no part of it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from torimem.cli import cli
from torimem.errors import InvalidInput
from torimem.lab.evals.topics import (
    FIGURES,
    FREQUENCY,
    OURS,
    RARITY,
    Example,
    Miss,
    evaluate,
    most_frequent,
    rarest,
    read,
)
from torimem.language.analyser import topic_key

FILES = Path(__file__).parents[1] / "language/topics"


@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("chat.csv", {"precision": 0.97, "recall": 0.97, "F1": 0.975, "exact": 0.96, "kept empty": 0.97}),
        ("held.csv", {"precision": 0.93, "recall": 0.90, "F1": 0.92, "exact": 0.88, "kept empty": 0.95}),
    ],
)
def test_topics_are_those_a_person_names(file: str, least: dict[str, float]) -> None:
    ours, *baselines = evaluate(read(FILES / file))
    below = {name: ours.figures[name] for name, floor in least.items() if ours.figures[name] < floor}
    assert not below, ours.misses
    assert all(ours.figures["F1"] > row.figures["F1"] + 0.5 for row in baselines)
    assert all(ours.figures["stems@5"] > row.figures["stems@5"] + 0.1 for row in baselines)


def test_the_two_files_share_no_message() -> None:
    chat, held = (read(FILES / name) for name in ("chat.csv", "held.csv"))
    assert len(chat) >= 150
    assert len(held) >= 100
    assert len({example.text for example in chat + held}) == len(chat) + len(held)


def test_topics_count_as_equal_where_their_keys_are() -> None:
    ours = evaluate([Example("I bought a new guitar and donuts", ("Guitars", "doughnut"))])[0]
    assert ours.method == OURS
    assert dict(ours.figures) == dict.fromkeys(FIGURES, 1.0)
    assert ours.misses == ()


def test_figures_are_shares_over_all_messages() -> None:
    examples = [
        Example("I bought a guitar", ("guitar", "amplifier")),
        Example("My boss and my sister", ("boss",)),
        Example("How are you?", ()),
        Example("A piano", ()),
    ]
    figures = evaluate(examples)[0].figures
    assert tuple(figures) == FIGURES
    assert figures["precision"] == 0.5  # guitar, boss; sister, piano
    assert figures["recall"] == pytest.approx(2 / 3, abs=1e-4)  # all but the amplifier
    assert figures["F1"] == pytest.approx(4 / 7, abs=1e-4)
    assert figures["exact"] == 0.25
    assert figures["kept empty"] == 0.5
    assert figures["stems@5"] == pytest.approx(2 / 3, abs=1e-4)


def test_the_worst_misses_come_first() -> None:
    examples = [
        Example("A piano", ()),
        Example("Hello", ("greeting", "manners")),
        Example("A drum", ("drum",)),
    ]
    assert evaluate(examples)[0].misses == (
        Miss("Hello", ("greeting", "manners"), ()),
        Miss("A piano", (), ("piano",)),
    )


def test_the_baselines_are_single_words_of_the_message() -> None:
    rows = evaluate([Example("machine learning is fun", ("machine learning",)), Example("hm", ())])
    assert [row.method for row in rows] == [OURS, FREQUENCY, RARITY]
    assert rows[0].figures["F1"] == 1.0
    assert rows[1].figures["F1"] == rows[2].figures["F1"] == 0.0
    assert rows[1].figures["stems@5"] == 1.0


def test_a_baseline_takes_five_words_the_most_frequent_or_the_rarest_first() -> None:
    text = "tea and cake, tea and scones, jam, cream, butter, honey"
    assert most_frequent(text) == ["tea", "cake", "scones", "jam", "cream"]
    find = rarest([text, "cake", "cake", "jam"])
    assert find(text) == ["tea", "scones", "cream", "butter", "honey"]
    assert rarest([text])(text)[0] == "tea"  # one text: every word is as common as the others
    assert most_frequent("") == find("") == []


def test_no_example_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one is needed"):
        evaluate([])


def test_a_file_is_read_as_it_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "said.csv"
    file.write_text(
        '\ufefftopics,text,who\nguitar;  C++ ;,"I play, and\nI code",Ada\n\n,Hi,Ben\n', encoding="utf-8"
    )
    assert read(file) == (Example("I play, and\nI code", ("guitar", "C++")), Example("Hi", ()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: give"),
        ("text,topic\nHi,\n", "line 1 has no column 'topics'"),
        ("text,topics\n", "has no message"),
        ("text,topics\nHi,\nTea, please,tea\n", "line 3 has more fields than columns"),
        ('text,topics\n"one\ntwo",tea\nHi\n', "line 4 has fewer fields than columns"),
        ("text,topics\n  ,tea\n", "line 2, column 'text' is empty"),
        ("text,topics\nHi,\u200b\n", "line 2: topic"),
        ('text,topics\n"Hi,\n', "line 2 is no CSV (unexpected end of data)"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "said.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.csv cannot be read \(No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path)
    latin = tmp_path / "latin.csv"
    latin.write_bytes("text,topics\nCafé,café\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"latin\.csv is not UTF-8"):
        read(latin)


def test_every_topic_of_the_files_has_a_key() -> None:
    for name in ("chat.csv", "held.csv"):
        for example in read(FILES / name):
            keys = [topic_key(topic) for topic in example.topics]
            assert len(set(keys)) == len(keys), example


def test_the_command_shows_the_figures_and_the_worst_misses(tmp_path: Path) -> None:
    file = tmp_path / "said.csv"
    file.write_text("text,topics\nI bought a guitar,guitar\nHello,greeting; manners\n", encoding="utf-8")
    run = CliRunner(env={"COLUMNS": "120"})
    shown = run.invoke(cli, ["eval", "topics", str(file), "--csv", str(tmp_path / "rows.csv")])
    assert shown.exit_code == 0, shown.output
    assert "found none, not greeting; manners: Hello" in shown.output
    with (tmp_path / "rows.csv").open() as out:
        assert [row["method"] for row in csv.DictReader(out)] == [OURS, FREQUENCY, RARITY]
