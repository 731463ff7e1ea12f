"""A text -> what it asks: its questions, told from its statements by how their sentences end."""

from __future__ import annotations

import re

from .stems import stems

_SENTENCE = re.compile(r"[^.!?؟。！？\n]+[.!?؟。！？]*")
_ASKS = re.compile(r"[?؟？][.!?؟。！？]*\Z")


def sentences(text: str) -> list[str]:
    """The sentences of a text, with the marks they end in.

    >>> sentences("My guitar broke. Why?")
    ['My guitar broke.', 'Why?']
    """
    return [sentence for found in _SENTENCE.findall(text) if (sentence := found.strip())]


def asks(sentence: str) -> bool:
    """Whether a sentence ends as a question does."""
    return bool(_ASKS.search(sentence))


def asked_in(text: str) -> str:
    """The questions in a message, or all of it where it asks none or they say nothing by themselves.

    >>> asked_in("The airline wants the model. Which guitar did I buy?")
    'Which guitar did I buy?'
    >>> asked_in("My guitar broke. Why?")
    'My guitar broke. Why?'
    """
    questions = " ".join(filter(asks, sentences(text)))
    return questions if stems(questions) else text
