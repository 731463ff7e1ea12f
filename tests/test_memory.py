"""What one relies on who keeps a memory: reading changes nothing, forgetting is total, nothing is lost."""

from __future__ import annotations

import copy
import json
import pickle
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem import (
    Dynamics,
    DynamicsMismatch,
    InvalidInput,
    LedgerLine,
    Memory,
    MemoryContext,
    Message,
    NotFound,
    StoreError,
    TorimemError,
    Turn,
)
from torimem.language.block import BLOCK_OPEN

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
SMALL = Dynamics(width=16, height=16)
TOPICS = ("dog", "C++", "machine learning", "work", "guitar", "Rome", "tea")


def message(n: int, **other: Any) -> Message:
    """Message n of a long talk, with topics and feelings that vary."""
    values: dict[str, Any] = {
        "text": f"message {n} on {TOPICS[n % 7]}",
        "role": "assistant" if n % 4 == 3 else "user",
        "at": START + timedelta(minutes=n),
        "id": f"t{n}",
        "topics": (TOPICS[n % 7], TOPICS[n * n % 5])[: 1 + n % 2] if n % 6 else (),
        "valence": (n % 9 - 4) / 4,
    }
    return Message(**{**values, **other})


def talk(path: Path | str, numbers: Sequence[int], user: str = "ada", dynamics: Dynamics = SMALL) -> Memory:
    memory = Memory(path, user, dynamics=dynamics)
    memory.observe_many([message(n) for n in numbers])
    return memory


def sums(memory: Memory, folder: Path) -> dict[str, Any]:
    """What an export says to compare memories by."""
    target = folder / "sums.jsonl"
    memory.export(target)
    found: dict[str, Any] = json.loads(target.read_text("utf-8").splitlines()[-1])["sums"]
    target.unlink()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}


