"""Data of the caller's own is kept with a turn as it was given, and changes nothing else."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import InvalidInput, Memory, Message
from torimem.log.arrival import META_BYTES, META_DEPTH, kept
from torimem.log.replay import read_replay
from torimem.testing import ListStore

AT = "2026-01-31T10:00:00"
META = {"source": "import", "pages": [1, 2.5, None, True, False], "in": {"a": {}, "": "機\n"}}


def memory(where: Any = ":memory:", user: str = "ada") -> Memory:
    return Memory(where, user, embedder="none")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abé機\0", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", max_size=3), json_values, max_size=4))
def test_what_json_can_say_is_kept_as_it_is(meta: dict[str, Any]) -> None:
    assert kept(meta) == meta
    assert json.dumps(kept(meta)) == json.dumps(meta)
    with memory() as one:
        one.observe("I play the guitar.", id="a", meta=meta)
        assert one.turn("a").meta == meta


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        ([1], "a JSON object"),
        ("text", "a JSON object"),
        ({1: "a"}, "key 1, it must be text"),
        ({"a": {None: 1}}, r"meta\['a'\] has the key None"),
        ({"a": float("nan")}, "not a finite number"),
        ({"a": [1, float("inf")]}, r"meta\['a'\]\[1\]=inf is not a finite number"),
        ({"a": 2**63}, "more than 64 bits"),
        ({"a": 10**5000}, "more than 64 bits"),
        ({"a": b"bytes"}, "what JSON can say"),
        ({"a": {1, 2}}, "what JSON can say"),
        ({"a": object()}, "what JSON can say"),
        ({"a": "\ud800"}, "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        ({"a": "x" * META_BYTES}, f"it may take {META_BYTES:,}"),
        ({"a": "機" * (META_BYTES // 3)}, f"it may take {META_BYTES:,}"),
        (nested(META_DEPTH + 1), f"deeper than {META_DEPTH} levels"),
    ],
)
def test_anything_else_is_refused_in_one_line_before_anything_is_written(meta: Any, why: str) -> None:
    with memory() as one:
        for write in (
            lambda: one.observe("a", meta=meta),
            lambda: one.observe_many([Message("a", meta=meta)]),
        ):
            with pytest.raises(InvalidInput, match=why) as caught:
                write()
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < 300
        assert one.turns() == []


def test_the_largest_and_deepest_are_taken() -> None:
    with memory() as one:
        for meta in ({"a": "x" * (META_BYTES - len('{"a": ""}'))}, nested(META_DEPTH), {}):
            assert one.observe("a", meta=meta).meta == meta
        assert [turn.meta for turn in one.turns()][2] == {}


def test_it_is_a_copy_in_plain_lists_and_dicts() -> None:
    given = OrderedDict(pages=(1, 2), more=OrderedDict(a=1))
    with memory() as one:
        turn = one.observe("a", id="a", meta=given)
        given["late"] = 1
        given["more"]["late"] = 1  # type: ignore[index]
        assert turn.meta == one.turn("a").meta == {"pages": [1, 2], "more": {"a": 1}}
        assert hash(turn) == hash(one.turn("a"))


def test_a_retry_keeps_the_first_and_a_correction_keeps_it_too() -> None:
    with memory() as one:
        one.observe("I play the guitar.", id="a", meta={"try": 1})
        assert one.observe("I play the guitar.", id="a", meta={"try": 2}).meta == {"try": 1}
        assert one.observe("I play the guitar.", id="a").meta == {"try": 1}
        assert one.correct("a", "I play the flute.").meta == {"try": 1}
        one.reanalyse(every=True)
        assert one.turn("a").meta == {"try": 1}


def test_it_changes_nothing_that_is_folded_and_is_in_the_export_where_there_is_one(tmp_path: Path) -> None:
    exports = []
    for name, meta in (("without", None), ("with", META)):
        with memory(ListStore()) as one:
            one.observe("I play the guitar.", id="a", at=AT, meta=meta)
            one.observe("I love my cat!", id="b", at=AT)
            one.export(tmp_path / name)
            exports.append([json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()])
    without, there = exports
    assert there[1].pop("meta") == META
    assert there[:3] == without[:3]
    assert all("meta" not in line for line in without)
    for part in ("field", "topics", "index", "places"):
        assert there[-1]["sums"][part] == without[-1]["sums"][part]
    assert there[-1]["sums"]["log"] != without[-1]["sums"]["log"]
    with Memory.restore(tmp_path / "with", tmp_path / "m.db", embedder="none") as restored:
        assert [turn.meta for turn in restored.turns()] == [META, None]


def test_replay_lines_may_have_it(tmp_path: Path) -> None:
    line = {"text": "I play the guitar.", "meta": META}
    (tmp_path / "talk.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    [message] = read_replay(tmp_path / "talk.jsonl")
    assert message.meta == META
    (tmp_path / "talk.jsonl").write_text(json.dumps({"text": "x", "meta": [1]}) + "\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"line 1: meta is \[1\], it must be a JSON object"):
        read_replay(tmp_path / "talk.jsonl")


def test_what_is_forgotten_takes_it_out_of_every_file(tmp_path: Path) -> None:
    with memory(tmp_path / "m.db") as one:
        one.observe("a", id="a", meta={"secret": "canary-0123"})
        one.observe("b", id="b", meta={"secret": "stays"})
        assert one.forget("a").erased == "done"
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"canary-0123" not in stored
    assert b"stays" in stored
