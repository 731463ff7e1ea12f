"""A text -> how many tokens it costs, where no tokenizer is at hand: an estimate on the high side.

Encoders of 32,000 entries and more have every common word whole. `tokens.txt` lists 2,000 that are one token,
with the space in front, in all of GPT-2, cl100k, o200k, Claude (65,000 entries), DeepSeek V3 and Mistral v1.
Any other word is charged for its length, and one token a byte stands wherever little was seen in training:
digits, punctuation, other scripts, emoji, odd spellings. So a prompt packed with it fits the real
budget.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

_PIECES = re.compile(r"[A-Za-z]+|\s+|[^\x00-\x7f]+|[^A-Za-z\s]", re.ASCII)
_ODD = re.compile(r"[^aeiouy]{5}|(.)\1\1|q[^u]|[jvx][bcdfghjklmnpqrstvwxz]|^[^aeiouy]+$")


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of a text, made never to be below what the encoders named above count.

    On English chat it is about 1.4 times their counts (rows in bench/results/tokens.csv). A name that no
    encoder knows, or a string of random letters, can cost one a token or two more.

    >>> estimate_tokens("I love learning about AI!"), estimate_tokens("")
    (9, 0)
    """
    # some encoders put a space in front of a text
    tokens = int(text[:1] != "" and not text[0].isspace())
    spaced = bool(tokens)
    for match in _PIECES.finditer(text):
        piece = match[0]
        if piece.isspace() and piece.isascii():
            # one space is part of the word that follows it
            merges = piece[-1] == " " and text[match.end() : match.end() + 1].isascii()
            merges = merges and text[match.end() : match.end() + 1].isalpha()
            tokens += len(piece) - merges
            spaced = piece[-1] == " "
            continue
        if piece.isascii() and piece.isalpha():
            tokens += _word(piece, spaced)
        else:
            tokens += len(piece.encode("utf-8", "surrogatepass"))
        spaced = False
    return tokens


def _word(word: str, spaced: bool) -> int:
    """The most that a word costs an encoder; `spaced` says that a space stands before it."""
    length, lower = len(word), word.lower()
    if length == 1:
        return 1
    plain = word == lower
    if lower in _common() and (plain or word == word.capitalize()):
        return 1 if plain and spaced else 1 + (length > 4)
    if word.isupper() and length > 3:
        return 5 * length // 8 + 1 + (not spaced)
    if _ODD.search(lower) or not (plain or word == word.capitalize()):
        return length + spaced
    if plain:
        return max(2, -(-3 * length // 8) if spaced else (length + 1) // 2)
    return max(2, -(-3 * length // 7) if spaced else -(-2 * length // 3))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset((files("torimem") / "prompt/tokens.txt").read_text("utf-8").split())
