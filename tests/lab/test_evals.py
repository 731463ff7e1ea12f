"""The evaluation of recall: figures as worked out by hand, fair baselines, one command from file to table."""

from __future__ import annotations

import builtins
import csv
import io
import json
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from torimem import Memory, Message, estimate_tokens
from torimem.errors import InvalidInput, MissingExtra, NotFound, StoreError
from torimem.lab.evals import baselines, figure, locomo, metrics, recall, report, sheet
from torimem.lab.evals.locomo import Dialogue, Question
from torimem.lab.evals.metrics import MISSED, Found
from torimem.language.meaning.embed import Encoded
from torimem.language.stems import stems

SESSIONS: list[tuple[str, list[tuple[str, str]]]] = [
    (
        "9:30 am on 4 March, 2024",
        [
            ("Mira", "I signed up for a pottery course at the old brewery."),
            ("Jonas", "Lovely! Who teaches it?"),
            ("Mira", "A retired sailor named Edda. She glazes everything in cobalt."),
            ("Jonas", "I am still fixing the gearbox of my tractor."),
            ("Mira", "Is it the green one from your uncle?"),
            ("Jonas", "Yes, the 1962 Fendt. It leaks oil."),
        ],
    ),
    (
        "6:10 pm on 19 March, 2024",
        [
            ("Jonas", "The tractor runs again! I drove it to the lake."),
            ("Mira", "Hooray!"),
            ("Jonas", "Then it rained for an hour and I hid in the boathouse."),
            ("Mira", "My first bowl cracked in the kiln."),
            ("Jonas", "Oh no. Was it the cobalt one?"),
            ("Mira", "Yes. Edda says the clay was too wet."),
            ("Mira", "I will try a teapot next."),
        ],
    ),
    (
        "8 April 2024",
        [
            ("Mira", "The teapot survived! I gave it to my grandmother."),
            ("Jonas", "Hooray!"),
            ("Jonas", "I sold the Fendt to a museum in Ulm for 4000 euros."),
            ("Mira", "Will you miss it?"),
            ("Jonas", "A little. I bought a rowing boat with the money."),
            ("Mira", "What is it called?"),
            ("Jonas", "Philomena, after my sister."),
        ],
    ),
]
ASKED: list[tuple[str, Any, Any]] = [
    ("Who teaches the pottery course?", ["D1:1", "D1:3"], 1),
    ("Where did Jonas hide from the rain?", ["D2:3"], 4),
    ("When did the tractor run again?", "D2:01", 2),
    ("Why did Mira's bowl crack?", ["D2:4; D2:6"], 1),
    ("To whom did Mira give the teapot?", ["D3:1", "D7:7"], 4),
    ("What did Jonas sell to a museum?", ["D:3:3"], 4),
    ("What is the name of the boat?", ["D3:5", "D3:7"], "naming"),
    ("Does Mira like the sea?", [], 3),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A dialogue of 20 turns with 8 questions, one of them without evidence."""
    talk: dict[str, Any] = {}
    for number, (date, said) in enumerate(SESSIONS, start=1):
        talk[f"session_{number}_date_time"] = date
        talk[f"session_{number}"] = [
            {"speaker": who, "text": text, "dia_id": f"D{number}:{place}"}
            for place, (who, text) in enumerate(said, start=1)
        ]
    asked = [{"question": text, "evidence": ids, "category": kind} for text, ids, kind in ASKED]
    path = tmp_path / "talk.json"
    path.write_text(json.dumps([{"sample_id": "m", "conversation": talk, "qa": asked}]), "utf-8")
    return path


class Hashing:
    """An embedder without a model: each stem has its own random direction. It counts what it is asked."""

    name, dimensions = "hashing@1", 32

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        self.asked += texts
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Encoded:
        named = [word.casefold() for word in re.findall(r"\w+", text) if stems(word)]
        rows = [np.random.default_rng(list(stems(word)[0].encode())).normal(size=32) for word in named]
        words = np.array([row / np.linalg.norm(row) for row in rows], np.float32).reshape(-1, 32)
        whole = words.sum(axis=0) if named else np.zeros(32, np.float32)
        whole = whole / (np.linalg.norm(whole) or 1.0)
        return Encoded(whole.astype(np.float32), whole[None].astype(np.float32), words, tuple(named))


def messages(*texts: str) -> tuple[Message, ...]:
    at = datetime(2024, 3, 4, tzinfo=UTC)
    return tuple(Message(text, "user", "Mira", at, "1", f"t{n}") for n, text in enumerate(texts))


# Figures

HAND = [
    Found("a", (1, 12), (40, 480)),
    Found("b", (3,), (150,)),
    Found("a", (MISSED, 6, 30), (MISSED, 600, 2400)),
]


def test_every_figure_is_what_it_is_by_hand() -> None:
    figures = {name: measure(HAND) for name, measure in report.METRICS.items()}
    assert figures == pytest.approx(
        {
            "recall@5": (1 / 2 + 1 + 0) / 3,
            "recall@10": (1 / 2 + 1 + 1 / 3) / 3,
            "recall@20": (1 + 1 + 1 / 3) / 3,
            "any@10": (1 + 1 + 1) / 3,
            "all@10": (0 + 1 + 0) / 3,
            "MRR": (1 + 1 / 3 + 1 / 6) / 3,
            "500 tokens": (1 + 1 + 0) / 3,
            "1000 tokens": (1 + 1 + 1 / 3) / 3,
            "2000 tokens": (1 + 1 + 1 / 3) / 3,
        }
    )
    assert metrics.any_at(HAND, 5) == pytest.approx(2 / 3)
    assert metrics.all_at(HAND, 12) == pytest.approx(2 / 3)
    assert metrics.recall(HAND, 30) == pytest.approx((1 + 1 + 2 / 3) / 3)
    assert metrics.recall_within(HAND, 479) == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert metrics.recall_within(HAND, 480) == pytest.approx((1 + 1 + 0) / 3)


def test_figures_of_no_question_are_zero_and_of_nothing_found_too() -> None:
    for found in ([], [Found("a", (MISSED,), (MISSED,))]):
        assert [measure(found) for measure in report.METRICS.values()] == [0.0] * 9
    assert metrics.difference([], []) == (0.0, 0.0, 0.0)


def test_the_interval_of_a_difference() -> None:
    rng = random.Random(7)
    better = [Found("a", (rng.choice([1, 3, 40]),), (1,)) for _ in range(400)]
    worse = [Found("a", (rng.choice([1, 30, 40]),), (1,)) for _ in range(400)]
    mean, low, high = metrics.difference(better, worse)
    gains = metrics.shares(better, 10) - metrics.shares(worse, 10)
    assert mean == pytest.approx(gains.mean())
    assert low < mean < high
    # where there are many questions, draws of them say what the normal distribution says
    assert (high - low) / 2 == pytest.approx(1.96 * gains.std() / 400**0.5, rel=0.1)
    assert metrics.difference(better, worse) == (mean, low, high)
    assert metrics.difference(worse, better) == pytest.approx((-mean, -high, -low))
    assert metrics.difference(better, better) == (0.0, 0.0, 0.0)


# From a ranking to what was found


def scored(said: Sequence[Message], evidence: Sequence[str], ranking: Sequence[str]) -> Found:
    dialogue = Dialogue("0", tuple(said), (Question("Which?", tuple(evidence), "open"),))
    (found,) = recall.score(dialogue, [ranking])
    return found


def test_ranks_count_from_one_and_tokens_are_those_of_the_lines_so_far() -> None:
    said = messages("Edda glazes in cobalt.", 'He said "no".', "The clay was wet.")
    lines = ['\n- 2024-03-04, Mira: "The clay was wet."', '\n- 2024-03-04, Mira: "He said \\"no\\"."']
    costs = [estimate_tokens(line) for line in lines]
    assert scored(said, ["t2", "t1"], ["t2", "t1", "t0"]) == Found(
        "open", (1, 2), (costs[0], costs[0] + costs[1])
    )


def test_what_is_not_in_the_ranking_or_not_in_the_dialogue_was_missed() -> None:
    found = scored(messages("a", "b"), ["t1", "t0", "silent"], ["t0"])
    assert found.ranks == (MISSED, 1, MISSED)
    assert found.tokens[0] == found.tokens[2] == MISSED


def test_turns_of_equal_text_are_found_together_and_take_one_rank() -> None:
    said = messages("Hooray!", "I sold it.", " Hooray! ", "It leaks.", "hooray!")
    found = scored(said, ["t0", "t2", "t3", "t4"], ["t2", "t0", "t1", "t3"])
    assert found.ranks == (1, 1, 3, MISSED)
    assert found.tokens[0] == found.tokens[1] == estimate_tokens('\n- 2024-03-04, Mira: "Hooray!"')


def test_a_line_is_never_cut_and_stays_one_line() -> None:
    (long,) = messages("word " * 2000 + "\nend\u202e")
    line = recall.line(long)
    assert "\n" not in line
    assert line.endswith('word end\\u202e"')
    bare = Message("Hi")
    assert recall.line(bare) == '- -, user: "Hi"'


# The same turns in another order


def test_shuffled_turns_are_the_same_turns_in_another_order(file: Path) -> None:
    (dialogue,) = locomo.read(file)
    mixed = recall.shuffled(dialogue.messages)
    assert mixed == recall.shuffled(dialogue.messages)
    content = [(m.id, m.text, m.speaker, m.role, m.at) for m in dialogue.messages]
    other = [(m.id, m.text, m.speaker, m.role, m.at) for m in mixed]
    assert other != content
    assert sorted(other) == sorted(content)  # type: ignore[type-var]
    assert [m.session for m in mixed] == [m.session for m in dialogue.messages]


# Baselines


def test_the_newest_turns_come_first_whatever_is_asked() -> None:
    said = messages("a", "b", "c")
    assert baselines.last_turns(said, ["What?", ""]) == [["t2", "t1", "t0"]] * 2


def test_full_text_search_finds_by_stem_speaker_and_rarity() -> None:
    said = messages("The kilns were hot.", "A bowl and a bowl.", "A kiln with a bowl", "Rain.")
    asked = ["Which kiln?", "kiln bowl", "Was it raining?", "Did Mira see anything?", "What was it?"]
    assert baselines.fts5(said, asked) == [
        ["t0", "t2"],
        ["t2", "t1", "t0"],
        ["t3"],
        ["t3", "t0", "t1", "t2"],
        [],
    ]


HARD = [
    *(
        "",
        "   ",
        '"',
        "'",
        '"""',
        "kiln AND",
        "AND OR NOT",
        "NEAR(kiln bowl)",
        "text: kiln",
        "turns MATCH kiln",
    ),
    *(
        "kiln*",
        "^kiln",
        "-kiln",
        "(kiln",
        "kiln)",
        "{kiln}",
        "kiln; DROP TABLE turns",
        "😀",
        "kiln 😀",
        "_",
        "___",
    ),
    *("kiln\x00bowl", "kiln\nbowl", "窯", "ﬁ", "İ", "kiln's", "\\", "%", "?", "e\u0301", "x" * 100_000),
]


