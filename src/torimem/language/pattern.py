"""A regular expression that is compiled when it is first used, so that importing a module compiles none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

_Match = re.Match[str]


class Pattern:
    """As `re.compile(written, flags)`, compiled at the first use; `written` may be a function that gives it.

    After that a method is an attribute of the object, as quick as that of a compiled pattern.

    >>> vowel = Pattern("[aeiou]")
    >>> vowel.findall("guitar"), vowel.search("guitar", 3).start()
    (['u', 'i', 'a'], 4)
    """

    def __init__(self, written: str | Callable[[], str], flags: re.RegexFlag = re.NOFLAG) -> None:
        self._written = written
        self._flags = flags

    def __repr__(self) -> str:
        return f"Pattern({self._written!r})"

    @cached_property
    def pattern(self) -> str:
        """The expression as written, to be part of a larger one."""
        return self._written if isinstance(self._written, str) else self._written()

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self._flags)

    @cached_property
    def search(self) -> Callable[..., _Match | None]:
        return self._compiled.search

    @cached_property
    def match(self) -> Callable[..., _Match | None]:
        return self._compiled.match

    @cached_property
    def fullmatch(self) -> Callable[..., _Match | None]:
        return self._compiled.fullmatch

    @cached_property
    def finditer(self) -> Callable[..., Iterator[_Match]]:
        return self._compiled.finditer

    @cached_property
    def findall(self) -> Callable[..., list[str]]:
        return self._compiled.findall

    @cached_property
    def split(self) -> Callable[..., list[str]]:
        return self._compiled.split

    @cached_property
    def sub(self) -> Callable[..., str]:
        return self._compiled.sub
