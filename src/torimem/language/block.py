"""Recognises the memory block of a prompt where it comes back in a message, and leaves it out there."""

from __future__ import annotations

import re

from .pattern import Pattern

BLOCK_OPEN = "<torimem-memory>"
BLOCK_CLOSE = "</torimem-memory>"
_MARK = Pattern(r"<\s*(?:(/)\s*)?torimem-memory\s*>", re.IGNORECASE)


def without_block(text: str) -> str:
    """The text without any memory block that a model or a user handed back.

    What the memory itself wrote must not be learned as if somebody had said it. A block that was cut off
    counts to the end of the text, and blocks may stand in blocks.

    >>> without_block("Sure. <torimem-memory>Active Topics: ...</torimem-memory> Anything else?")
    'Sure.  Anything else?'
    """
    if "<" not in text:
        return text
    kept: list[str] = []
    depth = start = 0
    for mark in _MARK.finditer(text):
        if depth == 0:
            kept.append(text[start : mark.start()])
        depth = max(depth - 1, 0) if mark[1] else depth + 1
        start = mark.end()
    return "".join(kept) + (text[start:] if depth == 0 else "")
