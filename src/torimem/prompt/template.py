"""The wording of a prompt, read from a TOML file and checked; what goes into it is up to `prompt`.

The templates that come with torimem stand in `templates/NAME.toml`; anybody may write another. A file gives
only what it changes, all else is the default's.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import InvalidInput, NotFound
from ..language.block import without_block

Bands = tuple[tuple[float, str], ...]

PLACES: Mapping[str, frozenset[str]] = {
    kind: frozenset(places.split())
    for kind, places in {
        "profile": "slot date by text",
        "topics": "topic activation when period",
        "positive": "topic sentiment intensity feeling",
        "negative": "topic sentiment intensity feeling",
        "mood": "mood",
        "usual": "topics",
        "facts": "date speaker text",
        "relationships": "topic related",
        "trajectory": "topic story",
        "insights": "insight",
        "guidance": "advice",
    }.items()
}
"""The kinds of sections, and what a line of each can name in braces."""

_WORD_PLACES = {
    "ago": "n",
    "earlier": "speaker",
    "started": "feeling valence",
    "later": "first feeling valence",
    "feeling": "feeling valence",
    "voice": "speaker story",
    "mood": "feeling valence",
    "better": "mood started",
    "worse": "mood started",
    "concern": "topics",
    "joy": "topics",
    "apart": "topics concerns",
    "named_concern": "subject Subject topics",
    "named_joy": "subject Subject topics",
    "named_apart": "subject Subject topics concerns",
    "several_concern": "subject Subject topics",
    "several_joy": "subject Subject topics",
    "named_concerns": "subject",
    "named": "subject topics",
}
_KEYS = {
    "text": ("kind", "title", "heading", "line", "only"),
    "json": ("kind", "title", "only"),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Section:
    """One list in a prompt: what kind of lines, under which title and heading, and how a line reads."""

    kind: str
    title: str
    line: str = ""
    heading: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """The frame, the sections in their order, and the words for figures and advice.

    `format` is "text", or "json": then a section's title is its key in one JSON object.
    """

    name: str
    format: str
    opening: str
    notice: str
    sections: tuple[Section, ...]
    words: Mapping[str, str]
    bands: Mapping[str, Bands]
    guidance: Mapping[str, str]

    def band(self, kind: str, value: float) -> str:
        """The word for a figure as it is shown, with two decimals: the first band that it reaches.

        >>> load("default").band("negative", 0.75), load("default").band("negative", 0.7)
        ('high stress', 'moderate stress')
        """
        bands = self.bands[kind]
        return next((word for least, word in bands if round(value, 2) >= least), bands[-1][1])


def load(name: str | Path = "default") -> Template:
    """The template of this name, or of a file where the name ends in `.toml`.

    Raises `NotFound` for a name or a file that is not there, `InvalidInput` for a file that is no template.

    >>> load("minimal").sections[0].heading
    'Active Topics:'
    """
    if isinstance(name, Path) or (isinstance(name, str) and name.endswith(".toml")):
        return _Check(f"template {name}").template(str(name), _own(Path(name)))
    if name not in names():
        raise NotFound(
            f"template {name!r} is not one of {', '.join(names())}: choose one of these, "
            "or give a file that ends in .toml"
        )
    return _stored(name)


@cache
def names() -> tuple[str, ...]:
    """The templates that come with torimem.

    >>> names()
    ('default', 'emotional', 'json', 'minimal', 'tutor')
    """
    folder = (files("torimem") / "prompt/templates").iterdir()
    return tuple(sorted(file.name[:-5] for file in folder if file.name.endswith(".toml")))


@cache
def _stored(name: str) -> Template:
    return _Check(f"template {name}").template(name, _raw(name))


@cache
def _raw(name: str) -> dict[str, Any]:
    return tomllib.loads((files("torimem") / "prompt/templates" / f"{name}.toml").read_text("utf-8"))


def _own(path: Path) -> dict[str, Any]:
    """What somebody's own file says."""
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
    """Checks a template as it is put together; every error names the file, the value and the rule."""

    def __init__(self, where: str) -> None:
        self.where = where

    def template(self, name: str, own: Mapping[str, Any]) -> Template:
        base = _raw("default")
        self._known("", own, {*base, "format"})
        format = own.get("format", "text")
        if format not in _KEYS:
            raise self._wrong("format", format, 'it must be "text" or "json"')
        opening, notice = (own.get(key, base[key]) for key in ("opening", "notice"))
        self._text("opening", opening, "persona", lines=True)
        self._text("notice", notice, "")
        return Template(
            name,
            format,
            opening,
            notice,
            self._sections(own.get("sections", base["sections"]), format),
            self._table("words", own, base, lambda key: _WORD_PLACES.get(key, "")),
            self._bands(own, base),
            self._table("guidance", own, base, lambda key: "topics first second"),
        )

    def _sections(self, rows: Any, format: str) -> tuple[Section, ...]:
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise self._wrong("sections", rows, "it must be a list of tables: begin each with [[sections]]")
        sections: list[Section] = []
        for number, row in enumerate(rows, start=1):
            at = f"section {number}"
            self._known(f"{at}: ", row, _KEYS[format])
            kind, only = row.get("kind"), row.get("only", "")
            if kind not in PLACES:
                raise self._wrong(f"{at}: kind", kind, f"it must be one of {', '.join(PLACES)}")
            if any(section.kind == kind for section in sections):
                raise self._wrong(f"{at}: kind", kind, "an earlier section has it: leave one of them out")
            if only not in ("", "changes") or (only and kind != "trajectory"):
                raise self._wrong(f"{at}: only", only, 'it can be "changes", in a trajectory: leave it out')
            self._text(f"{at}: title", row.get("title"), "")
            if format == "text":
                self._text(f"{at}: line", row.get("line"), " ".join(sorted(PLACES[kind])))
                self._text(f"{at}: heading", row.get("heading", ""), "", empty=True)
            sections.append(Section(**row))
        return tuple(sections)

    def _table(
        self, name: str, own: Mapping[str, Any], base: Mapping[str, Any], places: Any
    ) -> dict[str, str]:
        rows = own.get(name, {})
        if not isinstance(rows, dict):
            raise self._wrong(name, rows, f"it must be a table: begin it with [{name}]")
        self._known(f"{name}: ", rows, base[name])
        for key, text in rows.items():
            self._text(f"{name}: {key}", text, places(key), empty=name == "guidance")
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
            if any(one[0] <= other[0] for one, other in pairwise(rows)):
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
        self, at: str, text: Any, places: str | None, *, empty: bool = False, lines: bool = False
    ) -> None:
        """One line of text that names in braces only what there is; without `places` they are only braces."""
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
            if field not in places.split() or spec or how:
                there = ", ".join(f"{{{place}}}" for place in places.split()) or "nothing"
                shown = f"{{{field}{'!' + how if how else ''}{':' + spec if spec else ''}}}"
                raise self._wrong(at, text, f"{shown} is not known there: use {there}")

    def _wrong(self, at: str, value: Any, rule: str) -> InvalidInput:
        shown = repr(value)
        return InvalidInput(
            f"{self.where}: {at} is {shown if len(shown) <= 60 else shown[:57] + '...'}, {rule}"
        )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1000
