"""The wording of a prompt, read from a TOML file and checked.

The templates that come with torimem are `templates/NAME.toml`; anybody may write another. A file gives only
what it changes; all else is the default's. What a section's line can name in braces is up to its kind.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import InvalidInput, NotFound
from ..language.block import without_block
from .sections import KINDS, guidance
from .sections.kind import Kind
from .words import Bands, Words

Places = tuple[str, ...]
"""What a text can name in braces."""

_KEYS = {
    "text": ("kind", "title", "heading", "line", "only"),
    "json": ("kind", "title", "only"),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a prompt: its kind, its title and heading, and how a line of it reads.

    `only` names one of the kind's further searches (see `Kind`).
    """

    kind: Kind[Any]
    title: str
    line: str = ""
    heading: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """The frame of a prompt, its sections in their order, and the words for what they tell.

    `format` is "text" or "json"; in JSON a section's title is its key in one object.
    """

    name: str
    format: str
    opening: str
    notice: str
    sections: tuple[Section, ...]
    words: Words


def load(name: str | Path = "default", *, kinds: Sequence[Kind[Any]] = KINDS) -> Template:
    """Reads the template of this name, or a file whose name ends in `.toml`, and checks it.

    `kinds` are the kinds that its sections can have. Raises `NotFound` for a name or a file that is not
    there, `InvalidInput` for a file that is no template and for two kinds of one name.

    >>> load("minimal").sections[0].heading
    'Active Topics:'
    """
    twice = [kind for kind, number in Counter(kind.name for kind in kinds).items() if number > 1]
    if twice:
        raise InvalidInput(f"kinds has {twice[0]!r} twice, a name can stand for one only: rename one of them")
    if isinstance(name, Path) or (isinstance(name, str) and name.endswith(".toml")):
        return _Check(f"template {name}", tuple(kinds)).template(str(name), _own(Path(name)))
    if name not in names():
        raise NotFound(
            f"template {name!r} is not one of {', '.join(names())}: choose one of these, "
            "or give a file that ends in .toml"
        )
    return _stored(name, tuple(kinds))


@cache
def names() -> tuple[str, ...]:
    """Lists the templates that come with torimem.

    >>> names()
    ('default', 'emotional', 'json', 'minimal', 'tutor')
    """
    folder = (files("torimem") / "prompt/templates").iterdir()
    return tuple(sorted(file.name[:-5] for file in folder if file.name.endswith(".toml")))


@lru_cache(maxsize=64)
def _stored(name: str, kinds: tuple[Kind[Any], ...]) -> Template:
    return _Check(f"template {name}", kinds).template(name, _raw(name))


@cache
def _raw(name: str) -> dict[str, Any]:
    return tomllib.loads((files("torimem") / "prompt/templates" / f"{name}.toml").read_text("utf-8"))


