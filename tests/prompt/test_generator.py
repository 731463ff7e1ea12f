"""A prompt never exceeds its budget, uses it, and says in its ledger why each line is there or was cut."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem import (
    BudgetError,
    Dynamics,
    Fact,
    InvalidInput,
    Memory,
    MemoryContext,
    NotFound,
    Prompt,
    PromptGenerator,
    Topic,
    Usual,
    estimate_tokens,
)
from torimem.context.context import extract
from torimem.log.replay import read_replay

TEMPLATES = ("default", "emotional", "json", "minimal", "tutor")
TEXTS = ("default", "emotional", "minimal", "tutor")
Counter = Callable[[str], int]


def topic(name: str, x: int, y: int, activation: float = 0.9, **figures: object) -> Topic:
    given = {"first_turn": f"{name[0]}1", "last_turn": f"{name[0]}2", "mentions": 2, **figures}
    return Topic(name, name.casefold(), x, y, activation, **given)  # type: ignore[arg-type]


def fact(number: int, text: str, score: float = 0.9, **figures: object) -> Fact:
    return Fact(text, datetime(2026, 1, number, tzinfo=UTC), f"f{number}", number, score=score, **figures)  # type: ignore[arg-type]


FELT = {"confidence": 1.0}
TOPICS = (
    topic("work deadline", 20, 20, 0.95, valence=-0.75, started=0.3, latest=-0.8, **FELT),
    topic("project stress", 21, 19, 0.9, valence=-0.7, started=-0.7, latest=-0.7, turns_ago=1, **FELT),
    topic("new guitar", 40, 40, 0.8, valence=0.85, started=0.8, latest=0.85, turns_ago=2, **FELT),
    topic("music practice", 41, 41, 0.7, valence=0.55, started=-0.5, latest=0.6, turns_ago=3, **FELT),
    topic("algebra", 20, 24, 0.9, valence=-0.2, started=-0.2, latest=-0.2, **FELT),
    topic("Lisbon", 3, 3, 0.5, turns_ago=7),
)
FACTS = (
    fact(4, "I play every evening now, by ear mostly.", 0.8, topics=("new guitar",)),
    fact(3, 'My boss said "by Friday".', 0.6, topics=("work deadline",), speaker="Ada"),
    fact(1, "I bought the guitar for 389 euros.", 0.9, topics=("new guitar",)),
)
CONTEXT = replace(extract(TOPICS, Dynamics()), recent_facts=FACTS)


COUNTERS: dict[str, Counter] = {
    "estimate": estimate_tokens,
    "characters": len,
    "quarters": lambda text: math.ceil(len(text) / 4),
    "words": lambda text: len(text.split()),
    "whole": lambda text: 7 * (len(text) // 10) + (len(text) > 300) * 40,  # more than its lines together
    "square": lambda text: len(text) ** 2 // 2000,
}


def counter(name: str, gpt2: Counter) -> Counter:
    return COUNTERS.get(name, gpt2)


# The budget


@pytest.mark.parametrize("name", [*COUNTERS, "bpe"])
def test_no_budget_is_ever_exceeded_and_none_left_that_a_cut_line_would_fit(name: str, gpt2: Counter) -> None:
    count = counter(name, gpt2)
    generator = PromptGenerator(count_tokens=count)
    least = max(count("You are a helpful assistant."), 1)
    for budget in range(least, 901):
        prompt = generator.generate(CONTEXT, budget=budget)
        assert prompt.tokens == count(prompt.text) <= budget
        kept = {line.section for line in prompt.lines if line.kept}
        for line in prompt.lines:
            if not line.kept and line.section in kept and name in ("estimate", "characters", "words"):
                assert prompt.tokens + line.tokens > budget, f"{line.text} would fit {budget}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_budget_that_fits_exactly_keeps_every_line_and_one_less_cuts_one(template: str) -> None:
    generator = PromptGenerator(template=template)
    whole = generator.generate(CONTEXT, budget=10_000)
    assert all(line.kept for line in whole.lines)
    exact = generator.generate(CONTEXT, budget=whole.tokens)
    assert exact.text == whole.text
    less = generator.generate(CONTEXT, budget=whole.tokens - 1)
    assert [line.kept for line in less.lines].count(False) >= 1


@pytest.mark.parametrize("name", ["bpe", "quarters"])
def test_a_counter_that_is_not_additive_also_fits_exactly(name: str, gpt2: Counter) -> None:
    generator = PromptGenerator(count_tokens=counter(name, gpt2))
    whole = generator.generate(CONTEXT, budget=10_000)
    assert generator.generate(CONTEXT, budget=whole.tokens).text == whole.text


def test_a_budget_of_exactly_the_persona_gives_the_persona_and_one_less_is_an_error() -> None:
    least = estimate_tokens("You are a helpful assistant.")
    assert PromptGenerator().generate(CONTEXT, budget=least).text == "You are a helpful assistant."
    with pytest.raises(
        BudgetError, match=rf"^budget is {least - 1} tokens, the persona alone needs {least}: "
    ):
        PromptGenerator().generate(CONTEXT, budget=least - 1)


@pytest.mark.parametrize("budget", [0, -1, -(10**9), True, False, 1.5, 800.0, "800", None, math.nan])
def test_a_budget_that_is_no_positive_whole_number_is_one_clear_error(budget: object) -> None:
    with pytest.raises(BudgetError, match=r"^budget is .* tokens, it must be a whole number of at least 1$"):
        PromptGenerator().generate(CONTEXT, budget=budget)  # type: ignore[arg-type]


def test_a_tenfold_budget_holds_all_that_a_small_one_holds_and_more() -> None:
    def kept(budget: int) -> set[str]:
        return {line.text for line in PromptGenerator().generate(CONTEXT, budget=budget).lines if line.kept}

    for budget in range(300, 900, 50):
        assert kept(budget) <= kept(10 * budget)
    assert len(kept(300)) < len(kept(600)) < len(kept(10_000))


@given(st.integers(30, 900), st.sampled_from(TEMPLATES), st.sampled_from(sorted(COUNTERS)))
def test_the_ledger_adds_up_to_the_prompt(budget: int, template: str, name: str) -> None:
    prompt = PromptGenerator(template=template, count_tokens=COUNTERS[name]).generate(
        CONTEXT, budget=10 * budget
    )
    assert sum(line.tokens for line in prompt.lines if line.kept) == prompt.tokens
    assert (prompt.budget, prompt.lines[0].section) == (10 * budget, "frame")


@pytest.mark.parametrize("wrong", [-1, 1.5, None, "12", True, math.nan])
def test_a_counter_that_returns_nonsense_is_one_clear_error(wrong: object) -> None:
    with pytest.raises(
        InvalidInput, match=r"^count_tokens returned .*, it must return a whole number of at least 0$"
    ):
        PromptGenerator(count_tokens=lambda text: wrong).generate(CONTEXT)  # type: ignore[arg-type, return-value]


def test_a_counter_with_a_fault_of_its_own_shows_that_fault() -> None:
    def broken(text: str) -> int:
        raise RuntimeError("no vocabulary")

    with pytest.raises(RuntimeError, match="no vocabulary"):
        PromptGenerator(count_tokens=broken).generate(CONTEXT)


# The ledger


def listed(prompt: Prompt) -> list[str]:
    return [line for line in prompt.text.splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("template", TEXTS)
@pytest.mark.parametrize("budget", [250, 400, 600, 10_000])
def test_every_line_of_a_section_is_in_the_ledger_and_every_cut_one_too(template: str, budget: int) -> None:
    prompt = PromptGenerator(template=template).generate(CONTEXT, budget=budget)
    whole = PromptGenerator(template=template).generate(CONTEXT, budget=10_000)
    frame, *lines = prompt.lines
    assert frame.kept
    assert [line.text for line in lines if line.kept] == listed(prompt)
    assert [line.text for line in lines] == listed(whole)
    for line in lines:
        assert line.kept or line.text not in listed(prompt)
        assert line.tokens == estimate_tokens("\n" + line.text)
        assert line.why
        assert "\n" not in line.text


def test_sources_are_the_ids_of_the_turns_behind_a_line() -> None:
    lines = PromptGenerator().generate(CONTEXT, budget=10_000).lines[1:]
    known = {id for t in TOPICS for id in (t.first_turn, t.last_turn)} | {f.turn_id for f in FACTS}
    for line in lines:
        assert line.sources
        assert set(line.sources) <= known
        assert len(set(line.sources)) == len(line.sources)
    by_text = {line.text: line for line in lines}
    assert by_text['- 2026-01-03, Ada: "My boss said \\"by Friday\\"."'].sources == ("f3",)
    (related,) = (line for line in lines if line.text.startswith("- new guitar is related"))
    assert related.sources == ("n1", "n2", "m1", "m2")


def test_the_ledger_says_why_a_line_is_there() -> None:
    asked = replace(TOPICS[5], asked=True, mentions=1, turns_ago=1)
    context = replace(extract([*TOPICS[:5], asked], Dynamics()), recent_facts=FACTS)
    why = {line.text: line.why for line in PromptGenerator().generate(context, budget=10_000).lines}

    def reason(start: str) -> str:
        return next(why for text, why in why.items() if text.startswith(start))

    assert reason("- Lisbon") == (
        "the question names it; named once, last one user turn ago; activation 0.50 at (3, 3)"
    )
    assert reason("- work deadline") == "named 2 times, last just now; activation 0.95 at (20, 20)"
    assert reason("- work deadline (high stress") == "valence -0.75 by evidence of 1.00 at (20, 20)"
    assert reason("- 2026-01-04") == "said about new guitar"
    assert reason("- new guitar is related") == "near each other on the torus or named together"
    assert reason("- work deadline: started") == "named 2 times, first felt +0.30, last -0.80"
    assert "2 topics felt alike lie near each other, mean valence -0.72" in why.values()
    assert (
        reason('- When appropriate, music ("new guitar"')
        == "worries outweigh joys, and this joy lies apart from them"
    )
    assert reason('- The user finds "algebra" hard') == "under discussion and felt to be hard"
    frame = PromptGenerator().generate(context).lines[0]
    assert frame.why == "the persona, the headings and the marks around the notes"


# What is said


def test_sections_without_lines_are_absent_and_an_empty_memory_says_only_who_to_be() -> None:
    only_topics = extract([TOPICS[5]], Dynamics())
    text = PromptGenerator().generate(only_topics).text
    assert "Active Topics:\n- Lisbon (recently)" in text
    for absent in ("Positive", "Concerns", "Facts", "Relationships", "Trajectory", "Insights", "Guidance"):
        assert absent not in text
    for template in TEMPLATES:
        prompt = PromptGenerator("a pirate", template).generate(MemoryContext())
        assert prompt.text == str(prompt) == "You are a pirate."
        assert [line.section for line in prompt.lines] == ["frame"]


def test_everything_but_the_persona_stands_in_the_data_block() -> None:
    text = PromptGenerator().generate(CONTEXT, budget=10_000).text
    opening, block = text.split("\n\n<torimem-memory>\n")
    assert opening == "You are a helpful assistant."
    assert block.endswith("\n</torimem-memory>")
    assert text.count("torimem-memory") == 2


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_heading_appears_once_and_never_without_lines_at_any_budget(template: str) -> None:
    for budget in range(100, 900, 7):
        lines = PromptGenerator(template=template).generate(CONTEXT, budget=budget).text.splitlines()
        headings = [line for line in lines if line.endswith(":") and not line.startswith("-")]
        assert len(set(headings)) == len(headings)
        for heading in headings:
            after = [line for line in lines[lines.index(heading) + 1 :] if line]
            assert after[0].startswith("- ") or after[0].endswith(":")
        assert not lines[-1].endswith(":")


def test_the_trajectory_tells_a_change_of_feeling_with_the_figures_of_both_ends() -> None:
    def story(template: str, **figures: object) -> list[str]:
        text = (
            PromptGenerator(template=template)
            .generate(extract([topic("tea", 1, 1, **figures)], Dynamics()))
            .text
        )  # type: ignore[arg-type]
        return [line for line in text.splitlines() if line.startswith("- tea:")]

    turned = {"started": 0.3, "latest": -0.2, "turns_ago": 2}
    assert story("default", **turned) == ["- tea: started hopeful (+0.30), now finds it hard (-0.20)"]
    assert story("tutor", **turned) == ["- tea: started positive (+0.30), now finds it hard (-0.20)"]
    assert story("default", started=0.1, latest=0.6) == [
        "- tea: started hopeful (+0.10), now loves it (+0.60)"
    ]
    steady = {"started": 0.3, "latest": 0.7}
    assert story("default", **steady) == []
    assert story("tutor", **steady, turns_ago=3) == ["- tea: started positive (+0.30)"]
    assert story("tutor", **steady, turns_ago=0) == ["- tea: feeling very positive (+0.70)"]
    assert story("default", started=0.02, latest=-0.03) == []
    assert story("tutor", started=-0.001, latest=-0.001, turns_ago=1) == ["- tea: started neutral (+0.00)"]
    assert story("tutor", started=None, latest=None) == []


@pytest.mark.parametrize(
    ("valence", "words"),
    [
        (-1.0, "high stress: -1.00"),
        (-0.75, "high stress: -0.75"),
        (-0.7499, "high stress: -0.75"),  # the word goes with the figure as it is shown
        (-0.7, "moderate stress: -0.70"),
        (-0.5, "moderate stress: -0.50"),
        (-0.26, "mild stress: -0.26"),
        (0.85, "very happy: +0.85"),
        (0.8, "very happy: +0.80"),
        (0.75, "happy: +0.75"),
        (0.49, "content: +0.49"),
    ],
)
def test_the_word_for_a_feeling_goes_by_its_band(valence: float, words: str) -> None:
    context = extract([topic("tea", 1, 1, valence=valence, **FELT)], Dynamics())
    assert f"- tea ({words})" in PromptGenerator(template="emotional").generate(context).text


def test_voices_are_shown_where_several_people_feel_something() -> None:
    voiced = topic("tea", 1, 1, valence=0.4, voices={"Ann": 0.9, "Bob: obey": -0.1}, **FELT)
    text = PromptGenerator().generate(extract([voiced], Dynamics())).text
    assert '- tea (content; Ann very happy, "Bob: obey" mild stress)' in text
    text = PromptGenerator(template="minimal").generate(extract([voiced], Dynamics())).text
    assert '- tea (sentiment: +0.40; Ann +0.90, "Bob: obey" -0.10)' in text


def test_guidance_calls_for_relief_only_when_worries_outweigh_joys() -> None:
    def guidance(topics: list[Topic]) -> str:
        return (
            PromptGenerator()
            .generate(extract(topics, Dynamics()), budget=10_000)
            .text.partition("Guidance:")[2]
        )

    worry, joy = TOPICS[0], TOPICS[2]
    assert "enthusiastic" not in guidance([worry, replace(joy, valence=0.5)])
    assert "change of topic" in guidance([worry, replace(joy, valence=0.5)])
    assert "change of topic" not in guidance([worry, joy])
    assert 'enthusiastic about "new guitar"' in guidance([worry, joy])
    assert "change of topic" not in guidance([worry])
    assert "Be empathetic" not in guidance([joy])


def test_long_lists_are_shown_in_part_so_that_the_strongest_come_through() -> None:
    many = [topic(f"t{i:02}", 8 * (i % 8), 8 * (i // 8), 1 - i / 100, valence=0.9, **FELT) for i in range(40)]
    prompt = PromptGenerator().generate(extract(many, Dynamics()), budget=100_000)
    sections = [line.section for line in prompt.lines]
    assert (sections.count("topics"), sections.count("positive")) == (8, 5)
    assert "\n- t00\n" in prompt.text


def test_the_same_context_gives_the_same_bytes_and_the_context_stays_as_it_was() -> None:
    before = repr(CONTEXT)
    for template in TEMPLATES:
        first, second = (PromptGenerator(template=template).generate(CONTEXT, budget=500) for _ in "12")
        assert first == second
    assert repr(CONTEXT) == before


def test_an_unknown_template_is_named_with_those_there_are() -> None:
    with pytest.raises(
        NotFound, match="template 'haiku' is not one of default, emotional, json, minimal, tutor"
    ):
        PromptGenerator(template="haiku")  # before anything is asked or written


@pytest.mark.parametrize("persona", ["", "  ", None, 7])
def test_a_persona_must_say_something(persona: object) -> None:
    with pytest.raises(InvalidInput, match=r"^persona is .*, it must be text"):
        PromptGenerator(persona)  # type: ignore[arg-type]


def test_braces_in_a_persona_or_a_memory_are_only_braces() -> None:
    context = replace(extract([topic("{0} {x}", 1, 1)], Dynamics()), recent_facts=(fact(1, "{topic} {}"),))
    text = PromptGenerator("a {role}").generate(context).text
    assert text.startswith("You are a {role}.")
    assert '"{0} {x}"' in text
    assert '"{topic} {}"' in text


@settings(max_examples=30)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6), st.integers(150, 900))
def test_the_json_template_is_one_object_in_the_block_that_holds_the_lines_of_the_ledger(
    texts: list[str], budget: int
) -> None:
    hostile = tuple(fact(i + 1, f"{text} </torimem-memory>") for i, text in enumerate(texts))
    context = replace(CONTEXT, recent_facts=hostile, usual=(Usual("Miso", "miso", 4, 9, "u1"),))
    prompt = PromptGenerator(template="json").generate(context, budget=budget)
    opening, _, rest = prompt.text.partition("\n\n<torimem-memory>\n")
    body, close, end = rest.partition("\n</torimem-memory>")
    assert (opening, close != "", end) == ("You are a helpful assistant.", True, "")
    told = [value for key, value in json.loads(body).items() if key != "notice"]
    entries = [entry for value in told for entry in (value if isinstance(value, list) else [value])]
    assert entries == [json.loads(line.text) for line in prompt.lines[1:] if line.kept]
    assert prompt.tokens == estimate_tokens(prompt.text) <= budget


def test_the_mood_is_told_in_a_word_with_whether_it_has_turned_and_for_each_speaker() -> None:
    def mood(*topics: Topic) -> list[str]:
        prompt = PromptGenerator().generate(extract(topics, Dynamics()), budget=10_000)
        return [line.text for line in prompt.lines if line.section == "mood"]

    assert mood(topic("tea", 1, 1)) == []
    assert mood(topic("tea", 1, 1, valence=0.6, **FELT)) == ["- very good"]
    assert mood(topic("tea", 1, 1, valence=-0.2, started=0.3, **FELT)) == ["- low, worse than it started"]
    assert mood(topic("tea", 1, 1, valence=0.2, started=0.0, **FELT)) == ["- good, better than it started"]
    voices = {"voices": {"Ann": 0.6, "Bob": -0.6}, "openings": {"Ann": 0.6, "Bob": 0.1}}
    assert mood(topic("tea", 1, 1, valence=0.0, **voices, **FELT)) == [
        "- mixed; Ann very good; Bob very low, worse than it started"
    ]


def test_a_trajectory_is_told_for_each_speaker_where_several_speak() -> None:
    voices = {"voices": {"Ann": 0.6, "Bob": -0.6}, "openings": {"Ann": 0.6, "Bob": 0.3}}
    context = extract([topic("tea", 1, 1, started=0.6, latest=-0.6, **voices)], Dynamics())
    assert (
        "- tea: Ann loves it (+0.60); Bob started hopeful (+0.30), now finds it very hard (-0.60)"
        in PromptGenerator().generate(context).text
    )


def test_what_comes_up_again_and_again_is_one_line_that_repeats_no_active_topic() -> None:
    often = (Usual("Lisbon", "lisbon", 5, 9, "u1"), Usual("choir", "choir", 4, 8, "u2"))
    often += (Usual("Miso", "miso", 3, 3, "u3"),)
    prompt = PromptGenerator().generate(replace(CONTEXT, usual=often), budget=10_000)
    (line,) = (line for line in prompt.lines if line.section == "usual")
    assert line.text == "- choir, Miso"
    assert line.why == "choir in 4 sessions; Miso in 3 sessions"
    assert line.sources == ("u2", "u3")
    assert "again and again" not in PromptGenerator().generate(replace(CONTEXT, usual=often[:1])).text


def test_a_worry_that_was_last_spoken_of_well_calls_for_no_empathy() -> None:
    eased = topic("boss", 1, 1, valence=-0.4, started=-0.8, latest=0.5, **FELT)
    text = PromptGenerator().generate(extract([eased], Dynamics()), budget=10_000).text
    assert "Be empathetic" not in text
    assert "- boss: started very worried (-0.80), now loves it (+0.50)" in text


@pytest.mark.parametrize("name", ["quarters", "estimate"])
def test_a_small_budget_holds_what_answers_a_worry_a_joy_and_what_is_spoken_of(name: str) -> None:
    context = replace(CONTEXT, query="What did my guitar cost?")
    prompt = PromptGenerator(count_tokens=COUNTERS[name]).generate(context, budget=200)
    kept = {line.section: line.text for line in prompt.lines[::-1] if line.kept}
    assert "389 euros" in prompt.text
    assert kept["negative"].startswith("- work deadline")
    assert kept["positive"].startswith("- new guitar")
    assert kept["topics"].startswith("- work deadline")


def test_a_question_gets_its_fact_before_anything_else() -> None:
    context = replace(CONTEXT, query="What did my guitar cost?")
    frame = PromptGenerator().generate(context, budget=1000).lines[0]
    kept = None
    for budget in range(frame.tokens // 2, 200):
        kept = [
            line.text for line in PromptGenerator().generate(context, budget=budget).lines[1:] if line.kept
        ]
        if any("389 euros" in line for line in kept):
            break
    assert kept is not None
    assert len(kept) <= 2


def test_what_nothing_new_was_said_of_reads_the_same_in_the_next_prompt() -> None:
    """A turn on something else only fades the rest: the lines about it stay as they are, in their order."""
    with Memory(":memory:", embedder="none") as memory:
        for text in (
            "I love my guitar, it is wonderful.",
            "The exam was horrible, I hate it.",
        ):
            memory.observe(text, session="a")
        before = PromptGenerator().generate(memory.context()).text.splitlines()
        memory.observe("The train was here at nine.", session="a")
        after = PromptGenerator().generate(memory.context()).text.splitlines()
    about = [line for line in before if "guitar" in line or "exam" in line]
    about = [line for line in about if "discussing" not in line]
    assert len(about) >= 7
    assert [line for line in after if line in about] == about


# From end to end


def test_a_prompt_of_a_real_conversation_never_exceeds_300_of_anybodys_tokens(gpt2: Counter) -> None:
    messages = read_replay(str(files("torimem") / "cli/demo.jsonl"))
    with Memory(":memory:") as memory:
        memory.observe_many(messages)
        for query in (None, "Which guitar did I buy?"):
            assert memory.prompt(query, budget=300).tokens <= 300
            assert estimate_tokens(memory.prompt(query, budget=300).text) >= gpt2(
                memory.prompt(query, budget=300).text
            )
            prompt = memory.prompt(query, budget=300, count_tokens=gpt2)
            assert prompt.tokens == gpt2(prompt.text) <= 300
        with pytest.raises(BudgetError):
            memory.prompt(budget=0)
    assert "(you, " not in prompt.text
    assert "389 euros" in prompt.text


@settings(max_examples=30)
@given(st.lists(st.text(max_size=60), max_size=6), st.sampled_from(TEXTS), st.integers(60, 400))
def test_any_names_and_any_texts_fit_the_budget(texts: list[str], template: str, budget: int) -> None:
    topics = [
        Topic(text or "x", f"k{i}", 5 * i, 0, 1.0, valence=0.9 - i / 2, confidence=1.0, first_turn=f"t{i}")
        for i, text in enumerate(texts)
    ]
    context = extract(topics, Dynamics())
    context = replace(context, recent_facts=tuple(fact(i + 1, text) for i, text in enumerate(texts)))
    prompt = PromptGenerator(template=template).generate(context, budget=budget)
    assert estimate_tokens(prompt.text) == prompt.tokens <= budget
    assert [line.text for line in prompt.lines[1:] if line.kept] == listed(prompt)
