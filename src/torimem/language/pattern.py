"""A regular expression that is compiled when it is first used, so that importing a module compiles none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

_Match = re.Match[str]
_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub")


class Pattern:
    """As `re.compile(written, flags)`, compiled at the first use; `written` may be a function that gives it.

    After that its methods are those of the compiled pattern, and as quick.

    >>> vowel = Pattern("[aeiou]")
    >>> vowel.findall("guitar"), vowel.search("guitar", 3).start()
    (['u', 'i', 'a'], 4)
    """

    search: Callable[..., _Match | None]
    match: Callable[..., _Match | None]
    fullmatch: Callable[..., _Match | None]
    finditer: Callable[..., Iterator[_Match]]
    findall: Callable[..., list[str]]
    split: Callable[..., list[str]]
    sub: Callable[..., str]

    def __init__(self, written: str | Callable[[], str], flags: re.RegexFlag = re.NOFLAG) -> None:
        self._written = written
        self._flags = flags
        for name in _METHODS:
            setattr(self, name, partial(self._first, name))

    def __repr__(self) -> str:
        return f"Pattern({self._written!r})"

    @cached_property
    def pattern(self) -> str:
        """The expression as written, to be part of a larger one."""
        return self._written if isinstance(self._written, str) else self._written()

    def _first(self, method: str, *arguments: Any, **named: Any) -> Any:
        """Compile, put the compiled pattern's methods in the place of this one, and do what was asked."""
        compiled = re.compile(self.pattern, self._flags)
        for name in _METHODS:
            setattr(self, name, getattr(compiled, name))
        return getattr(compiled, method)(*arguments, **named)
