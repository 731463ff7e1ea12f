"""English verbs in all their forms, and -ing words that are nouns: endings here, words in `lists`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .. import lists

_ENGLISH = lists.Lists("english-verbs")

VERBS: frozenset[str]
"""Words that are verbs only, in all their forms."""
EITHER: frozenset[str]
"""Words that are nouns too: the words beside them decide. Their -ed and -ing forms are among `VERBS`."""
PALE: frozenset[str]
"""As `EITHER`, but they say too little as nouns to be a topic alone."""
DOES: frozenset[str]
ACTIVITIES: frozenset[str]
COMPOUND_GERUNDS: frozenset[str]
ING_NOUNS: frozenset[str]
GERUND_HEADS: frozenset[str]
GERUND_OBJECTS: frozenset[str]

_VOWELS = frozenset("aeiou")


def _inflected(bases: Iterable[str]) -> frozenset[str]:
    """The regular -s, -ed and -ing forms of each base verb, with the base itself."""
    forms: set[str] = set()
    for base in bases:
        forms |= {base, *_third_person(base), *_past_and_gerund(base)}
    return frozenset(forms)


def _third_person(base: str) -> set[str]:
    if base.endswith("y") and base[-2] not in _VOWELS:
        return {base[:-1] + "ies"}
    return {base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")}


def _past_and_gerund(base: str) -> set[str]:
    if base.endswith("ie"):
        return {base + "d", base[:-2] + "ying"}
    if base.endswith("e"):
        return {base + "d", base[:-1] + "ing"} | ({base + "ing"} if base.endswith("ee") else set())
    if base.endswith("y") and base[-2] not in _VOWELS:
        return {base[:-1] + "ied", base + "ing"}
    forms = {base + "ed", base + "ing"}
    closed = (
        len(base) > 2
        and base[-1] not in _VOWELS | set("wxy")
        and base[-2] in _VOWELS
        and base[-3] not in _VOWELS
    )
    if closed:  # stop, stopping; the wrong twin of a two-syllable verb (openning) harms nobody
        forms |= {base + base[-1] + "ed", base + base[-1] + "ing"}
    return forms


def _present(bases: Iterable[str]) -> frozenset[str]:
    """Each base verb and its form in -s, which nouns have too."""
    return frozenset(form for base in bases for form in {base, *_third_person(base)})


def _either() -> frozenset[str]:
    return _present(_ENGLISH.either)


def _pale() -> frozenset[str]:
    return _present(_ENGLISH.pale)


def _verbs() -> frozenset[str]:
    both = (_inflected(_ENGLISH.either) - _either()) | (_inflected(_ENGLISH.pale) - _pale())
    return _inflected(_ENGLISH.verbs) | both | _ENGLISH.irregular


def _compound_gerunds() -> frozenset[str]:
    return _ENGLISH.activities | _ENGLISH.compound_gerunds


if not TYPE_CHECKING:  # hidden from a type checker, so that it knows the names above and no others
    __getattr__ = lists.names(
        __name__,
        _ENGLISH,
        {"VERBS": _verbs, "EITHER": _either, "PALE": _pale, "COMPOUND_GERUNDS": _compound_gerunds},
    )