@pytest.mark.parametrize("question", HARD, ids=lambda question: ascii(question)[:30])
def test_no_question_breaks_full_text_search(question: str) -> None:
    said = messages("The kiln is hot.", "", "😀", 'She said "no" AND left\x00.', "窯")
    (ranking,) = baselines.fts5(said, [question])
    assert set(ranking) <= {message.id for message in said}
    assert ("t0" in ranking) == ("kiln" in question)


def test_operators_in_a_question_are_words() -> None:
    said = messages("the word near", "the word match", "nothing of it")
    assert baselines.fts5(said, ["NEAR", "match*"]) == [["t0"], ["t1"]]


# The protocol


def names(*args: Any, **kwargs: Any) -> list[str]:
    return [method.name for method in recall.methods(*args, **kwargs)]


WITHOUT = ["without words", "without spread", "without speaker", "without dates"]


def test_there_is_a_row_for_every_part_that_applies(file: Path) -> None:
    people = locomo.read(file)
    chat = [Dialogue("0", (Message("Hi", "assistant", id="a"),), ())]
    end = ["torimem, turns shuffled", "SQLite FTS5", "last turns"]
    more = ["torimem, turns shuffled", "words only", "SQLite FTS5", "last turns"]
    last = ["without claims", "without flow"]
    vectors = ["without sentences", "without tokens"]
    assert names(people) == ["torimem", *WITHOUT, *last, *end]
    assert names(chat) == ["torimem", *WITHOUT, "without author", *last, *end]
    assert names(people, Hashing()) == ["torimem", *WITHOUT, *last, *vectors, *more]
    assert names(people, Hashing(), rows="full") == ["torimem", *more]
    assert names(people, Hashing(), rows="quick") == ["torimem", "SQLite FTS5", "last turns"]
    assert names(people, without=["flow", "words"]) == ["torimem", *WITHOUT[1:], "without claims", *end]


