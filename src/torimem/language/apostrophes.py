"""Apostrophes of every kind as one, so that "don’t" is the word "don't"."""

from __future__ import annotations

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'"))


def straight(text: str) -> str:
    """The text with every kind of apostrophe made straight, character by character.

    >>> straight("don’t")
    "don't"
    """
    return text if text.isascii() and "`" not in text else text.translate(_APOSTROPHES)
