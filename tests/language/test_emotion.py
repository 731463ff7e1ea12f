"""How a message feels about what it names: clause by clause, with negation, weak evidence kept weak."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import Memory
from torimem.errors import InvalidInput, ModelError
from torimem.language.analyser import analyse
from torimem.language.analysis import Mention
from torimem.language.feeling.judge import VADER, load_sentiment
from torimem.log.turn import Message


def mentions(text: str) -> dict[str, Mention]:
    return {mention.key: mention for mention in analyse(text).mentions}


@pytest.mark.parametrize(
    "text",
    [
        "I love the guitar but my boss is horrible",
        "I love the guitar; my boss is horrible",
        "I love the guitar. My boss is horrible.",
        "I love the guitar, although my boss is horrible",
        "Although my boss is horrible, I love the guitar",
        "While my boss is awful, the guitar is wonderful",
    ],
)
def test_a_feeling_belongs_to_the_topics_of_its_clause(text: str) -> None:
    found = mentions(text)
    assert found["guitar"].valence > 0.4
    assert found["boss"].valence < -0.4
    assert found["guitar"].weight == found["boss"].weight == 1.0


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("I am happy with my job", 1),
        ("I am not happy with my job", -1),
        ("I don’t like my job", -1),
        ("I no longer enjoy my job", -1),
        ("My job is not bad", 1),
        ("I can't stand my job", -1),
        ("I can't wait for my job", 1),
        ("I'm looking forward to my job", 1),
        ("my job is incredible", 1),
        ("my job is pretty awful", -1),
        ("my job is overwhelming", -1),
        ("my job 😍", 1),
        ("I have a job", 0),
        ("My job is like a circus", 0),
        ("Please tell me about the job, thanks", 0),
        ("Long time no talk! My job ended.", 0),
        ("Well, the job starts as well", 0),
        ("The kids play with tissue samples in the hardware shop on the job", 0),
    ],
)
def test_the_sign_of_a_feeling(text: str, sign: int) -> None:
    valence = mentions(text)["job"].valence
    assert (valence > 0) - (valence < 0) == sign


def test_a_name_with_a_dot_does_not_hide_the_contrast() -> None:
    found = mentions("I hate C++ but .NET is good")
    assert found["c++"].valence < 0 < found[".net"].valence


def test_intensity_counts() -> None:
    assert mentions("my job is extremely good!")["job"].valence > mentions("my job is good")["job"].valence


def test_without_feeling_a_mention_is_neutral_weak_evidence() -> None:
    analysis = analyse("Tell me more about machine learning")
    assert analysis.mentions == (Mention("machine learning", "machine learning", 0.0, 0.1),)
    assert analysis.valence is None
    assert analysis.analyser == "words-2+claims-1+vader-2"


def test_a_question_is_no_feeling_but_a_tag_question_is() -> None:
    assert analyse("Is the job horrible?").mentions == (Mention("job", "job", 0.0, 0.1),)
    assert analyse("Are you happy?").valence is None
    assert analyse("Do you like the job, and is the boss nice?").valence is None
    assert mentions("The job is horrible, isn't it?")["job"].valence < 0
    asked = analyse("The job makes me so sad, should I leave?")
    assert asked.valence is not None
    assert asked.valence < 0


def test_what_is_wished_or_supposed_is_no_feeling() -> None:
    for text in (
        "I hope the job is great",
        "It would be lovely to have a job",
        "If the job is awful, I'd be sad",
        "I'd be happy with a job if it paid",
    ):
        assert analyse(text).valence is None, text
        assert mentions(text)["job"] == Mention("job", "job", 0.0, 0.1), text


def test_what_came_counts_not_what_was_expected() -> None:
    assert mentions("I thought the job would be great, but it is awful")["job"].valence < 0
    assert mentions("I thought the job would be great. It was not.")["job"].valence < 0
    inferred = mentions("I thought the job would be great, but it was not")["job"]
    assert inferred.weight == 0.25  # nobody says that it is bad: it only follows
    assert mentions("The job was great until the boss left")["job"].valence < 0
    assert mentions("I used to hate the job, now I love it")["job"].valence > 0


def test_a_feeling_goes_on_to_what_is_named_next_in_its_sentence() -> None:
    assert mentions("I'm so happy, we got the guitar!")["guitar"].valence > 0.4
    assert mentions("I'm so happy, is the guitar new?")["guitar"].valence == 0
    assert mentions("I'm so happy. We got the guitar.")["guitar"].valence == 0


def test_feeling_said_of_it_goes_back_to_what_was_named() -> None:
    assert mentions("I got the guitar. It is wonderful!")["guitar"] == Mention(
        "guitar", "guitar", analyse("It is wonderful!").valence or 0.0, 1.0
    )
    assert mentions("I got the guitar! 😍")["guitar"].valence > 0.3
    assert mentions("I got the guitar. The drums are wonderful!")["guitar"].valence == 0.0
    assert mentions("The guitar is awful. It is wonderful!")["guitar"].valence < 0


def test_two_mentions_average_by_weight() -> None:
    good, bad = (
        mentions(text)["guitar"].valence for text in ("The guitar is great.", "The guitar is awful.")
    )
    both = mentions("The guitar is great. The guitar is awful.")["guitar"]
    assert both.valence == pytest.approx((good + bad) / 2, abs=1e-4)
    with_neutral = mentions("The guitar is great. The guitar is red.")["guitar"]
    assert with_neutral == Mention("guitar", "guitar", round(good / 1.1, 4), 1.0)


def test_the_whole_message_feels_the_mean_of_its_clauses() -> None:
    one, other = (analyse(text).valence or 0.0 for text in ("The guitar is great.", "The boss is awful."))
    both = analyse("The guitar is great. The train leaves at nine. The boss is awful.").valence
    assert both == pytest.approx((one + other) / 2, abs=1e-4)
    assert analyse("").valence is None


def test_a_given_emotion_replaces_what_was_found() -> None:
    analysis = analyse("I love the guitar but my boss is horrible", valence=-0.2)
    assert {(m.key, m.valence, m.weight) for m in analysis.mentions} == {
        ("guitar", -0.2, 1.0),
        ("boss", -0.2, 1.0),
    }
    assert analysis.valence == -0.2
    assert analysis.analyser == "words-2+claims-1+given"
    assert analyse("x", topics=["guitar"], valence=1).analyser == "given+claims-1+given"


def test_a_given_topic_has_the_feeling_of_the_clause_that_names_it() -> None:
    text = "I love the guitar but my boss is horrible"
    love, hate, whole = analyse(text, topics=["guitar", "boss", "career"]).mentions
    assert love.valence > 0.4
    assert hate.valence < -0.4
    assert whole.valence == analyse(text).valence


@pytest.mark.parametrize("emotion", [1.01, -2, math.nan, math.inf, -math.inf, True, "0.5"])
def test_an_emotion_that_is_no_number_between_minus_one_and_one_is_refused(emotion: float) -> None:
    with pytest.raises(InvalidInput, match=r"valence is .*, it must be .*between -1 and 1") as caught:
        analyse("I love it", valence=emotion)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="aI lovehtguir.!?;'’😀\n, but", max_size=120))
def test_figures_are_bounded_and_rounded(text: str) -> None:
    analysis = analyse(text)
    for value in [m.valence for m in analysis.mentions] + [analysis.valence or 0.0]:
        assert -1.0 <= value <= 1.0
        assert value == round(value, 4)
    assert all(m.weight in (0.1, 0.25, 1.0) for m in analysis.mentions)


# Other judges than VADER


class Judge:
    """A judge of feelings by one word; keeps what it was asked."""

    name = "judge-1"

    def __init__(self, answer: Callable[[Sequence[str]], Any] | None = None) -> None:
        self.asked: list[list[str]] = []
        self.answer = answer or (lambda texts: [0.8 if "guitar" in text else None for text in texts])

    def valences(self, texts: Sequence[str]) -> Any:
        self.asked.append(list(texts))
        return self.answer(texts)


def test_another_judge_is_asked_once_for_all_clauses() -> None:
    judge = Judge()
    analysis = analyse("The guitar is awful but my boss is great.  Is the guitar new?", sentiment=judge)
    assert judge.asked == [["The guitar is awful ", "but my boss is great."]]  # a question is not felt
    assert analysis.analyser == "words-2+claims-1+judge-1"
    felt = {mention.key: (mention.valence, mention.weight) for mention in analysis.mentions}
    assert felt["boss"] == (0.0, 0.1)
    assert felt["guitar"] == (0.7273, 1.0)  # 0.8 with full weight, and none in the question with a tenth
    assert analysis.valence == 0.8


def test_a_judge_is_not_asked_where_nothing_is_said_or_the_feeling_is_given() -> None:
    judge = Judge()
    assert analyse(" \n ", sentiment=judge).valence is None
    assert analyse("I love it", valence=-0.5, sentiment=judge).analyser == "words-2+claims-1+given"
    assert judge.asked == []


@pytest.mark.parametrize("number", [1, -1, 0.5, 1e-9, True])
def test_any_number_between_minus_one_and_one_will_do(number: float) -> None:
    valence = analyse("I love it", sentiment=Judge(lambda texts: [number])).valence
    assert valence == round(number, 4)
    assert isinstance(valence, float)
    assert math.copysign(1, analyse("x", sentiment=Judge(lambda texts: (-1e-9,))).valence or 0.0) == 1


def test_numbers_of_numpy_will_do() -> None:
    valence = analyse("I love it", sentiment=Judge(lambda texts: np.array([0.25], np.float32))).valence
    assert (valence, type(valence)) == (0.25, float)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([math.nan], "gives nan; a number in [-1, 1] or None is needed"),
        ([math.inf], "gives inf;"),
        ([1.5], "gives 1.5;"),
        (["good"], "gives 'good';"),
        ([], "gives 0 valences for 1 clauses; give one each"),
        ([0.1, 0.2], "gives 2 valences for 1 clauses; give one each"),
    ],
)
def test_what_a_judge_may_not_say_is_refused_before_anything_is_written(answer: Any, said: str) -> None:
    with Memory(":memory:", emotion=Judge(lambda texts: answer)) as memory:
        with pytest.raises(ModelError) as caught:
            memory.observe_many([Message("hello", valence=0.1), Message("I love it")])
        assert str(caught.value).startswith(f"emotion 'judge-1' {said}")
        assert memory.turns() == []


def test_a_judge_that_fails_writes_nothing_and_reading_does_not_ask_it() -> None:
    def fail(texts: Sequence[str]) -> Any:
        raise ModelError("emotion 'judge-1' is out of order; wait")

    judge = Judge()
    with Memory(":memory:", emotion=judge) as memory:
        memory.observe("I love the guitar")
        judge.answer = fail
        with pytest.raises(ModelError, match="out of order"):
            memory.observe("I love the guitar")
        asked = len(judge.asked)
        memory.prompt("What about the guitar?")
        memory.search("guitar")
        assert len(judge.asked) == asked
        assert [(turn.valence, turn.analysis.analyser) for turn in memory.turns()] == [
            (0.8, "words-2+claims-1+judge-1")
        ]


def test_a_judge_is_named_by_a_text_or_is_an_object() -> None:
    judge = Judge()
    assert load_sentiment() is load_sentiment("vader") is VADER
    assert load_sentiment(judge) is judge
    for spec in ("", "VADER", "roberta", "hf", "hf:", "hf: ", "openai:x"):
        with pytest.raises(InvalidInput) as caught:
            Memory(":memory:", emotion=spec)
        assert str(caught.value).startswith(f"emotion {spec!r} is not known; use one of: vader, hf:MODEL (")
    for thing in (7, None, object(), Memory):
        with pytest.raises(InvalidInput, match="lacks name or valences; use one of: vader"):
            Memory(":memory:", emotion=thing)  # type: ignore[arg-type]