def line_of(error: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(error.value)
    assert text
    assert "\n" not in text
    return text


# Observing


def test_observe_gives_back_the_turn_as_it_stands_in_the_log() -> None:
    with Memory(":memory:", "ada") as memory:
        turn = memory.observe(
            "Zeile 1\nZeile 2", speaker="Ada", at="2026-01-31T12:00:00+02:00", session="s", id="x",
            topics=["C++", "my new Guitars"], valence=0.3,
        )  # fmt: skip
        assert (turn.id, turn.index, turn.text, turn.role) == ("x", 0, "Zeile 1\nZeile 2", "user")
        assert (turn.speaker, turn.session, turn.at, turn.llm_calls) == ("Ada", "s", START, 0)
        assert (turn.topics, turn.valence) == (("C++", "my new Guitars"), 0.3)
        assert [mention.key for mention in turn.analysis.mentions] == ["c++", "guitar"]
        assert memory.turns() == [turn]


def test_without_a_time_or_an_id_a_turn_is_of_now_and_has_its_own_id() -> None:
    with Memory(":memory:") as memory:
        before = datetime.now(UTC)
        turns = [memory.observe("again") for _ in range(20)]
        assert before <= turns[0].at <= turns[-1].at <= datetime.now(UTC)
        assert len({turn.id for turn in turns}) == 20
        assert all(turn.id[14] == "7" for turn in turns)


def test_the_same_id_again_is_the_same_turn_and_changes_nothing(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(5)) as memory:
        before = sums(memory, tmp_path)
        again = memory.observe("message 2 on machine learning", id="t2", at="2030-01-01T00:00:00")
        assert again == memory.turns()[2]
        assert sums(memory, tmp_path) == before
        with pytest.raises(InvalidInput, match="'t2' is in the log with another text"):
            memory.observe("other", id="t2")
        assert sums(memory, tmp_path) == before


def test_observe_many_takes_all_or_none_and_tells_how_far_it_is() -> None:
    with Memory(":memory:", dynamics=SMALL) as memory:
        told: list[int] = []
        turns = memory.observe_many((message(n) for n in range(600)), told.append)
        assert [turn.index for turn in turns] == list(range(600))
        assert told == [256, 512, 600]
        with pytest.raises(InvalidInput, match="valence is 7"):
            memory.observe_many([message(600), message(601, valence=7.0)])
        with pytest.raises(InvalidInput, match="'t3' is in the log"):
            memory.observe_many([message(600), message(3, text="other")])
        assert len(memory.turns()) == 600
        assert memory.observe_many([]) == []


def test_many_at_once_are_the_same_memory_as_one_by_one(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(40)) as bulk, Memory(":memory:", "ada", dynamics=SMALL) as single:
        for n in range(40):
            given = message(n)
            single.observe(
                given.text, given.role, at=given.at, id=given.id, topics=given.topics, valence=given.valence
            )
        assert sums(single, tmp_path) == sums(bulk, tmp_path)


BAD: list[dict[str, Any]] = [
    *({"text": text} for text in (None, 5, b"bytes", "half \ud83d a character")),
    *({"role": role} for role in ("system", "", None, 5, ["user"])),
    *({"valence": feeling} for feeling in (float("nan"), 2, -1.01, float("inf"), "x", True, [0.5], 1 + 0j)),
    *({"at": at} for at in ("yesterday", "2026-13-01", "", 5, datetime.min.replace(tzinfo=UTC).date())),
    {"at": "0001-01-01T00:00:00+05:00"},
    *({name: bad} for name in ("id", "speaker", "session") for bad in ("", "  ", 5, "\udfff", ["a"])),
    *({"topics": bad} for bad in ("python", b"x", 5, {"a": 1}, [5], [None], [""], ["\u200b"], ["x" * 61])),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: ascii(bad)[:50])
def test_bad_values_are_one_clear_line_and_nothing_is_written(tmp_path: Path, bad: dict[str, Any]) -> None:
    with talk(tmp_path / "m.db", range(3)) as memory:
        before = contents(tmp_path)
        with pytest.raises(InvalidInput) as caught:
            memory.observe(**{"text": "hello", **bad})
        line_of(caught)
        with pytest.raises(InvalidInput):
            memory.observe_many([message(3), Message(**{"text": "hello", **bad})])
        assert contents(tmp_path) == before


@pytest.mark.parametrize("bad", ["text", None, 5, ["text"]])
def test_observe_many_takes_messages_only(bad: Any) -> None:
    with Memory(":memory:") as memory, pytest.raises(InvalidInput, match=r"must be a torimem\.Message"):
        memory.observe_many([bad])


ODD = [
    "",
    " ",
    "\0",
    "a\0b",
    "🎸🎸👩‍👩‍👧",
    "我喜欢机器学习",
    "أنا أحب الموسيقى",
    "\u202eevil\u202c",
    "e\u0301",
    "\r\n\t",
    "\x1b[31m",
]


@pytest.mark.parametrize("text", [*ODD, "I love my guitar. " * 56_000], ids=lambda text: ascii(text)[:20])
def test_any_text_is_kept_word_for_word_and_read_without_harm(tmp_path: Path, text: str) -> None:
    with Memory(tmp_path / "m.db", "ada") as memory:
        memory.observe(text, topics=["guitar"], valence=0.5, id="x", at=START)
        memory.observe(text[:10_000], role="assistant", at=START)
        assert memory.turns()[0].text == text
        prompt = memory.prompt("what of the guitar?")
        assert prompt.tokens <= 800
        assert "\x1b" not in prompt.text
        assert "\0" not in prompt.text
        assert memory.explain("x").turns[0].text == text
        memory.export(tmp_path / "export.jsonl")
        with Memory.restore(tmp_path / "export.jsonl", tmp_path / "other.db") as other:
            assert other.turns() == memory.turns()


def test_long_and_odd_texts_are_analysed_without_harm() -> None:
    with Memory(":memory:") as memory:
        for text in (*ODD, "I love my guitar. " * 3000, "x" * 100_000, "!" * 50_000, "(" * 20_000):
            memory.observe(text)
        memory.prompt("?" * 5000)


def test_a_set_of_topics_is_the_same_memory_whatever_its_order() -> None:
    with Memory(":memory:") as memory:
        assert memory.observe("x", topics={"tea", "dog", "work"}).topics == ("dog", "tea", "work")


def test_a_memory_block_that_comes_back_is_not_learned_and_not_quoted() -> None:
    with Memory(":memory:", "ada") as memory:
        memory.observe("I bought a red guitar in Rome", topics=["guitar"], at=START, id="a")
        prompt = memory.prompt("guitar").text
        assert "red guitar in Rome" in prompt
        block = prompt[prompt.index(BLOCK_OPEN) :]
        learned = memory.observe(f"Is this right? {block}", at=START, id="b")
        assert "rome" not in {mention.key for mention in learned.analysis.mentions}
        memory.observe(f"{block}", topics=["guitar"], at=START, id="c")
        for line in memory.prompt("guitar").text.splitlines():
            assert line.count("red guitar in Rome") <= 1
        quoted = {fact.turn_id: fact.text for fact in memory.context(query="guitar").recent_facts}
        assert quoted == {"a": "I bought a red guitar in Rome"}


# Reading


def reads(memory: Memory, folder: Path) -> list[Callable[[], object]]:
    return [
        memory.context,
        lambda: memory.context(query="dog and C++", now="2031-01-01T00:00:00", threshold=0.0),
        lambda: memory.context(as_of=1),
        memory.prompt,
        lambda: memory.prompt("how is the dog?"),
        memory.topics,
        memory.cells,
        lambda: memory.map("emotion"),
        memory.turns,
        lambda: memory.turns(2),
        lambda: memory.explain("t1"),
        lambda: memory.explain(memory.prompt().lines[0]),
        memory.stats,
        memory.verify,
        lambda: memory.forget(id="t1", dry_run=True),
        lambda: memory.forget(everything=True, dry_run=True),
        lambda: sums(memory, folder),
    ]


def test_reading_writes_nothing_and_moves_nothing(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    with talk(tmp_path / "db" / "m.db", range(20), dynamics=replace(SMALL, tick=60.0)) as memory:
        before = contents(tmp_path / "db"), sums(memory, tmp_path), memory.cells().tobytes()
        for read in reads(memory, tmp_path):
            read()
            after = contents(tmp_path / "db"), sums(memory, tmp_path), memory.cells().tobytes()
            assert after == before
        memory.cells()[:] = 7
        memory.map()[:] = 7
        assert memory.cells().tobytes() == before[2]


def test_every_reading_of_an_empty_memory_works_and_makes_no_scope(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", "ada") as memory:
        assert memory.context() == memory.extract_context() == MemoryContext()
        assert memory.context(query="dog", now=START, as_of=START).active_topics == ()
        assert memory.prompt("dog?").text == "You are a helpful assistant."
        assert (memory.topics(), memory.turns(), memory.turns(3)) == ([], [], [])
        assert memory.cells().shape == (4, 64, 64)
        assert not memory.cells().any()
        assert memory.verify()
        stats = memory.stats()
        assert (stats["turns"], stats["topics"], stats["evictions"], stats["llm_calls"]) == (0, 0, 0, 0)
        with pytest.raises(NotFound, match="'x'"):
            memory.explain("x")
        with pytest.raises(NotFound, match="'x'"):
            memory.forget(id="x")
        assert memory.forget(topic="dog").erased == "nothing"
        assert memory.forget(everything=True).turns == ()
        memory.refold()
        assert sums(memory, tmp_path)["turns"] == 0
    with Memory(tmp_path / "m.db", "ada", dynamics=SMALL) as memory:  # nothing was settled yet
        assert memory.dynamics == SMALL


def test_a_query_lights_its_topics_and_recalls_what_was_said_of_them() -> None:
    with Memory(":memory:", "ada", dynamics=SMALL) as memory:
        memory.observe("My dog is called Rex", topics=["dog"], id="rex", at=START)
        for n in range(200):
            memory.observe("so it goes", topics=[], at=START + timedelta(minutes=n))
        assert memory.context().active_topics == ()
        assert memory.context().recent_facts == ()
        asked = memory.context(query="What is my dog called?")
        assert [(topic.key, topic.asked, topic.activation) for topic in asked.active_topics] == [
            ("dog", True, 1.0)
        ]
        assert [fact.turn_id for fact in asked.recent_facts] == ["rex"]
        assert '"My dog is called Rex"' in memory.prompt("What is my dog called?").text
        assert memory.context(query="What is my dog called?", omit=["rex"]).recent_facts == ()


def test_a_fact_is_found_behind_questions_and_replies_on_the_same_topic() -> None:
    with Memory(":memory:", "ada", dynamics=SMALL) as memory:
        memory.observe("My dog Rex is ill", topics=["dog"], id="rex", at=START)
        for n in range(3):
            memory.observe("Poor dog.", role="assistant", topics=["dog"], at=START)
            memory.observe("What should my dog eat?", topics=["dog"], id=f"q{n}", at=START)
        assert [fact.turn_id for fact in memory.context().recent_facts] == ["rex"]
        assert [fact.turn_id for fact in memory.context(omit=["q0", "q1", "q2"]).recent_facts] == ["rex"]


def test_as_of_goes_back_to_a_turn_an_index_or_a_moment(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(300)) as memory:
        for n in (0, 1, 17, 255, 256, 299):
            with talk(":memory:", range(n + 1)) as then:
                expected, words = then.context(), then.prompt("the dog and work").text
                at = START + timedelta(minutes=n)
                for as_of in (n, f"t{n}", at, at.isoformat()):
                    assert memory.context(as_of=as_of) == expected
                    assert memory.prompt("the dog and work", as_of=as_of).text == words
        assert memory.context(as_of=299) == memory.context()
        assert memory.context(as_of=START - timedelta(days=1)) == MemoryContext()
        for nowhere in (-1, 300, "t300", "no time"):
            with pytest.raises(NotFound) as caught:
                memory.context(as_of=nowhere)
            line_of(caught)
        for wrong in (True, 1.5, [1]):
            with pytest.raises(InvalidInput):
                memory.context(as_of=wrong)  # type: ignore[arg-type]


def test_now_lets_the_clock_run_on_only_where_there_is_a_tick() -> None:
    late = START + timedelta(days=365)
    with talk(":memory:", range(3), dynamics=replace(SMALL, tick=3600.0)) as memory:
        assert memory.context().active_topics
        assert memory.context(now=late).active_topics == ()
        assert memory.context(now=late).now == late
        assert memory.context(now=START - timedelta(days=9)) == memory.context()
    with talk(":memory:", range(3)) as memory:
        assert memory.context(now=late).active_topics == memory.context().active_topics


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), "0.3", [0.3]])
def test_a_threshold_outside_zero_and_one_is_refused(threshold: Any) -> None:
    with Memory(":memory:") as memory, pytest.raises(InvalidInput, match="threshold is"):
        memory.context(threshold=threshold)


