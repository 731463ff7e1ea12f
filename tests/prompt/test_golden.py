"""Three worked examples: memory states in, prompts that say what they should say out.

`tests/prompt/golden/CASE.json` is a memory state, `CASE.txt` the prompt it leads to.
After a change of wording run `pytest --update-golden` and read the difference as prose; what must not be lost
is asserted below.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from torimem import Dynamics, MemoryContext, Prompt, PromptGenerator, Topic
from torimem.context.context import extract

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("*.json"))


def _context(case: str) -> tuple[MemoryContext, PromptGenerator]:
    state = json.loads((GOLDEN / f"{case}.json").read_text("utf-8"))
    topics = [
        Topic(
            **row,
            key=row["topic"].lower(),
            confidence=1.0,
            started=row.get("valence"),
            latest=row.get("valence"),
        )
        for row in state["topics"]
    ]
    return extract(topics, Dynamics(theme=0.5)), PromptGenerator(state["persona"], state["template"])


def _prompt(case: str) -> Prompt:
    context, generator = _context(case)
    return generator.generate(context)


def _sections(case: str) -> dict[str, list[str]]:
    """Heading -> its lines without the dash, of the text as it is written."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in _prompt(case).text.splitlines():
        if line.startswith("- "):
            found[heading].append(line[2:])
        elif line.endswith(":"):
            heading = line.rstrip(":")
            found[heading] = []
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_memory_state_gives_the_stored_prompt(case: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{case}.txt"
    text = _prompt(case).text + "\n"
    if request.config.getoption("--update-golden"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), "read the difference; if it is meant, run pytest --update-golden"


def test_there_is_a_golden_case_for_each_example() -> None:
    assert CASES == ["example1", "example2", "example3"]
    assert [path.stem for path in sorted(GOLDEN.glob("*.txt"))] == CASES


@pytest.mark.parametrize("case", CASES)
def test_the_whole_state_fits_the_usual_budget(case: str) -> None:
    prompt = _prompt(case)
    assert all(line.kept for line in prompt.lines)


def test_example_1_lists_the_topics_the_happy_one_and_what_to_do_with_them() -> None:
    assert _prompt("example1").text.startswith("You are a helpful AI assistant.\n")
    sections = _sections("example1")
    assert list(sections) == ["CONVERSATION CONTEXT", "Active Topics", "Positive Topics", "GUIDANCE"]
    assert sections["Active Topics"] == [
        "Python programming (activation: 0.95)",
        "machine learning (activation: 0.85)",
        "weekend hiking (activation: 0.70)",
    ]
    assert sections["Positive Topics"] == ["weekend hiking (sentiment: +0.80)"]
    discussing, enthusiasm, connect = sections["GUIDANCE"]
    assert re.search('discussing "Python programming" and "machine learning"$', discussing)
    assert "enthusiastic" in enthusiasm
    assert '"weekend hiking"' in enthusiasm
    assert connect.startswith("Connect ")
    assert '"machine learning"' in connect
    assert '"Python programming"' in connect


def test_example_2_names_each_feeling_by_its_band_and_how_worries_and_joys_lie() -> None:
    opening = "You are a supportive AI assistant with emotional intelligence.\n"
    assert _prompt("example2").text.startswith(opening)
    sections = _sections("example2")
    concerns = "Concerns (user has expressed stress about these)"
    joys = "Positive Interests (user is enthusiastic about)"
    assert list(sections) == ["EMOTIONAL CONTEXT", concerns, joys, "SPATIAL INSIGHTS", "GUIDANCE"]
    assert sections[concerns] == [
        "work deadline (high stress: -0.75)",
        "project stress (moderate stress: -0.70)",
        "team issues (moderate stress: -0.65)",
    ]
    assert sections[joys] == ["new guitar (very happy: +0.85)", "music practice (happy: +0.75)"]
    together, apart = sections["SPATIAL INSIGHTS"]
    assert together == (
        "Work-related stress forms a cluster: work deadline, project stress and team issues "
        "(concentrated concern)"
    )
    assert apart == (
        "Music topics lie apart from the work concerns (an escape or a hobby): new guitar and music practice"
    )
    empathy, relief = sections["GUIDANCE"]
    assert empathy.startswith(
        'Be empathetic about work ("work deadline", "project stress" and "team issues")'
    )
    assert "acknowledge the challenges" in empathy
    assert "don't trivialize" in empathy
    assert relief == (
        'When appropriate, music ("new guitar" and "music practice") could be a positive change of topic'
    )


def test_example_3_tells_when_each_was_discussed_how_they_connect_and_how_they_feel() -> None:
    assert _prompt("example3").text.startswith("You are a helpful coding tutor.\n")
    sections = _sections("example3")
    title = "CONVERSATION HISTORY (from memory)"
    assert list(sections) == [
        title, "Strong Topics", "Spatial Relationships", "Emotional Trajectory", "GUIDANCE",
    ]  # fmt: skip
    assert sections["Strong Topics"] == [
        "Machine learning (activation: 1.00, just discussed)",
        "Python (activation: 0.85, discussed 5 turns ago)",
    ]
    assert sections["Spatial Relationships"] == ["Machine learning is connected to Python"]
    assert sections["Emotional Trajectory"] == [
        "Machine learning: feeling challenging (-0.20)",
        "Python: started positive (+0.30)",
    ]
    discussing, struggling, build = sections["GUIDANCE"]
    assert discussing.endswith('discussing "Machine learning"')
    assert re.search('"Machine learning" challenging.*support.*encouragement', struggling)
    assert build == 'Build on "Python" to explain "Machine learning"'


def test_guidance_follows_the_state_and_not_the_example() -> None:
    context, generator = _context("example3")
    learning, python = context.active_topics
    at_ease = replace(learning, valence=0.2, started=0.2, latest=0.2)
    text = generator.generate(extract([at_ease, python], Dynamics(theme=0.5))).text
    assert "challenging" not in text
    assert "support" not in text
    assert "Machine" not in generator.generate(extract([python], Dynamics(theme=0.5))).text


def test_what_is_harder_is_explained_from_what_is_easier_whatever_the_names() -> None:
    context, generator = _context("example3")
    learning, python = context.active_topics
    swapped = [replace(learning, valence=0.4), replace(python, valence=-0.4, activation=1.0)]
    text = generator.generate(extract(swapped, Dynamics())).text
    assert 'Build on "Machine learning" to explain "Python"' in text
