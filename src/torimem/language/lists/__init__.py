"""Word lists: text files, one or a few for each language, read when a list is first used.

A file is UTF-8 text. A line "[name]" begins a list, a line that begins with "# " is a comment, every other
line belongs to the list: words with blanks between them, or one phrase a line where the file says so. Whoever
speaks the language can review and extend a file: no code depends on how many words there are.

`vader.txt` comes from the package vaderSentiment under the MIT licence (`LICENSE.vaderSentiment`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from ..pattern import Pattern

_HEADING = Pattern(r"^\[([a-z][a-z_]*(?: -?[0-9.]+)?)\]\n", re.MULTILINE)
_COMMENT = Pattern(r"^#(?: .*)?\n", re.MULTILINE)


class Lists:
    """The lists of one file; an attribute is the frozenset of a list's words.

    Nothing is read before the first use. A list that the file lacks raises `AttributeError`.

    >>> "的" in Lists("chinese").cut
    True
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"Lists({self._name!r})"

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The text of each list, in the order of the file."""
        written = Path(__file__).with_name(f"{self._name}.txt").read_text("utf-8")
        _, *parts = _HEADING.split(_COMMENT.sub("", written))
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def _text(self, name: str) -> str:
        if name not in self._texts:
            raise AttributeError(f"lists/{self._name}.txt has no list [{name}]")
        return self._texts[name]

    def __getattr__(self, name: str) -> frozenset[str]:
        if name.startswith("_"):  # asked by copy, pickle and doctest, which must not read a file
            raise AttributeError(name)
        words = frozenset(self._text(name).split())
        setattr(self, name, words)  # found without this method from now on
        return words

    def in_order(self, name: str) -> tuple[str, ...]:
        """The words of a list in the order of the file."""
        return tuple(self._text(name).split())

    def lines(self, name: str) -> tuple[str, ...]:
        """The phrases of a list, each a line."""
        return tuple(filter(None, self._text(name).splitlines()))

    def pairs(self, name: str) -> dict[str, str]:
        """A list of "this:that" as a mapping.

        >>> Lists("english-forms").pairs("singulars")["mice"]
        'mouse'
        """
        return dict(pair.split(":", 1) for pair in self.in_order(name))

    def numbered(self, name: str) -> list[tuple[float, str]]:
        """(number, name) of the lists whose name is this and a number, as "words 2.6", in order.

        >>> Lists("vader").numbered("degrees")
        [(0.293, 'degrees 0.293'), (-0.293, 'degrees -0.293')]
        """
        return [(float(each.removeprefix(name)), each) for each in self._texts if each.startswith(f"{name} ")]

    def valences(self, name: str) -> dict[str, float]:
        """The words of all lists whose name is this and a number, with that number; a later list prevails."""
        found: dict[str, float] = {}
        for number, each in self.numbered(name):
            found.update(dict.fromkeys(self.in_order(each), number))
        return found


def names(
    module: str, lists: Lists, made: Mapping[str, Callable[[], frozenset[str]]]
) -> Callable[[str], frozenset[str]]:
    """A module's `__getattr__` that reads all sets which the module declares when the first is used.

    A set is what `made` has for its name, else the list of that name in small letters. Then the function is
    taken out of the module, which is slower to look into as long as it has one.
    """

    def __getattr__(name: str) -> frozenset[str]:
        here = sys.modules[module]
        if name not in here.__annotations__:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        for each in here.__annotations__:
            setattr(here, each, made[each]() if each in made else getattr(lists, each.lower()))
        vars(here).pop("__getattr__", None)
        found: frozenset[str] = vars(here)[name]
        return found

    return __getattr__