def test_a_threshold_of_zero_shows_all_and_of_one_nothing() -> None:
    with talk(":memory:", range(20)) as memory:
        assert len(memory.context(threshold=0).active_topics) == len(memory.topics())
        assert memory.context(threshold=1).active_topics == ()


@pytest.mark.parametrize("last", [-1, 1.5, "2", True])
def test_turns_refuses_what_is_no_count(last: Any) -> None:
    with Memory(":memory:") as memory, pytest.raises(InvalidInput, match=r"^last="):
        memory.turns(last)


def test_turns_gives_the_newest_in_order() -> None:
    with talk(":memory:", range(9)) as memory:
        assert [turn.id for turn in memory.turns(2)] == ["t7", "t8"]
        assert memory.turns(0) == []
        assert memory.turns(99) == memory.turns()


def test_explain_leads_from_a_turn_to_its_topics_and_prompt_lines() -> None:
    with Memory(":memory:", "ada") as memory:
        memory.observe("I adopted a dog from the shelter", topics=["dog"], id="a", at=START, valence=0.8)
        memory.observe("Work is fine", topics=["work"], id="b", at=START)
        found = memory.explain("a")
        assert [turn.id for turn in found.turns] == ["a"]
        assert [topic.key for topic in found.topics] == ["dog"]
        assert found.lines
        assert all("a" in line.sources for line in found.lines)
        back = memory.explain(found.lines[0])
        assert "a" in {turn.id for turn in back.turns}
        assert memory.explain(LedgerLine("x", "topics", "why", (), 1)).turns == ()
        for unknown in ("zz", LedgerLine("x", "topics", "why", ("zz",), 1)):
            with pytest.raises(NotFound, match="'zz'"):
                memory.explain(unknown)
        neither: Any
        for neither in (3, None, ["a"]):
            with pytest.raises(InvalidInput, match="must be the id of one"):
                memory.explain(neither)


