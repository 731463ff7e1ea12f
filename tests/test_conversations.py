"""Whole conversations: worries and joys are named by their subject, and guidance minds both.

Only sentences go in, in plain English and of different subjects, with the dynamics that a memory has by
default; nobody says which topics there are or how they are felt about.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from torimem import Memory, MemoryContext, Prompt

EXAMPLE = Path(__file__).parents[1] / "examples/emotional.py"
FAMILY = (
    "My mother is very ill again and I am scared for her.",
    "I had a terrible fight with my sister about who looks after mother, it was awful.",
    "My brother doesn't help at all. I'm so angry with him, and my sister is too.",
    "At least dinner was good: I made a curry and it was delicious.",
    "I love baking bread on Sundays, and the new recipe with dinner was fantastic.",
    "Same recipe again with a great soup, everybody loved the dinner.",
)
STUDY = (
    "I failed the algebra homework and I hate algebra.",
    "The algebra exam on Monday frightens me, it will be terrible.",
    "My thesis is a disaster, and the professor who sets the exam was unhappy with it.",
    "On Saturday we won the football match, I was thrilled!",
    "Our new coach is fantastic, football training was so much fun.",
    "I ran my first marathon with the coach, I'm so proud and happy!",
)
HOME = (
    "The landlord raised the rent again and I'm furious.",
    "Now the kitchen is flooded and the landlord doesn't care, it's horrible.",
    "I can't pay the rent for this flat much longer, it scares me.",
    "I found a wonderful novel at the library, I love it.",
    "Reading that novel in the evening makes me happy.",
    "The author has written a great trilogy, and the library has every novel of it!",
)


def heard(turns: tuple[str, ...]) -> Memory:
    memory = Memory(":memory:", embedder="none")
    for day, text in enumerate(turns, start=1):
        memory.observe(text, at=f"2026-03-{day:02}T20:00")
    return memory


def example() -> tuple[str, ...]:
    spec = spec_from_file_location("emotional", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.TURNS)


def named(context: MemoryContext, *, happy: bool) -> set[str | None]:
    return {cluster.name for cluster in context.clusters if (cluster.valence > 0) is happy}


def told(prompt: Prompt, section: str) -> list[str]:
    return [line.text for line in prompt.lines if line.section == section and line.kept]


def test_the_guides_second_example_said_in_sentences_gives_its_prompt() -> None:
    with heard(example()) as memory:
        context, prompt = memory.context(), memory.prompt(template="emotional")
    assert [(cluster.name, cluster.valence > 0) for cluster in context.clusters] == [
        ("work", False),
        ("music", True),
    ]
    assert context.apart == ((0, 1),)
    work, music = told(prompt, "insights")
    assert work.startswith("- Work-related stress forms a cluster: ")
    assert work.endswith(" (concentrated concern)")
    assert "project stress" in work
    assert music.startswith("- Music topics lie apart from the work concerns (an escape or a hobby): ")
    assert "guitar" in music
    assert "music practice" in music
    empathy, relief = told(prompt, "guidance")
    assert empathy.startswith("- Be empathetic about work (")
    assert "don't trivialize" in empathy
    assert relief.startswith("- When appropriate, music (")
    assert '"guitar"' in relief


def test_the_example_prints_that_prompt(capsys: pytest.CaptureFixture[str]) -> None:
    source = compile(EXAMPLE.read_text("utf-8"), str(EXAMPLE), "exec")
    exec(source, {"__name__": "__main__"})
    assert "Work-related stress forms a cluster" in capsys.readouterr().out
    assert "emotional" not in sys.modules


@pytest.mark.parametrize(
    ("turns", "worry", "joy"),
    [(FAMILY, "family", "food"), (STUDY, "education", "sport"), (HOME, "home", "books")],
    ids=["family and cooking", "study and sport", "home and books"],
)
def test_other_subjects_are_named_as_well(turns: tuple[str, ...], worry: str, joy: str) -> None:
    with heard(turns) as memory:
        context, prompt = memory.context(), memory.prompt(template="emotional")
    assert named(context, happy=False) == {worry}
    assert named(context, happy=True) == {joy}
    concern, happy = told(prompt, "insights")  # one line each, however many clusters
    assert concern.startswith(f"- {worry.capitalize()}-related stress forms ")
    assert happy.startswith(f"- {joy.removesuffix('s').capitalize()} topics ")
    empathy, relief = told(prompt, "guidance")
    assert empathy.startswith(f"- Be empathetic about {worry} (")
    assert relief.startswith(f"- When appropriate, {joy} (")


def test_two_worries_of_different_subjects_told_in_one_breath_get_no_common_name() -> None:
    turns = (
        "The deadline and my mother both worry me, I'm scared.",
        "The deadline is terrible and mother is very ill, I'm so sad.",
    )
    with heard(turns) as memory:
        context, prompt = memory.context(), memory.prompt(template="emotional")
    assert named(context, happy=False) == {None}
    (line,) = told(prompt, "insights")
    assert line == "- deadline and mother form a cluster (concentrated concern)"


def test_a_feeling_that_turned_is_told_as_it_went() -> None:
    turns = ("I'm excited about algebra, it's wonderful.", "Algebra is horrible, I hate algebra.")
    with heard(turns) as memory:
        (line,) = told(memory.prompt(), "trajectory")
        assert line.startswith("- algebra: started ")
        assert "now finds it " in line
        assert told(memory.prompt(), "mood")[0].endswith(", worse than it started")
