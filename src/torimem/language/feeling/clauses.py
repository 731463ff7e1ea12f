"""Cuts a text into the clauses that are judged one by one; knows where English cuts, nothing of feelings.

A clause is a sentence, or the part of one up to a contrast, a condition, a change of time, or a comma
before a subject and its verb: what is said about one thing must not colour another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..pattern import Pattern

LONGEST = 1000  # characters of a clause; a text without punctuation is cut here

_SUBJECT = (
    r"(?:i|you|he|she|it|we|they|this|that|there|here|these|those|everyone|everybody|nobody|mine|what|who|how)"
    r"(?:['’](?:m|s|re|ve|d|ll))?"
)
_VERB = (
    r"(?:is|are|am|was|were|do|does|did|can|could|should|would|will|has|have|had)(?:n['’]t)?\s+"
    r"(?:i|you|he|she|it|we|they|this|that|there|anyone)"
)
_TAG = (
    r"(?:(?:is|are|was|were|do|does|did|has|have|had|wo|would|could|can|ca|ai)n['’]t\s+(?:it|he|she|they|we|you|i)"
    r"|right|huh|eh|no)\s*[?!.]"
)
_NOW = (
    r"(?:now|these\s+days|nowadays|lately|today|since\s+(?:the|then|that|i|we|my)|at\s+this\s+point"
    r"|after\s+(?:a|the|that))"
)
_IF = r"(?:even\s+if|only\s+if|if|unless|in\s+case|as\s+long\s+as|provided|whether)"

_END = Pattern(
    rf"""
    (?P<full>(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\b[A-Za-z]\.[A-Za-z])
      [.!?…]{{1,20}}["'”’)\]]{{0,5}}(?=\s|\Z) | [。！？]{{1,20}} | \n)
  | (?P<turn>;(?=\s) | (?<=\s)[–—-](?=\s) | —
    | (?=\b(?:but|although|though|however|whereas|until)\b(?!\s*(?:[.!?;,](?:\s|\Z)|\Z)))
    | ,\s*(?=(?:yet|while|only\s+to)\b)
    | (?:,\s*)?(?=\band\s+(?:it\s+)?(?:[^.!?;]{{1,60}}\binstead\b
      |turned\s+out|ended\s+up|wound\s+up|in\s+the\s+end)\b)
    | ,\s*(?=(?:and\s+)?{_NOW}\b) | (?=\band\s+now\b))
  | (?P<on>,\s*(?!{_TAG})
      (?=(?:so|because)\s+\w|(?:(?:and|so|because|since|as)\s+)?(?:(?:{_SUBJECT}|{_VERB}|when|why|where)\b|{_IF}\b
        |(?:the|my|our|his|her|their)\s+\w+\s+(?:is|was|are|were|has|had)(?:n['’]t)?\b))
    | (?<=\w)\s(?={_IF}\b)
    | (?<=\w)\s(?=and\s+(?:i|he|she|we|they|it|nobody|there)(?:['’]\w+)?\s))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPENS_CONTRAST = Pattern(
    r"\s*(?:(?:even\s+)?(?:although|though|while|if|unless)|despite|in\s+spite\s+of|unlike|compared\s+(?:with|to)"
    r"|for\s+(?:a|an|such)|against|contrary\s+to|back\s+(?:when|then|in)|in\s+case|in\s+the\s+event|provided|suppose|should|had)"
    r"\b[^,.!?]*,",
    re.IGNORECASE,
)
_SPACE = Pattern(r"\s(?=\S*\Z)")


@dataclass(frozen=True, slots=True)
class Span:
    """A clause, text[start:end]: it `opens` a sentence, `turns` against the one before, or continues it."""

    start: int
    end: int
    opens: bool
    turns: bool


def cut(text: str) -> Iterator[Span]:
    """Cut a text into clauses in order; together they cover it but for blanks.

    >>> text = "I love the guitar but my boss is horrible, is that normal?"
    >>> [text[span.start : span.end] for span in cut(text)]
    ['I love the guitar ', 'but my boss is horrible, ', 'is that normal?']
    """
    start = 0
    opens, turns = True, False
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        if opens and (contrast := _OPENS_CONTRAST.match(text, start, end)):
            yield Span(start, contrast.end(), True, False)
            start, opens, turns = contrast.end(), False, True
        while end - start > LONGEST:
            space = _SPACE.search(text, start, start + LONGEST)
            cut_at = space.end() if space else start + LONGEST
            if text[start:cut_at].strip():
                yield Span(start, cut_at, opens, turns)
                opens, turns = False, False
            start = cut_at
        if end > start and text[start:end].strip():
            yield Span(start, end, opens, turns)
            opens, turns = False, False
        if match:
            opens = opens or match["full"] is not None
            turns = turns or match["turn"] is not None
        start = end