def test_a_sqlite_without_full_text_search_costs_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert baselines.has_fts5()
    monkeypatch.setattr(baselines, "has_fts5", lambda: False)
    assert names([], rows="quick") == ["torimem", "last turns"]


def test_search_is_asked_with_the_parts_off_that_the_row_names(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, frozenset[str], int]] = []
    search = Memory.search

    def watched(self: Memory, question: str, limit: int = 10, **options: Any) -> Any:
        asked.append((question, frozenset(options["without"]), self.turns()[0].text.count("pottery")))
        return search(self, question, limit, **options)

    monkeypatch.setattr(Memory, "search", watched)
    recall.evaluate(locomo.read(file), without=["dates"])
    questions = [text for text, _, _ in ASKED[:-1]]
    parts = ["words", "spread", "speaker", "claims", "flow"]
    expected = [(text, frozenset({"dates"}), 1) for text in questions]
    expected += [(text, frozenset({"dates", part}), 1) for part in parts for text in questions]
    assert asked[: len(expected)] == expected
    shuffled = [(text, frozenset({"dates"}), 0) for text in questions]
    assert asked[len(expected) :] == shuffled


def test_the_same_file_gives_the_same_rows_and_what_is_found_is_right(file: Path) -> None:
    dialogues = locomo.read(file)
    rows = recall.evaluate(dialogues)
    assert rows == recall.evaluate(dialogues)
    by_name = {row.method: row.found for row in rows}
    assert {len(found) for found in by_name.values()} == {7}
    assert [found.category for found in by_name["torimem"]] == [
        *("multi-hop", "single-hop", "temporal", "multi-hop", "single-hop", "single-hop", "naming")
    ]
    assert metrics.recall(by_name["torimem"], 10) > 0.9
    assert metrics.recall(by_name["without words"], 3) < metrics.recall(by_name["torimem"], 3)
    # Jonas says only at the end what his boat is called
    assert by_name["last turns"][-1].ranks == (3, 1)
    assert by_name["last turns"][0].ranks == (19, 17)  # "Hooray!" was said twice: one rank for both


