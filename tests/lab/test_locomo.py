"""Files of labelled dialogues: what is messy is read as it is meant, what would mislead is refused."""

from __future__ import annotations

import doctest
import json
import runpy
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem.errors import InvalidInput
from torimem.lab.evals.locomo import FIRST_DAY, Dialogue, Question, dialogue, read, when

EXAMPLE = Path(__file__).parents[2] / "examples/locomo_lines.py"


def turn(text: Any = "Hello there", **more: Any) -> dict[str, Any]:
    return {"speaker": "Ada", "text": text, **more}


def talk(*turns: dict[str, Any], qa: Any = (), date: Any = "1:56 pm on 8 May, 2023", **more: Any) -> Any:
    said = {"session_1": list(turns), "session_1_date_time": date, **more}
    return {"sample_id": "t", "conversation": said, "qa": list(qa)}


def about(evidence: Any, category: Any = 4, **more: Any) -> dict[str, Any]:
    return {"question": "Which?", "answer": "That", "evidence": evidence, "category": category, **more}


def numbered(count: int, session: int = 1) -> list[dict[str, Any]]:
    return [turn(f"word {n}", dia_id=f"D{session}:{n}") for n in range(1, count + 1)]


# Evidence


@pytest.mark.parametrize(
    ("evidence", "meant", "unknown"),
    [
        (["D1:3"], ("D1:3",), 0),
        ("D1:3", ("D1:3",), 0),
        (["D1:3; D1:7"], ("D1:3", "D1:7"), 0),
        ("D1:3, D1:7", ("D1:3", "D1:7"), 0),
        ("D1:3 D1:7", ("D1:3", "D1:7"), 0),
        (["D:1:11"], ("D1:11",), 0),
        (["D01:05"], ("D1:5",), 0),
        (["D1 : 5"], ("D1:5",), 0),
        (["(D1:3)"], ("D1:3",), 0),
        ([["D1:3"], ["D1:4"]], ("D1:3", "D1:4"), 0),
        (["D1:3", "D1:3", "D1:03"], ("D1:3",), 0),
        (["D1:3", "D1:99"], ("D1:3",), 1),
        (["D1:3", "D", "D1:4"], ("D1:3", "D1:4"), 1),
        (["D1:3", None, ""], ("D1:3",), 0),
        (["D1:1"], ("D1:1",), 0),
        (["D1:11"], ("D1:11",), 0),
    ],
    ids=repr,
)
def test_evidence_is_read_as_it_is_meant(evidence: Any, meant: tuple[str, ...], unknown: int) -> None:
    found = dialogue(talk(*numbered(12), qa=[about(evidence)]))
    assert found.questions == (Question("Which?", meant, "single-hop", "That"),)
    assert found.unknown == unknown
    assert found.left_out == 0


@pytest.mark.parametrize("evidence", [[], None, "", ["D9:9"], ["D"], "nowhere", 5, {}, ["D1"]], ids=repr)
def test_a_question_without_evidence_is_left_out_and_counted(evidence: Any) -> None:
    found = dialogue(talk(*numbered(3), qa=[about(evidence), about(["D1:2"])]))
    assert [question.evidence for question in found.questions] == [("D1:2",)]
    assert found.left_out == 1


def test_a_question_needs_words_but_no_answer_and_its_own_id_may_be_anything() -> None:
    asked = [
        {"question": "Who?", "evidence": ["D1:1"], "id": 7},
        {"question": None, "evidence": ["D1:1"]},
        {"question": "  ", "evidence": ["D1:1"]},
        {"evidence": ["D1:1"]},
    ]
    found = dialogue(talk(*numbered(1), qa=asked))
    assert found.questions == (Question("Who?", ("D1:1",), "none"),)
    assert found.left_out == 3


@pytest.mark.parametrize(
    ("written", "read"),
    [("red", "red"), (" red ", "red"), (2022, "2022"), (1.5, "1.5"), ("", None), (None, None), (True, None),
     (["red"], None)],
    ids=repr,
)  # fmt: skip
def test_an_answer_is_text_also_where_it_is_a_number(written: Any, read: str | None) -> None:
    asked = about(["D1:1"]) | {"answer": written}
    assert dialogue(talk(*numbered(1), qa=[asked])).questions[0].answer == read


