"""The conversation that ships with the project keeps the promises its other users rely on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from typing import Any

TURNS: list[dict[str, Any]] = [
    json.loads(line) for line in files("torimem").joinpath("cli/demo.jsonl").read_text("utf-8").splitlines()
]


def test_it_has_the_replay_layout() -> None:
    assert all(set(turn) == {"id", "role", "text", "at", "session"} for turn in TURNS)
    assert len({turn["id"] for turn in TURNS}) == len(TURNS) >= 44
    assert {turn["role"] for turn in TURNS} == {"user", "assistant"}


def test_it_runs_over_weeks_in_order() -> None:
    times = [datetime.fromisoformat(turn["at"]) for turn in TURNS]
    assert times == sorted(times)
    assert times[-1] - times[0] > timedelta(weeks=5)
    days = {turn["session"]: datetime.fromisoformat(turn["at"]).date() for turn in TURNS}
    assert len(days) == len(set(days.values())) == 6


def test_user_and_assistant_take_turns_and_the_user_asks_last() -> None:
    for before, after in pairwise(TURNS):
        assert before["session"] != after["session"] or before["role"] != after["role"]
    assert TURNS[-1]["role"] == "user"
    assert TURNS[-1]["text"].endswith("Which guitar did I end up buying?")


def test_one_turn_answers_the_last_question() -> None:
    assert [turn["id"] for turn in TURNS if "I bought the Harlow OM-20" in turn["text"]] == ["d2:7"]


def test_facts_change_on_the_way() -> None:
    said = {turn["id"]: turn["text"] for turn in TURNS}
    assert "I live in Hamburg" in said["d1:1"]
    assert "I moved to Berlin" in said["d5:1"]
    assert "Lisbon trip is off" in said["d5:5"]