def test_map_gives_one_layer_by_name() -> None:
    with talk(":memory:", range(3)) as memory:
        for n, layer in enumerate(("activation", "emotion", "confidence", "recency")):
            assert (memory.map(layer) == memory.cells()[n]).all()
        assert memory.map().shape == (16, 16)
        assert memory.map().dtype == np.float32
        with pytest.raises(NotFound, match="'heat' is not one of activation, emotion"):
            memory.map("heat")


def test_stats_count_what_is_there_and_what_was_evicted(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", "ada", agent="tutor", dynamics=Dynamics(width=8, height=8)) as memory:
        memory.observe_many([message(n, topics=(f"topic {n}",), role="user") for n in range(300)])
        stats = memory.stats()
        assert (stats["user"], stats["agent"], stats["turns"], stats["user_turns"]) == (
            "ada",
            "tutor",
            300,
            300,
        )
        assert stats["topics_ever"] == 300
        assert stats["evictions"] == 300 - stats["topics"]
        assert (stats["checkpoints"], stats["steps"]) == (1, 1500)
        assert stats["last"] == (START + timedelta(minutes=299)).isoformat()
        assert stats["bytes"] >= sum(len(data) for data in contents(tmp_path).values())
        assert stats["dynamics"]["width"] == 8


# Forgetting


@pytest.mark.parametrize("count", [30, 600])
@pytest.mark.parametrize("gone", [[0], [7], [3, 4, 5, 20], [29]])
def test_a_memory_that_forgot_turns_is_one_that_never_saw_them(
    tmp_path: Path, count: int, gone: list[int]
) -> None:
    with talk(tmp_path / "m.db", range(count)) as memory:
        for n in gone:
            receipt = memory.forget(id=f"t{n}")
            assert (receipt.turns, receipt.erased, receipt.dry_run) == ((f"t{n}",), "done", False)
        with talk(":memory:", [n for n in range(count) if n not in gone]) as never:
            assert sums(memory, tmp_path) == sums(never, tmp_path)
            assert memory.prompt("how is the dog?").text == never.prompt("how is the dog?").text
            assert memory.context(as_of=20) == never.context(as_of=20)
        assert memory.verify()


def test_forgetting_after_several_checkpoints_keeps_those_before_and_refolds_the_rest(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(1100)) as memory:
        memory.forget(id="t700")
        assert memory._store.checkpoints(1) == [256, 512, 768, 1024]
        with talk(":memory:", [n for n in range(1100) if n != 700]) as never:
            assert sums(memory, tmp_path) == sums(never, tmp_path)
        assert memory.verify()
    with Memory(tmp_path / "m.db", "ada") as again:
        assert again.verify()


def test_a_topic_is_forgotten_with_every_turn_that_names_it(tmp_path: Path) -> None:
    named = [n for n in range(300) if "C++" in (message(n).topics or ())]
    with talk(tmp_path / "m.db", range(300)) as memory:
        planned = memory.forget(topic="c++", dry_run=True)
        assert (planned.turns, planned.erased, planned.dry_run) == (
            tuple(f"t{n}" for n in named),
            "nothing",
            True,
        )
        assert len(memory.turns()) == 300
        assert memory.forget(topic="C++") == replace(planned, erased="done", dry_run=False)
        with talk(":memory:", [n for n in range(300) if n not in named]) as never:
            assert sums(memory, tmp_path) == sums(never, tmp_path)
        assert memory.forget(topic="C++").erased == "nothing"
        assert "c++" not in {topic.key for topic in memory.topics()}
        stored = b"".join(contents(tmp_path).values())
        assert not [n for n in named if f"message {n} on".encode() in stored]


def test_what_was_said_before_a_moment_is_forgotten(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(20)) as memory:
        assert memory.forget(before="2026-01-31T10:05:00").turns == tuple(f"t{n}" for n in range(5))
        with talk(":memory:", range(5, 20)) as never:
            assert sums(memory, tmp_path) == sums(never, tmp_path)


@pytest.mark.parametrize("said", ["no", "false", "", 1, 0, None])
def test_only_true_forgets_everything_and_only_false_is_no_rehearsal(said: Any) -> None:
    with Memory(":memory:", "ada", embedder="none") as memory:
        memory.observe("I love my cat", id="a")
        changes: list[Callable[[], object]] = [
            lambda: memory.forget(everything=said),
            lambda: memory.forget(id="a", dry_run=said),
            lambda: memory.reanalyse(dry_run=said),
            lambda: memory.reanalyse(every=said),
        ]
        for change in changes:
            with pytest.raises(InvalidInput, match="must be True or False"):
                change()
        assert [turn.id for turn in memory.turns()] == ["a"]


def test_after_forgetting_everything_the_memory_is_new(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(300)) as memory, talk(tmp_path / "m.db", range(5), user="bob") as bob:
        bobs = sums(bob, tmp_path)
        assert len(memory.forget(everything=True).turns) == 300
        assert (memory.turns(), memory.topics(), memory.stats()["checkpoints"]) == ([], [], 0)
        assert sums(bob, tmp_path) == bobs
        assert b"message 299" not in b"".join(contents(tmp_path).values())
        memory.observe_many([message(n) for n in range(9)])
        with talk(":memory:", range(9)) as fresh:
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"id": "t1", "everything": True},
        {"before": "2027-01-01", "everything": True},
        {"before": "soon"},
        {"topic": ""},
        {"text": " "},
        {"speaker": ""},
        {"session": 7},
    ],
)
def test_forget_needs_a_good_answer_to_what(tmp_path: Path, what: dict[str, Any]) -> None:
    with talk(tmp_path / "m.db", range(3)) as memory:
        for dry_run in (True, False):
            with pytest.raises(InvalidInput) as caught:
                memory.forget(**what, dry_run=dry_run)
            line_of(caught)
        with pytest.raises(NotFound, match="'zz'"):
            memory.forget(id="zz")
        assert len(memory.turns()) == 3


