"""What recall looks words up in: BM25 against slow arithmetic, sessions, days, and a log cut off anywhere."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torimem.language.stems import date_stems, stems
from torimem.models.message import Role
from torimem.recall.postings import Postings, microseconds

START = datetime(2026, 3, 7, 10, tzinfo=UTC)
WORDS = ("guitar", "guitars", "buy", "bought", "sea", "C++", "我住在", "柏林", "🎸", "the", "march", "7")


@dataclass(frozen=True)
class Said:
    """A turn as the log gives it to the postings."""

    text: str
    role: Role = "user"
    speaker: str | None = None
    at: datetime = START
    session: str | None = None


def postings_of(log: list[Said]) -> Postings:
    postings = Postings()
    for turn in log:
        postings.add(turn.text, role=turn.role, speaker=turn.speaker, at=turn.at, session=turn.session)
    return postings


def texts(*texts: str, **other: Any) -> Postings:
    return postings_of([Said(text, **other) for text in texts])


def own(postings: Postings, question: str) -> list[float]:
    return postings.match(stems(question), postings.turns)[0].tolist()


def near(postings: Postings, question: str) -> list[float]:
    return postings.match(stems(question), postings.turns)[1].round(3).tolist()


@st.composite
def logs(draw: st.DrawFn, least: int = 0) -> list[Said]:
    """A few turns of a few words, some hours apart, some in named sessions."""
    log, at = [], START
    for _ in range(draw(st.integers(least, 14))):
        at += timedelta(hours=draw(st.sampled_from([0, 1, 5, 6, 30, -2])))
        log.append(
            Said(
                " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=7))),
                draw(st.sampled_from(["user", "assistant"])),
                draw(st.sampled_from([None, "Ada", "Ben"])),
                at,
                draw(st.sampled_from([None, None, None, "s", "t"])),
            )
        )
    return log


QUESTIONS = st.lists(st.sampled_from([*WORDS, "unheard"]), max_size=5).map(
    lambda words: stems(" ".join(words))
)


# The definition, slow and plain


def session_numbers(log: list[Said]) -> list[int]:
    """The rule, said slowly: a turn without a session goes on in what is running, for six hours."""
    numbers: list[int] = []
    running, latest = None, START
    for turn in log:
        silent = turn.session is None and turn.at - latest >= timedelta(hours=6)
        other = turn.session is not None and turn.session != running
        if not numbers:
            numbers, running, latest = [0], turn.session, turn.at
        elif silent or other:
            numbers, running, latest = [*numbers, numbers[-1] + 1], turn.session, turn.at
        else:
            numbers, latest = [*numbers, numbers[-1]], max(latest, turn.at)
    return numbers


def slow_match(log: list[Said], asked: list[str]) -> tuple[list[float], list[float]]:
    """BM25 with k1 = .9, b = .75, and what it lends: .9 .8 .7 to the next turns, .6 .4 .2 to those before."""
    documents = [Counter([*stems(turn.text), *date_stems(turn.at)]) for turn in log]
    total = len(documents)
    mean = sum(map(Counter.total, documents)) / total if total else 1.0
    sessions = session_numbers(log)
    own, around = [0.0] * total, [0.0] * total
    for stem in asked:
        having = sum(stem in document for document in documents)
        idf = math.log(1 + (total - having + 0.5) / (having + 0.5))
        scores = []
        for document in documents:
            count = document[stem]
            norm = 0.9 * (1 - 0.75 + 0.75 * document.total() / mean)
            scores.append(idf * count * (0.9 + 1) / (count + norm) if count else 0.0)
        for here in range(total):
            own[here] += scores[here]
            lent = [scores[here]]
            for step, share in ((1, 0.9), (2, 0.8), (3, 0.7), (-1, 0.6), (-2, 0.4), (-3, 0.2)):
                there = here - step
                if 0 <= there < total and sessions[there] == sessions[here]:
                    lent.append(share * scores[there])
            around[here] += max(lent)
    return shares(own), shares(around)


def shares(scores: list[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [score / best for score in scores] if best else scores


@given(logs(), QUESTIONS)
@settings(max_examples=200, deadline=None)
def test_matches_are_bm25_and_its_spreading_as_written_out_here(log: list[Said], asked: list[str]) -> None:
    got = postings_of(log).match(asked, len(log))
    for found, expected in zip(got, slow_match(log, asked), strict=True):
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_a_rare_word_weighs_more_than_a_common_one_and_none_below_zero() -> None:
    postings = texts("guitar", "guitar and tea", "guitar", "guitar")
    assert postings.rarity("tea", 4) == pytest.approx(math.log(1 + 3.5 / 1.5))
    assert postings.rarity("unheard", 4) > postings.rarity("tea", 4) > postings.rarity("guitar", 4) > 0
    assert own(postings, "guitar tea").index(1.0) == 1


def test_a_long_turn_counts_less_than_a_short_one_that_says_the_same_word() -> None:
    long = "guitar " + " ".join(f"word{n}" for n in range(60))
    scores = own(texts(long, "guitar today"), "guitar")
    assert scores[1] == 1.0
    assert 0 < scores[0] < 0.6


def test_a_word_said_again_and_again_counts_at_most_about_twice() -> None:
    filler = " ".join(f"word{n}" for n in range(99))
    scores = own(texts("guitar " + filler, "guitar " * 100), "guitar")
    assert scores[1] == 1.0
    assert 0.4 < scores[0] < 0.7


def test_a_word_said_more_often_than_a_number_can_hold_is_still_a_match() -> None:
    assert own(texts("tea " * 70_000, "guitar"), "tea")[0] == 1.0


# A limit is a log that stopped there


def everything(postings: Postings, limit: int, asked: list[str]) -> dict[str, Any]:
    """All that postings tell of their first `limit` turns."""
    speakers = postings.speakers(limit)
    equal = postings.texts(limit)[:, None] == postings.texts(limit)[None]
    return {
        "match": [part.tobytes() for part in postings.match(asked, limit)],
        "found": [postings.found(stem, limit) for stem in asked],
        "rarity": [postings.rarity(stem, limit) for stem in asked],
        "turns": [postings.turns_with(stem, range(limit)) for stem in asked],
        "sessions": postings.sessions(limit).tolist(),
        "cells": postings.cells(limit).tolist(),
        "users": postings.by_user(limit).tolist(),
        "speakers": speakers,
        "said_by": [postings.said_by(limit, names).tolist() for names in ([], speakers[:1], speakers)],
        "times": postings.times(limit).tolist(),
        "equal": equal.tolist(),
    }


@given(logs(), QUESTIONS, st.data())
@settings(max_examples=150, deadline=None)
def test_the_first_turns_tell_exactly_what_they_told_before_the_others_came(
    log: list[Said], asked: list[str], data: st.DataObject
) -> None:
    limit = data.draw(st.integers(0, len(log)))
    then = postings_of(log[:limit])
    assert then.turns == limit
    assert everything(postings_of(log), limit, asked) == everything(then, limit, asked)


def test_what_was_looked_up_before_stays_as_it_was_when_the_log_grows() -> None:
    postings = texts("guitar", "tea")
    before = postings.sessions(2), postings.times(2), postings.texts(2), postings.match(["guitar"], 2)
    kept = [np.copy(part) for part in (*before[:3], *before[3])]
    for _ in range(1000):  # the arrays must be free to grow, and no view may see it
        postings.add("guitar", role="user", speaker=None, at=START, session=None)
    for old, part in zip(kept, (*before[:3], *before[3]), strict=True):
        np.testing.assert_array_equal(old, part)
    assert postings.found("guitar", 1002) == 1001


# Sessions


def test_neighbours_are_lent_to_less_the_further_off_and_less_backwards() -> None:
    postings = texts("a b", "c d", "e f", "g h", "guitar", "i j", "k l", "m n", "o p")
    assert near(postings, "guitar") == [0, 0.2, 0.4, 0.6, 1, 0.9, 0.8, 0.7, 0]
    assert own(postings, "guitar") == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_two_that_lend_the_same_word_are_not_added_but_two_words_are() -> None:
    assert near(texts("guitar", "tea", "guitar"), "guitar")[1] == 0.9
    # 1 + .4, .9 + .6, .8 + 1: of the best
    assert near(texts("guitar", "hm", "sea"), "guitar sea") == [0.778, 0.833, 1.0]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ({}, {"at": START + timedelta(hours=5, minutes=59)}, True),
        ({}, {"at": START + timedelta(hours=6)}, False),
        ({}, {"at": START - timedelta(days=9)}, True),  # a log that is not in order of time is one talk
        ({"session": "s"}, {"session": "s", "at": START + timedelta(days=90)}, True),
        ({"session": "s"}, {"session": "t"}, False),
        ({"session": "s"}, {}, True),
        ({"session": "s"}, {"at": START + timedelta(hours=6)}, False),
        ({}, {"session": "s"}, False),
    ],
)
def test_sessions_are_those_that_are_named_or_six_hours_apart(
    first: dict[str, Any], second: dict[str, Any], together: bool
) -> None:
    postings = postings_of([replace(Said("guitar"), **first), replace(Said("hm"), **second)])
    assert near(postings, "guitar") == ([1, 0.9] if together else [1, 0])
    assert postings.sessions(2).tolist() == [0, 0 if together else 1]
    assert postings.cells(2).tolist() == [0, 1 if together else 5]  # with blank cells between sessions


@given(logs(least=2), QUESTIONS)
@settings(max_examples=100, deadline=None)
def test_a_session_lends_nothing_to_another(log: list[Said], asked: list[str]) -> None:
    postings = postings_of(log)
    sessions = postings.sessions(len(log))
    words, around = postings.match(asked, len(log))
    for session in set(sessions.tolist()):
        inside = sessions == session
        assert words[inside].any() or not around[inside].any()


# What a turn says


def test_a_turn_is_found_by_the_day_on_which_it_was_said() -> None:
    postings = postings_of(
        [Said("tea", at=START), Said("tea", at=START.replace(month=4)), Said("tea", at=START.replace(day=9))]
    )
    asked = ["march"], ["7"], ["2026"], ["april"]
    found = [postings.turns_with(*stem, range(3)) for stem in asked]
    assert found == [[0, 2], [0, 1], [0, 1, 2], [1]]


def test_words_in_a_memory_block_were_said_by_nobody() -> None:
    postings = texts(
        "tea <torimem-memory>guitar and sea</torimem-memory> milk", "<torimem-memory>guitar", "guitar"
    )
    assert own(postings, "guitar") == [0, 0, 1]
    assert own(postings, "sea") == [0, 0, 0]
    assert own(postings, "tea milk")[0] == 1.0


def test_turns_that_say_the_same_are_equal_whatever_their_blanks_and_blocks() -> None:
    postings = texts(
        "My dog  is\nRex", " My dog is Rex ", "my dog is Rex", "My dog is Rex<torimem-memory>x", "", " \n"
    )
    a, b, c, d, e, f = postings.texts(6).tolist()
    assert a == b == d
    assert e == f
    assert len({a, c, e}) == 3


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("我住在柏林。", "你住在哪里？"),
        ("أحب الموسيقى", "الموسيقى"),
        ("I play the 🎸", "🎸?"),
        ("I learn C++", "C++"),
        ("ギターを買った", "ギター"),
        ("אני גר בברלין", "מי גר שם"),
    ],
)
def test_every_script_is_found_by_its_words(said: str, question: str) -> None:
    assert own(texts("hello there", said, "C and tea"), question) == [0, 1, 0]


def test_turns_without_a_word_are_kept_in_their_place_and_match_nothing() -> None:
    postings = texts("", " \n\t", "。", "the of", "guitar", "")
    assert postings.turns == 6
    assert own(postings, "guitar") == [0, 0, 0, 0, 1, 0]
    assert own(postings, "the of") == [0] * 6


def test_postings_of_nothing_answer_with_nothing() -> None:
    postings = Postings()
    assert [part.shape for part in postings.match(["guitar"], 0)] == [(0,), (0,)]
    assert (postings.speakers(0), postings.cells(0).tolist(), postings.found("guitar", 0)) == ([], [], 0)
    assert postings.turns_with("guitar", []) == []
    one = texts("guitar")
    assert one.match([], 1)[0].tolist() == [0]
    assert one.match(["unheard"], 1)[0].tolist() == [0]
    assert one.turns_with("guitar", []) == []


def test_speakers_are_known_from_their_first_turn_on_and_nobody_is_no_speaker() -> None:
    log = [Said("a"), Said("b", speaker="Ada"), Said("c", speaker="Ben"), Said("d", speaker="Ada")]
    postings = postings_of(log)
    assert [postings.speakers(limit) for limit in range(5)] == [
        [],
        [],
        ["Ada"],
        ["Ada", "Ben"],
        ["Ada", "Ben"],
    ]
    assert postings.said_by(4, ["Ada"]).tolist() == [False, True, False, True]
    assert postings.said_by(4, ["Ada", "Ben"]).tolist() == [False, True, True, True]
    assert postings.said_by(4, []).tolist() == [False] * 4


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))
def test_times_are_kept_to_the_microsecond_in_any_year(at: datetime) -> None:
    at = at.replace(tzinfo=UTC)
    postings = postings_of([Said("x", at=at)])
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(postings.times(1)[0])) == at
    assert microseconds(at + timedelta(microseconds=1)) == microseconds(at) + 1