def _own(path: Path) -> dict[str, Any]:
    """Reads somebody's own file."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(
            f"template {path} is not there: check the path, or choose one of {', '.join(names())}"
        ) from None
    except OSError as error:
        raise InvalidInput(f"template {path} cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"template {path} is not UTF-8 text: save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InvalidInput(f"template {path} is not TOML ({reason}): correct that place") from None


class _Check:
    """Builds a template from what a file says, and checks it; an error names the file, value and rule."""

    def __init__(self, where: str, kinds: tuple[Kind[Any], ...]) -> None:
        self.where = where
        self.kinds = {kind.name: kind for kind in kinds}

    def template(self, name: str, own: Mapping[str, Any]) -> Template:
        base = _raw("default")
        self._known("", own, {*base, "format"})
        format = own.get("format", "text")
        if format not in tuple(_KEYS):
            raise self._wrong("format", format, 'it must be "text" or "json"')
        opening, notice = (own.get(key, base[key]) for key in ("opening", "notice"))
        self._text("opening", opening, ("persona",), lines=True)
        self._text("notice", notice, ())
        sections = self._sections(own.get("sections", base["sections"]), format)
        phrases = {key: places for kind in self.kinds.values() for key, places in kind.phrases.items()}
        words = Words(
            self._table("words", own, base, {**dict.fromkeys(base["words"], ()), **phrases}),
            self._bands(own, base),
            self._table("guidance", own, base, dict.fromkeys(base["guidance"], guidance.SENTENCE)),
        )
        for key in (key for section in sections for key in section.kind.phrases):
            self._text(f"words: {key}", words.phrases.get(key), phrases[key])
        return Template(name, format, opening, notice, sections, words)

    def _sections(self, rows: Any, format: str) -> tuple[Section, ...]:
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise self._wrong("sections", rows, "it must be a list of tables: begin each with [[sections]]")
        sections: list[Section] = []
        for number, row in enumerate(rows, start=1):
            at = f"section {number}"
            self._known(f"{at}: ", row, _KEYS[format])
            name, only = row.get("kind"), row.get("only", "")
            if name not in tuple(self.kinds):
                raise self._wrong(f"{at}: kind", name, f"it must be one of {', '.join(self.kinds)}")
            kind = self.kinds[name]
            if any(section.kind is kind for section in sections):
                raise self._wrong(f"{at}: kind", name, "an earlier section has it: leave one of them out")
            if only not in ("", *kind.only):
                there = [f'"{only}", in a {kind.name}' for kind in self.kinds.values() for only in kind.only]
                rule = f"it can be {' or '.join(there)}" if there else "no kind has further searches"
                raise self._wrong(f"{at}: only", only, f"{rule}: leave it out")
            self._text(f"{at}: title", row.get("title"), ())
            if format == "text":
                self._text(f"{at}: line", row.get("line"), tuple(sorted(kind.places)))
                self._text(f"{at}: heading", row.get("heading", ""), (), empty=True)
            sections.append(Section(**{**row, "kind": kind}))
        return tuple(sections)

    def _table(
        self, name: str, own: Mapping[str, Any], base: Mapping[str, Any], places: Mapping[str, Places]
    ) -> dict[str, str]:
        """The default's texts of a table, with those that the file gives in their place."""
        rows = own.get(name, {})
        if not isinstance(rows, dict):
            raise self._wrong(name, rows, f"it must be a table: begin it with [{name}]")
        self._known(f"{name}: ", rows, places)
        for key, text in rows.items():
            self._text(f"{name}: {key}", text, places[key], empty=name == "guidance")
        return {**base[name], **rows}

    def _bands(self, own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Bands]:
        tables = own.get("bands", {})
        if not isinstance(tables, dict):
            raise self._wrong("bands", tables, "it must be a table: begin it with [bands]")
        self._known("bands: ", tables, base["bands"])
        found: dict[str, Bands] = {}
        for kind, rows in {**base["bands"], **tables}.items():
            pairs = isinstance(rows, list) and all(isinstance(row, list) and len(row) == 2 for row in rows)
            if not pairs or not rows or not all(_number(least) for least, _ in rows):
                raise self._wrong(
                    f"bands: {kind}", rows, 'it must be a list such as [[0.5, "happy"], [0, "content"]]'
                )
            if any(least <= below for (least, _), (below, _) in pairwise(rows)):
                raise self._wrong(f"bands: {kind}", rows, "its figures must go down: sort them")
            for _, word in rows:
                self._text(f"bands: {kind}", word, None, empty=True)
            found[kind] = tuple((float(least), word) for least, word in rows)
        return found

    def _known(self, at: str, given: Mapping[str, Any], known: Any) -> None:
        unknown = sorted(set(given) - set(known))
        if unknown:
            there = ", ".join(sorted(known))
            raise InvalidInput(
                f"{self.where}: {at}{unknown[0]!r} is not a key, there are {there}: correct it"
            )

    def _text(
        self, at: str, text: Any, places: Places | None, *, empty: bool = False, lines: bool = False
    ) -> None:
        """One line of text that names only `places` in braces; where that is None, braces are only braces."""
        if not isinstance(text, str) or not (empty or text.strip()):
            raise self._wrong(at, text, "it must be text: write it in quotes")
        if _CONTROL.search(text.replace("\n", "") if lines else text):
            raise self._wrong(at, text, "it must be one line without control characters: write it so")
        if without_block(text) != text:
            raise self._wrong(at, text, "it must not hold the marks of the memory block: leave them out")
        if places is None:
            return
        try:
            named = [
                (field, spec, how)
                for _, field, spec, how in string.Formatter().parse(text)
                if field is not None
            ]
        except ValueError as error:
            raise self._wrong(at, text, f"its braces do not fit ({error}): write {{{{ for a brace") from None
        for field, spec, how in named:
            if field not in places or spec or how:
                there = ", ".join(f"{{{place}}}" for place in places) or "nothing"
                shown = f"{{{field}{'!' + how if how else ''}{':' + spec if spec else ''}}}"
                raise self._wrong(at, text, f"{shown} is not known there: use {there}")

    def _wrong(self, at: str, value: Any, rule: str) -> InvalidInput:
        shown = repr(value)
        return InvalidInput(
            f"{self.where}: {at} is {shown if len(shown) <= 60 else shown[:57] + '...'}, {rule}"
        )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1000
