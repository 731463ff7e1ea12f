"""The evaluation of prompts: what carries an answer, what a model is sent, figures that bite, failures."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fake_llm import FakeLLM
from torimem import Memory, Message, estimate_tokens
from torimem.chat import Chat
from torimem.cli import cli
from torimem.errors import BudgetError, InvalidInput, ModelError
from torimem.lab.evals import prompt
from torimem.lab.evals.answer import score
from torimem.lab.evals.locomo import Dialogue, Question, read
from torimem.lab.evals.prompt import NONE, WHOLE, chosen, evaluate, variants
from torimem.lab.evals.reader import UNKNOWN, Reader, most_like
from torimem.models import ChatMessage, load
from torimem.prompt import template
from torimem.prompt.ledger import Prompt

pytestmark = pytest.mark.usefixtures("bare_environment")

SAID = [
    ("Mira", "I love my pottery course! A retired sailor named Edda teaches it."),
    ("Jonas", "I am worried about the tractor, its gearbox leaks oil."),
    ("Mira", "My first bowl cracked in the kiln, I was so sad."),
    ("Jonas", "I sold the tractor to a museum in Ulm for 4000 euros."),
    ("Mira", "The teapot survived and I gave it to my grandmother. I am happy!"),
    ("Jonas", "I bought a rowing boat called Philomena."),
]
ASKED: list[dict[str, Any]] = [
    {"question": "Who teaches the pottery course?", "answer": "a retired sailor named Edda", "category": 4},
    {"question": "For how many euros did Jonas sell the tractor?", "answer": 4000, "category": 1},
    {"question": "When did Jonas sell the tractor?", "answer": "4 March, 2024", "category": 2},
    {"question": "What is the name of the rowing boat?", "answer": "Philomena", "category": 4},
    {
        "question": "What happened to the first bowl of Mira?",
        "answer": "It cracked in the kiln",
        "category": 4,
    },
    {"question": "Does Mira fear the sea?", "answer": "saltwater", "category": 3},
    {"question": "What did Mira sell?", "adversarial_answer": "the tractor", "category": 5},
    {"question": "Is the boat Mira's?", "answer": "No", "adversarial_answer": "Yes", "category": 5},
    {"question": "What does Jonas like?", "category": 3},
]
ANSWERABLE = 6


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A dialogue of six turns; six of its nine questions have an answer to look for."""
    turns = [{"speaker": who, "text": text} for who, text in SAID]
    talk = {"session_1_date_time": "9:30 am on 4 March, 2024", "session_1": turns}
    path = tmp_path / "talk.json"
    asked = [{**one, "evidence": ["D1:1"]} for one in ASKED]
    path.write_text(json.dumps([{"sample_id": "m", "conversation": talk, "qa": asked}]), "utf-8")
    return path


def reading(messages: list[dict[str, Any]]) -> str:
    """A model that uses what it is told: the line of the system prompt most like the question."""
    system, *_, asked = messages
    assert system["role"] == "system"
    return most_like(system["content"], asked["content"])


def ignoring(messages: list[dict[str, Any]]) -> str:
    return UNKNOWN


@pytest.fixture
def reader(fake_llm: FakeLLM) -> FakeLLM:
    fake_llm.reply = reading
    return fake_llm


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["eval", "prompt", *map(str, arguments)], env={"COLUMNS": "200"})