def test_forget_takes_the_turns_of_which_all_that_is_given_holds(tmp_path: Path) -> None:
    said = [
        Message("My PIN is  4711.", id="a", speaker="Ada", session="1", at=datetime(2026, 1, 1)),
        Message("MY PIN IS 4711!", id="b", speaker="Ben", session="1", at=datetime(2026, 1, 2)),
        Message("The pin of my bank", id="c", speaker="Ada", session="2", at=datetime(2026, 1, 3)),
        Message("I love my guitar", id="d", speaker="Ada", session="2", at=datetime(2026, 1, 4)),
        Message("Kennwort: Straße", id="e", speaker="Ben", session="2", at=datetime(2026, 1, 5)),
    ]
    with Memory(tmp_path / "m.db", "ada", embedder="none") as memory:
        memory.observe_many(said)
        memory.correct("d", "I love my piano")

        def chosen(**what: Any) -> str:
            return "".join(memory.forget(**what, dry_run=True).turns)

        assert chosen(text="my pin is 4711") == "ab"
        assert chosen(text="pin") == "abc"
        assert chosen(text="STRASSE") == "e"
        assert chosen(text="guitar") == "d"  # as it was first said: that text is kept until it is forgotten
        assert chosen(topic="guitar") == chosen(topic="piano") == "d"
        assert chosen(speaker="Ada") == "acd"
        assert chosen(speaker="ada") == chosen(session="3") == ""
        assert chosen(session="2", speaker="Ada") == "cd"
        assert chosen(text="pin", before="2026-01-03") == "ab"
        assert chosen(id="a", speaker="Ada") == "a"
        assert chosen(id="a", speaker="Ben") == ""
        assert memory.forget(speaker="Ben", text="pin").turns == ("b",)
        with Memory(":memory:", "ada", embedder="none") as fresh:
            fresh.observe_many([message for message in said if message.id != "b"])
            memory.correct("d", "I love my guitar")
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)
        assert b"4711!" not in b"".join(contents(tmp_path).values())


def test_observe_many_takes_messages_as_chat_servers_have_them() -> None:
    chat = [
        {"role": "user", "content": "I play the guitar.", "name": "Ada"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "Which"}, {"type": "text", "text": "one?"}],
        },
        {"text": "A Harlow OM-20.", "at": "2026-01-31T10:00:00", "id": "x", "valence": 0.5, "meta": {"n": 1}},
    ]
    with Memory(":memory:", embedder="none") as memory:
        turns = memory.observe_many(chat)
        assert [(turn.role, turn.speaker, turn.text) for turn in turns] == [
            ("user", "Ada", "I play the guitar."),
            ("assistant", None, "Which\none?"),
            ("user", None, "A Harlow OM-20."),
        ]
        assert (turns[2].id, turns[2].valence, turns[2].meta) == ("x", 0.5, {"n": 1})
        for wrong, why in (
            ({"role": "system", "content": "Be kind."}, "message 1: role is 'system'"),
            ({"role": "user", "content": None}, "message 1: text is NoneType"),
            ({"role": "user"}, "message 1 has no text"),
            ({"role": "assistant", "content": "x", "tool_calls": []}, "message 1 has unknown keys"),
            ({"role": "user", "content": [{"type": "image_url"}]}, "content has a part of type 'image_url'"),
            ({"role": "user", "content": ["x"]}, "content has a part of type 'str'"),
        ):
            with pytest.raises(InvalidInput, match=re.escape(why)):
                memory.observe_many([Message("fine"), wrong])
        assert len(memory.turns()) == 3


