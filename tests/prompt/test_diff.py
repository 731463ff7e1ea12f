"""Two prompts compared: what came, went, changed or no longer fits, and which turn did it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from importlib.resources import files

import pytest

from torimem import LedgerLine, LineChange, Memory, NotFound, Prompt, Topic
from torimem.log.replay import read_replay
from torimem.prompt.diff import diff


def line(about: str, text: str = "", *, why: str = "why", kept: bool = True, **given: str) -> LedgerLine:
    sources = (given.get("turn", "t1"),)
    return LedgerLine(text or f"- {about}", given.get("section", "topics"), why, sources, 5, kept, about)


def prompt(*lines: LedgerLine) -> Prompt:
    return Prompt("", 0, 800, lines)


def kinds(before: LedgerLine | None, after: LedgerLine | None) -> list[str]:
    first, last = ([] if one is None else [one] for one in (before, after))
    return [change.kind for change in diff(prompt(*first), prompt(*last)).changes]


SHOWN, CUT = line("tea"), line("tea", kept=False)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, SHOWN, ["came"]),
        (SHOWN, None, ["went"]),
        (SHOWN, CUT, ["cut now"]),
        (CUT, SHOWN, ["fits now"]),
        (None, CUT, ["no room"]),
        (SHOWN, line("tea", "- tea (happy)"), ["changed"]),
        (SHOWN, line("tea", why="activation 0.5"), ["steady"]),
        (SHOWN, SHOWN, []),
        (CUT, None, []),
        (CUT, line("tea", "- tea (happy)", kept=False), []),
    ],
)
def test_every_fate_of_a_line_has_its_name(
    before: LedgerLine | None, after: LedgerLine | None, kind: list[str]
) -> None:
    assert kinds(before, after) == kind


def test_the_same_topic_in_another_section_is_another_line() -> None:
    found = diff(prompt(line("tea")), prompt(line("tea"), line("tea", section="positive")))
    assert [(change.kind, change.section) for change in found.changes] == [("came", "positive")]


def test_lines_that_say_nothing_of_their_subject_are_told_apart_by_their_text() -> None:
    old, new = (replace(line("x", text), about="") for text in ("- tea", "- milk"))
    assert kinds(old, new) == ["came", "went"]
    assert kinds(old, old) == []


def test_why_a_line_is_gone_is_what_its_topic_has_come_to() -> None:
    tea = Topic("tea", "tea", 1, 1, 0.21, turns_ago=12, valence=-0.001)
    (change,) = diff(prompt(line("tea", why="named once")), prompt(), [tea]).changes
    assert change.why == "activation 0.21, valence +0.00 now; it was named once"
    (change,) = diff(prompt(line("milk", why="named once")), prompt(), [tea]).changes
    assert change.why == "the topic has no place on the torus now; it was named once"


@pytest.fixture(scope="module")
def demo() -> Memory:
    """The conversation that ships with torimem."""
    memory = Memory(":memory:", embedder="none")
    memory.observe_many(read_replay(str(files("torimem") / "cli/demo.jsonl")))
    return memory


def shown(written: Prompt) -> Counter[tuple[str, str]]:
    return Counter((one.section, one.text) for one in written.lines if one.kept)


@pytest.mark.parametrize("budget", [150, 400, 800])
@pytest.mark.parametrize(("before", "after"), [("d1:3", "d2:7"), ("d4:3", "d5:7"), ("d6:11", "d2:1")])
def test_the_changes_make_one_prompt_of_the_other(demo: Memory, before: str, after: str, budget: int) -> None:
    found = demo.diff(before, after, budget=budget)
    assert found.before == demo.prompt(as_of=before, budget=budget)
    assert found.after == demo.prompt(as_of=after, budget=budget)
    lines = shown(found.before)
    for change in found.seen:
        for one in (change.before, change.after):
            if one is not None and one.kept:
                lines[(one.section, one.text)] += 1 if one is change.after else -1
    assert +lines == shown(found.after)


def test_a_change_names_the_turns_that_made_it(demo: Memory) -> None:
    found = demo.diff("d5:4", "d5:5")
    gone = next(change for change in found.seen if change.about == "porto" and change.section == "topics")
    assert (gone.kind, gone.turns) == ("came", ("d5:5",))
    fact = next(change for change in found.seen if change.about == "d5:5")
    assert (fact.kind, fact.section) == ("came", "facts")


def test_what_is_only_behind_the_lines_is_not_seen(demo: Memory) -> None:
    found = demo.diff("d6:9", "d6:11", budget=200)
    hidden = [change for change in found.changes if change not in found.seen]
    assert {change.kind for change in hidden} == {"steady", "no room"}
    assert all(change.after is not None and change.why for change in hidden)


def test_nothing_changed_between_a_turn_and_itself(demo: Memory) -> None:
    assert demo.diff("d6:13").changes == ()
    assert demo.diff(60, query="Which guitar did I buy?").changes == ()


def test_a_question_is_asked_of_both(demo: Memory) -> None:
    found = demo.diff("d2:5", "d2:7", "Which guitar did I buy?")
    answers: list[LineChange] = [change for change in found.seen if change.about == "d2:7"]
    assert [change.kind for change in answers] == ["came"]
    assert "says buy, guitar" in answers[0].why


def test_a_turn_that_is_not_there_is_one_line(demo: Memory) -> None:
    with pytest.raises(NotFound, match="as_of is 'nope', neither the id of a turn nor a time"):
        demo.diff("nope")
