"""What topics have in common: the right everyday subject, or none rather than a wrong one."""

from __future__ import annotations

import pytest

from torimem import Topic
from torimem.context.subject import attributive, common, fields
from torimem.language.topics.key import topic_key


def subject(*names: str) -> str | None:
    return common([Topic(name, topic_key(name), 0, 0, 1.0) for name in names])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("work deadline", "project stress", "team issues"), "work"),
        (("new guitar", "music practice"), "music"),
        (("mother", "sister", "Anna"), "family"),  # whoever Anna is, she is no other subject
        (("soup", "curry", "dinner"), "food"),
        (("garden", "greenhouse", "tomatoes"), "gardening"),
        (("Greek exam", "Latin exam"), "exam"),
        (("sourdough bread", "sourdough starter", "sourdough"), "sourdough"),
        (("deadline", "boss", "meeting", "insomnia"), "work"),  # one in four may be of something else
    ],
)
def test_topics_of_one_subject_get_its_name(names: tuple[str, ...], expected: str) -> None:
    assert subject(*names) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("work deadline", "Lisbon"),  # half is not most
        ("deadline", "guitar"),
        ("deadline", "boss", "mother"),
        ("work stress", "exam stress"),  # stress is no subject
        ("long weekend", "long film"),
        ("Anna", "Ben"),
        ("Arbeit", "Chef"),
    ],
)
def test_topics_of_different_subjects_get_none(names: tuple[str, ...]) -> None:
    assert subject(*names) is None


def test_no_topic_has_no_subject() -> None:
    assert common([]) is None


def test_the_list_is_general_and_clean() -> None:
    assert len(fields()) >= 20
    for name, words in fields().items():
        assert len(words) >= 15, name
        assert topic_key(name) in words
        assert all(words), name


def test_a_subject_before_a_noun_stands_in_the_singular_a_shared_word_as_it_is() -> None:
    assert [attributive(name) for name in ("pets", "books", "work", "Harlow OM-20")] == [
        "pet", "book", "work", "Harlow OM-20",
    ]  # fmt: skip
