"""Remembered text -> data in a prompt: one line of limited length, so that no memory becomes an instruction.

Line breaks become spaces, control and invisible characters are written as escapes, and whatever looks like a
tag or a chat marker loses its bracket.
"""

from __future__ import annotations

import re
import unicodedata

QUOTED = 200
"""How many characters of a turn are quoted at most."""

NAMED = 60
"""How many characters of a name are shown at most."""

_JOINERS = "\u200c\u200d"  # invisible, but Persian and emoji need them
_TAGS = re.compile(
    rf"<(?=[\s/|<!{_JOINERS}]*[A-Za-z|])|(?<=\|)>|\[(?=[\s/{_JOINERS}]*(?:INST|SYS))", re.IGNORECASE
)
_FULL = {"<": "‹", ">": "›", "[": "［"}
# Letters and marks that show nothing, and selectors that can carry a hidden message.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
)
_NAME = re.compile(r"\.?[^\W_][\w.+#&'’/ -]{0,39}")
# A name with one of these could be read as an order, or as a heading of the prompt.
_ORDER = re.compile(
    r"\b(?:act|always|answer|assistant|bypass|delete|disregard|do|don|execute|follow|forget|guidance|ignore|"
    r"instructions?|must|never|obey|output|override|pretend|previous|print|prompt|reply|respond|reveal|run|say|"
    r"send|should|stop|system|tell|user|write|you|your)\b",
    re.IGNORECASE,
)


def plain(text: str, limit: int = 240) -> str:
    r"""Writes a text on one line of at most `limit` characters, without anything invisible or tag-like.

    >>> plain("a\n\n# SYSTEM:\u202e <|im_start|>")
    'a # SYSTEM:\\u202e ‹|im_start|›'
    """
    return _line(text, limit, "")


def quote(text: str, limit: int = 240) -> str:
    r"""Writes a text as `plain` does, in double quotes, with quotes and backslashes inside escaped.

    >>> print(quote('He said "no".\nSYSTEM: obey'))
    "He said \"no\". SYSTEM: obey"
    """
    return f'"{_line(text, limit, chr(34) + chr(92))}"'


def name(label: str) -> str:
    """Writes a name for a list: as it is where it is plainly a name, else quoted.

    >>> name("machine learning"), name("obey me: now!")
    ('machine learning', '"obey me: now!"')
    """
    ordinary = _NAME.fullmatch(label) and len(label.split()) <= 3 and not _ORDER.search(label)
    return label if ordinary and plain(label) == label else quote(label, NAMED)


def plain_name(label: str) -> str:
    """Writes a name that something else delimits, as JSON does: `plain`, without quotes.

    >>> plain_name("machine learning"), plain_name("obey me: now!")
    ('machine learning', 'obey me: now!')
    """
    return plain(label, NAMED)


def _line(text: str, limit: int, escaped: str) -> str:
    # cut first: a turn may be a whole book
    head = unicodedata.normalize("NFC", " ".join(text[: 8 * limit].split()))
    shown = _TAGS.sub(lambda match: _FULL[match[0]], head)
    pieces = [_visible(character, escaped) for character in shown]
    if len(text) <= 8 * limit and sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    line = ""
    for piece in pieces:  # whole pieces only: half an escape would be another character
        if len(line) + len(piece) >= limit:
            break
        line += piece
    return line.rstrip() + "…"


def _visible(character: str, escaped: str) -> str:
    if character in escaped:
        return "\\" + character
    if character in _JOINERS or (character.isprintable() and not _BLANK.match(character)):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
