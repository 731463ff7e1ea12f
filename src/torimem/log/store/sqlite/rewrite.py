"""Turns in the middle of a log, replaced or removed: their rows, their mentions, the bytes kept with them.

No other row of a turn is touched. It runs inside a transaction, and leaves epoch and erasure to the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ....errors import NotFound
from ...turn import Turn
from .positions import Positions
from .rows import COLUMNS, as_row, topics

MENTION = "INSERT OR IGNORE INTO mentions (scope, seq, topic) VALUES (?, ?, ?)"

_SET = ", ".join(f"{name} = ?" for name in COLUMNS.split(", "))
_KINDS = """
    WITH RECURSIVE kinds (kind) AS (
        SELECT min(kind) FROM blobs WHERE scope = ?1
        UNION ALL SELECT (SELECT min(kind) FROM blobs WHERE scope = ?1 AND kind > kinds.kind)
            FROM kinds WHERE kind IS NOT NULL)
    SELECT kind FROM kinds WHERE kind IS NOT NULL"""


def replace(db: sqlite3.Connection, scope: int, seq: int, turn: Turn) -> None:
    """Write a turn over the row with a sequence number; raises `NotFound` where that has another id."""
    old = _mentioned(db, scope, seq, turn.index)
    done = db.execute(
        f"UPDATE turns SET {_SET} WHERE scope = ? AND seq = ? AND id = ?",
        (*as_row(turn, seq), scope, seq, turn.id),
    )
    if not done.rowcount:
        raise NotFound(f"turn {turn.index} has not the id {turn.id!r}: look it up again")
    new = {mention.key for mention in turn.analysis.mentions}
    _unmention(db, scope, seq, old - new)
    db.executemany(MENTION, [(scope, seq, topic) for topic in sorted(new - old)])


def remove(db: sqlite3.Connection, scope: int, indexes: Iterable[int], positions: Positions) -> int:
    """Delete turns and what is kept with them, and note their numbers as gone; returns how many it were."""
    gone = {positions.seq(index): index for index in sorted(set(indexes))}
    for seq, index in gone.items():
        _unmention(db, scope, seq, _mentioned(db, scope, seq, index))
    for (kind,) in db.execute(_KINDS, (scope,)).fetchall():
        statement = "DELETE FROM blobs WHERE scope = ? AND kind = ? AND seq = ?"
        db.executemany(statement, [(scope, kind, seq) for seq in gone])
    db.executemany("DELETE FROM turns WHERE scope = ? AND seq = ?", [(scope, seq) for seq in gone])
    old, new = set(positions.runs), set(positions.without(gone).runs)
    merged = [(scope, first) for first, _ in old - new]
    db.executemany("DELETE FROM gaps WHERE scope = ? AND first = ?", merged)
    db.executemany("INSERT INTO gaps VALUES (?, ?, ?)", [(scope, *run) for run in sorted(new - old)])
    return len(gone)


def _mentioned(db: sqlite3.Connection, scope: int, seq: int, index: int) -> set[str]:
    row = db.execute("SELECT analysis FROM turns WHERE scope = ? AND seq = ?", (scope, seq)).fetchone()
    if row is None:
        raise NotFound(f"no turn has the index {index}: look it up again")
    return topics(row[0])


def _unmention(db: sqlite3.Connection, scope: int, seq: int, keys: Iterable[str]) -> None:
    rows = [(scope, seq, topic) for topic in sorted(keys)]
    db.executemany("DELETE FROM mentions WHERE scope = ? AND seq = ? AND topic = ?", rows)