def test_turn_ids_of_any_form_can_be_evidence() -> None:
    turns = [turn("one", dia_id="turn-1"), turn("two", dia_id=17), turn("three", dia_id="D02:01")]
    found = dialogue(talk(*turns, qa=[about("turn-1; 17"), about([17]), about("D2:1")]))
    assert [question.evidence for question in found.questions] == [("turn-1", "17"), ("17",), ("D02:01",)]
    assert [message.id for message in found.messages] == ["turn-1", "17", "D02:01"]


def test_turns_without_an_id_get_one_by_session_and_place() -> None:
    found = dialogue(talk(turn(), turn(dia_id=""), qa=[about("D1:2")], session_7=[turn(dia_id=None)]))
    assert [message.id for message in found.messages] == ["D1:1", "D1:2", "D7:1"]
    assert found.questions[0].evidence == ("D1:2",)


def test_evidence_that_shows_no_word_still_counts_as_something_to_find() -> None:
    silent = [
        turn("", dia_id="D1:1"),
        {"speaker": "Ada", "dia_id": "D1:2"},
        turn("  ", dia_id="D1:3"),
        turn(dia_id="D1:4"),
    ]
    found = dialogue(talk(*silent, qa=[about(["D1:1", "D1:4"])]))
    assert [message.id for message in found.messages] == ["D1:4"]
    assert found.questions[0].evidence == ("D1:1", "D1:4")
    assert found.unknown == 0


def test_categories_have_names_and_unknown_ones_stay_as_they_are() -> None:
    kinds: list[Any] = [1, 2, 3, 4, 5, "2", 6, "abstention", None]
    found = dialogue(talk(*numbered(1), qa=[about("D1:1", kind) for kind in kinds]))
    assert [question.category for question in found.questions] == [
        *("multi-hop", "temporal", "open", "single-hop", "adversarial"),
        *("temporal", "6", "abstention", "none"),
    ]


# Turns


def test_sessions_come_in_the_order_of_their_numbers_and_turns_a_minute_apart() -> None:
    said = talk(turn("late"), date="8 May 2023")
    said["conversation"] = {
        "session_10": [turn("last")],
        "session_10_date_time": "10 May 2023",
        "session_2": [turn("second"), turn("third")],
        "session_2_date_time": "9:05 am on 9 May, 2023",
        "session_2_summary": "not a session",
        "session_12_date_time": "1 June 2023",
        **said["conversation"],
    }
    found = dialogue(said)
    assert [(m.text, m.session, f"{m.at:%d %H:%M}") for m in found.messages] == [
        ("late", "1", "08 00:00"),
        ("second", "2", "09 09:05"),
        ("third", "2", "09 09:06"),
        ("last", "10", "10 00:00"),
    ]
    assert found.notes == ()


def test_an_empty_turn_keeps_its_minute() -> None:
    found = dialogue(talk(turn("one"), turn(""), turn("three")))
    assert [f"{message.at:%H:%M}" for message in found.messages] == ["13:56", "13:58"]


def test_a_photo_is_said_in_words() -> None:
    photos = ["a photo of a kite", "a picture of a kite", "a kite", "", None, " "]
    found = dialogue(talk(*(turn("Look!", blip_caption=photo) for photo in photos)))
    seen = "Look! [shares a photo of a kite]"
    assert [message.text for message in found.messages] == [seen] * 3 + ["Look!"] * 3
    alone = dialogue(talk(turn(None, blip_caption="a kite"), {"speaker": "Ada", "blip_caption": "a dog"}))
    assert [message.text for message in alone.messages] == [
        "[shares a photo of a kite]",
        "[shares a photo of a dog]",
    ]


