"""The past can be put right: what comes of it is what would have come of the right words at the time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem import (
    Correction,
    Dynamics,
    InvalidInput,
    Memory,
    Message,
    ModelError,
    NotFound,
    Reanalysis,
    TorimemError,
    Turn,
)
from torimem.language import analyse
from torimem.language.claims import clauses
from torimem.language.claims import find as found_claims
from torimem.language.feeling.judge import VADER
from torimem.language.topics import find as found_topics
from torimem.log import correction
from torimem.state import revise

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
SMALL = Dynamics(width=16, height=16)
TEXTS = (
    "I love my new guitar, but the work deadline is terrible.",
    "My dog likes Rome.",
    "See you",
    "",
    "Great, the C++ build is broken again!",
)


def message(n: int, **other: Any) -> Message:
    """Message n of a long talk; some have topics or a feeling given."""
    values: dict[str, Any] = {
        "text": f"{TEXTS[n % 5]} ({n})",
        "role": "assistant" if n % 4 == 3 else "user",
        "speaker": (None, "Ada", "Ben")[n % 3],
        "at": START + timedelta(minutes=n),
        "id": f"t{n}",
        "topics": ("tea", "machine learning")[: 1 + n % 2] if n % 6 == 0 else None,
        "valence": (n % 9 - 4) / 4 if n % 7 == 0 else None,
    }
    return Message(**{**values, **other})


def talk(path: Path | str, messages: Sequence[Message] | int, **options: Any) -> Memory:
    if isinstance(messages, int):
        messages = [message(n) for n in range(messages)]
    memory = Memory(path, "ada", **{"dynamics": SMALL, "embedder": "none", **options})
    memory.observe_many(messages)
    return memory


def sums(memory: Memory, folder: Path) -> dict[str, Any]:
    """What an export says to compare memories by: the log, the index, topics and places, every cell."""
    target = folder / "sums.jsonl"
    memory.export(target)
    found: dict[str, Any] = json.loads(target.read_text("utf-8").splitlines()[-1])["sums"]
    target.unlink()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}


class Judge:
    """Feels half of what VADER feels, or what it is told to."""

    def __init__(self, name: str = "half-1", feels: Callable[[float | None], float | None] | None = None):
        self.name = name
        self.feels = feels or (lambda valence: valence and round(valence / 2, 4))

    def valences(self, texts: Sequence[str]) -> list[float | None]:
        return [self.feels(valence) for valence in VADER.valences(texts)]


# Correcting

GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from([*TEXTS, "Rome was awful", "I adore tea"]),
        "topics": st.lists(st.sampled_from(["tea", "C++", "Rome", "my new Guitars"]), max_size=2).map(tuple),
        "valence": st.sampled_from([-1.0, -0.25, 0.0, 0.33333, 1]),
    },
).filter(bool)
STEPS = st.lists(st.tuples(st.integers(0, 11), st.one_of(st.none(), GIVEN)), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_a_memory_that_was_corrected_is_one_that_observed_it_so_in_the_first_place(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, dict[str, Any] | None]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    expected = {n: message(n) for n in range(12)}
    with talk(":memory:", 12) as memory:
        for n, right in steps:
            if right is None or n not in expected:
                if expected.pop(n, None):
                    memory.forget(id=f"t{n}")
                continue
            if "text" in right:  # what was given goes with the words that it was given for
                expected[n] = replace(expected[n], topics=None, valence=None)
            expected[n] = replace(expected[n], **right)
            turn = memory.correct(f"t{n}", **right)
            assert turn == memory.explain(f"t{n}").turns[0]
        with talk(":memory:", list(expected.values())) as fresh:
            assert sums(memory, folder) == sums(fresh, folder)
            assert memory.prompt("Rome and work").text == fresh.prompt("Rome and work").text
            assert [replace(turn, corrected=None) for turn in memory.turns()] == fresh.turns()
        assert memory.verify()


@pytest.mark.parametrize("n", [0, 255, 256, 700, 1099])
def test_a_correction_behind_checkpoints_keeps_those_before_and_refolds_the_rest(
    tmp_path: Path, n: int
) -> None:
    right: dict[str, Any] = {"text": "Chess with Zoe was dull", "topics": ("chess",), "valence": -0.5}
    with talk(tmp_path / "m.db", 1100) as memory:
        memory.correct(f"t{n}", **right)
        assert memory.stats()["checkpoints"] == 4
        messages = [message(k, **right) if k == n else message(k) for k in range(1100)]
        with talk(":memory:", messages) as fresh:
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)
            assert memory.context(as_of=n) == fresh.context(as_of=n)
    with Memory(tmp_path / "m.db", "ada") as again:
        assert again.verify()


def test_the_feeling_about_one_topic_is_put_right_and_the_others_stay() -> None:
    with talk(":memory:", [message(0, topics=None, valence=None)]) as memory:
        before = {m.key: m.valence for m in memory.turns()[0].analysis.mentions}
        assert before["guitar"] > 0 > before["work deadline"]
        turn = memory.correct("t0", valences={"Guitars": -0.9}, reason="she sold it")
        after = {m.key: (m.valence, m.weight) for m in turn.analysis.mentions}
        assert after["guitar"] == (-0.9, 1.0)
        assert after["work deadline"] == (before["work deadline"], 1.0)
        valences = {topic.key: topic.valence for topic in memory.topics()}
        assert valences["guitar"] == pytest.approx(-0.9, abs=0.01)  # as far as they do not flow together
        assert turn.valence == analyse(turn.text).valence
        # it stays when the topics are given, and goes when the whole turn is felt otherwise
        turn = memory.correct("t0", topics=["tea", "guitar"])
        assert {m.key: m.valence for m in turn.analysis.mentions}["guitar"] == -0.9
        assert turn.corrected is not None
        assert (turn.corrected.what, turn.corrected.felt) == (("topics",), ("guitar",))
        turn = memory.correct("t0", valence=0.5)
        assert {m.valence for m in turn.analysis.mentions} == {0.5}
        assert turn.corrected is not None
        assert (turn.corrected.what, turn.corrected.felt) == (("topics", "valence"), ())
        turn = memory.correct("t0", valence=0.25, valences={"tea": -1})
        assert [(m.key, m.valence) for m in turn.analysis.mentions] == [("tea", -1.0), ("guitar", 0.25)]


def test_a_turn_says_that_it_was_corrected_when_what_and_why() -> None:
    with talk(":memory:", 3) as memory:
        assert [turn.corrected for turn in memory.turns()] == [None, None, None]
        before = datetime.now(UTC)
        first = memory.correct("t1", valence=-0.5, reason="it was irony").corrected
        assert first is not None
        assert before <= first.at <= datetime.now(UTC)
        assert first == Correction(first.at, ("valence",), (), "it was irony")
        second = memory.correct("t1", topics=[]).corrected  # a reason stays until there is another
        assert second is not None
        assert (second.what, second.reason) == (("topics", "valence"), "it was irony")
        third = memory.correct("t1", "other words", "a slip").corrected
        assert third is not None
        assert (third.what, third.reason) == (("text",), "a slip")
        fourth = memory.correct("t1", "and others").corrected
        assert fourth is not None
        assert fourth.reason == ""
        assert memory.turns()[1].corrected == fourth


def test_the_same_words_again_are_analysed_as_if_nothing_had_been_given() -> None:
    with talk(":memory:", [message(0, topics=("tea",), valence=1.0)]) as memory:
        turn = memory.correct("t0", message(0).text)
        assert turn.analysis == analyse(turn.text)


NONSENSE: list[dict[str, Any]] = [
    {},
    {"reason": "because"},
    {"valences": {}},
    *({"valence": bad} for bad in (2, float("nan"), True, "0.5", [1])),
    *({"topics": bad} for bad in ("tea", 5, [""], [None], ["x" * 61], {"tea": 1})),
    *({"text": bad} for bad in (5, b"x", "half \ud83d")),
    *(
        {"valences": bad}
        for bad in (0.5, ["tea"], {5: 0.5}, {"tea": 2}, {"tea": None}, {"tea": "x"}, {"": 1})
    ),
    {"topics": ["tea"], "valences": {"chess": 0.5}},
    *({"valence": 1, "reason": bad} for bad in (None, 5, "\udfff")),
]


@pytest.mark.parametrize("bad", NONSENSE, ids=lambda bad: ascii(bad)[:50])
def test_a_correction_that_makes_no_sense_is_one_line_and_writes_nothing(
    tmp_path: Path, bad: dict[str, Any]
) -> None:
    with talk(tmp_path / "m.db", 3) as memory:
        before = contents(tmp_path)
        with pytest.raises((InvalidInput, NotFound)) as caught:
            memory.correct("t1", **bad)
        assert "\n" not in str(caught.value)
        with pytest.raises(NotFound, match="'t9'"):
            memory.correct("t9", valence=1)
        assert contents(tmp_path) == before
    with Memory(":memory:") as empty, pytest.raises(NotFound, match="memory of 'user' is empty"):
        empty.correct("t1", valence=1)


def test_a_reason_that_cannot_be_written_is_named() -> None:
    with talk(":memory:", 1) as memory:
        with pytest.raises(InvalidInput, match=r"^reason has a lone surrogate at 3: give valid Unicode$"):
            memory.correct("t0", valence=1, reason="why\udfff")
        assert memory.turns()[0].corrected is None


def test_the_topics_of_a_turn_are_named_where_a_feeling_is_about_another() -> None:
    with (
        talk(":memory:", [message(0, topics=("tea", "C++"))]) as memory,
        pytest.raises(NotFound, match=r"valences has 'chess', the topics of the turn are tea, C\+\+: name"),
    ):
        memory.correct("t0", valences={"tea": 1, "chess": 1})


def test_what_was_first_said_stays_until_it_is_forgotten_and_is_read_by_nothing(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", [message(0, text="I bought a canary in Rome", topics=None)]) as memory:
        for text in ("I bought a zebra in Oslo", "I bought a horse in Paris"):
            turn = memory.correct("t0", text, "a slip")
            assert (turn.text, turn.original) == (text, "I bought a canary in Rome")
        assert memory.correct("t0", valence=0.5).original == "I bought a canary in Rome"
        assert memory.explain("t0").turns[0].original == "I bought a canary in Rome"
        assert memory.search("canary") == memory.search("zebra") == []
        assert [hit.text for hit in memory.search("horse")] == ["I bought a horse in Paris"]
        assert "canary" not in memory.prompt("What did I buy in Rome?").text
        assert "canary" not in memory.prompt("What did I buy in Rome?", as_of="t0").text
        turn = memory.correct("t0", "I bought a canary in Rome")
        assert turn.corrected is not None
        assert turn.corrected.original is None  # it says again what it said
        memory.correct("t0", "I bought a horse in Paris")
        memory.forget(id="t0")
        stored = b"".join(contents(tmp_path).values())
        assert not any(word in stored for word in (b"canary", b"zebra", b"horse"))


def test_a_turn_of_an_earlier_analyser_is_put_right_by_the_names_of_its_topics(tmp_path: Path) -> None:
    old = analyse("I like your colour", topics=["colour"])
    old = replace(old, mentions=tuple(replace(one, key="colour") for one in old.mentions), analyser="words-1")
    with talk(tmp_path / "m.db", 0) as memory:
        with memory._log.writing() as scope:
            memory._store.append(
                scope.number, [Turn("a", 0, "I like your colour", "user", None, START, None, old)]
            )
        assert [topic.key for topic in memory.topics()] == ["colour"]  # opening and reading change nothing
        note = memory.correct("a", valences={"colour": -0.5}).corrected
        assert note is not None
        assert note.felt == ("colour",)
        found = memory.reanalyse()
        assert (found.turns, found.gained, found.lost) == (1, 0, 0)
        assert [(one.key, one.valence) for one in memory.turns()[0].analysis.mentions] == [("color", -0.5)]
        assert [topic.key for topic in memory.topics()] == ["color"]
        assert memory.verify()


def test_other_words_than_the_first_and_the_present_ones_are_in_no_file(tmp_path: Path) -> None:
    canary = message(5, text="canary 93a7 é", topics=("canary-topic 51c8",))
    with talk(tmp_path / "m.db", [*(message(n) for n in range(300)), replace(canary, id="c")]) as memory:
        memory.observe_many([message(n, id=f"later {n}") for n in range(300)])

        def left(what: str) -> bool:
            stored = b"".join(contents(tmp_path).values())
            return any(form in stored for form in (what.encode(), json.dumps(what)[1:-1].encode()))

        memory.correct("c", "other words", "of canary-reason 77d1")
        assert [left(what) for what in ("canary 93a7 é", "canary-topic 51c8", "other words")] == [
            True, False, True,
        ]  # fmt: skip
        memory.correct("c", topics=["canary-topic 83b2"])
        assert left("canary-topic 83b2")
        memory.correct("c", topics=["tea"])
        assert not left("canary-topic 83b2")
        assert left("canary-reason 77d1")
        memory.correct("c", "yet others")
        assert [left(what) for what in ("canary-reason 77d1", "other words")] == [False, False]
        memory.forget(id="c")
        assert [left(what) for what in ("canary 93a7 é", "yet others")] == [False, False]
        assert memory.verify()


def test_while_a_reader_keeps_old_words_alive_it_is_said_and_the_next_opener_finishes(
    tmp_path: Path,
) -> None:
    memory = talk(tmp_path / "m.db", [message(0)])
    memory.correct("t0", "canary 93a7")
    reader = sqlite3.connect(tmp_path / "m.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM turns").fetchone()
    assert memory.correct("t0", "other words").text == "other words"
    assert memory.stats()["erasure_pending"] is True
    memory.close()
    reader.close()
    with Memory(tmp_path / "m.db", "ada") as again:
        assert again.stats()["erasure_pending"] is False
        assert [turn.text for turn in again.turns()] == ["other words"]
    assert b"canary 93a7" not in b"".join(contents(tmp_path).values())


def test_a_retry_gives_back_the_corrected_turn(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", 3) as memory:
        turn = memory.correct("t1", "other words")
        assert memory.observe_many([message(n) for n in range(3)])[1] == turn
        assert memory.observe("other words", id="t1") == turn
        memory.correct("t2", valence=0.5)
        for id in ("t1", "t2"):
            with pytest.raises(InvalidInput, match=f"'{id}' is in the log with another text"):
                memory.observe("other", id=id)
        with pytest.raises(InvalidInput, match="'t1' is in the log with another role"):
            memory.observe(message(1).text, role="assistant", id="t1")


def test_two_memories_on_one_file_see_each_others_corrections(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", 20) as one, Memory(tmp_path / "m.db", "ada", embedder="none") as two:
        assert one.context() == two.context()
        two.search("guitar")
        one.correct("t18", "Chess with Zoe", topics=["chess"], valence=-0.5)
        assert two.context() == one.context()
        assert {topic.key for topic in two.topics()} >= {"chess"}
        assert [hit.turn_id for hit in two.search("Zoe")][:1] == ["t18"]
        two.correct("t18", topics=["tea"])
        assert one.topics() == two.topics()
        assert one.context(query="Zoe").recent_facts[0].text == "Chess with Zoe"
        assert one.verify()
        assert two.verify()


def test_a_past_that_changes_while_a_turn_is_put_right_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with talk(tmp_path / "m.db", 20) as memory, Memory(tmp_path / "m.db", "ada") as other:
        real = correction.corrected

        def meanwhile(*given: Any) -> Any:
            monkeypatch.setattr(revise, "corrected", real)
            other.forget(id="t3")
            other.correct("t9", topics=["chess"])
            return real(*given)

        monkeypatch.setattr(revise, "corrected", meanwhile)
        turn = memory.correct("t9", valence=-0.5)
        assert (turn.index, turn.topics, turn.valence) == (8, ("chess",), -0.5)
        messages = [
            message(n, topics=("chess",), valence=-0.5) if n == 9 else message(n) for n in range(20) if n != 3
        ]
        with talk(":memory:", messages) as fresh:
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)


def test_another_user_is_not_touched(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", 9) as ada, Memory(tmp_path / "m.db", "bob", dynamics=SMALL) as bob:
        bob.observe_many([message(n) for n in range(9)])
        before = sums(bob, tmp_path)
        ada.correct("t3", "other words")
        ada.reanalyse(every=True)
        assert sums(bob, tmp_path) == before
        assert bob.turns()[3].corrected is None


# The note, out and back in


def test_a_correction_survives_export_and_restore(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", 9) as memory:
        memory.correct("t4", "Müsli 🥣", "a slip of the tongue", valences={"Müsli": 0.5})
        memory.correct("t5", valence=-0.5)
        memory.export(tmp_path / "e.jsonl")
        with Memory.restore(tmp_path / "e.jsonl", tmp_path / "other.db", embedder="none") as other:
            assert other.turns() == memory.turns()
            note = other.turns()[4].corrected
            assert note is not None
            assert (note.what, note.felt, note.reason) == (("text",), ("Müsli",), "a slip of the tongue")
            assert note.original == message(4).text
            other.export(tmp_path / "again.jsonl")
            assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "e.jsonl").read_bytes()
            assert other.observe(message(4).text, id="t4").text == "Müsli 🥣"


@pytest.mark.parametrize(
    "note", [5, [], {}, {"at": "soon", "what": [], "felt": [], "reason": ""}, {"at": "2026-01-31", "what": 5}]
)
def test_a_forged_note_is_refused(tmp_path: Path, note: object) -> None:
    from torimem.state.archive import _sha256

    with talk(":memory:", 2) as memory:
        memory.correct("t1", valence=0.5)
        memory.export(tmp_path / "e.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    rows[2]["corrected"] = note
    rows[-1]["sha256"] = _sha256([*rows[:-1], rows[-1]["sums"]])
    (tmp_path / "e.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with pytest.raises(InvalidInput, match="line 3 is not a turn of an export"):
        Memory.restore(tmp_path / "e.jsonl", tmp_path / "other.db")


# Analysing afresh


def noticed(turn: Turn) -> bool:
    """Whether half of what is felt in a turn is another feeling by more than 0.1."""
    felt = [turn.valence or 0.0, *(mention.valence for mention in turn.analysis.mentions)]
    return any(abs(valence) > 0.2 for valence in felt)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0.3, 0.4, False), (0.3, 0.4001, True), (0.02, -0.02, True), (0.0, 0.02, True), (0.0, 0.0, False),
        (-0.02, -0.12, False),
    ],
)  # fmt: skip
def test_a_feeling_is_told_where_its_sign_changes_or_it_moves_by_more_than_a_tenth(
    before: float, after: float, told: bool
) -> None:
    old, new = (analyse("tea", topics=["tea"], valence=felt) for felt in (before, after))
    turn = Turn("a", 0, "tea", "user", None, START, None, old)
    found = correction.change(turn, new)
    assert (found is not None) is told
    assert found is None or found.felt == (("tea", before, after),)


def test_another_judge_gives_the_memory_that_it_would_have_given(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", 300) as memory:
        before = {turn.id: turn for turn in memory.turns()}
    with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=Judge()) as memory:
        dry = memory.reanalyse(dry_run=True, limit=None)
        told: list[int] = []
        found = memory.reanalyse(progress=told.append, limit=None)
        assert found == replace(dry, dry_run=False)
        assert told == [*range(64, 300, 64), 300, 256, 300]
        judged = [n for n in range(300) if message(n).valence is None]
        changes = [n for n in judged if noticed(before[f"t{n}"])]
        assert (found.turns, found.changed) == (len(judged), len(changes))
        assert [change.turn_id for change in found.changes] == [f"t{n}" for n in changes]
        assert (found.gained, found.lost) == (0, 0)
        assert found.felt == sum(len(change.felt) for change in found.changes) > 0
        for change in found.changes:
            turn = before[change.turn_id]
            assert change.analysers[0] == turn.analysis.analyser
            assert change.analysers[1] == turn.analysis.analyser.replace(VADER.name, "half-1")
            assert change.valences[0] == turn.valence
            assert change.valences[1] == pytest.approx((turn.valence or 0) / 2, abs=1e-4)
            assert (change.gained, change.lost) == ((), ())
            for topic, old, new in change.felt:
                assert topic in turn.topics
                assert new == pytest.approx(old / 2, abs=1e-4)
        with talk(":memory:", 300, emotion=Judge()) as fresh:
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)
        assert memory.verify()
        assert memory.reanalyse() == Reanalysis()
    with talk(tmp_path / "m.db", 0, dynamics=None) as memory:  # and back
        assert memory.reanalyse().changed == len(changes)
        assert {turn.id: turn for turn in memory.turns()} == before


def test_other_topics_are_counted_as_gained_lost_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with talk(":memory:", [message(n, topics=None, valence=None) for n in range(10)]) as memory:
        real = found_topics.find

        def find(text: str, **options: Any) -> Any:
            """No work any more, and a topic in every greeting."""
            found = [one for one in real(text, **options) if one.key != "work deadline"]
            return (*found, found_topics.Found("greeting", "See", (0,))) if "See" in text else tuple(found)

        monkeypatch.setattr(found_topics, "VERSION", "words-x")
        monkeypatch.setattr(found_topics, "find", find)
        found = memory.reanalyse(limit=1)
        assert (found.turns, found.changed, found.gained, found.lost) == (10, 4, 2, 2)
        (change,) = found.changes
        assert (change.turn_id, change.gained, change.lost) == ("t0", (), ("work deadline",))
        with talk(":memory:", [message(n, topics=None, valence=None) for n in range(10)]) as fresh:
            assert memory.turns() == fresh.turns()
            assert memory.topics() == fresh.topics()
        assert memory.forget(topic="work deadline", dry_run=True).turns == ()
        assert memory.forget(topic="greeting", dry_run=True).turns == ("t2", "t7")


def test_what_was_given_and_what_was_corrected_stays(tmp_path: Path) -> None:
    messages = [message(n, topics=None, valence=None) for n in range(7)]
    messages[1] = replace(messages[1], topics=("tea",))
    messages[2] = replace(messages[2], valence=0.5)
    messages[3] = replace(messages[3], topics=("tea",), valence=0.5)
    with talk(tmp_path / "m.db", messages) as memory:
        memory.correct("t4", topics=["chess"])
        memory.correct("t5", valences={"work deadline": 0.75})
        memory.correct("t6", valence=-1)
        before = memory.turns()
    flat = Judge("flat", lambda valence: -0.125)
    words, claims = found_topics.VERSION, found_claims.VERSION
    with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=flat) as memory:
        assert memory.reanalyse().turns == 4  # the feelings of the others are all given
        after = memory.turns()
        assert [turn.corrected for turn in after] == [turn.corrected for turn in before]
        assert [turn.topics for turn in after] == [turn.topics for turn in before]
        assert [turn.valence for turn in after] == [-0.125, -0.125, 0.5, 0.5, -0.125, -0.125, -1]
        assert [turn.analysis.analyser for turn in after] == [
            f"{words}+{claims}+flat", f"given+{claims}+flat", f"{words}+{claims}+given", "given",
            f"given+{claims}+flat", f"{words}+{claims}+flat", f"{words}+{claims}+given",
        ]  # fmt: skip
        felt = {mention.key: mention.valence for mention in after[5].analysis.mentions}
        assert felt == {"guitar": -0.125, "work deadline": 0.75}
        assert memory.verify()


def test_a_topic_whose_feeling_was_corrected_stays_where_it_is_no_longer_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with talk(":memory:", [message(0, topics=None, valence=None)]) as memory:
        memory.correct("t0", valences={"guitar": -0.5})
        monkeypatch.setattr(found_topics, "VERSION", "words-x")
        monkeypatch.setattr(found_topics, "find", lambda text, **options: ())
        found = memory.reanalyse()
        assert [(change.gained, change.lost) for change in found.changes] == [((), ("work deadline",))]
        (turn,) = memory.turns()
        assert [(m.key, m.valence) for m in turn.analysis.mentions] == [("guitar", -0.5)]


def test_an_analyser_that_kept_its_name_is_compared_on_request_only() -> None:
    with talk(":memory:", [message(n, topics=None, valence=None) for n in range(5)]) as memory:
        memory._sentiment = Judge(VADER.name)
        assert memory.reanalyse(dry_run=True) == Reanalysis(dry_run=True)
        assert memory.reanalyse(dry_run=True, every=True).turns == 5
        assert memory.reanalyse(every=True).changed == 2
        assert memory.reanalyse(every=True).changed == 0


MOVES = ("I live in Hamburg.", "We moved to Rome!", "My dog likes Rome.", "See you")


def test_what_is_stored_stays_true_when_claims_are_read_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [message(n, text=text, topics=None, speaker="Ada") for n, text in enumerate(MOVES)]
    talk(tmp_path / "m.db", messages).close()
    monkeypatch.setattr(clauses, "RULES", [])
    with Memory(tmp_path / "m.db", "ada", embedder="none") as memory:
        assert memory.verify()
        assert [trait.text for trait in memory.context().profile] == ["We moved to Rome"]
        assert memory.reanalyse(dry_run=True).turns == 0
        monkeypatch.setattr(found_claims, "VERSION", "claims-x")
        found = memory.reanalyse(dry_run=True)
        assert (found.turns, found.changed, found.claiming) == (3, 2, 2)  # the fourth is the assistant's
        assert [[claim.value for claim in change.claims[0]] for change in found.changes] == [
            ["hamburg"], ["rome"]
        ]  # fmt: skip
        assert memory.reanalyse() == replace(found, dry_run=False)
        assert memory.verify()
        assert memory.context().profile == ()
        assert memory.reanalyse().turns == 0


def test_turns_of_an_earlier_version_are_read_for_claims_when_the_log_is_analysed_afresh(
    tmp_path: Path,
) -> None:
    messages = [message(n, text=text, topics=None, valence=None) for n, text in enumerate(MOVES)]
    messages[1] = replace(messages[1], topics=("move",), valence=0.5)
    with talk(tmp_path / "new.db", messages) as fresh:
        expected, shown = fresh.turns(), fresh.prompt("Where do I live?").text
    talk(tmp_path / "m.db", messages).close()
    db = sqlite3.connect(tmp_path / "m.db")
    for number, raw in db.execute("SELECT seq, analysis FROM turns").fetchall():
        old = json.loads(raw)
        old.pop("claims", None)
        old["analyser"] = old["analyser"].replace(f"+{found_claims.VERSION}", "")
        old["analyser"] = "given" if old["analyser"] == "given+given" else old["analyser"]
        db.execute("UPDATE turns SET analysis = ? WHERE seq = ?", (json.dumps(old), number))
    db.execute("DELETE FROM blobs WHERE kind = 'checkpoint'")
    db.commit()
    db.close()
    with Memory(tmp_path / "m.db", "ada", embedder="none") as memory:
        assert memory.verify()
        assert memory.context().profile == ()
        assert memory.reanalyse(dry_run=True).turns == 3
        assert (memory.reanalyse().changed, memory.reanalyse().turns) == (2, 0)
        assert memory.turns() == expected
        assert memory.prompt("Where do I live?").text == shown


def test_claims_follow_the_text_of_a_corrected_turn_and_nothing_else(tmp_path: Path) -> None:
    with talk(":memory:", [message(0, text="I live in Hamburg.", topics=None)]) as memory:
        home = memory.turns()[0].analysis.claims
        for given in ({"topics": ["tea"]}, {"valence": 0.5}):
            assert memory.correct("t0", **given).analysis.claims == home
        assert [claim.value for claim in memory.correct("t0", "I live in Rome.").analysis.claims] == ["rome"]
        assert [trait.text for trait in memory.context().profile] == ["I live in Rome"]
        memory.export(tmp_path / "m.jsonl")
    with Memory.restore(tmp_path / "m.jsonl", tmp_path / "other.db", embedder="none") as other:
        assert [claim.value for claim in other.turns()[0].analysis.claims] == ["rome"]


def test_a_new_name_alone_changes_nothing_but_the_name(tmp_path: Path) -> None:
    same = Judge("same", lambda valence: valence)
    with talk(tmp_path / "m.db", 50) as memory:
        before = sums(memory, tmp_path)
    with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=same) as memory:
        found = memory.reanalyse()
        assert (found.turns > 0, found.changed, found.changes) == (True, 0, ())
        after = sums(memory, tmp_path)
        assert after.pop("log") != before.pop("log")
        assert after == before
        assert memory.reanalyse().turns == 0


def test_a_dry_run_and_an_empty_memory_write_nothing(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    talk(tmp_path / "db" / "m.db", 300).close()
    with Memory(tmp_path / "db" / "m.db", "ada", embedder="none", emotion=Judge()) as memory:
        memory.topics()
        before = contents(tmp_path / "db")
        assert memory.reanalyse(dry_run=True, every=True).changed > 0
        assert contents(tmp_path / "db") == before
    with Memory(tmp_path / "db" / "m.db", "nobody", embedder="none") as nobody:
        assert nobody.reanalyse() == Reanalysis()
        assert nobody.reanalyse(dry_run=True) == Reanalysis(dry_run=True)
        assert contents(tmp_path / "db").keys() == before.keys()


@pytest.mark.parametrize("limit", [-1, 1.5, "2", True])
def test_a_limit_that_is_no_count_is_refused(limit: Any) -> None:
    with Memory(":memory:") as memory, pytest.raises(InvalidInput, match=r"^limit="):
        memory.reanalyse(limit=limit)


def failing(error: BaseException) -> Judge:
    """Fails at the hundredth feeling."""
    left = iter(range(100))

    def feels(valence: float | None) -> float | None:
        if next(left, None) is None:
            raise error
        return -0.125

    return Judge("failing", feels)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelError("the judge is gone")])
def test_an_analysis_that_is_interrupted_leaves_the_old_state_whole(
    tmp_path: Path, error: BaseException
) -> None:
    with talk(tmp_path / "m.db", 300) as memory:
        expected = sums(memory, tmp_path)
    with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=failing(error)) as memory:
        memory.topics()
        with pytest.raises(type(error)):
            memory.reanalyse()
        assert sums(memory, tmp_path) == expected
        assert memory.verify()


def test_a_writing_that_is_interrupted_leaves_the_old_state_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with talk(tmp_path / "m.db", 300) as memory:
        expected = sums(memory, tmp_path)
    with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=Judge()) as memory:
        real = revise._put_in

        def interrupted(*given: Any) -> Any:
            for number, turn in enumerate(real(*given)):
                if number == 100:
                    raise KeyboardInterrupt
                yield turn

        monkeypatch.setattr(revise, "_put_in", interrupted)
        with pytest.raises(KeyboardInterrupt):
            memory.reanalyse()
        assert sums(memory, tmp_path) == expected
        assert memory.verify()
        monkeypatch.setattr(revise, "_put_in", real)
        told: list[int] = []

        def stop_in_the_fold(done: int) -> None:
            if told and done < told[-1]:
                raise KeyboardInterrupt
            told.append(done)

        with pytest.raises(KeyboardInterrupt):  # the log is written by then, and is folded when it is read
            memory.reanalyse(progress=stop_in_the_fold)
        with talk(":memory:", 300, emotion=Judge()) as fresh:
            assert sums(memory, tmp_path) == sums(fresh, tmp_path)


def test_others_can_write_meanwhile_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    talk(tmp_path / "m.db", 100).close()
    with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=Judge()) as other:
        todo: list[Callable[[], object]] = [
            lambda: other.observe_many([message(100)]),
            lambda: other.forget(id="t3"),
            lambda: other.correct("t50", "Chess with Zoe"),
        ]

        def feels(valence: float | None) -> float | None:
            if todo:
                todo.pop()()
            return valence and round(valence / 2, 4)

        with Memory(tmp_path / "m.db", "ada", embedder="none", emotion=Judge("half-1", feels)) as memory:
            memory.reanalyse()
            messages = [message(n) for n in range(101) if n != 3]
            messages[49] = message(50, text="Chess with Zoe", topics=None, valence=None)
            with talk(":memory:", messages, emotion=Judge()) as fresh:
                assert sums(memory, tmp_path) == sums(fresh, tmp_path)
                assert sums(other, tmp_path) == sums(fresh, tmp_path)


def test_every_error_is_of_the_library() -> None:
    with talk(":memory:", 3) as memory:
        calls: list[Callable[[], object]] = [
            lambda: memory.correct("\ud800", valence=1),
            lambda: memory.correct(5, valence=1),  # type: ignore[arg-type]
            lambda: memory.correct(None, valence=1),  # type: ignore[arg-type]
        ]
        for call in calls:
            with pytest.raises(TorimemError) as caught:
                call()
            assert "\n" not in str(caught.value)


def test_forgetting_a_topic_takes_the_turns_that_once_spoke_of_it_too(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", embedder="none") as memory:
        for id, text in (("a", "My guitar is loud."), ("b", "I play the guitar."), ("c", "My cat sleeps.")):
            memory.observe(text, id=id, at=START)
        memory.correct("a", "My violin is loud.")
        memory.correct("c", valence=0.5)
        assert memory.forget(topic="guitar", dry_run=True).turns == ("a", "b")
        assert memory.forget(topic="guitar").turns == ("a", "b")
        assert [turn.id for turn in memory.turns()] == ["c"]
        assert memory.forget(topic="guitar").turns == ()
    assert b"guitar" not in (tmp_path / "m.db").read_bytes()


@pytest.mark.parametrize("id", [["a"], 3, None, b"a"])
def test_what_is_no_id_is_one_line(id: Any) -> None:
    with Memory(":memory:", embedder="none") as memory:
        memory.observe("My guitar is loud.", id="a")
        with pytest.raises(InvalidInput, match="it must be the id of one"):
            memory.correct(id, valence=0.5)
