"""A question asks for a slot of somebody's life in many words, and most questions ask for none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem.language.claims.asked import slots_asked
from torimem.language.claims.find import claims
from torimem.state.profile import SLOTS

ASKED = {
    "name": """
        What's my name? | What is my name? | Who am I? | What am I called? | Do you know my name?
        What do people call me? | What should you call me? | Do you remember what my name is? | whats my name
        Hey, can you tell me my name? | How should you address me?
    """,
    "home": """
        Where do I live? | Where do I live now? | where am i living these days | In which city do I live?
        What city do I live in? | Remind me where I live. | Do you remember where I live? | Where did I move?
        Where did I move to? | Where am I based? | What's my home town? | Do I still live in Hamburg?
        Which country do we live in? | where's my home | Tell me, where do I live? | What's my address?
        So what town am I living in? | Where do we live? | Am I living in Rome? | Where's home for me?
        Which city is my home? | What town is home to us?
    """,
    "work": """
        Where do I work? | Who do I work for? | Which company do I work for? | Who is my employer?
        Where am I working now? | Do I have a job? | Am I unemployed? | Do I still work at Siemens?
        Where do I work at? | What company am I working for? | Do you know where I work? | Did I lose my job?
        Which firm employs me?
    """,
    "occupation": """
        What do I do for a living? | What's my job? | What is my profession? | What kind of work do I do?
        Am I a nurse? | What do I work as? | What am I by trade? | How do I earn my living?
        Do you know what my job is? | what line of work am I in | What do I do for work? | my occupation
    """,
    "school": """
        Where do I study? | Which university do I go to? | What school do I attend? | What is my university?
        Where do I go to school? | At which college am I studying? | Where am I enrolled?
        Do you remember where I study?
    """,
    "study": """
        What do I study? | What am I studying? | What's my major? | What is my degree? | What do I major in?
        Which subject do I study? | Remind me what I study. | What did I major in?
    """,
    "relationship": """
        Am I married? | Am I single? | What is my relationship status? | Do I have a girlfriend?
        Am I still in a relationship? | Am I seeing anyone? | Did I get married? | Did I break up with Tom?
        Do you know if I'm single? | Am I engaged? | Who am I married to? | Who am I dating?
        Who is my husband?
    """,
    "diet": """
        Am I vegan? | Am I a vegetarian? | Do I eat meat? | What's my diet? | What kind of diet am I on?
        Do I have any dietary restrictions? | What don't I eat? | Am I still a vegan? | Can I eat fish?
        What do I eat?
    """,
}


def listed(written: str) -> list[str]:
    return [one.strip() for line in written.strip().splitlines() for one in line.split("|")]


def test_every_slot_of_the_profile_can_be_asked_for() -> None:
    assert set(ASKED) == set(SLOTS)


@pytest.mark.parametrize(
    ("slot", "question"), [(slot, one) for slot, written in ASKED.items() for one in listed(written)]
)
def test_a_slot_is_asked_for_in_many_words(slot: str, question: str) -> None:
    assert slot in slots_asked(question)
    assert slot in slots_asked(f"I was away for a week. {question.upper()}")


NONE = """
    Where do the swallows live? | Where do I live-stream? | What do I do now? | What do I do?
    Who am I meeting on Friday? | Am I late? | What do I eat for breakfast? | Where do I work out?
    Where do I study best? | What is my name day? | Is my home insured? | Where did I live as a child?
    Where did I live before? | Where does Bob live? | What should I eat tonight? | Where do you live?
    What's your name? | What is the name of the guitar? | When did I move? | How do I work this?
    Do I live a good life? | What did I buy for my home? | Where do I meet my boss? | Where am I?
    Which city should I visit? | Where do my keys belong? | Who do I work with? | Which guitar did I buy?
    What does my work have to do with it? | Do I have a meeting? | Where do people work? | What am I doing?
    What do I have to study for the exam? | Am I engaged in this? | I live in Rome. | My name is Ada.
    Which city is my home team from? | Who am I married to the idea with? | Who is Tom's husband?
    Which firm employs my brother? | Who am I seeing on Friday? | Who am I with?
    Who do I call? | Am I married to the idea? | What do I study for? | Can I eat this? | Where is my phone?
"""


@pytest.mark.parametrize("question", listed(NONE))
def test_what_only_sounds_like_it_asks_for_nothing(question: str) -> None:
    assert slots_asked(question) == ()


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("My sister lives in Rome.", "Where does my sister live?"),
        ("My cat is called Miso.", "What is my cat's name?"),
        ("My boss is Anna.", "Who is my boss?"),
        ("My work deadline is on 5 May.", "When is my work deadline?"),
        ("My phone number is 555 123.", "What is my phone number?"),
        ("My favourite colour is green.", "What's my favorite color?"),
        ("I am 34 years old.", "How old am I?"),
    ],
)
def test_the_slots_of_others_and_of_things_are_those_that_claims_fill(statement: str, question: str) -> None:
    (claim,) = claims(statement)
    assert claim.slot in slots_asked(question)


@given(st.text() | st.text("WhereadoIlivmy? ", max_size=60))
def test_any_text_can_be_looked_through(text: str) -> None:
    assert slots_asked(text) == tuple(sorted(set(slots_asked(text))))