def test_with_an_open_reader_the_receipt_says_pending_and_the_next_opener_finishes(tmp_path: Path) -> None:
    memory = talk(tmp_path / "m.db", range(5))
    memory.observe("canary 93a7", id="canary", topics=["x"])
    reader = sqlite3.connect(tmp_path / "m.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM turns").fetchone()
    assert memory.forget(id="canary").erased == "pending"
    assert [turn.id for turn in memory.turns()] == [f"t{n}" for n in range(5)]
    memory.close()
    assert b"canary 93a7" in b"".join(contents(tmp_path).values())
    reader.close()
    Memory(tmp_path / "m.db", "ada").close()
    assert b"canary 93a7" not in b"".join(contents(tmp_path).values())


# Dynamics


def test_other_dynamics_than_it_was_written_with_are_refused_and_refold_changes_them(tmp_path: Path) -> None:
    other = replace(SMALL, decay_rate=0.01)
    with talk(tmp_path / "m.db", range(300)) as memory:
        with pytest.raises(DynamicsMismatch, match=r"decay_rate: 0.01 / 0.004.*torimem refold") as caught:
            Memory(tmp_path / "m.db", "ada", dynamics=other)
        line_of(caught)
        told: list[int] = []
        memory.refold(other, told.append)
        assert told == [256, 300]
        with talk(":memory:", range(300), dynamics=other) as fresh:
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)
        with pytest.raises(InvalidInput, match=r"must be a torimem\.Dynamics"):
            memory.refold({"width": 3})  # type: ignore[arg-type]
    with Memory(tmp_path / "m.db", "ada", dynamics=other) as memory:
        assert memory.verify()
    with Memory(tmp_path / "m.db", "bob", dynamics=SMALL) as bob:
        assert bob.dynamics == SMALL


NOBODY = [{"user": ""}, {"user": " "}, {"user": None}, {"user": "\ud800"}, {"agent": ""}, {"agent": 5}]


@pytest.mark.parametrize("bad", [*NOBODY, {"dynamics": {"width": 3}}, {"durability": "never"}])
def test_a_memory_of_nobody_is_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        Memory(tmp_path / "m.db", **bad)
    line_of(caught)


def test_a_closed_memory_says_so() -> None:
    memory = talk(":memory:", range(2))
    memory.close()
    memory.close()
    for use in (memory.topics, memory.turns, memory.prompt, lambda: memory.observe("x"), memory.verify):
        with pytest.raises(StoreError, match="was closed: open a new Memory on it"):
            use()


# Export and restore


def test_a_restored_memory_is_the_same_memory(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(300)) as memory:
        memory.export(tmp_path / "e.jsonl")
        with Memory.restore(tmp_path / "e.jsonl", tmp_path / "other.db") as other:
            assert (other.user, other.agent, other.dynamics) == ("ada", None, SMALL)
            assert other.turns() == memory.turns()
            assert sums(other, tmp_path) == sums(memory, tmp_path)
            assert other.prompt("the dog").text == memory.prompt("the dog").text
            other.export(tmp_path / "again.jsonl")
            assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "e.jsonl").read_bytes()
            other.observe("and on it goes", topics=["tea"])
        with Memory.restore(tmp_path / "e.jsonl", tmp_path / "m.db", user="bob", agent="x") as bob:
            assert (bob.user, bob.agent, len(bob.turns())) == ("bob", "x", 300)
    assert {file.name for file in tmp_path.iterdir()} >= {"e.jsonl", "m.db", "other.db"}
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".part")]


def test_restore_refuses_a_user_who_has_turns_and_changes_nothing(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(5)) as memory:
        memory.export(tmp_path / "e.jsonl")
        before = sums(memory, tmp_path)
        with pytest.raises(InvalidInput, match="'ada' already has 5 turns"):
            Memory.restore(tmp_path / "e.jsonl", tmp_path / "m.db")
        assert sums(memory, tmp_path) == before


def test_restore_takes_a_user_who_has_forgotten_every_turn(tmp_path: Path) -> None:
    with talk(tmp_path / "a.db", range(5)) as memory:
        memory.export(tmp_path / "e.jsonl")
    with Memory(tmp_path / "m.db", "ada") as empty:
        empty.observe("x", id="x")
        empty.forget(id="x")
        with Memory.restore(tmp_path / "e.jsonl", tmp_path / "m.db") as other:
            assert sums(other, tmp_path) == sums(empty, tmp_path)  # the one that was open follows


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("export")
    with talk(folder / "m.db", range(4), dynamics=Dynamics(width=5, height=4)) as memory:
        memory.observe("Ünï 🎸", topics=["C++"], valence=-0.5, speaker="Ada", session="s", id="x", at=START)
        memory.export(folder / "e.jsonl")
    return (folder / "e.jsonl").read_bytes()


