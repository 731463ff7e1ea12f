"""Rankings to compare with: the newest turns, and SQLite's own full-text search; they know no Memory.

A ranking is a list of turn ids, best first; a turn that is not in it was not found.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from ...language.words import words
from ...log.turn import Message

# The words that full-text searches customarily leave out of a question.
_STOP = words("""
i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers
herself it its itself they them their theirs themselves what which who whom whose this that these those am is
are was were be been being have has had having do does did doing done a an the and but if or because as until
while of at by for with about against between into through during before after above below to from up down in
out on off over under again further then once here there when where why how all any both each few more most
other some such no nor not only own same so than too very s t d m ll re ve can could will would shall should
may might must just don now
""")
_WORD = re.compile(r"\w+")


def last_turns(messages: Sequence[Message], questions: Sequence[str]) -> list[list[str]]:
    """Every question gets the newest turns, newest first: what a chat without a memory sends.

    >>> last_turns([Message("Hi", id="a"), Message("Bye", id="b")], ["Who said hi?"])
    [['b', 'a']]
    """
    newest = [str(message.id) for message in reversed(messages)]
    return [newest for _ in questions]


def fts5(messages: Sequence[Message], questions: Sequence[str]) -> list[list[str]]:
    """The full-text search that comes with SQLite, by its bm25().

    The tokenizer is porter over unicode61; a turn is indexed as "Ada: text"; stop words are taken off the
    question, and any of the words left may match.

    >>> talk = [Message("My kite is red", speaker="Ada", id="a"), Message("Kites!", speaker="Bob", id="b")]
    >>> fts5(talk, ["Which colour is the 'RED' kite?"])
    [['a', 'b']]
    """
    rows = [(n, f"{m.speaker}: {m.text}" if m.speaker else m.text) for n, m in enumerate(messages)]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE turns USING fts5(text, tokenize = 'porter unicode61')")
        db.executemany("INSERT INTO turns (rowid, text) VALUES (?, ?)", rows)
        return [[str(messages[n].id) for n in _matching(db, question)] for question in questions]


def _matching(db: sqlite3.Connection, question: str) -> list[int]:
    asked = [word for word in _WORD.findall(question.casefold()) if word not in _STOP]
    if not asked:
        return []
    # in quotes a word is never an operator
    query = " OR ".join(f'"{word}"' for word in dict.fromkeys(asked))
    best = "SELECT rowid FROM turns WHERE turns MATCH ? ORDER BY bm25(turns), rowid"
    return [number for (number,) in db.execute(best, (query,))]


def has_fts5() -> bool:
    """Whether the SQLite of this Python was built with its full-text search."""
    with closing(sqlite3.connect(":memory:")) as db:
        try:
            db.execute("CREATE VIRTUAL TABLE turns USING fts5(text)")
        except sqlite3.OperationalError:
            return False
    return True
