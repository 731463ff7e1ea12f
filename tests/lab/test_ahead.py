"""What the next session speaks of, and whether nearness means something: the measures, and their commands."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from torimem import Memory, Message
from torimem.cli import cli
from torimem.errors import InvalidInput
from torimem.lab.evals import context, place
from torimem.lab.evals.locomo import Dialogue
from torimem.state import checkpoint, counts, fold
from torimem.state.dynamics import Dynamics

START = datetime(2026, 1, 1, tzinfo=UTC)


def dialogue(*sessions: tuple[str, ...]) -> Dialogue:
    messages = [
        Message(text, at=START + timedelta(days=day, minutes=minute), session=str(day), id=f"{day}:{minute}")
        for day, session in enumerate(sessions)
        for minute, text in enumerate(session)
    ]
    return Dialogue("0", tuple(messages), ())


HABIT = dialogue(
    ("My guitar is loud.", "The rain is wet.", "The rain falls.", "The rain stays."),
    ("My guitar is red.", "The oven is new."),
    ("I tune the guitar.", "The harbour is grey."),
)


def test_what_came_up_in_many_sessions_is_expected_before_what_was_named_often_in_one() -> None:
    figures = {line.method: line.figures for line in context.evaluate([HABIT])}
    assert figures["torimem"]["AUC"] == 0.5  # behind the rain once, in front of all the second time
    assert figures["plain frequency"]["AUC"] < figures["torimem"]["AUC"]
    assert set(figures) == {
        *("torimem", "plain frequency", "fading frequency", "last session only", "how lately", "activation")
    }


def test_equal_scores_count_half_and_share_their_ranks() -> None:
    scores = dict.fromkeys("abcd", 1.0)
    assert context.auc(scores, {"a"}) == 0.5
    assert context.precision(scores, {"a"}, k=2) == 0.25
    assert context.precision({"a": 1.0}, {"a"}, k=20) == 0.05


def test_topics_named_together_lie_nearer_than_by_a_hash() -> None:
    pairs = [
        ("guitar", "blues"),
        ("oven", "bread"),
        ("harbour", "ship"),
        ("exam", "maths"),
        ("cat", "salmon"),
    ]
    talk = dialogue(*((f"The {one} and the {other} again.",) for one, other in pairs))
    figures = {line.method: line.figures for line in place.evaluate([talk])}
    assert figures["torimem"]["AUC"] == 1.0
    assert figures["torimem"]["hits"] == 1.0
    assert figures["torimem"]["trust"] > figures["hash"]["trust"]
    assert figures["hash"]["AUC"] < 1.0


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no session names a topic of an earlier one: give"):
        context.evaluate([dialogue(("My guitar is loud.",))])
    with pytest.raises(InvalidInput, match="no two topics are named in one message: give"):
        place.evaluate([dialogue(("My guitar is loud.",), ("The rain.",))])


@pytest.mark.parametrize("name", ["context", "place"])
def test_the_command_prints_a_table_and_keeps_its_rows(name: str, tmp_path: Path) -> None:
    said = [
        {"speaker": "Ada", "dia_id": f"D{n}:1", "text": f"The guitar and the {other} again. The {n} rain!"}
        for n, other in enumerate(("oven", "harbour", "oven"), start=1)
    ]
    talk = {f"session_{n}": [turn] for n, turn in enumerate(said, start=1)}
    (tmp_path / "talk.json").write_text(json.dumps([{"conversation": talk, "qa": []}]))
    run = CliRunner(env={"COLUMNS": "120"})
    arguments = ["eval", name, str(tmp_path / "talk.json"), "--csv", str(tmp_path / "rows.csv")]
    for _ in range(2):
        result = run.invoke(cli, arguments)
        assert result.exit_code == 0, result.output
    assert "torimem" in result.output
    assert "AUC" in result.output
    with (tmp_path / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len({row["method"] for row in rows})
    assert {row["file"] for row in rows} == {"talk.json"}
    as_json = json.loads(run.invoke(cli, ["--json", *arguments]).output)
    assert [row["method"] for row in as_json["rows"]] == list(dict.fromkeys(row["method"] for row in rows))
    other = run.invoke(cli, [*arguments[:-1], str(tmp_path / "no" / "rows.csv")])
    assert (other.exit_code, "make the folder first" in other.output) == (2, True)
    (tmp_path / "other.csv").write_text("a,b\n")
    other = run.invoke(cli, [*arguments[:-1], str(tmp_path / "other.csv")])
    assert (other.exit_code, "has other columns" in other.output) == (2, True)


def test_what_comes_up_in_session_after_session_is_usual_also_off_the_torus() -> None:
    with Memory(":memory:", embedder="none", dynamics=Dynamics(width=4, height=4)) as memory:
        for day in range(4):
            at = START + timedelta(days=day)
            memory.observe("My guitar is loud.", at=at)
            memory.observe(
                "The harbour is grey." if day % 2 else "The oven is hot.", at=at + timedelta(minutes=1)
            )
        assert [topic.key for topic in memory.topics()] != ["guitar"]
        (guitar,) = memory.context().usual
    assert (guitar.topic, guitar.sessions, guitar.mentions) == ("guitar", 4, 4)


def test_counts_survive_a_checkpoint_and_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "KEPT", 3)
    with Memory(":memory:", embedder="none") as memory:
        memory.observe_many(
            Message("guitar", topics=(f"t{n % 7}" if n % 3 else "guitar",), at=START + timedelta(hours=7 * n))
            for n in range(600)
        )
        turns = memory.turns()
    state = fold.begin(Dynamics(width=4, height=4))
    for turn in turns[:512]:
        fold.apply(state, turn)
    assert len(state.tallies) <= 4
    assert counts.ranked(state.tallies)[0] == "guitar"
    assert checkpoint.dump(checkpoint.load(checkpoint.dump(state))) == checkpoint.dump(state)
    assert state.session.number == 512