def rows(result: Result) -> dict[str, dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return {row["method"]: row for row in json.loads(result.stdout)["rows"]}


def measured(file: Path, server: FakeLLM, *more: object) -> dict[str, dict[str, Any]]:
    return rows(run(file, "--llm", f"{server.url}#fake-1", "--json", *more))


# What carries an answer


@pytest.mark.parametrize(
    ("answer", "reply", "carried"),
    [
        ("Edda", "It is EDDA's course.", True),
        ("Edda", "I do not know.", False),
        ("red and blue", "It is red.", False),
        ("red, blue and green", "Red or green.", True),
        ("She bought boats", "Mira buys a boat", True),
        ("two", "2 cats", True),
        ("Four", "There are four of them", True),
        ("2", "3 cats", False),
        ("3 years", "three years", True),
        ("4 March, 2024", "on 2024-03-04", True),
        ("4 March, 2024", "on March 4th, 2024, I think", True),
        ("4 March, 2024", "the 4th of March 2024", True),
        ("4March, 2024.", "4 Mar 2024", True),
        ("4 March, 2024", "5 March, 2024", False),
        ("4 March, 2024", "in March 2024", False),
        ("4 March, 2024", "4 March, 2023", False),
        ("March 2024", "2024-03-04", True),
        ("March, 2024", "on 4 April, 2024", False),
        ("2024", "2024-03-04", True),
        (2024, "March 2024", True),
        ("4 March", "2024-03-04", True),
        ("15Janury, 2024", "January 15, 2024", True),
        ("The week before 9 June 2023", "- 2023-06-09, Ada: I went last week", True),
        ("The week before 9 June 2023", "2 June 2023", False),
        ("marching event", "It marched past the events.", True),
        ("Yes", "Yes, she does.", True),
        ("Yes", "No, never.", False),
        ("No", "I do not know.", False),
        ("柏林", "我住在柏林", True),
        ("...", "...", False),
        ("", "", False),
    ],
)
def test_a_reply_carries_an_answer(answer: object, reply: str, carried: bool) -> None:
    assert score(str(answer), reply).carried is carried


def test_words_of_the_question_prove_nothing_unless_there_are_no_others() -> None:
    assert not score("a red kite", "It is a kite.", "What kite is it?").carried
    assert score("a red kite", "Red.", "What kite is it?").carried
    assert score("the sea", "The sea.", "Is it the sea or the mountains?").carried
    assert not score("9 June 2023 at noon", "9 June 2023", "When on 2023-06-09?").carried


def test_f1_weighs_what_is_said_beside_the_answer() -> None:
    assert score("Edda", "Edda").f1 == 1
    assert score("Edda", "Edda the sailor teaches").f1 == pytest.approx(2 / (1 + 3))
    assert score("red kite", "red").f1 == pytest.approx(2 / 3)
    assert score("March 2024", "2024-03-04").f1 == 1
    assert score("Edda", UNKNOWN).f1 == 0


# The stand-in


def test_the_reader_answers_only_from_the_block() -> None:
    block = "<torimem-memory>\n- tea\n- kites\n- the kite is red\n</torimem-memory>"
    assert most_like(block, "Which kite?") == "- the kite is red"
    assert most_like(block, "Who sails?") == UNKNOWN
    assert most_like("You are a friend of kites.", "Which kite?") == most_like("", "") == UNKNOWN


def test_the_reader_is_a_model_of_the_evaluation_alone() -> None:
    assert load(Reader()).name == "reader"
    with pytest.raises(InvalidInput, match="'reader' is not known"):
        load("reader")


# What is asked


def test_only_questions_with_an_answer_are_asked(file: Path) -> None:
    (dialogue,) = chosen(read(file))
    assert [question.answer for question in dialogue.questions] == [
        "a retired sailor named Edda", "4000", "4 March, 2024", "Philomena", "It cracked in the kiln",
        "saltwater",
    ]  # fmt: skip


@pytest.mark.parametrize(("most", "drawn"), [(1, "0"), (3, "036"), (4, "0257"), (9, "0123456789"[:9])])
def test_questions_are_drawn_evenly_over_all_dialogues(most: int, drawn: str) -> None:
    asked = [Question("Who?", ("D1:1",), "open", str(n)) for n in range(10)]
    dialogues = [
        Dialogue("a", (), tuple(asked[:4])),
        Dialogue("b", (), ()),
        Dialogue("c", (), tuple(asked[4:])),
    ]
    found = chosen(dialogues, most)
    assert "".join(str(question.answer) for one in found for question in one.questions) == drawn
    assert all(one.questions for one in found)
    assert chosen(dialogues, 99) == [dialogues[0], dialogues[2]]


@pytest.mark.parametrize("most", [0, -1, True, 1.5])
def test_a_number_of_questions_that_is_none_is_refused(most: Any) -> None:
    with pytest.raises(InvalidInput, match="questions="):
        chosen([Dialogue("a", (), (Question("Who?", ("D1:1",), "open", "Ada"),))], most)


# What is sent


def written(name: str = "default") -> Prompt:
    with Memory(":memory:", embedder="none") as memory:
        memory.observe_many([Message(text, speaker=who) for who, text in SAID])
        return memory.prompt("Who teaches pottery?", template=name)


def without_each(name: str) -> tuple[Prompt, list[tuple[str, Prompt]]]:
    """A prompt with several sections, and for each of them the prompt without it."""
    whole = written(name)
    there = list(dict.fromkeys(line.section for line in whole.lines[1:] if line.kept))
    found = variants(whole, template.load(name), estimate_tokens)
    assert list(found) == [WHOLE, NONE, *(f"without {kind}" for kind in there)]
    assert len(there) >= 4
    assert found[WHOLE] == whole
    assert found[NONE].text == whole.lines[0].text == "You are a helpful assistant."
    return whole, [(kind, found[f"without {kind}"]) for kind in there]


@pytest.mark.parametrize("name", [name for name in template.names() if name != "json"])
def test_without_a_section_the_prompt_lacks_its_lines_and_no_other(name: str) -> None:
    whole, each = without_each(name)
    for kind, less in each:
        left = iter(whole.text.splitlines())
        assert all(line in left for line in less.text.splitlines())  # what is left stands in its order
        lost = Counter(whole.text.splitlines()) - Counter(less.text.splitlines())
        gone = Counter(line.text for line in whole.lines if line.kept and line.section == kind)
        (section,) = (section for section in template.load(name).sections if section.kind.name == kind)
        assert gone <= lost
        assert set(lost - gone) <= {"", section.title, section.heading}


def test_without_a_section_an_object_lacks_its_key_and_no_other() -> None:
    whole, each = without_each("json")
    for kind, less in each:
        (section,) = (section for section in template.load("json").sections if section.kind.name == kind)
        told, left = (json.loads(one.text.split("\n", 3)[3].rsplit("\n", 1)[0]) for one in (whole, less))
        assert told.pop(section.title)
        assert list(left.items()) == list(told.items())


def test_the_ledger_of_what_is_left_adds_up() -> None:
    whole, each = without_each("default")
    for kind, less in each:
        assert less.lines[1:] == tuple(x for x in whole.lines[1:] if x.kept and x.section != kind)
        assert less.tokens == estimate_tokens(less.text) == sum(line.tokens for line in less.lines)
        assert less.tokens < whole.tokens


class Listening:
    """A model that keeps what it is told, and answers the same each time."""

    name = "listening"

    def __init__(self) -> None:
        self.told: list[tuple[str, list[ChatMessage]]] = []

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        self.told.append((system, list(messages)))
        yield "a retired sai"
        yield "lor, Edda"


def test_the_model_is_told_what_a_chat_tells_and_no_prompt_twice(file: Path) -> None:
    model = Listening()
    (dialogue,) = dialogues = chosen(read(file), 1)
    (asked,) = evaluate(dialogues, model, budget=400).asked
    text = dialogue.questions[0].text
    with Memory(":memory:", embedder="none") as memory:
        memory.observe_many(dialogue.messages)
        chat = Chat(memory, Reader(), history=0, budget=400)
        whole, messages = chat.messages_for(memory.context(query=text), (), text)
    assert model.told[0] == (whole.text, messages)
    assert all(messages == [ChatMessage(role="user", content=text)] for _, messages in model.told)
    texts = [told for told, _ in model.told]
    assert len(texts) == len(set(texts)) == len(asked.fared)
    assert all(fared.carried for fared in asked.fared.values())  # the pieces were put together


def test_what_a_server_gets_lacks_the_section(file: Path, reader: FakeLLM) -> None:
    found = measured(file, reader, "--questions", 1)
    systems = [chat["messages"][0]["content"] for chat in reader.chats]
    assert len(systems) == len(found)
    with_facts = [system for system in systems if "Recent Facts" in system]
    assert len(with_facts) == len(found) - 2  # all but no memory, and without facts
    assert {chat["messages"][1]["content"] for chat in reader.chats} == {"Who teaches the pottery course?"}
    assert {len(chat["messages"]) for chat in reader.chats} == {2}


# Figures


def test_a_model_that_reads_is_helped_and_most_by_facts(file: Path, reader: FakeLLM) -> None:
    found = measured(file, reader)
    whole, none = found[WHOLE], found[NONE]
    assert {row["n"] for row in found.values()} == {ANSWERABLE}
    assert whole["carried"] == pytest.approx(5 / 6, abs=1e-4)  # the sea is never spoken of
    assert whole["in prompt"] >= whole["carried"]
    assert none["carried"] == none["F1"] == none["in prompt"] == 0
    assert none["difference"] == pytest.approx(-whole["carried"], abs=1e-4)
    assert found["without facts"]["carried"] <= whole["carried"] - 0.5
    assert found["without facts"]["in prompt"] < whole["in prompt"]
    assert found["without facts"]["high"] < 0
    assert whole["difference"] == whole["low"] == whole["high"] == 0
    others = set(found) - {WHOLE, NONE, "without facts"}
    assert {"without topics", "without positive", "without negative", "without mood"} <= others
    assert all(found[name]["carried"] >= whole["carried"] - 0.2 for name in others)


def test_a_model_that_ignores_what_it_is_told_scores_nothing_anywhere(file: Path, fake_llm: FakeLLM) -> None:
    fake_llm.reply = ignoring
    found = measured(file, fake_llm)
    assert len(found) > 5
    for row in found.values():
        assert row["carried"] == row["F1"] == row["difference"] == row["low"] == row["high"] == 0
    assert found[WHOLE]["in prompt"] > 0.5  # what was there to be read does not hang on who reads


def test_the_reader_that_ships_is_what_a_server_that_reads_is(file: Path, reader: FakeLLM) -> None:
    assert rows(run(file, "--llm", "reader", "--json")) == measured(file, reader)


def test_rows_have_the_names_of_sections_in_the_order_of_the_template(file: Path) -> None:
    kinds = [section.kind.name for section in template.load("tutor").sections]
    found = list(rows(run(file, "--llm", "reader", "--json", "--template", "tutor")))
    assert found[:2] == [WHOLE, NONE]
    named = [name.removeprefix("without ") for name in found[2:]]
    assert named == [kind for kind in kinds if kind in named]
    assert "facts" in named


def test_a_section_that_a_prompt_lacks_changes_nothing_there(file: Path) -> None:
    asked = evaluate(read(file), Reader()).asked
    lacking = [prompt.Asked(asked[0].category, {WHOLE: one.fared[WHOLE]}) for one in asked[1:]]
    found = {line.method: line for line in prompt.lines([asked[0], *lacking])}
    assert found["without facts"].n == len(asked)
    lost = (found[WHOLE].figures["carried"] - found["without facts"].figures["carried"]) * len(asked)
    assert lost == pytest.approx(1, abs=1e-3)


def test_a_budget_too_small_for_facts_is_worth_less(file: Path) -> None:
    small, large = (rows(run(file, "--llm", "reader", "--json", "--budget", n))[WHOLE] for n in (70, 800))
    assert small["in prompt"] < large["in prompt"]


# From a file to a table


def test_the_command_shows_rows_kinds_and_the_rule(file: Path) -> None:
    result = run(file, "--llm", "reader")
    assert result.exit_code == 0, result.output
    shown = " ".join(result.stdout.split())
    for said in (
        "answers of reader with and without memory, 800 tokens: talk.json",
        "method n carried F1 in prompt difference low high",
        "whole prompt 6 .833", "no memory 6 .000", "without facts 6",
        "whole prompt n carried F1 in prompt", "single-hop 3 1.00", "temporal 1 1.00",
        "two thirds or more of the answer's words", "left out: 3 adversarial, or without an answer",
    ):  # fmt: skip
        assert said in shown, said


def test_rows_are_appended_with_what_they_are_of(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    for budget in (400, 800):
        assert run(file, "--llm", "reader", "--csv", path, "--budget", budget).exit_code == 0
    with path.open(encoding="utf-8") as lines:
        found = list(csv.DictReader(lines))
    assert [row["method"] for row in found[:3]] == [WHOLE, NONE, "without topics"]
    assert {row["method"] for row in found} >= {"without facts", "without mood"}
    assert {row["llm"] for row in found} == {"reader"}
    assert [row["budget"] for row in found if row["method"] == WHOLE] == ["400", "800"]
    assert {(row["template"], row["embedder"], row["n"]) for row in found} == {("default", "none", "6")}
    assert tuple(found[0])[7:] == (*prompt.ABOUT, "n", *prompt.MEANS, *prompt.DIFFERENCE)
    about = json.loads(run(file, "--llm", "reader", "--json").stdout)
    assert [about[name] for name in prompt.ABOUT] == ["reader", "800", "default", "none"]


def one_error(result: Result, code: int, *said: str) -> None:
    assert result.exit_code == code, result.output
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("Error: ")
    for part in said:
        assert part in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("", "is not JSON"),
        ("[]", "is an empty list"),
        (
            '[{"conversation": {}}]',
            "no question has an answer to look for: give a file whose qa has 'answer'",
        ),
        ('{"conversation": {}, "qa": [{"question": "Who?", "evidence": ["D1:1"]}]}', "no question has an"),
        ('{"conversation": 7}', "its conversation is 7"),
    ],
)
def test_a_file_that_cannot_be_scored_is_one_clear_line(
    tmp_path: Path, fake_llm: FakeLLM, content: str | None, said: str
) -> None:
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    one_error(run(path, "--llm", f"{fake_llm.url}#x"), 2, said)
    assert fake_llm.requests == []


