"""Files that people hand in: every bad line is named, every good one is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import InvalidInput, Memory, Message
from torimem.log.arrival import checked, moment, new_id
from torimem.log.replay import read_replay


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "talk.jsonl"


def test_a_full_line_and_a_bare_one_are_read(file: Path) -> None:
    file.write_text(
        '{"id": "D1:3", "role": "assistant", "speaker": "Ada", "text": "hi", '
        '"at": "2026-01-31T10:00:00+02:00", "session": "1", "topics": ["AI", "C++"], "valence": 0.5}\n'
        '{"text": "x"}\n',
        "utf-8",
    )
    at = datetime(2026, 1, 31, 8, tzinfo=UTC)
    full = Message("hi", "assistant", "Ada", at, "1", "D1:3", ("AI", "C++"), 0.5)
    assert read_replay(file) == [full, Message("x")]


def test_nulls_are_the_same_as_absent(file: Path) -> None:
    nulls = '"id": null, "speaker": null, "at": null, "session": null, "topics": null, "valence": null'
    file.write_text('{"text": "x", ' + nulls + "}")
    assert read_replay(file) == [Message("x")]


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_do_no_harm(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbf\r\n{"text": "a"}\r\n\r\n   \r\n{"text": "b\\u2028c"}')
    assert [message.text for message in read_replay(file)] == ["a", "b\u2028c"]


def test_an_empty_file_has_no_messages(file: Path) -> None:
    file.write_text("")
    assert read_replay(file) == []


BAD_LINES = [
    "{",
    "not json",
    '{"text": "a"} {"text": "b"}',
    "[" * 100_000,
    '{"text": "a", "valence": ' + "1" * 5000 + "}",
    "[1]",
    '"text"',
    "5",
    "null",
    "true",
    "{}",
    '{"id": "x"}',
    '{"text": null}',
    '{"text": 5}',
    '{"text": ["a"]}',
    '{"text": "half \\ud83d a character"}',
    '{"text": "a", "role": "system"}',
    '{"text": "a", "role": 5}',
    '{"text": "a", "at": "yesterday"}',
    '{"text": "a", "at": 1700000000}',
    '{"text": "a", "at": "0001-01-01T00:00:00+09:00"}',
    '{"text": "a", "id": 3}',
    '{"text": "a", "id": ""}',
    '{"text": "a", "speaker": ["Ada"]}',
    '{"text": "a", "session": 1}',
    '{"text": "a", "topics": "AI"}',
    '{"text": "a", "topics": [1]}',
    '{"text": "a", "topics": {"AI": 1}}',
    '{"text": "a", "valence": "glad"}',
    '{"text": "a", "valence": true}',
    '{"text": "a", "valence": 2}',
    '{"text": "a", "valence": NaN}',
    '{"text": "a", "mood": 1, "colour": 2}',
    '{"torimem": 1, "user": "ada", "agent": "", "dynamics": {}}',
    '{"sums": {}, "sha256": ""}',
]


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:40])
def test_a_bad_line_is_named_by_its_number_and_nothing_is_taken(file: Path, line: str) -> None:
    file.write_text('{"text": "good"}\n\n' + line + '\n{"text": "good"}\n', "utf-8")
    with pytest.raises(InvalidInput, match=r"talk\.jsonl line 3\b") as caught:
        read_replay(file)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_wrong_with_a_line_is_said(file: Path) -> None:
    for line, reason in (
        ('{"torimem": 1}', "header of an export: use torimem restore"),
        ('{"text": "a", "mood": 1}', "unknown keys ['mood']"),
        ('{"text": "a", "at": "soon"}', "at is 'soon', it must be ISO 8601"),
        ("[]", "is a list, it must be a JSON object"),
        ("{,}", "is not JSON"),
    ):
        file.write_text(line)
        with pytest.raises(InvalidInput) as caught:
            read_replay(file)
        assert reason in str(caught.value)


def test_files_that_cannot_be_read_are_one_clear_line(file: Path) -> None:
    for where in (file, file.parent):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_replay(where)
    file.write_bytes(b'{"text": "caf\xe9"}')
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_replay(file)


@given(
    st.builds(
        dict,
        text=st.text(st.characters(exclude_categories=["Cs"])),
        role=st.sampled_from(["user", "assistant"]),
        valence=st.none() | st.floats(-1, 1),
        topics=st.none() | st.lists(st.sampled_from(["AI", "C++", "機械"])),
    )
)
def test_whatever_is_a_message_is_taken_as_it_is(values: dict[str, Any]) -> None:
    message = checked(Message(**values))
    assert message == Message(
        **{**values, "topics": None if values["topics"] is None else tuple(values["topics"])}
    )


def test_an_exported_turn_can_be_replayed(file: Path) -> None:
    with Memory(":memory:", "ada") as memory:
        memory.observe("I love my guitar", at="2026-01-31T10:00:00", id="a")
        memory.export(file)
        rows = file.read_text("utf-8").splitlines()
        file.write_text(rows[1], "utf-8")
        with Memory(":memory:", "ada") as other:
            assert other.observe_many(read_replay(file)) == memory.turns()


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=5))), min_value=datetime(2, 1, 1)))
def test_moments_are_in_utc_whatever_their_zone(at: datetime) -> None:
    assert moment(at) == moment(at.isoformat()) == at
    assert moment(at).tzinfo is UTC
    assert moment(at.replace(tzinfo=None)) == at.replace(tzinfo=UTC)


def test_ids_are_unique_and_sorted_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [id[:13] for id in ids] == sorted(id[:13] for id in ids)
