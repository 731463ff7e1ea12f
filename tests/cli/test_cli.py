"""Every command as somebody at a terminal meets it: its output, its JSON, its errors and its exit code."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from fake_llm import FakeLLM, closed_port
from torimem import Memory
from torimem.cli import cli
from torimem.language.feeling.judge import VADER
from torimem.language.meaning.embed import OneVector
from torimem.language.topics import find

LINES = [
    {"id": "a1", "text": "I love my new guitar.", "at": "2026-01-01T10:00:00"},
    {"id": "a2", "role": "assistant", "text": "What do you play?", "at": "2026-01-01T10:01:00"},
    {"id": "a3", "text": "The work deadline is terrible, I am so worried.", "at": "2026-01-02T10:00:00"},
    {"id": "a4", "text": "I bought the guitar for 389 euros.", "at": "2026-01-03T10:00:00"},
]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database with four turns."""
    path = tmp_path / "memory.db"
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    assert torimem(path, "replay", str(file)).exit_code == 0
    return path


def torimem(db: Path, *arguments: str, input: str | None = None, **environment: str) -> Result:
    """One command in this process; an exception that is no exit would be a traceback."""
    result = CliRunner(env={"COLUMNS": "100", "TORIMEM_EMBEDDER": "none", **environment}).invoke(
        cli, ["--db", str(db), *arguments], input=input
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(result: Result, code: int = 0) -> str:
    assert result.exit_code == code, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def as_json(db: Path, *arguments: str) -> Any:
    return json.loads(told(torimem(db, "--json", *arguments)))


def one_error(result: Result, code: int, message: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert re.search(message, lines[-1]), lines
    assert lines[-1].startswith("Error: ")
    # click says before the line how the command is called; we say the line alone
    assert len(lines) == 1 or lines[0].startswith("Usage: ")


def really(
    *arguments: str, stdin: bytes = b"", cwd: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """A process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "torimem", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", "TORIMEM_EMBEDDER": "none", **environment},
    )


# Help

COMMANDS = sorted(cli.commands)


def test_the_commands_are_those_that_are_promised() -> None:
    talking, reading = "demo chat", "prompt diff search topics map why stats"
    changing, machine = (
        "replay embed forget correct reanalyse export restore refold",
        "eval doctor backends bench",
    )
    assert sorted(f"{talking} {reading} {changing} {machine}".split()) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_every_option_says_what_it_is_for(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert len(cli.commands[command].get_short_help_str(80)) > 20
    for parameter in cli.commands[command].params:
        assert isinstance(parameter, click.Argument) or parameter.help, parameter.name  # type: ignore[attr-defined]


def test_the_first_help_teaches_what_to_try() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    for said in ("torimem demo", "torimem chat", "torimem prompt", "--db", "--user", "--json"):
        assert said in result.output
    for command in COMMANDS:
        assert f"  {command} " in result.output
    assert CliRunner().invoke(cli, ["-h"]).output == result.output


def test_it_starts_without_what_only_some_commands_need() -> None:
    code = "import sys, torimem.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, check=True)
    heavy = {"matplotlib", "openai", "tokenizers", "safetensors", "torch", "vaderSentiment", "readline"}
    assert heavy & set(done.stdout.decode().split()) == set()


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"torimem, version \d+\.\d+\S*\n", CliRunner().invoke(cli, ["--version"]).output)


# Replay, prompt, topics, map, why, stats


def test_two_prompts_are_compared(db: Path) -> None:
    shown = told(torimem(db, "diff", "a1", "a3"))
    assert re.search(r"^came +- work deadline\n +named once, last just now; .*\[a3\]$", shown, re.M)
    assert re.search(r"^\d+ changes, \d+ -> \d+ tokens; of \d+ more a model sees nothing: --all", shown, re.M)
    assert "steady" not in shown
    assert re.search(r"^steady +- guitar$", told(torimem(db, "diff", "a1", "a3", "--all")), re.M)
    found = as_json(db, "diff", "a3", "--question", "How much was the guitar?")
    facts = [change for change in found["changes"] if change["section"] == "facts"]
    assert [(change["kind"], change["turns"]) for change in facts] == [("came", ["a4"])]
    assert told(torimem(db, "diff", "a4")).startswith("0 changes, ")
    one_error(torimem(db, "diff", "a9"), 2, "as_of is 'a9', neither the id of a turn nor a time")


def test_a_replay_again_adds_nothing(tmp_path: Path, db: Path) -> None:
    again = as_json(db, "replay", str(tmp_path / "lines.jsonl"))
    assert (again["read"], again["new"], again["turns"]) == (4, 0, 4)
    assert told(torimem(db, "replay", str(tmp_path / "lines.jsonl"))).startswith("0 new turns, 4 in all, ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "line 2 is not JSON"),
        ('{"id": "x"}', "line 2 has no text"),
        ('{"text": 7}', "line 2: text is "),
        ('["text"]', "line 2 is a list"),
        ('{"text": "x", "role": "system"}', "line 2: role is 'system'"),
        ('{"text": "x", "mood": 1}', "line 2 has unknown keys"),
        ('{"text": "x", "at": "yesterday"}', "line 2: at is 'yesterday'"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_written(tmp_path: Path, line: str, message: str) -> None:
    file, db = tmp_path / "broken.jsonl", tmp_path / "new.db"
    file.write_text('{"text": "I love my new guitar."}\n' + line + '\n{"text": "x"}\n', "utf-8")
    one_error(torimem(db, "replay", str(file)), 2, message)
    assert not db.exists()


def test_a_value_that_only_the_memory_can_refuse_leaves_the_log_as_it_was(tmp_path: Path, db: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"text": "fine"}\n{"text": "x", "emotion": 2}\n', "utf-8")
    one_error(torimem(db, "replay", str(file)), 2, "emotion is 2")
    assert as_json(db, "stats")["turns"] == 4


def test_a_file_that_is_not_there_or_not_text_is_one_line(tmp_path: Path) -> None:
    one_error(torimem(tmp_path / "x.db", "replay", str(tmp_path / "none")), 2, "cannot be read")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    one_error(torimem(tmp_path / "x.db", "replay", str(tmp_path / "bytes")), 2, "not UTF-8")
    one_error(torimem(tmp_path / "x.db", "replay", str(tmp_path)), 2, "cannot be read")


def test_the_prompt_is_printed_as_the_model_would_get_it(db: Path) -> None:
    text = told(torimem(db, "prompt", "Which guitar did I buy?"))
    with Memory(db) as memory:
        assert text == memory.prompt("Which guitar did I buy?").text + "\n"
    assert '"I bought the guitar for 389 euros."' in text
    assert told(torimem(db, "prompt", "--persona", "a pirate")).startswith("You are a pirate.\n")
    assert "Active Topics:" not in told(torimem(db, "prompt", "--template", "emotional"))


def test_the_prompt_as_json_has_its_ledger(db: Path) -> None:
    prompt = as_json(db, "prompt", "guitar?", "--budget", "300")
    assert prompt["tokens"] <= prompt["budget"] == 300
    assert {line["kept"] for line in prompt["lines"]} == {True, False}


def test_the_ledger_shows_what_each_line_costs_and_what_the_budget_cut(db: Path) -> None:
    shown = told(torimem(db, "prompt", "guitar?", "--budget", "300", "--ledger"))
    assert shown.startswith("You are a helpful assistant.\n")
    assert re.search(r"^\+ +\d+  - guitar\b", shown, re.MULTILINE)
    assert re.search(r"^cut +\d+  - ", shown, re.MULTILINE)
    assert "[a1, a4]" in shown


@pytest.mark.parametrize("budget", ["0", "-5", "3"])
def test_a_budget_that_is_too_small_is_one_line(db: Path, budget: str) -> None:
    one_error(torimem(db, "prompt", "--budget", budget), 2, "^Error: budget is ")


def test_the_prompt_goes_back_in_time(db: Path) -> None:
    assert "deadline" not in told(torimem(db, "prompt", "--as-of", "a1"))
    assert "deadline" not in told(torimem(db, "prompt", "--as-of", "2026-01-01T12:00:00"))
    assert "deadline" in told(torimem(db, "prompt", "--as-of", "a3"))
    assert told(torimem(db, "prompt", "--now", "2027-01-01")) == told(torimem(db, "prompt"))
    one_error(torimem(db, "prompt", "--as-of", "never"), 2, "as_of is 'never'")
    one_error(torimem(db, "prompt", "--now", "never"), 2, "now is 'never'")
    one_error(
        torimem(db, "prompt", "--template", "haiku"), 2, "not one of default, emotional, json, minimal, tutor"
    )


def test_search_shows_what_was_said_by_whom_when_and_why_it_was_found(db: Path) -> None:
    with Memory(db) as memory:
        memory.observe("The guitar\x1b[31m is\n\nout of tune.", speaker="Ada", id="b1")
        memory.observe("The  guitar is red.", id="b2", at="2026-01-05T10:00:00")
        memory.observe("The guitar is red.", id="b3", at="2026-01-05T10:00:00")
    shown = told(torimem(db, "search", "red guitar", "--without", "flow", "--without", "spread"))
    assert re.search(
        r"^2026-01-05  user +The guitar is red\.\n +says .*guitar.* · turn b3 · said 2 times$",
        shown,
        re.MULTILINE,
    )
    assert re.search(
        r"  Ada +The guitar\\u001b\[31m is out of tune\.\n +says guitar.* · turn b1$", shown, re.MULTILINE
    )
    assert "deadline" not in shown
    hits = as_json(db, "search", "red guitar")
    assert (hits[0]["turn_id"], hits[0]["count"], hits[0]["at"]) == ("b3", 2, "2026-01-05T10:00:00+00:00")
    assert {hit["turn_id"] for hit in hits} >= {"b3", "b1", "a1", "a4"}
    assert len(as_json(db, "search", "red guitar", "--limit", "1")) == 1


def test_search_keeps_to_a_time_goes_back_in_time_and_leaves_parts_out(db: Path) -> None:
    def found(*options: str) -> set[str]:
        return {hit["turn_id"] for hit in as_json(db, "search", "guitar", *options)}

    assert found() >= {"a1", "a4"}
    assert found("--since", "2026-01-02", "--without", "spread", "--without", "flow") == {"a4"}
    assert found("--until", "2026-01-02", "--without", "spread", "--without", "flow") == {"a1"}
    assert "a4" not in found("--as-of", "a3")
    assert found("--without", "words") == set()
    ago = ["search", "What did I say yesterday?"]
    assert as_json(db, *ago, "--now", "2026-01-03T23:00:00")[0]["turn_id"] == "a3"
    assert as_json(db, *ago, "--now", "2026-01-04T23:00:00")[0]["turn_id"] == "a4"


def test_a_question_may_be_empty_or_begin_with_a_dash_and_may_find_nothing(db: Path) -> None:
    assert told(torimem(db, "search", "")) == "nothing found\n"
    assert told(torimem(db, "search", "xylophone")) == "nothing found\n"
    assert as_json(db, "search", "xylophone") == []
    assert "a4" in told(torimem(db, "search", "--", "--guitar -5"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--limit", "-1"], "limit=-1 must be at least 0"),
        (["--limit", "few"], "few"),
        (["--since", "soon"], "since is 'soon'"),
        (["--until", "soon"], "until is 'soon'"),
        (["--now", "soon"], "now is 'soon'"),
        (["--as-of", "never"], "as_of is 'never'"),
        (["--without", "luck"], "part 'luck' is not one of words, "),
    ],
)
def test_a_search_that_makes_no_sense_is_one_line(db: Path, options: list[str], message: str) -> None:
    one_error(torimem(db, "search", "guitar", *options), 2, message)


def test_topics_are_listed_with_how_active_and_how_felt_they_are(db: Path) -> None:
    shown = told(torimem(db, "topics"))
    assert re.search(r"^guitar +█+ +1\.00 +\+0\.\d\d +2 +just now +\(\d+, \d+\)$", shown, re.MULTILINE)
    assert re.search(r"^work deadline .* -0\.\d\d +1 +1 turn ago", shown, re.MULTILINE)
    rows = as_json(db, "topics")
    assert rows[0].keys() >= {"topic", "activation", "valence", "turns_ago", "x", "y"}
    assert all(row["topic"] in shown for row in rows)


def test_long_lists_are_cut_unless_all_is_asked_for(tmp_path: Path) -> None:
    db = tmp_path / "many.db"
    with Memory(db) as memory:
        memory.observe("many", topics=[f"topic {i}" for i in range(30)])
    assert told(torimem(db, "topics")).endswith("and 10 fainter ones\n")
    assert told(torimem(db, "topics", "--all")).count("topic ") == 31


def test_an_empty_memory_says_so(tmp_path: Path) -> None:
    db = tmp_path / "empty.db"
    Memory(db).close()
    assert "no topics yet" in told(torimem(db, "topics"))
    assert told(torimem(db, "prompt")) == "You are a helpful assistant.\n"
    assert told(torimem(db, "map"))
    assert as_json(db, "stats")["turns"] == 0
    assert as_json(db, "topics") == []
    one_error(torimem(db, "why", "a1"), 2, "no turn has the id 'a1'")


def test_the_map_is_drawn_and_given_as_figures(db: Path, tmp_path: Path) -> None:
    shown = told(torimem(db, "map"))
    assert shown.startswith("activation 64 x 64")
    assert "guitar" in shown
    cells = as_json(db, "map", "--layer", "emotion")
    assert cells["layer"] == "emotion"
    assert (len(cells["cells"]), len(cells["cells"][0])) == (64, 64)
    assert any(topic["topic"] == "guitar" for topic in cells["topics"])
    assert "invalid" in torimem(db, "map", "--layer", "mood").stderr.lower()


def test_the_map_as_a_picture(db: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    png = tmp_path / "map.png"
    assert told(torimem(db, "map", "--png", str(png))) == f"{png}\n"
    assert png.read_bytes().startswith(b"\x89PNG")
    one_error(
        torimem(db, "map", "--png", str(tmp_path / "none" / "map.png")), 1, "cannot be written|No such file"
    )


def test_why_shows_the_turn_its_topics_and_the_lines_that_rest_on_it(db: Path) -> None:
    shown = told(torimem(db, "why", "a4"))
    assert "turn a4, number 3 of the log" in shown
    assert "I bought the guitar for 389 euros." in shown
    assert re.search(r"^ +\+ +\d+  - guitar", shown, re.MULTILINE)
    found = as_json(db, "why", "a4")
    assert [turn["id"] for turn in found["turns"]] == ["a4"]
    assert found["lines"]
    one_error(torimem(db, "why", "a9"), 2, "no turn has the id 'a9'")


def test_stats_count_what_is_there(db: Path) -> None:
    found = as_json(db, "stats")
    assert (found["turns"], found["user_turns"], found["evictions"], found["llm_calls"]) == (4, 3, 0, 0)
    shown = told(torimem(db, "stats"))
    assert re.search(r"^turns +4$", shown, re.MULTILINE)
    assert "radius 2" in shown


def test_users_and_agents_have_memories_of_their_own(db: Path) -> None:
    assert as_json(db, "--user", "bob", "stats")["turns"] == 0
    assert as_json(db, "--agent", "tutor", "stats")["turns"] == 0
    one_error(torimem(db, "--user", " ", "stats"), 2, "user is ' '")
    assert re.match("user +bob$", torimem(db, "stats", TORIMEM_USER="bob").stdout.splitlines()[0].rstrip())


# A database that is not there, or not sound


@pytest.mark.parametrize(
    "command",
    [
        ["prompt"],
        ["topics"],
        ["map"],
        ["why", "a1"],
        ["forget", "--everything"],
        ["correct", "a1", "x"],
        ["reanalyse"],
        ["export", "x"],
        ["refold"],
        ["stats"],
    ],
    ids=lambda command: command[0],
)
def test_a_database_that_does_not_exist_is_named_and_not_made(tmp_path: Path, command: list[str]) -> None:
    db = tmp_path / "none.db"
    one_error(torimem(db, *command), 2, rf"^Error: {re.escape(str(db))} does not exist: ")
    assert not db.exists()


def test_a_path_that_cannot_be_written_is_one_line_with_exit_code_1(tmp_path: Path) -> None:
    one_error(
        torimem(tmp_path / "no" / "folder" / "x.db", "chat", "--llm", "offline", input="hi\n"), 1, "cannot"
    )
    (tmp_path / "file").write_text("x")
    one_error(torimem(tmp_path / "file" / "x.db", "chat", "--llm", "offline", input="hi\n"), 1, "cannot")


def test_a_file_that_is_no_database_is_one_line_with_exit_code_1(tmp_path: Path) -> None:
    db = tmp_path / "note.db"
    db.write_text("this is only a note, and a long one at that" * 100)
    one_error(torimem(db, "stats"), 1, re.escape(str(db)))
    assert db.read_text().startswith("this is only a note")


def test_the_doctor_finds_a_damaged_database_and_says_so_with_exit_code_1(db: Path) -> None:
    assert "the fold repeats" in told(torimem(db, "doctor"))
    checks = as_json(db, "doctor")
    assert {check["name"] for check in checks} >= {"python", "sqlite", "database", "memory user"}
    assert all(check["ok"] is not False for check in checks)
    with sqlite3.connect(db) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    raw = bytearray(db.read_bytes())
    raw[4096:] = b"\x5a" * (len(raw) - 4096)
    db.write_bytes(raw)
    shown = torimem(db, "doctor")
    assert shown.exit_code == 1
    assert re.search(r"^bad +database ", shown.stdout, re.MULTILINE)
    assert json.loads(torimem(db, "--json", "doctor").stdout)


def test_the_doctor_needs_no_database(tmp_path: Path) -> None:
    assert "does not exist yet" in " ".join(told(torimem(tmp_path / "none.db", "doctor")).split())


def test_backends_are_listed_with_what_they_are_for(tmp_path: Path) -> None:
    assert re.search(r"^ok +numpy +any CPU", told(torimem(tmp_path / "x.db", "backends")), re.MULTILINE)
    names = [row["name"] for row in as_json(tmp_path / "x.db", "backends")]
    assert {"reference", "numpy"} <= set(names)


# Forget, export, restore, refold


def test_forget_asks_first_and_does_nothing_on_no(db: Path) -> None:
    result = torimem(db, "forget", "--topic", "guitar", input="n\n")
    assert "Forget 2 turns for good? [y/N]" in result.stderr
    assert result.exit_code == 1
    assert as_json(db, "stats")["turns"] == 4
    assert torimem(db, "forget", "--topic", "guitar", input="").exit_code == 1
    assert as_json(db, "stats")["turns"] == 4
    assert "forgot 2 turns; erased: done" in told(torimem(db, "forget", "--topic", "guitar", input="y\n"))
    assert as_json(db, "stats")["turns"] == 2


def test_a_dry_run_lists_what_would_go_and_asks_nothing(db: Path) -> None:
    shown = told(torimem(db, "forget", "--before", "2026-01-02", "--dry-run"))
    assert shown.split() == ["would", "forget", "2", "turns;", "erased:", "nothing", "a1", "a2"]
    assert as_json(db, "stats")["turns"] == 4


def test_yes_asks_nothing_and_json_gives_the_receipt(db: Path) -> None:
    receipt = as_json(db, "forget", "--turn", "a3", "--yes")
    assert receipt == {"turns": ["a3"], "erased": "done", "dry_run": False}
    assert "forgot 1 turn;" in told(torimem(db, "forget", "--turn", "a4", "--yes"))
    assert as_json(db, "forget", "--topic", "never heard of it")["turns"] == []
    assert as_json(db, "forget", "--everything", "--yes")["turns"] == ["a1", "a2"]


def test_forget_needs_exactly_one_choice(db: Path) -> None:
    one_error(torimem(db, "forget"), 2, "exactly one of turn, topic, before and everything")
    one_error(torimem(db, "forget", "--turn", "a1", "--everything", "--yes"), 2, "exactly one")
    one_error(torimem(db, "forget", "--turn", "a9", "--yes"), 2, "no turn has the id 'a9'")
    one_error(torimem(db, "forget", "--before", "soon", "--yes"), 2, "before is 'soon'")


def test_what_was_understood_can_be_put_right(db: Path) -> None:
    shown = told(torimem(db, "correct", "a1", "--feeling", "-0.5", "--reason", "it was\nirony"))
    assert re.search(r"^01 Jan +user +I love my new guitar\.\n +-> guitar -0\.50$", shown, re.MULTILINE)
    assert re.search(
        r"^corrected \d{4}-\d\d-\d\d \d\d:\d\d UTC \(emotion\): it was irony$", shown, re.MULTILINE
    )
    options = ["--topics", "guitar; C++;", "--feeling", "C++=0.25", "--feeling", "-1"]
    turn = as_json(db, "correct", "a1", *options)
    assert [m["valence"] for m in turn["analysis"]["mentions"]] == [-1, 0.25]
    assert turn["corrected"]["what"] == ["topics", "emotion"]
    assert turn["corrected"]["felt"] == ["C++"]
    assert "feeling about C++): it was irony" in " ".join(told(torimem(db, "why", "a1")).split())
    assert as_json(db, "why", "a1")["turns"][0]["corrected"]["reason"] == "it was\nirony"
    assert as_json(db, "correct", "a1", "--topics", "")["analysis"]["mentions"] == []
    assert as_json(db, "correct", "a1", "--", "-5 degrees in Rome")["text"] == "-5 degrees in Rome"
    assert "Rome" in told(torimem(db, "topics"))
    assert "at first: I love my new guitar." in told(torimem(db, "why", "a1"))
    assert "corrected" not in told(torimem(db, "why", "a2"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a1"], "a correction needs text, topics, emotion or feelings"),
        (["a9", "x"], "no turn has the id 'a9'"),
        (["a1", "--feeling", "good"], "--feeling 'good': 'good' is not a number"),
        (["a1", "--feeling", "guitar=good"], "--feeling 'guitar=good': 'good' is not a number"),
        (["a1", "--feeling", "nan"], "emotion is nan"),
        (["a1", "--feeling", "2"], "emotion is 2"),
        (["a1", "--feeling", "guitar=-2"], r"feelings\['guitar'\] is -2"),
        (["a1", "--feeling", "chess=1"], "feelings has 'chess', the topics of the turn are guitar"),
        (["a1", "--feeling", "1", "--feeling", "0"], "names the whole turn, or a topic, twice"),
        (["a1", "--topics", "x" * 61], "has 61 characters"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_correction_that_makes_no_sense_is_one_line(db: Path, arguments: list[str], message: str) -> None:
    before = as_json(db, "topics")
    one_error(torimem(db, "correct", *arguments), 2, message)
    assert as_json(db, "topics") == before


class Grim:
    """Feels the same about all."""

    name = "grim"

    def valences(self, texts: list[str]) -> list[float]:
        return [-0.9 for _ in texts]


def test_analysing_afresh_says_what_it_changes(
    db: Path, bars: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing to do: this analyser has read every turn" in told(torimem(db, "reanalyse"))
    assert "looked at 4 turns: changed 0 of them" in told(torimem(db, "reanalyse", "--all"))
    as_json(db, "correct", "a4", "--feeling", "0.5")

    monkeypatch.setattr("torimem.memory.emotions.load_sentiment", lambda spec: Grim())
    bars.clear()
    shown = " ".join(told(torimem(db, "reanalyse", "--dry-run", "--limit", "1")).split())
    assert shown == (
        "looked at 3 turns: would change 2 of them, 0 topics gained, 0 lost, 2 felt otherwise "
        f"a1 {find.VERSION}+{VADER.name} -> {find.VERSION}+grim all in all +0.64 -> -0.90 "
        "guitar +0.64 -> -0.90 and 1 more"
    )
    assert bars == {"analysing": [4, 4]}
    found = as_json(db, "reanalyse", "--dry-run", "--limit", "2")
    assert (found["turns"], found["changed"], len(found["changes"]), found["dry_run"]) == (3, 2, 2, True)
    assert found["changes"][0]["valences"] == [0.6369, -0.9]
    assert "changed 2 of them" in told(torimem(db, "reanalyse"))
    assert bars["analysing, then folding"] == [4, 4, 4]
    with Memory(db) as memory:
        assert [turn.emotion for turn in memory.turns()] == [-0.9, None, -0.9, 0.5]
    one_error(torimem(db, "reanalyse", "--limit", "-1"), 2, "limit=-1 must be at least 0")


def test_what_is_exported_can_be_restored_and_gives_the_same_prompt(db: Path, tmp_path: Path) -> None:
    file, copy = tmp_path / "export.jsonl", tmp_path / "copy.db"
    assert told(torimem(db, "export", str(file))).split() == f"4 turns written to {file}".split()
    assert as_json(db, "export", str(file))["turns"] == 4
    assert "4 turns of 'user' restored" in told(torimem(copy, "restore", str(file)))
    assert told(torimem(copy, "prompt")) == told(torimem(db, "prompt"))
    one_error(torimem(copy, "restore", str(file)), 2, "already has 4 turns")
    assert as_json(copy, "--user", "bob", "restore", str(file))["user"] == "bob"
    one_error(torimem(db, "restore", str(tmp_path / "lines.jsonl")), 2, "not a torimem export")
    one_error(torimem(db, "replay", str(file)), 2, "torimem restore")
    one_error(torimem(db, "export", str(tmp_path / "no" / "x.jsonl")), 1, "cannot be written")


def test_refold_takes_other_dynamics_and_keeps_every_turn(db: Path) -> None:
    assert "4 turns folded" in told(torimem(db, "refold"))
    found = as_json(db, "refold", "--set", "radius=3", "--set", "decay_rate=0.01", "--set", "tick=21600")
    assert (found["turns"], found["dynamics"]["radius"], found["dynamics"]["tick"]) == (4, 3, 21600)
    assert as_json(db, "stats")["dynamics"]["decay_rate"] == 0.01
    assert as_json(db, "refold", "--set", "tick=null")["dynamics"]["tick"] is None


@pytest.mark.parametrize(
    "change", ["radius", "size=3", "radius=big", "radius=1.5", "decay_rate=2", "tick=0", "theme=NaN"]
)
def test_dynamics_that_make_no_sense_change_nothing(db: Path, change: str) -> None:
    before = as_json(db, "stats")["dynamics"]
    one_error(torimem(db, "refold", "--set", change), 2, r"^Error: \S+")
    assert as_json(db, "stats")["dynamics"] == before


# Embedding


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An embedder called "counts" in the place of any that is named; the list is what it has read."""
    read: list[str] = []

    def vectors(texts: list[str]) -> list[list[float]]:
        read.extend(texts)
        return [[1.0 + text.count(letter) for letter in "aeiou"] for text in texts]

    monkeypatch.setattr(
        "torimem.memory.load_embedder", lambda spec: None if spec == "none" else OneVector("counts", vectors)
    )
    return read


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """The progress bars that are shown: name -> their length, then how far they got."""
    shown: dict[str, list[int]] = {}

    @contextmanager
    def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
        if total:
            shown[what] = [total]
        yield lambda done: shown[what].append(done)

    monkeypatch.setattr("torimem.view.show.progress", progress)
    return shown


def test_what_has_no_vectors_yet_is_embedded_behind_a_bar(
    db: Path, embedder: list[str], bars: dict[str, list[int]]
) -> None:
    said = [str(line["text"]) for line in LINES]
    assert told(torimem(db, "--embedder", "some", "embed")) == "4 turns embedded with counts\n"
    assert set(embedder) >= set(said)
    assert bars.pop("embedding") == [4, 4]
    embedder.clear()
    assert as_json(db, "--embedder", "some", "embed") == {"embedded": 0, "embedder": "counts"}
    assert (embedder, bars) == ([], {})
    assert as_json(db, "--embedder", "some", "embed", "--afresh")["embedded"] == 4
    assert set(embedder) >= set(said)
    assert bars["embedding"] == [4, 4]


@pytest.mark.parametrize(
    "command", [["search", "guitar"], ["prompt", "guitar?"], ["chat", "--llm", "offline"]]
)
def test_whoever_needs_vectors_embeds_first_and_shows_it(
    db: Path, embedder: list[str], bars: dict[str, list[int]], command: list[str]
) -> None:
    told(torimem(db, *command, TORIMEM_EMBEDDER="some"))
    assert set(embedder) >= {line["text"] for line in LINES}
    assert bars["embedding"] == [4, 4]
    assert as_json(db, "--embedder", "some", "embed")["embedded"] == 0


def test_a_replay_embeds_what_it_has_folded(
    tmp_path: Path, embedder: list[str], bars: dict[str, list[int]]
) -> None:
    file, db = tmp_path / "lines.jsonl", tmp_path / "new.db"
    file.write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    assert told(torimem(db, "--embedder", "some", "replay", str(file))).startswith("4 new turns, 4 in all, ")
    assert bars == {"folding": [4, 4], "embedding": [4, 4]}
    assert as_json(db, "--embedder", "some", "stats")["embedder"] == "counts"
    assert as_json(db, "stats")["embedder"] is None


def test_another_embedder_is_refused_until_everything_is_embedded_afresh(db: Path, fake_llm: FakeLLM) -> None:
    one, other = f"{fake_llm.url}#one", f"{fake_llm.url}#other"
    assert told(torimem(db, "--embedder", one, "embed")).startswith("4 turns embedded with http")
    for command in (["search", "guitar"], ["prompt", "guitar?"], ["embed"], ["chat", "--llm", "offline"]):
        one_error(
            torimem(db, "--embedder", other, *command), 2, "embedded with .*#one, .* torimem embed --afresh"
        )
    assert told(torimem(db, "search", "guitar"))  # words are always there
    assert as_json(db, "--embedder", other, "embed", "--afresh")["embedder"] == other
    assert {hit["turn_id"] for hit in as_json(db, "--embedder", other, "search", "guitar")} >= {"a1", "a4"}


def test_an_embedder_that_cannot_be_reached_is_one_line_with_exit_code_1(db: Path) -> None:
    nowhere = f"http://{closed_port()}/v1#x"
    for command in (["search", "guitar"], ["embed"], ["chat", "--llm", "offline"]):
        one_error(torimem(db, "--embedder", nowhere, *command), 1, "embedder 'x' at .* cannot be reached")
    assert as_json(db, "--embedder", nowhere, "stats")["turns"] == 4


def test_who_judges_feelings_is_an_option_or_in_the_environment(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[object] = []
    monkeypatch.setattr("torimem.memory.emotions.load_sentiment", lambda spec: named.append(spec) or Grim())
    command = ("chat", "--llm", "offline")
    CliRunner().invoke(cli, ["--db", str(db), "--emotion", "hf:grim", *command], input="I love it\n")
    environment = {"TORIMEM_EMOTION": "hf:grim#cpu"}
    CliRunner(env=environment).invoke(cli, ["--db", str(db), *command], input="I love it\n")
    as_json(db, "stats")
    assert named == ["hf:grim", "hf:grim#cpu", "vader"]
    with Memory(db) as memory:
        asked = [turn for turn in memory.turns() if turn.role == "user"][-2:]
    assert [(turn.emotion, turn.analysis.analyser[-4:]) for turn in asked] == [(-0.9, "grim")] * 2


def test_an_unknown_judge_of_feelings_is_one_line(db: Path) -> None:
    one_error(
        torimem(db, "--emotion", "tarot", "stats"), 2, "emotion 'tarot' is not known; use one of: vader"
    )
    one_error(torimem(db, "topics", TORIMEM_EMOTION="hf:"), 2, "emotion 'hf:' is not known")


def test_without_an_embedder_nothing_can_be_embedded_and_the_error_says_how_to_get_one(db: Path) -> None:
    one_error(
        torimem(db, "embed"),
        2,
        r"embedder 'none' .*pip install 'torimem\[embed\]' and pip install .*--embedder",
    )
    one_error(torimem(db, "--embedder", "telepathy", "search", "x"), 2, "embedder 'telepathy' is not known")
    one_error(torimem(db, "stats", TORIMEM_EMBEDDER="telepathy"), 2, "embedder 'telepathy' is not known")


# Chat


@pytest.mark.usefixtures("bare_environment")
def test_a_piped_chat_without_a_model_answers_by_quoting(db: Path) -> None:
    result = torimem(db, "chat", input="Which guitar did I buy?\n\n/quit\nnot said\n")
    assert "389 euros" in told(result)
    assert result.stderr == ""
    with Memory(db) as memory:
        assert [turn.role for turn in memory.turns()[4:]] == ["user", "assistant"]


def test_a_piped_chat_with_a_model_tells_it_what_the_memory_knows(db: Path, fake_llm: FakeLLM) -> None:
    fake_llm.then("You bought ", "the Harlow.")
    result = torimem(
        db,
        "chat",
        "--llm",
        f"{fake_llm.url}#fake-1",
        "--persona",
        "a pirate",
        input="Which guitar did I buy?\n",
    )
    assert told(result) == "You bought the Harlow.\n"
    (chat,) = fake_llm.chats
    system, *_, last = chat["messages"]
    assert system["content"].startswith("You are a pirate.")
    assert last == {"role": "user", "content": "Which guitar did I buy?"}
    with Memory(db) as memory:
        assert memory.turns()[-1].text == "You bought the Harlow."


def test_a_model_that_fails_is_one_line_and_exit_code_1_and_the_turn_is_kept(
    db: Path, fake_llm: FakeLLM
) -> None:
    fake_llm.then(fail="401").then("Fine.")
    result = torimem(db, "chat", "--llm", f"{fake_llm.url}#fake-1", input="I like chess.\nAnd tea.\n")
    assert result.exit_code == 1
    assert result.stdout == "Fine.\n"
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    with Memory(db) as memory:
        assert [turn.text for turn in memory.turns()[4:]] == ["I like chess.", "And tea.", "Fine."]


def test_a_model_that_breaks_off_leaves_the_error_on_a_line_of_its_own(db: Path, fake_llm: FakeLLM) -> None:
    fake_llm.then("I was going to say", " that", fail="closes midway")
    result = torimem(db, "chat", "--llm", f"{fake_llm.url}#fake-1", input="I like chess.\n")
    assert result.exit_code == 1
    assert result.stdout.endswith("\n")
    assert result.stderr.startswith("Error: ")


def test_a_model_that_is_not_there_is_one_line(db: Path) -> None:
    result = torimem(db, "chat", "--llm", f"http://{closed_port()}/v1#x", input="hi\n")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert re.fullmatch(r"Error: .+\n", result.stderr)
    one_error(torimem(db, "chat", "--llm", "telepathy", input="hi\n"), 2, "telepathy")


@pytest.mark.usefixtures("bare_environment")
def test_a_chat_makes_its_database_and_ends_without_a_word_on_no_input(tmp_path: Path) -> None:
    db = tmp_path / "new.db"
    assert told(torimem(db, "chat", input="")) == ""
    assert told(torimem(db, "chat", input="I love my new guitar.")).startswith("No model is set up")
    assert as_json(db, "stats")["turns"] == 2


# The demo, and real processes


def test_the_demo_shows_the_whole_journey_and_quotes_the_turn_it_answers_from(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    png = tmp_path / "demo.png"
    done = really("demo", "--png", str(png), cwd=tmp_path)
    shown = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    answer = shown.rpartition("assistant: ")[2]
    assert "389 euros" in answer
    assert "turn d2:7" in answer
    for part in (
        "Monday 02 March",
        "what is active now",
        "activation 64 x 64",
        "Recent Facts",
        "its ledger",
        "cut ",
    ):
        assert part in shown
    assert png.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["demo.png"]


def test_the_demo_takes_a_budget_and_leaves_no_database_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = told(torimem(tmp_path / "x.db", "demo", "--budget", "400"))
    assert re.search(r" of 400 tokens ", shown)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"NO_COLOR": "1"},
    ],
    ids=["C locale", "ascii", "no colour"],
)
def test_a_terminal_that_cannot_show_a_letter_does_not_end_the_command(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    db = str(tmp_path / "m.db")
    said = "Ich liebe Müsli 🥣 und 机器学习\nbytes that are no letters: \xff\n".encode() + b"\xff\xfe\n"
    done = really("--db", db, "chat", "--llm", "offline", stdin=said, cwd=tmp_path, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    with Memory(db) as memory:
        assert memory.turns()[0].text == "Ich liebe Müsli 🥣 und 机器学习"
        memory.observe("Müsli", topics=["Müsli", "机器学习"], id="a")
    for command in (
        ["topics"],
        ["map"],
        ["prompt", "Müsli?", "--ledger"],
        ["why", "a"],
        ["stats"],
        ["doctor"],
    ):
        done = really("--db", db, *command, cwd=tmp_path, **environment)
        assert (done.returncode, done.stderr) == (0, b""), command
        assert b"\x1b" not in done.stdout
    find = json.loads(really("--db", db, "--json", "topics", cwd=tmp_path, **environment).stdout)
    assert {"Müsli", "机器学习"} <= {topic["topic"] for topic in find}
    done = really("--db", db, "why", "ö", cwd=tmp_path, **environment)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


def test_an_argument_of_bytes_that_are_no_letters_is_no_traceback(tmp_path: Path, db: Path) -> None:
    for arguments in (
        ["prompt", os.fsdecode(b"tea \xff")],
        ["why", os.fsdecode(b"\xff")],
        ["--user", os.fsdecode(b"\xff"), "stats"],
    ):
        done = really("--db", str(db), *arguments, cwd=tmp_path)
        assert b"Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 2)


def test_output_piped_to_a_reader_that_stops_ends_quietly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "torimem", "demo"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        assert demo.stderr.read() == b""


def test_an_error_of_a_real_process_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    done = really("prompt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert (
        done.stderr
        == b"Error: torimem.db does not exist: name the database with --db, or make one with torimem chat\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_the_file_that_ships_with_the_package() -> None:
    lines = (files("torimem") / "cli/demo.jsonl").read_text("utf-8").splitlines()
    assert len(lines) >= 40


@pytest.mark.parametrize(
    "args",
    [
        ["--json", "search", "tea"],
        ["search", "tea", "--json"],
        ["search", "--json", "tea", "--user", "ada"],
        ["search", "tea", "--user=ada", "--json", "--limit", "1"],
    ],
)
def test_what_all_commands_take_may_stand_before_or_after_them(tmp_path: Path, args: list[str]) -> None:
    database = tmp_path / "m.db"
    for user in ("user", "ada"):
        with Memory(database, user, embedder="none") as memory:
            memory.observe("I love tea")
    done = CliRunner().invoke(cli, [*args, "--db", str(database)])
    assert done.exit_code == 0, done.output
    assert [hit["text"] for hit in json.loads(done.stdout)] == ["I love tea"]


def test_a_question_may_look_like_an_option_after_two_dashes(tmp_path: Path) -> None:
    database = tmp_path / "m.db"
    with Memory(database, embedder="none") as memory:
        memory.observe("--json prints JSON")
    done = CliRunner().invoke(cli, ["--db", str(database), "search", "--", "--json"])
    assert done.exit_code == 0, done.output
    assert "prints JSON" in done.stdout
    assert not done.stdout.startswith("[")