def test_nothing_is_embedded_twice_and_words_alone_are_as_without_an_embedder(file: Path) -> None:
    dialogues = locomo.read(file)
    embedder = Hashing()
    rows = {row.method: row.found for row in recall.evaluate(dialogues, embedder)}
    assert len(embedder.asked) == len(set(embedder.asked))
    assert {text for _, said in SESSIONS for _, text in said} <= set(embedder.asked)
    bare = {row.method: row.found for row in recall.evaluate(dialogues)}
    assert rows["words only"] == bare["torimem"]
    assert rows["torimem"] != bare["torimem"]
    assert rows["without sentences"] != rows["torimem"]
    assert rows["last turns"] == bare["last turns"]


@pytest.mark.parametrize("embedder", [None, Hashing()], ids=["words", "embedder"])
@pytest.mark.parametrize("rows", ["all", "quick"])
def test_progress_counts_every_step_once(file: Path, embedder: Hashing | None, rows: recall.Rows) -> None:
    dialogues = locomo.read(file) * 2
    seen: list[int] = []
    recall.evaluate(dialogues, embedder, rows=rows, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == recall.steps(dialogues, recall.methods(dialogues, embedder, rows=rows), embedder)


def test_what_cannot_be_measured_is_one_clear_line() -> None:
    with pytest.raises(InvalidInput, match="no question has evidence that names a turn"):
        recall.evaluate([Dialogue("0", messages("a"), ())])
    with pytest.raises(NotFound, match="part 'colour' is not one of words, spread"):
        recall.evaluate([], without=["flow", "colour"])


def test_questions_about_turns_without_words_are_missed_not_lost() -> None:
    silent = Dialogue("0", (), (Question("Which photo?", ("D1:1",), "open"),))
    for row in recall.evaluate([silent]):
        assert row.found == (Found("open", (MISSED,), (MISSED,)),)


# The report


def made(file: Path, **options: Any) -> report.Report:
    dialogues = locomo.read(file)
    return report.Report.of(file, dialogues, recall.evaluate(dialogues, **options))


def test_the_summary_says_what_was_left_out(file: Path) -> None:
    found = report.summary(made(file, rows="quick"))
    assert found.startswith(
        "talk.json: 1 dialogue, 20 turns, 7 questions (1 left out: no evidence; 1 evidence id dropped: no "
        "such turn); embedder none; "
    )


def test_notes_are_shown_but_not_by_the_hundred(file: Path) -> None:
    talk = {f"session_{n}": [{"text": f"kite {n}"}] for n in range(1, 10)}
    file.write_text(json.dumps({"conversation": talk, "qa": [{"question": "A kite?", "evidence": "D4:1"}]}))
    console = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    console.print(report.shown(made(file, rows="quick")))
    text = console.export_text()
    assert text.count("has no date") == 5
    assert "note: and 4 more like these; --json has all" in text


# The picture


def test_the_picture_is_drawn_with_and_without_parts(file: Path, tmp_path: Path) -> None:
    from PIL import Image

    sizes = []
    for rows in ("all", "quick"):
        path = figure.png(tmp_path / f"{rows}.png", made(file, rows=rows))
        with Image.open(path) as image:
            sizes.append(image.size)
            assert len(image.convert("RGB").getcolors(1 << 20) or []) > 100
    assert sizes[0][0] > sizes[1][0] > 1000
    assert sorted(path.name for path in tmp_path.glob("*png*")) == ["all.png", "quick.png"]


def test_what_lies_far_off_does_not_hide_the_rest(tmp_path: Path) -> None:
    hit, miss = Found("a", (1,), (40,)), Found("a", (MISSED,), (MISSED,))
    rows = [recall.Row("torimem", (hit,) * 9), recall.Row("torimem, turns shuffled", (miss,) * 9)]
    far = report.Report("a.json", "", 1, 9, 9, 0, 0, (), "none", (), "here", tuple(rows))
    assert figure.png(tmp_path / "far.png", far).exists()


def test_a_name_that_no_font_can_draw_is_no_warning(file: Path, tmp_path: Path) -> None:
    odd = file.rename(tmp_path / "$窯🏺$.json")
    assert figure.png(tmp_path / "a.png", made(odd, rows="quick")).exists()


def test_labels_keep_their_order_and_their_distance() -> None:
    places = figure._apart([0.5, 0.9, 0.51, 0.1, 0.5], 0.05)
    assert sorted(range(5), key=lambda n: places[n]) == [3, 4, 0, 2, 1]
    assert all(
        upper - lower > 0.0499 for lower, upper in zip(sorted(places), sorted(places)[1:], strict=False)
    )
    assert places[1] == 0.9
    assert sum(places) == pytest.approx(0.5 + 0.9 + 0.51 + 0.1 + 0.5)
    assert figure._apart([], 0.05) == []


def test_a_picture_that_cannot_be_written_is_one_clear_line(file: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        figure.png(tmp_path / "a.png", made(file, rows="quick"))
    assert sorted(path.name for path in tmp_path.glob("*")) == ["a.png", "talk.json"]


# The command


def torimem(*arguments: str, columns: int = 120) -> Result:
    from torimem.cli import cli

    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(cli, ["--embedder", "none", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def one_error(result: Result, message: str, code: int = 2) -> None:
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert message in line


def test_one_command_from_file_to_table(file: Path, tmp_path: Path) -> None:
    result = torimem("--db", str(tmp_path / "none.db"), "eval", "recall", str(file))
    assert result.exit_code == 0, result.output
    for said in (*names(locomo.read(file)), "talk.json: 1 dialogue, 20 turns", "multi-hop", "naming"):
        assert said in result.stdout
    for said in ("questions of one dialogue are not independent", "1.8 to 2.8 times a real count on purpose"):
        assert said in " ".join(result.stdout.split())
    assert not (tmp_path / "none.db").exists()
    row = next(line.split() for line in result.stdout.splitlines() if line.startswith("last turns"))
    found = next(row.found for row in recall.evaluate(locomo.read(file)) if row.method == "last turns")
    assert row[2:5] == [sheet.share(metrics.recall(found, k)) for k in (5, 10, 20)]


def test_json_has_every_figure(file: Path) -> None:
    result = torimem("--json", "eval", "recall", str(file), "--rows", "full", "--without", "words")
    found = json.loads(result.stdout)
    assert (found["turns"], found["questions"], found["left_out"], found["unknown"]) == (20, 7, 1, 1)
    assert (found["embedder"], found["without"], found["notes"]) == ("none", ["words"], [])
    assert [row["method"] for row in found["rows"]] == names([], rows="full")
    for row in found["rows"]:
        assert {*report.METRICS, "difference", "categories", "method"} == set(row)
        assert sum(kind["n"] for kind in row["categories"].values()) == 7
        weighed = sum(kind["n"] * kind["recall@10"] for kind in row["categories"].values())
        assert weighed / 7 == pytest.approx(row["recall@10"], abs=1e-3)
    first, *others = found["rows"]
    ours = recall.evaluate(locomo.read(file), without=["words"], rows="full")[0]
    assert first["recall@5"] == round(metrics.recall(ours.found, 5), 4) < 0.5
    assert first["difference"] == {"recall@10": 0, "low": 0, "high": 0}
    last = others[-1]
    assert last["difference"]["recall@10"] == pytest.approx(last["recall@10"] - first["recall@10"], abs=1e-3)


def test_rows_are_appended_to_a_csv_file_with_one_header(file: Path, tmp_path: Path) -> None:
    rows = tmp_path / "recall.csv"
    for arguments in (["--quick"], ["--rows", "quick", "--without", "flow"]):
        assert torimem("eval", "recall", str(file), "--csv", str(rows), *arguments).exit_code == 0
    assert rows.read_text("utf-8").count("recall@10") == 1
    with rows.open(newline="", encoding="utf-8") as lines:
        read = list(csv.DictReader(lines))
    assert [row["method"] for row in read] == ["torimem", "SQLite FTS5", "last turns"] * 2
    assert [row["without"] for row in read] == [""] * 3 + ["flow"] * 3
    assert {(row["file"], row["n"], row["embedder"]) for row in read} == {("talk.json", "7", "none")}
    assert all(re.fullmatch(r"[0-9a-f]{12}", row["sha256"]) for row in read)
    assert all(row["versions"].startswith("python 3.") and "numpy" in row["versions"] for row in read)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"]) and row["device"] for row in read)
    (last,) = {
        (row["recall@5"], row["recall@10"], row["MRR"]) for row in read if row["method"] == "last turns"
    }
    found = next(row.found for row in recall.evaluate(locomo.read(file)) if row.method == "last turns")
    expected = (metrics.recall(found, 5), metrics.recall(found, 10), metrics.mrr(found))
    assert last == tuple(f"{value:.4f}" for value in expected)


def test_the_commit_is_that_of_a_checkout_of_torimem_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert re.fullmatch(r"([0-9a-f]{7,40}(-dirty)?)?", sheet.commit())
    # installed in a project's environment, the commit would be that of the project
    monkeypatch.setattr(sheet, "__file__", str(tmp_path / "a/b/c/d.py"))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("git was asked"))
    assert sheet.commit() == ""


def test_the_command_draws_the_picture(file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "recall.png"
    assert torimem("eval", "recall", str(file), "--quick", "--png", str(picture)).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "talk.json cannot be read (No such file or directory): check the path"),
        ("not json", "talk.json is not JSON: give a file in the layout of locomo10.json"),
        ("[]", "talk.json is an empty list"),
        ('[{"conversation": {}}]', "no question has evidence that names a turn"),
        (
            '[{"conversation": {"session_1": [{"text": "a", "dia_id": 1}, {"text": "b", "dia_id": 1}]}}]',
            "is there twice",
        ),
    ],
)
def test_a_bad_file_is_one_clear_line(file: Path, content: str | None, message: str) -> None:
    file.unlink()
    if content is not None:
        file.write_text(content, "utf-8")
    one_error(torimem("eval", "recall", str(file)), message)


def test_a_bad_choice_is_one_clear_line_before_any_work(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "evaluate", lambda *_, **__: pytest.fail("the work was begun"))
    ask = ("eval", "recall", str(file))
    one_error(torimem(*ask, "--without", "colour"), "part 'colour' is not one of words, spread, speaker")
    one_error(torimem(*ask, "--csv", str(tmp_path / "none/a.csv")), "in a folder that does not exist")
    one_error(torimem(*ask, "--csv", str(tmp_path)), "cannot be appended to")
    other = tmp_path / "other.csv"
    other.write_text("date,commit\n", "utf-8")
    one_error(torimem(*ask, "--csv", str(other)), "has other columns than this evaluation")
    assert other.read_text("utf-8") == "date,commit\n"
    one_error(torimem(*ask, "--png", str(tmp_path / "none/a.png")), "in a folder that does not exist")
    other.write_bytes(b"caf\xe9\n")
    one_error(torimem(*ask, "--csv", str(other)), "it is no CSV file")
    real = builtins.__import__

    def without_matplotlib(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    one_error(torimem(*ask, "--png", str(tmp_path / "a.png")), "pip install 'torimem[plot]'", 1)
    with pytest.raises(MissingExtra):
        figure.check(tmp_path / "a.png")
