"""The log of turns in one SQLite file, with the index of mentions and the checkpoints that follow from it.

It keeps and finds rows. What a turn means is decided before it comes here (`analyse`), what turns add up to
is decided after it leaves (`fold`). Every table has the scope in its primary key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ...errors import InvalidInput, NotFound
from ...models.message import Role
from ..turn import Turn
from .connection import Connection
from .rows import COLUMNS, Scope, Vectors, as_row, as_turn

_VALUES = ", ".join("?" for _ in COLUMNS.split(","))
_MENTION = "INSERT OR IGNORE INTO mentions (scope, idx, topic) VALUES (?, ?, ?)"


class SQLiteStore(Connection):
    """The tables of one database file.

    >>> store = SQLiteStore(":memory:")
    >>> store.scope("ada", "", "{}").turns
    0
    >>> store.close()
    """

    # Scopes

    def find(self, user: str, agent: str) -> Scope | None:
        """The scope of a user and an agent, None where nothing was written yet."""
        with self._guard():
            row = self._db.execute(
                """SELECT scope, user, agent, dynamics, epoch,
                          (SELECT coalesce(max(idx) + 1, 0) FROM turns WHERE turns.scope = scopes.scope),
                          CASE WHEN EXISTS (SELECT 1 FROM vectors WHERE vectors.scope = scopes.scope)
                               THEN embedder END
                   FROM scopes WHERE user = ? AND agent = ?""",
                (user, agent),
            ).fetchone()
        return Scope(*row) if row else None

    def scope(self, user: str, agent: str, dynamics: str) -> Scope:
        """The scope of a user and an agent; made with these Dynamics where it is new."""
        found = self.find(user, agent)
        if found is None:
            with self.transaction() as db:
                db.execute(
                    "INSERT OR IGNORE INTO scopes (user, agent, dynamics) VALUES (?, ?, ?)",
                    (user, agent, dynamics),
                )
            found = self.find(user, agent)
        assert found is not None
        return found

    def scopes(self) -> list[Scope]:
        """Every scope in the file, by user and agent."""
        with self._guard():
            names = self._db.execute("SELECT user, agent FROM scopes ORDER BY user, agent").fetchall()
            return [found for user, agent in names if (found := self.find(user, agent))]

    def set_dynamics(self, scope: int, dynamics: str) -> None:
        """Store other Dynamics; every checkpoint of the scope goes, every process folds afresh."""
        with self.transaction() as db:
            db.execute("UPDATE scopes SET dynamics = ?, epoch = epoch + 1 WHERE scope = ?", (dynamics, scope))
            db.execute("DELETE FROM checkpoints WHERE scope = ?", (scope,))

    # The log

    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        """Write turns at the end of the log in one transaction; their `index` is set here.

        An id that the scope already has gives back the turn in the log, so a retry is safe, also after a
        correction; with another text it raises `InvalidInput` and nothing is written.
        """
        written: list[Turn] = []
        with self.transaction() as db:
            index = db.execute(
                "SELECT coalesce(max(idx) + 1, 0) FROM turns WHERE scope = ?", (scope,)
            ).fetchone()[0]
            for turn in turns:
                known = self._one(scope, "id = ?", turn.id)
                if known is not None:
                    if known.role != turn.role or turn.text not in (known.text, known.original):
                        raise InvalidInput(
                            f"turn id {turn.id!r} is in the log with another text: give a new id"
                        )
                    written.append(known)
                    continue
                db.execute(
                    f"INSERT INTO turns ({COLUMNS}, scope) VALUES ({_VALUES}, ?)",
                    (*as_row(turn, index), scope),
                )
                db.executemany(_MENTION, [(scope, index, mention.key) for mention in turn.analysis.mentions])
                written.append(replace(turn, index=index))
                index += 1
        return written

    def revise(self, scope: Scope, turns: Iterable[Turn]) -> bool:
        """Write turns over those that have their index now, and drop every checkpoint that saw one of them.

        False, with nothing written, where the past has changed since `scope` was read. The vectors of a turn
        that got another text are left blank. Call `erase` afterwards.
        """
        first = None
        with self.transaction() as db:
            if not self._unchanged(scope):
                return False
            for turn in turns:
                where = scope.number, turn.index
                (old,) = self.at(scope.number, [turn.index])
                _, _, text, *_, analysis, corrected = as_row(turn, turn.index)
                db.execute(
                    "UPDATE turns SET text = ?, analysis = ?, corrected = ? WHERE scope = ? AND idx = ?",
                    (text, analysis, corrected, *where),
                )
                if turn.text != old.text:
                    blank = "whole = x'', sentences = x'', words = x''"
                    db.execute(f"UPDATE vectors SET {blank} WHERE scope = ? AND idx = ?", where)
                for statement, mentions in (
                    ("DELETE FROM mentions WHERE scope = ? AND idx = ? AND topic = ?", old.analysis.mentions),
                    (_MENTION, turn.analysis.mentions),
                ):
                    db.executemany(statement, [(*where, mention.key) for mention in mentions])
                first = turn.index if first is None else min(first, turn.index)
            if first is not None:
                self._rewritten(scope.number, first)
        return True

    def _unchanged(self, scope: Scope) -> bool:
        """Whether the past is what it was when `scope` was read."""
        now = self.find(scope.user, scope.agent)
        return now is not None and (now.number, now.epoch) == (scope.number, scope.epoch)

    def _rewritten(self, scope: int, first: int) -> None:
        """Note, inside a transaction, that the past has changed from a turn on, and that text was deleted."""
        self._db.execute("DELETE FROM checkpoints WHERE scope = ? AND turns > ?", (scope, first))
        self._db.execute("UPDATE scopes SET epoch = epoch + 1 WHERE scope = ?", (scope,))
        self._db.execute("INSERT INTO erasures VALUES (NULL)")

    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        """The turns with start <= index < stop, in order; in pages, so a long log needs little memory."""
        while stop is None or start < stop:
            page = 512 if stop is None else min(512, stop - start)
            with self._guard():
                rows = self._db.execute(
                    f"SELECT {COLUMNS} FROM turns WHERE scope = ? AND idx >= ? ORDER BY idx LIMIT ?",
                    (scope, start, page),
                ).fetchall()
            if not rows:
                return
            for row in rows:
                yield as_turn(row)
            start = rows[-1][1] + 1

    def turn(self, scope: int, id: str) -> Turn:
        """The turn with this id; raises `NotFound`."""
        with self._guard():
            found = self._one(scope, "id = ?", id)
        if found is None:
            raise NotFound(f"no turn has the id {id!r}: take one from the ledger or an export")
        return found

    def _one(self, scope: int, where: str, value: object) -> Turn | None:
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM turns WHERE scope = ? AND {where}", (scope, value)
        ).fetchone()
        return as_turn(row) if row else None

    def amended(self, scope: int) -> list[Turn]:
        """The turns about which something was put right, in order of the log."""
        with self._guard():
            rows = self._db.execute(
                f"SELECT {COLUMNS} FROM turns WHERE scope = ? AND corrected IS NOT NULL ORDER BY idx",
                (scope,),
            ).fetchall()
        return [as_turn(row) for row in rows]

    def before(self, scope: int, at: datetime) -> list[Turn]:
        """The turns said before a moment, in order of the log."""
        with self._guard():
            rows = self._db.execute(
                f"SELECT {COLUMNS} FROM turns WHERE scope = ? AND at < ? ORDER BY idx",
                (scope, at.isoformat()),
            ).fetchall()
        return [as_turn(row) for row in rows]

    def said_until(self, scope: int, at: datetime) -> int:
        """How many turns stand in the log before the first that was said after a moment."""
        with self._guard():
            row = self._db.execute(
                """SELECT coalesce((SELECT min(idx) FROM turns WHERE scope = ?1 AND at > ?2),
                                   (SELECT max(idx) + 1 FROM turns WHERE scope = ?1), 0)""",
                (scope, at.isoformat()),
            ).fetchone()
        return int(row[0])

    def mentioning(
        self, scope: int, topic: str, *, role: Role | None = None, before: int | None = None, limit: int = -1
    ) -> Iterator[Turn]:
        """The newest turns that mention a topic, newest first, of those of a role with index < before."""
        with self._guard():
            rows = self._db.execute(
                # CROSS JOIN keeps the index first: else SQLite walks the whole log back for a rare topic
                f"""SELECT {COLUMNS} FROM mentions CROSS JOIN turns USING (scope, idx)
                    WHERE scope = ? AND topic = ? AND idx < ? AND role = coalesce(?, role)
                    ORDER BY mentions.idx DESC LIMIT ?""",
                (scope, topic, 1 << 62 if before is None else before, role, limit),
            ).fetchall()
        return map(as_turn, rows)  # who takes two of them need not wait for all

    def mention_counts(self, scope: int) -> dict[str, int]:
        """How many turns mention each topic key, ever."""
        with self._guard():
            return dict(
                self._db.execute(
                    "SELECT topic, count(*) FROM mentions WHERE scope = ? GROUP BY topic", (scope,)
                )
            )

    def mention_rows(self, scope: int) -> list[tuple[str, int]]:
        """The whole index: (topic key, turn index), sorted."""
        with self._guard():
            return self._db.execute(
                "SELECT topic, idx FROM mentions WHERE scope = ? ORDER BY topic, idx", (scope,)
            ).fetchall()

    # What recall is built from

    def said(self, scope: int, start: int) -> Iterator[tuple[str, Role, str | None, datetime, str | None]]:
        """Text, role, speaker, time and session of the turns from an index on."""
        while True:
            with self._guard():
                rows = self._db.execute(
                    """SELECT text, role, speaker, at, session FROM turns
                       WHERE scope = ? AND idx >= ? ORDER BY idx LIMIT 512""",
                    (scope, start),
                ).fetchall()
            if not rows:
                return
            for text, role, speaker, at, session in rows:
                yield text, role, speaker, datetime.fromisoformat(at), session
            start += len(rows)

    def at(self, scope: int, indexes: Iterable[int]) -> list[Turn]:
        """The turns with these indexes, in the order given."""
        with self._guard():
            return [turn for index in indexes if (turn := self._one(scope, "idx = ?", index))]

    def embedded(self, scope: int) -> int:
        """How many turns have vectors."""
        with self._guard():
            return int(
                self._db.execute(
                    """SELECT (SELECT coalesce(max(idx) + 1, 0) FROM vectors WHERE scope = ?1)
                            - (SELECT count(*) FROM vectors WHERE scope = ?1 AND whole = x'')""",
                    (scope,),
                ).fetchone()[0]
            )

    def unembedded(self, scope: int, limit: int) -> list[int]:
        """The indexes of the first turns that have no vectors: those left blank, then the end of the log."""
        with self._guard():
            rows = self._db.execute(
                """SELECT idx FROM vectors WHERE scope = ?1 AND whole = x''
                   UNION ALL
                   SELECT idx FROM turns WHERE scope = ?1
                      AND idx > (SELECT coalesce(max(idx), -1) FROM vectors WHERE scope = ?1)
                   ORDER BY idx LIMIT ?2""",
                (scope, limit),
            ).fetchall()
        return [row[0] for row in rows]

    def add_vectors(
        self, scope: Scope, embedder: str, indexes: Sequence[int], rows: Sequence[Vectors]
    ) -> bool:
        """Write the vectors of turns that have none; False where log or vectors changed meanwhile."""
        with self.transaction() as db:
            now = self.find(scope.user, scope.agent)
            if now is None or now.embedder not in (None, embedder) or not self._unchanged(scope):
                return False
            if list(indexes) != self.unembedded(scope.number, len(indexes)):
                return False
            db.execute("UPDATE scopes SET embedder = ? WHERE scope = ?", (embedder, scope.number))
            db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
                [(scope.number, index, *row) for index, row in zip(indexes, rows, strict=True)],
            )
        return True

    def drop_vectors(self, scope: int) -> None:
        """Delete the vectors of a scope, and forget which model made them."""
        with self.transaction() as db:
            db.execute("DELETE FROM vectors WHERE scope = ?", (scope,))
            db.execute("UPDATE scopes SET embedder = NULL WHERE scope = ?", (scope,))

    def wholes(self, scope: int, start: int) -> list[bytes]:
        """The vectors of whole turns from an index on, empty for one left blank."""
        with self._guard():
            rows = self._db.execute(
                "SELECT whole FROM vectors WHERE scope = ? AND idx >= ? ORDER BY idx", (scope, start)
            ).fetchall()
        return [row[0] for row in rows]

    def vectors(self, scope: int, indexes: Iterable[int]) -> list[tuple[bytes, bytes]]:
        """The sentence and the word vectors of turns, empty for a turn that has none."""
        statement = "SELECT sentences, words FROM vectors WHERE scope = ? AND idx = ?"
        with self._guard():
            return [self._db.execute(statement, (scope, index)).fetchone() or (b"", b"") for index in indexes]

    # Checkpoints

    def save_checkpoint(self, scope: Scope, turns: int, state: bytes, *, drop: Sequence[int] = ()) -> None:
        """Keep a fold of the first `turns` turns, unless the past was rewritten meanwhile; drop others."""
        with self.transaction() as db:
            row = db.execute("SELECT epoch FROM scopes WHERE scope = ?", (scope.number,)).fetchone()
            if row == (scope.epoch,):
                db.execute(
                    "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", (scope.number, turns, state)
                )
                db.executemany(
                    "DELETE FROM checkpoints WHERE scope = ? AND turns = ?",
                    [(scope.number, old) for old in drop],
                )

    def checkpoints(self, scope: int) -> list[int]:
        """How many turns each kept checkpoint covers, ascending."""
        with self._guard():
            rows = self._db.execute("SELECT turns FROM checkpoints WHERE scope = ? ORDER BY turns", (scope,))
            return [row[0] for row in rows]

    def checkpoint(self, scope: int, turns: int) -> bytes:
        """The state kept after `turns` turns, empty where there is none."""
        with self._guard():
            row = self._db.execute(
                "SELECT state FROM checkpoints WHERE scope = ? AND turns = ?", (scope, turns)
            ).fetchone()
        return bytes(row[0]) if row else b""

    # Forgetting

    def forget(self, scope: int, ids: Sequence[str]) -> None:
        """Delete turns, their index rows and every checkpoint that saw them, and close the gaps, at once.

        Raises `NotFound`, with nothing deleted, where an id is not in the log. Call `erase` afterwards.
        """
        with self.transaction() as db:
            gone = sorted({self._index(scope, id) for id in ids})
            if not gone:
                return
            db.execute("CREATE TEMP TABLE gone (idx INTEGER PRIMARY KEY, so_far INTEGER)")
            db.executemany("INSERT INTO gone VALUES (?, ?)", [(index, n + 1) for n, index in enumerate(gone)])
            for table in ("turns", "mentions", "vectors"):
                db.execute(f"DELETE FROM {table} WHERE scope = ? AND idx IN (SELECT idx FROM gone)", (scope,))
                # by way of negative numbers: SQLite checks uniqueness row by row
                db.execute(
                    f"""UPDATE {table} SET idx = -1 - idx + (SELECT so_far FROM gone
                            WHERE gone.idx < {table}.idx ORDER BY gone.idx DESC LIMIT 1)
                        WHERE scope = ? AND idx > ?""",
                    (scope, gone[0]),
                )
                db.execute(f"UPDATE {table} SET idx = -1 - idx WHERE scope = ? AND idx < 0", (scope,))
            db.execute("DROP TABLE gone")
            self._rewritten(scope, gone[0])

    def _index(self, scope: int, id: str) -> int:
        row = self._db.execute("SELECT idx FROM turns WHERE scope = ? AND id = ?", (scope, id)).fetchone()
        if row is None:
            raise NotFound(f"no turn has the id {id!r}: take one from the ledger or an export")
        return int(row[0])

    def drop_scope(self, scope: int) -> None:
        """Delete everything of a scope, the scope's row included. Call `erase` afterwards."""
        with self.transaction() as db:
            for table in ("turns", "mentions", "vectors", "checkpoints", "scopes"):
                db.execute(f"DELETE FROM {table} WHERE scope = ?", (scope,))
            db.execute("INSERT INTO erasures VALUES (NULL)")
