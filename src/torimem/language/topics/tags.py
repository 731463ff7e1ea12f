"""Tags each word with what it is in its sentence; knows English word order, not which words make a topic.

A word that could be a noun or a verb is decided by its neighbours, read from left to right. A word in no
list is taken for a noun.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from .. import words as w
from ..pattern import Pattern
from . import scripts
from . import verbs as v
from .key import unchanging
from .tokens import Word

# The first six may stand in a topic; the others cut, and tell the next word what it follows.
Tag = Literal[
    "name", "noun", "gerund", "soft", "kind", "link",
    "det", "adj", "subject", "to", "verb", "prep", "be", "cut",
]  # fmt: skip
STANDING: frozenset[Tag] = frozenset({"name", "noun", "gerund", "soft", "kind", "link"})
CARRYING: frozenset[Tag] = frozenset({"name", "noun", "gerund"})  # a topic has at least one of these

_LAUGH = Pattern(
    r"(?:ha|he|hi|ho|ja|je){2,}h?|h+m+|m{2,}|a+w+|a+h+|u+g+h+|l+o+l+|o+h+|e+h+|z{2,}|w+o+w+|y+a+y+|x+d+|l+m+a+o+"
)
_STRETCH = Pattern(r"(.)\1{2,}")
# 3D, 10K, 2FA; other words that begin with a digit are quantities
_DIGIT_NAME = Pattern(r"\d{1,2}(?![AP]M)[A-Z]{1,2}")
_PREDICATE = ("ive", "ent", "ant", "ic", "al", "y", "ary", "ory")
_ADJECTIVE = ("ful", "ous", "able", "ible", "less", "ish")
_MAKING = ("ize", "izes", "ify", "ifies")
_KIND = (
    "-free",
    "-based",
    "-friendly",
    "-focused",
    "-sized",
    "-size",
    "-proof",
    "-made",
    "-style",
    "-level",
    "-long",
)
_ASKED = w.words("this that it")
_TITLE_OPENS = frozenset({'"', "“"})
_MADE_AGAIN = Pattern(r"re-?(?=\w{3})")
_NOT_CALLED = w.words("which who where and or but is was has")


def tag(words: list[Word]) -> list[Tag]:
    """What each word is, in step with the words.

    >>> from torimem.language.topics.tokens import split
    >>> tag(split("My boss plans a project")), tag(split("My project plans"))
    (['det', 'noun', 'verb', 'det', 'noun'], ['det', 'noun', 'soft'])
    """
    tags: list[Tag] = []
    for place, word in enumerate(words):
        if word.whole or not word.text:
            tags.append("name" if word.whole else "cut")
            continue
        before = words[place - 1] if place and not word.gap and words[place - 1].text else None
        after, then = _behind(words, place), _behind(words, place + 1)
        if after and then and after.lower in w.DETERMINERS and then.lower in w.TIME:
            after = None  # "fasting this month": no object
        found = _class(word, before.lower if before else "", tags[-1] if before else None, after)
        if before and tags[-1] == "det" and place > 1 and tags[-2] == "to" and found != "name":
            found = "verb" if before.lower in _ASKED and word.lower in v.EITHER else found
        if before and word.lower == "to" and before.lower in w.TO_PLACE:
            found = "prep"  # "went to work", not "want to work"
        if before and f"{before.lower}_{word.lower}" in w.FIXED:
            tags[-1] = "name" if tags[-1] == "name" else "noun"
            found = "noun"
        elif before and f"{before.lower}_{word.lower}" in w.PHRASES:
            found = "cut"
        tags.append(found)
    for place, word in enumerate(words):
        of = _behind(words, place) if word.lower in w.MEASURES else None
        if (of and of.lower == "of") or (tags[place] in CARRYING and _addressed(words, tags, place)):
            tags[place] = "cut"
        elif word.lower in w.FEASTS and (word.first or word.gap):
            wished = place + 1
            while wished < len(words) and not words[wished].gap and tags[wished] in STANDING:
                tags[wished] = "cut"
                wished += 1
    return tags


def _behind(words: list[Word], place: int) -> Word | None:
    """The next word, if nothing but the beginning of a title stands between."""
    if place + 1 >= len(words):
        return None
    return words[place + 1] if not words[place + 1].gap or words[place + 1].gap in _TITLE_OPENS else None


def _class(word: Word, last: str, said: Tag | None, after: Word | None) -> Tag:
    """The tag of a word; `last` and `said` are the word right before it and its tag."""
    lower = word.lower
    if word.capital and word.text in ("US", "IT"):
        return "name"
    if lower == "back" and last in w.POSSESSIVES:
        return "noun"
    if found := _closed_class(lower):
        return found
    if not lower.isascii() and (other := scripts.tag(lower)):
        return other
    behind_noun = said in ("noun", "gerund", "name")
    ends = after is None or _cuts(after.lower)
    if behind_noun and ends and (lower in w.COMPOUND_TAILS or lower in w.LATE_NOUNS):
        return "noun"
    if lower[0].isdigit():
        return "noun" if _DIGIT_NAME.fullmatch(word.text) else "cut"
    beside = word.capital and (said == "name" or (after is not None and after.text[:1].isupper()))
    if (_too_short(word) and not (beside and len(lower) > 1)) or len(lower) > 40:
        return "cut"
    if word.capital:
        if lower in w.PEOPLES and after is not None and _says_little(after.lower):
            return "cut"  # "a Dutch couple"
        return "name" if beside or lower not in w.EMPTY_NOUNS else "cut"
    if lower.endswith("'s"):
        return _class(Word(word.start, word.end, word.text[:-2], lower[:-2]), last, said, after)
    if lower in w.MOOD or lower in w.GENERIC_ADJECTIVES or _compared(lower):
        return "adj"
    if lower in w.EMPTY_NOUNS:
        return "cut"
    if lower.endswith("ing") and len(lower) > 4 and lower not in w.SOFT_NOUNS:
        return _ing(lower, last, said, after)
    again = _MADE_AGAIN.sub("", lower, count=1) if lower not in v.VERBS else lower
    if again != lower and again in v.VERBS and said != "det":
        return "verb"  # "rewrote"
    if lower in v.EITHER or lower in v.PALE or (again != lower and (again in v.EITHER or again in v.PALE)):
        does = lower in v.DOES and behind_noun and (not last.endswith("s") or last in unchanging())
        if does or _is_verb(lower, last, said, after):
            return "verb"
        return "soft" if lower in v.PALE or lower in w.SOFT_NOUNS else "noun"
    if lower in v.VERBS:
        return "verb"
    if lower in w.KIND_ADJECTIVES:
        return "kind"
    if lower in w.SOFT_NOUNS:
        return "soft"
    found = _by_ending(lower)
    following = after.lower if after else ""
    told = said in ("to", "subject") and (following in w.DETERMINERS or following in w.OBJECTS)
    if found == "noun" and (told or (said is None and (following in w.OBJECTS or following == "this"))):
        return "verb"  # "how to center a div", "proofread this"
    if found == "noun" and said not in (None, "det") and (after is None or _cuts(after.lower)):
        predicate = said == "be" and lower.endswith(_PREDICATE)  # "is competitive"
        return "adj" if predicate or last in w.DEGREES else found  # "so chewy"
    return found


def _says_little(lower: str) -> bool:
    return lower in w.EMPTY_NOUNS or lower in w.SOFT_NOUNS


@lru_cache(maxsize=8192)
def _compared(lower: str) -> bool:
    """Whether a word is the comparative or superlative of an adjective that says little: "brighter"."""
    ending = "er" if lower.endswith("er") else "est" if lower.endswith("est") else ""
    if not ending or len(lower) < 6 or lower in w.NOUNS_IN_ER:
        return False
    stem = lower.removesuffix(ending)
    bases = (
        stem,
        stem + "e",
        stem[:-1] + "y" if stem[-1] == "i" else stem,
        stem[:-1] if stem[-1] == stem[-2] else stem,
    )
    return any(base in w.MOOD or base in w.GENERIC_ADJECTIVES for base in bases)


@lru_cache(maxsize=8192)
def _closed_class(lower: str) -> Tag | None:
    if "'" in lower and lower.endswith(("n't", "'m", "'re", "'ve", "'ll", "'d")):
        return "to" if lower in w.TO_VERB else "cut"
    if lower in w.BE:
        return "be"
    if lower in w.TO_VERB:
        return "to"
    if lower in w.SUBJECTS:
        return "subject"
    if lower in w.DETERMINERS:
        return "det"
    if lower in w.PREPOSITIONS:
        return "prep"
    if lower in w.CUTTING or _LAUGH.fullmatch(lower):
        return "cut"
    if _STRETCH.search(lower):  # "soooo", "yessss", "loooove"
        once = _STRETCH.sub(r"\1", lower)
        if once in w.CUTTING or once in w.FUNCTION or once in w.MOOD or once in w.GENERIC_ADJECTIVES:
            return "adj"
    return None


def _too_short(word: Word) -> bool:
    lower = word.lower
    if len(lower) == 1:
        return True
    if lower.isascii():
        return len(lower) == 2 and lower.isalpha() and lower not in w.SHORT_NAMES and not word.text.isupper()
    # In scripts without a word list the short words are most of the grammar.
    return len(lower) < 4 and not any("a" <= letter <= "z" for letter in lower)


@lru_cache(maxsize=8192)
def _by_ending(lower: str) -> Tag:
    if not lower.isascii():
        return "noun"
    if "-" in lower:
        return "adj" if lower.endswith("ed") else "kind" if lower.endswith(_KIND) else "noun"
    if lower.endswith("ness") and lower not in w.NOUNS_IN_NESS:
        return "adj"
    if lower.endswith("ly") and len(lower) > 4 and lower not in w.NOUNS_IN_LY:
        return "cut"
    if lower.endswith("ed") and len(lower) > 3 and lower not in w.NOUNS_IN_ED:
        return "adj"
    if lower.endswith(_MAKING) and len(lower) > 5:
        return "verb"
    if lower.endswith("fish"):
        return "noun"
    return "adj" if lower.endswith(_ADJECTIVE) and lower not in w.NOUNS_LIKE_ADJECTIVES else "noun"


def _is_verb(lower: str, last: str, said: Tag | None, after: Word | None) -> bool:
    """Whether a word such as "work" or "plans" is a verb where it stands."""
    following = after.lower if after else ""
    object_follows = following in w.DETERMINERS or following in w.OBJECTS
    if said is None:
        return object_follows or following in w.MANNERS or (after is not None and not after.text)
    if last in ("that", "which", "who"):
        return last != "that" or object_follows or lower.endswith("s")
    if said in ("to", "subject") or last.endswith("ly"):
        return True
    if said not in STANDING:
        return last in ("and", "or", "not") and (object_follows or lower in v.PALE)
    plural = last.endswith("s") and not last.endswith(("ss", "'s"))
    third_person = lower.endswith("s") and not lower.endswith("ss")
    if plural == third_person and last not in ("people", "children"):
        return False
    if lower in v.PALE and not third_person and not plural:
        return False
    noun_follows = after is not None and not _cuts(following)  # "my sister practices violin"
    many_do = plural and said != "name" and following not in w.BE  # "my parents hike"
    return object_follows or noun_follows or many_do or lower in v.PALE


def _ing(lower: str, last: str, said: Tag | None, after: Word | None) -> Tag:
    """An -ing word: a pastime, part of a name ("machine learning", "hiking trail"), a noun, or a verb."""
    following = after.lower if after else ""
    if "-" in lower:  # "problem-solving", but "mouth-watering"
        return "noun" if lower.rpartition("-")[2] in v.COMPOUND_GERUNDS else "adj"
    if lower in v.ING_NOUNS and (lower not in v.VERBS or said in ("det", "adj", "kind")):
        return "noun"
    described = said in ("det", "adj") or said in STANDING
    pastime = lower in v.COMPOUND_GERUNDS and following not in v.GERUND_OBJECTS
    if following in v.GERUND_HEADS and (pastime or described):
        return "gerund"
    if following in w.DETERMINERS or following in w.OBJECTS:
        return "verb"
    plural = following in v.EITHER and following.endswith("s")  # "reading books"
    takes_object = after is not None and (plural or not _cuts(following))
    doer = last in w.PERSONS or last.endswith("s")  # "people walking", "kids playing"
    if said in ("noun", "soft", "kind", "name") and not doer and not takes_object:
        return "gerund" if lower in v.COMPOUND_GERUNDS else "verb"
    if lower in v.ACTIVITIES:
        alone = not takes_object and following not in w.PARTICLES
        return "gerund" if alone or said in ("det", "adj") else "verb"
    unknown = lower not in v.VERBS and lower not in v.COMPOUND_GERUNDS and not takes_object
    noun_place = (
        said in ("det", "adj", "verb", "prep") or following in w.BE
    )  # "kickboxing is", "into kickboxing"
    return "noun" if unknown and noun_place else "verb"


@lru_cache(maxsize=8192)
def _cuts(lower: str) -> bool:
    """Whether a word surely ends a topic that stands before it."""
    verb = lower in v.VERBS or lower in v.EITHER or lower in v.PALE
    judgement = lower in w.MOOD or lower in w.GENERIC_ADJECTIVES
    return verb or judgement or lower.endswith("ly") or _closed_class(lower) is not None


def _addressed(words: list[Word], tags: list[Tag], place: int) -> bool:
    """Whether a name calls somebody: "Hey Ada!", "Ada, did you ...", "That is right, Ada!"."""
    word = words[place]
    if word.whole or not word.text.istitle():
        return False
    after = words[place + 1] if place + 1 < len(words) else None
    closing = after.gap if after else "."
    if place and not word.gap:
        last = words[place - 1].lower
        return last in w.CALLS or (last in w.GREETINGS and bool(closing))
    if word.first:
        calls = closing == "," and after is not None
        return calls and tags[place + 1] not in STANDING and words[place + 1].lower not in _NOT_CALLED
    if word.gap == "," and word.capital and closing and tags[place - 1] != "name":
        return closing[0] in "!?" or tags[place - 1] not in STANDING
    return False
