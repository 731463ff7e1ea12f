"""By which words a turn is found: one word in many forms, scripts without blanks, emoji, and no word."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from torimem.language.stems import MONTHS, date_stems, stems

ANY_TEXT = st.text(st.characters(exclude_categories=()))
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("I bought it", "What did I buy?"),
        ("we went hiking", "Where do I go to hike?"),
        ("She taught three children", "Who teaches a child?"),
        ("he broke his feet and teeth", "Which foot, which tooth did he break?"),
        ("the guitars", "a guitar"),
        ("two cities and a city's mayor", "the city, the cities' mayors"),
        ("Running, I ran and run", "run"),
        ("my sister’s dog's toys", "my sister's dog toy"),
        ("I BOUGHT GUITARS", "i buy guitar"),
        ("Straße", "STRASSE"),
    ],
)
def test_a_question_has_the_stems_of_what_was_said_whatever_its_form(said: str, asked: str) -> None:
    assert stems(said)
    assert set(stems(said)) == set(stems(asked))


@pytest.mark.parametrize(
    "text", ["", " \n", "the of and", "Did I? It is what it is.", "Hey, thanks! Wow, ok…"]
)
def test_function_words_and_fillers_are_no_stems(text: str) -> None:
    assert stems(text) == []


@pytest.mark.parametrize(
    "text", ["。", "，、！？", "...", "'", "-–—", "()[]{}", '"\'"', "\0", "\x1b[", "\ud83d"]
)
def test_marks_alone_are_no_word(text: str) -> None:
    assert stems(text) == []


def test_words_stay_in_order_and_as_often_as_they_are_said() -> None:
    assert stems("Guitar, piano, guitar!") == ["guitar", "piano", "guitar"]


@pytest.mark.parametrize(("text", "found"), [("C++", ["c++"]), ("C# or F#", ["c#", "f#"]), ("a C+", ["c+"])])
def test_a_language_keeps_its_signs(text: str, found: list[str]) -> None:
    assert stems(text) == found
    assert stems("C") != found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我住在柏林。", ["我住", "住在", "在柏", "柏林"]),
        ("猫", ["猫"]),
        ("ギター", ["ギタ", "ター"]),
        ("ฉันรัก", ["ฉั", "ัน", "นร", "รั", "ัก"]),
        ("I love 吉他 music", ["love", "吉他", "music"]),
        ("Kotlin用户", ["kotlin", "用户"]),
        ("한국어 공부", ["한국어", "공부"]),
        ("أحب الموسيقى", ["أحب", "الموسيقى"]),
    ],
)
def test_scripts_without_blanks_become_pairs_and_others_words(text: str, found: list[str]) -> None:
    assert stems(text) == found


@given(HAN, st.data())
def test_any_piece_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    stop = data.draw(st.integers(start + 2, len(text)))
    assert set(stems(text[start:stop])) <= set(stems(text))


def test_every_emoji_is_a_word() -> None:
    assert stems("I ❤️ my 🎸🎸!") == ["❤", "🎸", "🎸"]
    assert stems("👩‍👩‍👧") == ["👩", "👩", "👧"]


def test_full_width_letters_and_digits_are_the_plain_ones() -> None:
    assert stems("Ｇｕｉｔａｒｓ １２３") == stems("guitars 123")
    assert stems("ｷﾞﾀｰ") == stems("ギター")


@given(ANY_TEXT)
@example("I" * 10_000)
@example("'" * 5000 + "a'" * 5000)
@example("\ud83d\udc00 guitar")
@example("\u0130\u0307\u1e9e")
def test_any_text_has_stems_that_are_words(text: str) -> None:
    for stem in stems(text):
        assert stem
        assert not any(letter.isspace() for letter in stem)


@given(st.lists(st.sampled_from(["guitar", "bought", "C++", "猫", "🎸", "the", "café", "Ada's"]), max_size=6))
def test_the_stems_of_a_text_are_those_of_its_words_one_after_the_other(several: list[str]) -> None:
    assert stems(" ".join(several)) == [stem for word in several for stem in stems(word)]


@given(st.text(st.characters(max_codepoint=127, categories=["Lu", "Ll"]), max_size=12))
def test_capitals_make_no_difference(word: str) -> None:
    assert stems(word.upper()) == stems(word.lower())


@given(st.datetimes())
def test_a_day_can_be_asked_for_by_its_day_month_and_year(at: datetime) -> None:
    day, month, year = date_stems(at)
    assert (int(day), MONTHS.index(month) + 1, int(year)) == (at.day, at.month, at.year)
    assume(at.year >= 1000)
    assert stems(day) == [day]
    assert stems(year) == [year]


def test_a_back_can_be_asked_for() -> None:
    assert stems("How is my back?") == ["back"]