def refused(data: bytes, folder: Path) -> str:
    (folder / "e.jsonl").write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        Memory.restore(folder / "e.jsonl", folder / "restored.db")
    assert not (folder / "restored.db").exists()
    return line_of(caught)


def test_an_export_that_lost_or_doubled_any_line_is_refused(tmp_path: Path, exported: bytes) -> None:
    lines = exported.splitlines(keepends=True)
    for n in range(len(lines)):
        refused(b"".join(lines[:n] + lines[n + 1 :]), tmp_path)
        refused(b"".join(lines[: n + 1] + lines[n:]), tmp_path)
    refused(b"".join(lines[:2] + lines[3:1:-1] + lines[4:]), tmp_path)
    assert "cut off" in refused(b"".join(lines[:-1]), tmp_path)
    assert "not a torimem export" in refused(b"", tmp_path)


def test_an_export_cut_off_anywhere_is_refused(tmp_path: Path, exported: bytes) -> None:
    for size in range(0, len(exported) - 2, 7):
        refused(exported[:size], tmp_path)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_export_with_any_byte_changed_is_refused_or_still_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, exported: bytes, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "bytes"
    folder.mkdir(exist_ok=True)
    broken = bytearray(exported)
    where = data.draw(st.integers(0, len(broken) - 1))
    broken[where] ^= data.draw(st.integers(1, 255))
    (folder / "e.jsonl").write_bytes(bytes(broken))
    try:
        Memory.restore(folder / "e.jsonl", ":memory:").close()
    except InvalidInput:
        return
    kept = [json.loads(line) for line in bytes(broken).splitlines() if line.strip()]
    assert kept == [json.loads(line) for line in exported.splitlines()]


def test_a_forged_export_whose_lines_agree_is_caught_by_its_sums(tmp_path: Path, exported: bytes) -> None:
    from torimem.state.archive import _sha256

    rows = [json.loads(line) for line in exported.splitlines()]
    forgeries: list[Callable[[list[Any]], object]] = [
        lambda rows: rows[1].update(text="forged"),
        lambda rows: rows[1]["analysis"]["mentions"].append(["x", "x", 1.0, 1.0]),
        lambda rows: rows[0]["dynamics"].update(radius=1),
        lambda rows: rows[-1]["sums"].update(field="0" * 64),
        lambda rows: rows[-1]["sums"].pop("index"),
        lambda rows: rows[-1].update(sums=5),
        lambda rows: rows[0].update(dynamics=5),
        lambda rows: rows[0].pop("user"),
        lambda rows: rows[2].update(at=None),
        lambda rows: rows[2].update(role="system"),
        lambda rows: rows[2].update(analysis=5),
        lambda rows: rows[2]["analysis"].update(mentions=[["a", "a", "high", 1.0]]),
        lambda rows: rows[2]["analysis"].update(mentions=[["a", "a", float("nan"), 1.0]]),
    ]
    for forge in forgeries:
        forged = json.loads(json.dumps(rows))
        forge(forged)
        forged[-1]["sha256"] = _sha256([*forged[:-1], forged[-1]["sums"]])
        refused("\n".join(map(json.dumps, forged)).encode(), tmp_path)


def test_an_export_may_change_its_line_ends_on_the_way(tmp_path: Path, exported: bytes) -> None:
    (tmp_path / "e.jsonl").write_bytes(b"\xef\xbb\xbf" + exported.replace(b"\n", b"\r\n") + b"\r\n")
    with Memory.restore(tmp_path / "e.jsonl", tmp_path / "m.db") as memory:
        assert memory.turns()[-1].text == "Ünï 🎸"


def test_an_export_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(3)) as memory:
        (tmp_path / "folder").mkdir()
        for where in (tmp_path / "no" / "e.jsonl", tmp_path / "folder", tmp_path / "m.db" / "e.jsonl"):
            with pytest.raises(StoreError, match="cannot be written"):
                memory.export(where)
        assert not list(tmp_path.rglob("*.part"))
        with pytest.raises(InvalidInput, match="cannot be read"):
            Memory.restore(tmp_path / "no.jsonl", tmp_path / "x.db")


# Whose memory it is


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["ada", "bob"]), st.sampled_from([None, "x", "y"])), max_size=12))
def test_nothing_of_one_user_or_agent_is_ever_read_by_another(
    tmp_path_factory: pytest.TempPathFactory, owners: list[tuple[str, str | None]]
) -> None:
    path = tmp_path_factory.mktemp("scopes") / "m.db"
    for n, (user, agent) in enumerate(owners):
        with Memory(path, user, agent=agent, dynamics=Dynamics(width=8, height=8)) as memory:
            memory.observe(f"canary-{user}-{agent}-{n}", topics=["shared", f"topic-{user}-{agent}"], at=START)
    for user in ("ada", "bob"):
        for agent in (None, "x", "y"):
            with Memory(path, user, agent=agent) as memory:
                own = [n for n, owner in enumerate(owners) if owner == (user, agent)]
                said = repr(
                    [
                        memory.turns(),
                        memory.topics(),
                        memory.context(query="shared", threshold=0.0),
                        memory.prompt("shared").lines,
                        memory.stats(),
                        memory.forget(topic="shared", dry_run=True),
                    ]
                )
                for n, owner in enumerate(owners):
                    assert (f"canary-{owner[0]}-{owner[1]}-{n}" in said) == (n in own)
                others = {f"topic-{u}-{a}" for u, a in owners} - {f"topic-{user}-{agent}"}
                assert not [topic for topic in others if topic in said]
                assert memory.verify()