def test_without_a_model_the_next_step_is_named(file: Path) -> None:
    for arguments in ((), ("--llm", "offline")):
        one_error(run(file, *arguments), 2, "is none to ask", "--llm", "reader, which quotes")
    one_error(run(file, "--llm", "telepathy"), 2, "telepathy")


def test_what_cannot_be_done_is_said_before_a_model_is_asked(file: Path, fake_llm: FakeLLM) -> None:
    named = ("--llm", f"{fake_llm.url}#x")
    one_error(run(file, *named, "--csv", file), 2, "other columns")
    one_error(run(file, *named, "--budget", "3"), 2, "budget is 3 tokens")
    assert run(file, *named, "--questions", "0").exit_code == 2
    assert fake_llm.requests == []
    with pytest.raises(BudgetError):
        evaluate(read(file), Reader(), budget=3)


# Failures


def test_a_model_that_fails_midway_leaves_the_figures_got_so_far(
    file: Path, tmp_path: Path, fake_llm: FakeLLM
) -> None:
    asked = 0

    def reply(messages: list[dict[str, Any]]) -> str:
        nonlocal asked
        asked += messages[0]["content"] == "You are a helpful assistant."
        if asked == 3:  # whatever comes after the third question's row without a memory
            fake_llm.then(fail="401")
        return reading(messages)

    fake_llm.reply = reply
    path = tmp_path / "rows.csv"
    result = run(file, "--llm", f"{fake_llm.url}#fake-1", "--csv", path)
    one_error(result, 1, "refused the API key (401)", "the figures are of the 2 of 6 questions done")
    assert "whole prompt" in result.stdout
    with path.open(encoding="utf-8") as lines:
        found = {row["method"]: row for row in csv.DictReader(lines)}
    assert {row["n"] for row in found.values()} == {"2"}
    assert found[WHOLE]["carried"] == "1.0000"
    assert "without facts" in found


