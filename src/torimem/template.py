"""The wording of a prompt, read from `templates/NAME.toml`; what goes into it is up to `prompt`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from .errors import NotFound

Bands = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One list in a prompt: what kind of lines, under which title and heading, and how a line reads."""

    kind: str
    title: str
    line: str
    heading: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """The frame, the sections in their order, and the words for figures and advice."""

    name: str
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


@cache
def load(name: str = "default") -> Template:
    """The template of this name; raises `NotFound` naming those there are.

    >>> load("minimal").sections[0].heading
    'Active Topics:'
    """
    folder = files("torimem") / "templates"
    known = sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )
    if name not in known:
        raise NotFound(f"template {name!r} is not one of {', '.join(known)}: choose one of these")
    base = tomllib.loads((folder / "default.toml").read_text("utf-8"))
    own = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
    merged: dict[str, Any] = {**base, **own}
    for table in ("words", "bands", "guidance"):
        merged[table] = {**base[table], **own.get(table, {})}
    bands = {
        kind: tuple((float(least), str(word)) for least, word in rows)
        for kind, rows in merged["bands"].items()
    }
    sections = tuple(Section(**section) for section in merged["sections"])
    return Template(
        name, merged["opening"], merged["notice"], sections, merged["words"], bands, merged["guidance"]
    )
