"""The log of turns in one SQLite file, with the index of mentions and the checkpoints that follow from it.

It keeps and finds rows. What a turn means is decided before it comes here (`analyse`), what turns add up to
is decided after it leaves (`fold`). Every table has the scope in its primary key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import InvalidInput, NotFound
from ..message import Analysis, Role, Turn
from .connection import Connection

Vectors = tuple[bytes, bytes, bytes]
"""The vectors of one turn: of its whole, its sentences and its words."""

_COLUMNS = "id, idx, text, role, speaker, at, session, analysis"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memory it is, the Dynamics it was written with (JSON), and how far its log goes now.

    `embedder` names the model that made its vectors, None where there are none.
    """

    number: int
    user: str
    agent: str
    dynamics: str
    epoch: int
    turns: int
    embedder: str | None = None


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

        An id that the scope already has gives back the turn in the log, so a retry is safe; with another text
        it raises `InvalidInput` and nothing is written.
        """
        written: list[Turn] = []
        with self.transaction() as db:
            index = db.execute(
                "SELECT coalesce(max(idx) + 1, 0) FROM turns WHERE scope = ?", (scope,)
            ).fetchone()[0]
            for turn in turns:
                known = self._one(scope, "id = ?", turn.id)
                if known is not None:
                    if (known.text, known.role) != (turn.text, turn.role):
                        raise InvalidInput(
                            f"turn id {turn.id!r} is in the log with another text: give a new id"
                        )
                    written.append(known)
                    continue
                row = (turn.id, index, turn.text, turn.role, turn.speaker, turn.at.isoformat(), turn.session)
                db.execute(
                    f"INSERT INTO turns ({_COLUMNS}, scope) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, json.dumps(turn.analysis.packed(), ensure_ascii=False, sort_keys=True), scope),
                )
                db.executemany(
                    "INSERT OR IGNORE INTO mentions VALUES (?, ?, ?)",
                    [(scope, mention.key, index) for mention in turn.analysis.mentions],
                )
                written.append(
                    Turn(
                        turn.id,
                        index,
                        turn.text,
                        turn.role,
                        turn.speaker,
                        turn.at,
                        turn.session,
                        turn.analysis,
                    )
                )
                index += 1
        return written

    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        """The turns with start <= index < stop, in order; in pages, so a long log needs little memory."""
        while stop is None or start < stop:
            page = 512 if stop is None else min(512, stop - start)
            with self._guard():
                rows = self._db.execute(
                    f"SELECT {_COLUMNS} FROM turns WHERE scope = ? AND idx >= ? ORDER BY idx LIMIT ?",
                    (scope, start, page),
                ).fetchall()
            if not rows:
                return
            for row in rows:
                yield _turn(row)
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
            f"SELECT {_COLUMNS} FROM turns WHERE scope = ? AND {where}", (scope, value)
        ).fetchone()
        return _turn(row) if row else None

    def before(self, scope: int, at: datetime) -> list[Turn]:
        """The turns said before a moment, in order of the log."""
        with self._guard():
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM turns WHERE scope = ? AND at < ? ORDER BY idx",
                (scope, at.isoformat()),
            ).fetchall()
        return [_turn(row) for row in rows]

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
                f"""SELECT {_COLUMNS} FROM mentions CROSS JOIN turns USING (scope, idx)
                    WHERE scope = ? AND topic = ? AND idx < ? AND role = coalesce(?, role)
                    ORDER BY mentions.idx DESC LIMIT ?""",
                (scope, topic, 1 << 62 if before is None else before, role, limit),
            ).fetchall()
        return map(_turn, rows)  # who takes two of them need not wait for all

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
        """How many turns have vectors: always the first ones of the log."""
        with self._guard():
            return int(
                self._db.execute(
                    "SELECT coalesce(max(idx) + 1, 0) FROM vectors WHERE scope = ?", (scope,)
                ).fetchone()[0]
            )

    def add_vectors(self, scope: Scope, embedder: str, start: int, rows: Sequence[Vectors]) -> bool:
        """Write the vectors of the turns from `start` on; False where log or vectors changed meanwhile."""
        with self.transaction() as db:
            now = self.find(scope.user, scope.agent)
            if now is None or (now.number, now.epoch) != (scope.number, scope.epoch):
                return False
            if now.embedder not in (None, embedder) or start != self.embedded(scope.number):
                return False
            db.execute("UPDATE scopes SET embedder = ? WHERE scope = ?", (embedder, scope.number))
            db.executemany(
                "INSERT INTO vectors VALUES (?, ?, ?, ?, ?)",
                [(scope.number, start + n, *row) for n, row in enumerate(rows)],
            )
        return True

    def drop_vectors(self, scope: int) -> None:
        """Delete the vectors of a scope, and forget which model made them."""
        with self.transaction() as db:
            db.execute("DELETE FROM vectors WHERE scope = ?", (scope,))
            db.execute("UPDATE scopes SET embedder = NULL WHERE scope = ?", (scope,))

    def wholes(self, scope: int, start: int) -> list[bytes]:
        """The vectors of whole turns from an index on."""
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
            db.execute("DELETE FROM checkpoints WHERE scope = ? AND turns > ?", (scope, gone[0]))
            db.execute("UPDATE scopes SET epoch = epoch + 1 WHERE scope = ?", (scope,))
            db.execute("INSERT INTO erasures VALUES (NULL)")

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


def _turn(row: tuple[Any, ...]) -> Turn:
    id, index, text, role, speaker, at, session, packed = row
    analysis = Analysis.unpacked(json.loads(packed))
    return Turn(id, index, text, role, speaker, datetime.fromisoformat(at), session, analysis)