def test_a_model_that_fails_at_once_is_one_line(file: Path, tmp_path: Path, fake_llm: FakeLLM) -> None:
    fake_llm.then(fail="401")
    result = run(file, "--llm", f"{fake_llm.url}#fake-1", "--csv", tmp_path / "rows.csv")
    one_error(result, 1, "401")
    assert not result.stdout
    assert not (tmp_path / "rows.csv").exists()


def test_a_server_that_is_busy_once_is_asked_again(file: Path, reader: FakeLLM) -> None:
    reader.then(fail="429")
    assert measured(file, reader, "--questions", 1)[WHOLE]["carried"] == 1


class Interrupted(Reader):
    """Ctrl-C in the second question."""

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        if "euros" in messages[0]["content"]:
            raise KeyboardInterrupt
        return super().stream(system, messages)


def test_ctrl_c_leaves_the_figures_got_so_far(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt, "model", lambda spec: Interrupted())
    result = run(file)
    one_error(result, 1, "stopped by Ctrl-C; the figures are of the 1 of 6 questions done")
    assert "whole prompt" in result.stdout


def test_progress_counts_the_questions(file: Path) -> None:
    done: list[int] = []
    evaluate(read(file), Reader(), progress=done.append)
    assert done == list(range(1, ANSWERABLE + 1))


def test_a_failure_of_the_model_in_the_first_question_is_raised(file: Path, fake_llm: FakeLLM) -> None:
    fake_llm.then(fail="html")
    with pytest.raises(ModelError):
        evaluate(read(file), load(f"{fake_llm.url}#fake-1"))
