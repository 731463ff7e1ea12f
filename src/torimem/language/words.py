"""English words that are no topic, or only part of one: names for the lists of `lists/english.txt`.

Every set is in lower case with straight apostrophes. A word in none of them is taken for a noun: unknown
words are what topics are made of. The file says what each list holds; it is read when a name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import lists

_ENGLISH = lists.Lists("english")


def words(written: str) -> frozenset[str]:
    """The words of a text, which are separated by blanks."""
    return frozenset(written.split())


# What stands before a noun, and what before a verb: the only grammar used.
DETERMINERS: frozenset[str]
SUBJECTS: frozenset[str]
TO_VERB: frozenset[str]
TO_PLACE: frozenset[str]
PREPOSITIONS: frozenset[str]
BE: frozenset[str]
FUNCTION: frozenset[str]
"""All function words: what search leaves out."""
CUTTING: frozenset[str]
"""What ends a topic whatever stands beside it: function words of no class above, chat, time, numbers."""

POSSESSIVES: frozenset[str]
OBJECTS: frozenset[str]
PARTICLES: frozenset[str]
DEGREES: frozenset[str]
MANNERS: frozenset[str]

CHAT: frozenset[str]
GREETINGS: frozenset[str]
CALLS: frozenset[str]
FEASTS: frozenset[str]
FILLERS: frozenset[str]
TIME: frozenset[str]
CALENDAR: frozenset[str]

MOOD: frozenset[str]
GENERIC_ADJECTIVES: frozenset[str]
KIND_ADJECTIVES: frozenset[str]
PEOPLES: frozenset[str]

EMPTY_NOUNS: frozenset[str]
COMPOUND_TAILS: frozenset[str]
LATE_NOUNS: frozenset[str]
PHRASES: frozenset[str]
MEASURES: frozenset[str]
SOFT_NOUNS: frozenset[str]
COMMON_NOUNS: frozenset[str]
PERSONS: frozenset[str]

LEADING: frozenset[str]
"""What is folded away at the front of a topic's name."""
FIXED: frozenset[str]
NAME_LINKS: frozenset[str]
NUMBERED_NOUNS: frozenset[str]
MADE: frozenset[str]
SHORT_NAMES: frozenset[str]

# Words that the rules for endings would get wrong.
NOUNS_IN_LY: frozenset[str]
NOUNS_IN_ED: frozenset[str]
NOUNS_IN_NESS: frozenset[str]
NOUNS_IN_ER: frozenset[str]
NOUNS_LIKE_ADJECTIVES: frozenset[str]


def _function() -> frozenset[str]:
    return _in_a_class() | _ENGLISH.other_function_words


def _cutting() -> frozenset[str]:
    return (_function() | _ENGLISH.chat | _ENGLISH.time | _ENGLISH.numbers) - _in_a_class()


def _in_a_class() -> frozenset[str]:
    before_nouns = _ENGLISH.determiners | _ENGLISH.prepositions
    return before_nouns | _ENGLISH.subjects | _ENGLISH.to_verb | _ENGLISH.be


def _leading() -> frozenset[str]:
    return (_ENGLISH.determiners - words("what which")) | _ENGLISH.leading


if not TYPE_CHECKING:  # hidden from a type checker, so that it knows the names above and no others
    __getattr__ = lists.names(
        __name__, _ENGLISH, {"FUNCTION": _function, "CUTTING": _cutting, "LEADING": _leading}
    )