# Several at once in one process


def test_two_memories_on_one_file_follow_each_other(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(3)) as one, Memory(tmp_path / "m.db", "ada") as two:
        for n in range(3, 20):
            (one, two)[n % 2].observe_many([message(n)])
            assert one.context() == two.context()
        one.forget(id="t5")
        assert [turn.id for turn in two.turns()] == [f"t{n}" for n in range(20) if n != 5]
        assert one.context() == two.context()
        two.refold(replace(SMALL, radius=1))
        assert one.topics() == two.topics()
        assert one.dynamics == two.dynamics
        assert one.verify()


@pytest.mark.parametrize("looks", [True, False])
def test_a_memory_notices_that_another_forgot_everything_and_began_anew(tmp_path: Path, looks: bool) -> None:
    with talk(tmp_path / "m.db", range(9)) as one, Memory(tmp_path / "m.db", "ada") as two:
        two.forget(everything=True)
        if looks:
            assert one.topics() == []
        two.observe("a fresh start", topics=["start"], at=START)
        one.observe("indeed", topics=["indeed"], at=START)
        assert (
            {topic.key for topic in one.topics()}
            == {topic.key for topic in two.topics()}
            == {"start", "indeed"}
        )
        assert one.verify()
        assert two.verify()


def test_an_interrupted_fold_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from torimem.state import fold

    with talk(":memory:", range(5)) as memory:
        light = fold._light

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(fold, "_light", interrupted)
        with pytest.raises(KeyboardInterrupt):
            memory.observe_many([message(5)])
        monkeypatch.setattr(fold, "_light", light)
        assert len(memory.turns()) == 6
        assert memory.verify()


def test_a_progress_callback_may_fail_or_look_at_the_memory() -> None:
    with Memory(":memory:", dynamics=SMALL) as memory:
        seen: list[int] = []
        memory.observe_many([message(n) for n in range(600)], lambda _: seen.append(memory.stats()["turns"]))
        assert seen
        with pytest.raises(ZeroDivisionError):
            memory.refold(SMALL, lambda done: done // 0)
        assert memory.verify()
        assert len(memory.turns()) == 600


def test_a_checkpoint_that_cannot_be_saved_does_not_fail_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise StoreError("locked")

    with talk(tmp_path / "m.db", range(255)) as memory:
        monkeypatch.setattr(memory._store, "save_checkpoint", locked)
        assert memory.observe("the 256th", id="x").index == 255
        assert memory.stats()["checkpoints"] == 0


def test_damaged_and_foreign_checkpoints_are_passed_over(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(600)) as memory:
        expected = sums(memory, tmp_path)
    db = sqlite3.connect(tmp_path / "m.db")
    of = "(SELECT bytes FROM blobs WHERE kind = 'checkpoint' AND seq = 255)"
    for state in ("x'00'", of):
        db.execute(f"UPDATE blobs SET bytes = {state} WHERE kind = 'checkpoint' AND seq = 511")
    db.commit()
    db.close()
    with Memory(tmp_path / "m.db", "ada") as memory:
        assert sums(memory, tmp_path) == expected
        assert memory.verify()


def test_a_log_with_a_gap_is_one_clear_error(tmp_path: Path) -> None:
    talk(tmp_path / "m.db", range(20)).close()
    db = sqlite3.connect(tmp_path / "m.db")
    db.execute("DELETE FROM turns WHERE seq = 7")
    db.commit()
    db.close()
    with (
        Memory(tmp_path / "m.db", "ada") as memory,
        pytest.raises(StoreError, match="turns are missing") as caught,
    ):
        memory.topics()
    line_of(caught)


def test_every_error_is_of_the_library(tmp_path: Path) -> None:
    talk(tmp_path / "m.db", range(3)).close()
    with Memory(tmp_path / "m.db", "ada") as memory:
        nonsense: list[Callable[[], object]] = [
            lambda: memory.explain("\ud800"),
            lambda: memory.forget(id="\ud800"),
            lambda: memory.context(as_of="\ud800"),
            lambda: memory.context(now="soon"),
            lambda: memory.prompt(budget=0),
            lambda: memory.prompt(template="no such"),
            lambda: memory.forget(before=5),  # type: ignore[arg-type]
        ]
        for call in nonsense:
            with pytest.raises(TorimemError) as caught:
                call()
            line_of(caught)


def test_turns_and_messages_are_frozen() -> None:
    with talk(":memory:", range(1)) as memory:
        turn: Turn = memory.turns()[0]
        with pytest.raises(AttributeError):
            turn.text = "other"  # type: ignore[misc]


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_memory_can_be_neither_pickled_nor_copied_and_says_so_in_one_line(
    way: Callable[[object], object],
) -> None:
    with Memory(":memory:", "ada") as memory:
        with pytest.raises(InvalidInput, match=r"'ada'.* open another Memory on the same file") as refused:
            way(memory)
        assert "\n" not in str(refused.value)
        assert memory.observe("Rain").index == 0