@pytest.mark.parametrize(
    ("given", "role", "speaker"),
    [
        ({"speaker": "Ada"}, "user", "Ada"),
        ({"speaker": "Assistant"}, "assistant", "Assistant"),
        ({"speaker": "AI  assistant"}, "assistant", "AI  assistant"),
        ({"speaker": "ChatGPT"}, "assistant", "ChatGPT"),
        ({"speaker": "Claudette"}, "user", "Claudette"),
        ({"speaker": "Ada", "role": "assistant"}, "assistant", "Ada"),
        ({"speaker": "Claude", "role": "user"}, "user", "Claude"),
        ({"role": "assistant"}, "assistant", None),
        ({"role": "human", "speaker": ""}, "user", None),
        ({"speaker": None}, "user", None),
        ({}, "user", None),
    ],
    ids=repr,
)
def test_who_is_the_assistant(given: dict[str, Any], role: str, speaker: str | None) -> None:
    (message,) = dialogue(talk({"text": "Hi there", **given})).messages
    assert (message.role, message.speaker) == (role, speaker)


# Dates

MAY = datetime(2023, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("1:56 pm on 8 May, 2023", MAY.replace(hour=13, minute=56)),
        ("12:05 am on 8 May, 2023", MAY.replace(minute=5)),
        ("12:05 PM on 8 May, 2023", MAY.replace(hour=12, minute=5)),
        ("1:56 p.m. on 8 May, 2023", MAY.replace(hour=13, minute=56)),
        ("8 May 2023", MAY),
        ("8 May, 2023", MAY),
        ("8th of May 2023", MAY),
        ("May 8, 2023", MAY),
        ("May 8th, 2023 at 3pm", MAY.replace(hour=15)),
        ("Monday, May 8, 2023 13:56", MAY.replace(hour=13, minute=56)),
        ("8 Sept. 2023", MAY.replace(month=9)),
        ("2023-05-08", MAY),
        ("2023-05-08 13:56", MAY.replace(hour=13, minute=56)),
        ("2023-05-08T13:56:07", MAY.replace(hour=13, minute=56, second=7)),
        ("2023-05-08T13:56:00Z", MAY.replace(hour=13, minute=56)),
        ("2023-05-08T13:56:00+02:00", MAY.replace(hour=11, minute=56)),
        ("2023/05/08 (Mon) 02:21", MAY.replace(hour=2, minute=21)),
        ("  2023-05-08 ", MAY),
        ("", None),
        ("soon", None),
        ("8 Foo 2023", None),
        ("31 June 2023", None),
        ("13:56 pm on 8 May 2023", None),
        ("25:00 on 8 May 2023", None),
        ("05/08/2023", None),  # the fifth of August, or the eighth of May?
    ],
)
def test_dates_as_people_write_them(written: str, moment: datetime | None) -> None:
    assert when(written) == moment


@given(
    st.text() | st.from_regex(r"[0-9]{1,4}[-/ ](May|[0-9]{1,2})[-/ ][0-9]{1,4} [0-9]{1,2}:[0-9]{2}( ?pm)?")
)
def test_no_date_is_a_traceback(text: str) -> None:
    found = when(text)
    assert found is None or found.tzinfo is UTC


def test_a_session_without_a_date_is_a_day_after_the_one_before_and_that_is_said() -> None:
    more = {"session_2": [turn("b")], "session_3": [turn("c")], "session_3_date_time": "someday"}
    found = dialogue(talk(turn("a"), date="1:56 pm on 8 May, 2023", **more))
    assert [f"{message.at:%d %H:%M}" for message in found.messages] == ["08 13:56", "09 13:56", "10 13:56"]
    assert found.notes == (
        "dialogue t session 2 has no date: taken as 2023-05-09, a day after the session before it",
        "dialogue t session 3 begins at 'someday', which is no date: taken as 2023-05-10, a day after the "
        "session before it",
    )
    for missing in (None, "", 20230508):
        (message,) = dialogue(talk(turn("a"), date=missing)).messages
        assert message.at == FIRST_DAY


