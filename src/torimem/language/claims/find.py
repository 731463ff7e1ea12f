"""A statement -> what it claims of its author, so that a later claim can replace an earlier one.

Only plain English sentences are read ("I moved to Berlin", "my sister lives in Rome"). What is asked, wished,
planned, supposed or quoted claims nothing, and where a sentence is not clear it is left: a wrong claim would
put a true turn aside. Which turn said what, and when, is for others.
"""

from __future__ import annotations

from ..analysis import Claim
from .cues import may_claim

VERSION = "claims-1"
"""Changes when a text would claim something else: turns of other versions are analysed afresh on request."""


def claims(text: str) -> tuple[Claim, ...]:
    """What a text claims of its author, in order; nothing where it only might.

    >>> [(one.slot, one.value) for one in claims("We moved to Berlin last week. I work at Siemens now!")]
    [('home', 'berlin'), ('work', 'siemen')]
    >>> claims("I want to live in Paris. Do I live in Rome?")
    ()
    """
    if not may_claim(text):
        return ()
    from . import clauses  # its patterns take a while to compile: the first claim pays, not the import

    return clauses.read(text)
