"""Emoji that name a thing, and the English name of each; the list is in `lists/emoji.txt`."""

from __future__ import annotations

from functools import cache

from ..lists import Lists
from ..pattern import Pattern

_KINDS = (
    "music_and_play",
    "animals",
    "food_and_drink",
    "sport",
    "places_and_plants",
    "vehicles",
    "things",
)


@cache
def things() -> dict[str, str]:
    """Each emoji that names a thing, with the name.

    >>> things()["🎸"]
    'guitar'
    """
    lists = Lists("emoji")
    return {emoji: name.replace("_", " ") for kind in _KINDS for emoji, name in lists.pairs(kind).items()}


THING = Pattern(lambda: "[" + "".join(things()) + "]")