# What is refused


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            talk(turn(dia_id="D1:1"), turn(dia_id="D1:1")),
            "session 1 turn 2: the dia_id 'D1:1' is there twice",
        ),
        (talk(turn(dia_id="D1:01"), turn(dia_id="D1:1")), "is there twice"),
        (talk(turn(dia_id="D2:1"), session_2=[turn()]), "session 2 turn 1: the dia_id 'D2:1' is there twice"),
        (talk(turn(5)), "dialogue t session 1 turn 1: its text is 5, it must be text"),
        (talk(turn(speaker=["Ada"])), r"its speaker is \['Ada'\], it must be text"),
        (talk(turn(role=1)), "its role is 1, it must be text"),
        (talk(turn(blip_caption={})), "its blip_caption is {}, it must be text"),
        (talk(turn("half \ud83d a character")), "session 1 turn 1: text has a lone surrogate"),
        (talk("Hello"), "session 1 is .* must be a list of turns"),  # type: ignore[arg-type]
        (talk(session_2="Hello"), "session 2 is 'Hello', it must be a list of turns"),
        (talk(turn(), turn(), date="9999-12-31T23:59:00"), "after the year 9999"),
        ({"conversation": [turn()]}, "dialogue 0: its conversation is .*, it must be an object"),
        ({"conversation": {}, "qa": {}}, "its qa is {}, it must be a list of objects"),
        ({"conversation": {}, "qa": ["Which?"]}, "it must be a list of objects"),
    ],
)
def test_what_would_falsify_a_figure_is_one_clear_line(raw: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        dialogue(raw)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON: give a file in the layout of locomo10.json"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is an empty list, it must have at least one dialogue"),
        (b"5", "is not a list of dialogues"),
        (b"{}", "is not a list of dialogues with a 'conversation' each"),
        (b'[{"qa": []}]', "is not a list of dialogues"),
        (b'[{"conversation": {}}, 5]', "is not a list of dialogues"),
        (b'{"conversation": "caf\xe9"}', "is not UTF-8 text: save it as UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_one_clear_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "talk.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        read(path)


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read(path)


def test_a_list_a_lone_dialogue_and_a_byte_order_mark_are_all_read(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    one = talk(turn("Hi", dia_id="D1:1"), qa=[about("D1:1")])
    path.write_text(json.dumps(one), "utf-8-sig")
    assert read(path) == [dialogue(one)]
    nameless = {"conversation": {}, "sample_id": None}
    path.write_text(json.dumps([one, nameless, {**nameless, "sample_id": 7}]), "utf-8")
    assert [found.id for found in read(path)] == ["t", "1", "7"]
    assert read(path)[1] == Dialogue("1", (), ())


# The example that turns a dialogue into lines


def lines(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(EXAMPLE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_the_example_writes_lines_that_can_be_replayed(tmp_path: Path) -> None:
    from torimem.log.replay import read_replay

    path, out = tmp_path / "talk.json", tmp_path / "lines.jsonl"
    path.write_text(
        json.dumps([talk(turn("Hi", dia_id="D1:1")), talk(turn("Hé", blip_caption="a kite"))]), "utf-8"
    )
    done = lines(str(path), "--dialogue", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "id": "D1:1",
        "role": "user",
        "speaker": "Ada",
        "text": "Hé [shares a photo of a kite]",
        "at": "2023-05-08T13:56:00",
        "session": "1",
    }
    out.write_text(done.stdout, "utf-8")
    assert tuple(read_replay(out)) == read(path)[1].messages


def test_the_example_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text(json.dumps([talk(turn("Hi"))]), "utf-8")
    for arguments, message in (
        ([str(path), "--dialogue", "9"], "has no dialogue '9': choose one of 0 (t)"),
        ([str(tmp_path / "none.json")], "cannot be read"),
    ):
        done = lines(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_the_example_in_the_examples_docstring_holds() -> None:
    space = runpy.run_path(str(EXAMPLE))
    (test,) = doctest.DocTestFinder().find(space["lines"], "lines", module=False, globs=space)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_user_is_no_ones_name() -> None:
    said = dialogue(talk(turn("Hi", speaker="User"), turn("Hello", speaker="Assistant"))).messages
    assert [(one.role, one.speaker) for one in said] == [("user", None), ("assistant", "Assistant")]
