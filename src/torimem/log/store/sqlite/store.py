"""The store in one SQLite file: the log of turns, the index of mentions, and the bytes kept with turns.

Every table has the scope in its primary key. A turn's row is keyed by a sequence number that never changes;
the index of the turn follows from the numbers that are gone (`positions`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from ....errors import NotFound
from ....models.message import Role
from ...turn import Turn
from ..base import VECTORS, WHOLE, StoreBase
from ..protocol import Scope, retried
from . import rewrite
from .database import TIMEOUT, Database, Durability, Use
from .positions import Positions
from .rows import COLUMNS, as_row, as_turn

_PAGE = 512
_END = 1 << 62
"""Above every sequence number."""

_VALUES = ", ".join("?" for _ in COLUMNS.split(","))
_NEXT = "max(head, coalesce((SELECT max(seq) + 1 FROM turns WHERE turns.scope = scopes.scope), 0))"
_SCOPE = f"SELECT scope, user, agent, dynamics, epoch, {_NEXT} - removed, embedder FROM scopes"


class SQLiteStore(StoreBase):
    """The store in one database file, or in memory (":memory:").

    `durability="process"` survives a killed process, `"full"` also a power cut. `timeout` is how many seconds
    to wait for the lock of another process. Raises `StoreError` where the file cannot be opened, is damaged,
    or belongs to another program.

    >>> store = SQLiteStore(":memory:")
    >>> store.scope("ada", "", "{}").turns
    0
    >>> store.close()
    """

    def __init__(
        self, path: str | Path, *, durability: Durability = "process", timeout: float = TIMEOUT
    ) -> None:
        self._file = Database(path, durability=durability, timeout=timeout)
        self._known: dict[int, tuple[int, Positions]] = {}  # by scope: its epoch, and what is true in it

    def __repr__(self) -> str:
        return f"SQLiteStore({self.name!r})"

    @property
    def name(self) -> str:
        return self._file.path

    def close(self) -> None:
        self._file.close()

    def transaction(self) -> AbstractContextManager[object]:
        return self._file.writing()

    def snapshot(self) -> AbstractContextManager[object]:
        return self._file.reading()

    def erase(self) -> bool:
        return self._file.erase()

    def pending(self) -> bool:
        return self._file.pending()

    def integrity(self) -> list[str]:
        return self._file.integrity()

    def size(self) -> int:
        return self._file.size()

    # Scopes

    def find(self, user: str, agent: str) -> Scope | None:
        with self._file.reading() as use:
            row = use.db.execute(f"{_SCOPE} WHERE user = ? AND agent = ?", (user, agent)).fetchone()
        return Scope(*row) if row else None

    def scope(self, user: str, agent: str, dynamics: str) -> Scope:
        found = self.find(user, agent)
        if found is None:
            with self._file.writing() as use:
                use.db.execute(
                    "INSERT OR IGNORE INTO scopes (user, agent, dynamics) VALUES (?, ?, ?)",
                    (user, agent, dynamics),
                )
                found = self.find(user, agent)
        assert found is not None
        return found

    def scopes(self) -> list[Scope]:
        with self._file.reading() as use:
            return [Scope(*row) for row in use.db.execute(f"{_SCOPE} ORDER BY user, agent")]

    def update(self, scope: int, *, dynamics: str | None = None, embedder: str | None = None) -> None:
        with self._file.writing() as use:
            if dynamics is not None:
                use.db.execute(
                    "UPDATE scopes SET dynamics = ?, epoch = epoch + 1 WHERE scope = ?", (dynamics, scope)
                )
                use.positions.pop(scope, None)
            if embedder is not None:
                change = "UPDATE scopes SET embedder = nullif(?, '') WHERE scope = ?"
                use.db.execute(change, (embedder, scope))

    def drop(self, scope: int) -> None:
        with self._file.writing() as use:
            for table in ("turns", "mentions", "blobs", "gaps", "scopes"):
                use.db.execute(f"DELETE FROM {table} WHERE scope = ?", (scope,))
            use.db.execute("INSERT INTO erasures VALUES (NULL)")
            use.positions.pop(scope, None)

    def _next(self, use: Use, scope: int) -> tuple[int, int]:
        """The next sequence number, and how many below it are gone."""
        row = use.db.execute(f"SELECT {_NEXT}, removed FROM scopes WHERE scope = ?", (scope,)).fetchone()
        if row is None:
            raise NotFound(f"no scope has the number {scope}: it was dropped, find or make it again")
        return int(row[0]), int(row[1])

    def _positions(self, use: Use, scope: int) -> Positions:
        """Which index each turn of a scope has, in this transaction."""
        positions = use.positions.get(scope)
        if positions is None:
            query = "SELECT epoch, removed FROM scopes WHERE scope = ?"
            epoch, removed = use.db.execute(query, (scope,)).fetchone() or (0, 0)
            known = self._known.get(scope, (-1, None))
            if not removed:
                positions = Positions()
            elif known[0] == epoch and known[1] is not None and not use.writes:
                positions = known[1]
            else:
                positions = Positions(
                    use.db.execute("SELECT first, count FROM gaps WHERE scope = ? ORDER BY first", (scope,))
                )
                if not use.writes:  # what is written may yet be undone, and its epoch be another's
                    self._known[scope] = epoch, positions
            use.positions[scope] = positions
        return positions

    # The log

    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        written: list[Turn] = []
        with self._file.writing() as use:
            seq, removed = self._next(use, scope)
            for turn in turns:
                new = use.db.execute(
                    f"""INSERT INTO turns ({COLUMNS}, scope) VALUES ({_VALUES}, ?)
                        ON CONFLICT (scope, id) DO NOTHING""",
                    (*as_row(turn, seq), scope),
                ).rowcount
                if not new:  # only then is it looked up: an id is seldom there already
                    known = self._one(use, scope, "id = ?", turn.id)
                    assert known is not None
                    written.append(retried(known, turn))
                    continue
                use.db.executemany(rewrite.MENTION, [(scope, seq, one.key) for one in turn.analysis.mentions])
                written.append(dataclasses.replace(turn, index=seq - removed))
                seq += 1
        return written

    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        """The turns with start <= index < stop, in order; in pages, so a long log needs little memory."""
        seq = end = None
        while True:
            with self._file.reading() as use:
                positions = self._positions(use, scope)
                if seq is None or end is None:
                    seq, end = positions.seq(start), _END if stop is None else positions.seq(stop)
                rows = use.db.execute(
                    f"""SELECT {COLUMNS} FROM turns
                        WHERE scope = ? AND seq >= ? AND seq < ? ORDER BY seq LIMIT {_PAGE}""",
                    (scope, seq, end),
                ).fetchall()
            for row in rows:
                yield as_turn(row, positions.index(row[1]))
            if len(rows) < _PAGE:
                return
            seq = rows[-1][1] + 1

    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        with self._file.writing() as use:
            positions = self._positions(use, scope)
            changed = bool(remove)
            for turn in replace:
                rewrite.replace(use.db, scope, positions.seq(turn.index), turn)
                changed = True
            if remove:
                head, _ = self._next(use, scope)
                removed = rewrite.remove(use.db, scope, remove, positions)
                change = "UPDATE scopes SET head = ?, removed = removed + ? WHERE scope = ?"
                use.db.execute(change, (head, removed, scope))
                use.positions.pop(scope, None)
            if changed:
                use.db.execute("UPDATE scopes SET epoch = epoch + 1 WHERE scope = ?", (scope,))
                use.db.execute("INSERT INTO erasures VALUES (NULL)")

    # Bytes kept with turns

    def put(self, scope: int, kind: str, values: Mapping[int, bytes | None]) -> None:
        if not values:
            return
        with self._file.writing() as use:
            positions = self._positions(use, scope)
            after, removed = self._next(use, scope)
            for index in values:
                if not 0 <= index < after - removed:
                    raise NotFound(f"no turn has the index {index}: look it up again")
            rows = [(scope, kind, positions.seq(index), value) for index, value in values.items()]
            use.db.executemany(
                "DELETE FROM blobs WHERE scope = ? AND kind = ? AND seq = ?",
                [row[:3] for row in rows if row[3] is None],
            )
            use.db.executemany(
                "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?)",
                [row for row in rows if row[3] is not None],
            )

    def get(self, scope: int, kind: str, indexes: Iterable[int]) -> dict[int, bytes]:
        wanted = [index for index in indexes if index >= 0]
        found: dict[int, bytes] = {}
        with self._file.reading() as use:
            positions = self._positions(use, scope)
            for start in range(0, len(wanted), _PAGE):
                seqs = [positions.seq(index) for index in wanted[start : start + _PAGE]]
                rows = use.db.execute(
                    f"""SELECT seq, bytes FROM blobs
                        WHERE scope = ? AND kind = ? AND seq IN ({", ".join("?" * len(seqs))})""",
                    (scope, kind, *seqs),
                )
                found |= {positions.index(seq): value for seq, value in rows}
        return {index: found[index] for index in wanted if index in found}

    def keys(self, scope: int, kind: str, start: int = 0) -> list[int]:
        with self._file.reading() as use:
            positions = self._positions(use, scope)
            rows = use.db.execute(
                "SELECT seq FROM blobs WHERE scope = ? AND kind = ? AND seq >= ? ORDER BY seq",
                (scope, kind, positions.seq(start)),
            )
            return [positions.index(seq) for (seq,) in rows]

    # What an index answers faster than the log read from its beginning

    def turn(self, scope: int, id: str) -> Turn:
        with self._file.reading() as use:
            found = self._one(use, scope, "id = ?", id)
        if found is None:
            raise NotFound(f"no turn has the id {id!r}: take one from the ledger or an export")
        return found

    def at(self, scope: int, indexes: Iterable[int]) -> list[Turn]:
        with self._file.reading() as use:
            seqs = [self._positions(use, scope).seq(index) for index in indexes if index >= 0]
            return [turn for seq in seqs if (turn := self._one(use, scope, "seq = ?", seq))]

    def _one(self, use: Use, scope: int, where: str, value: object) -> Turn | None:
        row = use.db.execute(
            f"SELECT {COLUMNS} FROM turns WHERE scope = ? AND {where}", (scope, value)
        ).fetchone()
        return as_turn(row, self._positions(use, scope).index(row[1])) if row else None

    def _index(self, scope: int, id: str) -> int:
        with self._file.reading() as use:
            row = use.db.execute("SELECT seq FROM turns WHERE scope = ? AND id = ?", (scope, id)).fetchone()
            if row is None:
                raise NotFound(f"no turn has the id {id!r}: take one from the ledger or an export")
            return self._positions(use, scope).index(row[0])

    def amended(self, scope: int) -> list[Turn]:
        return self._where(scope, "corrected IS NOT NULL")

    def before(self, scope: int, at: datetime) -> list[Turn]:
        return self._where(scope, "at < ?", at.isoformat())

    def _where(self, scope: int, condition: str, *values: object) -> list[Turn]:
        with self._file.reading() as use:
            positions = self._positions(use, scope)
            rows = use.db.execute(
                f"SELECT {COLUMNS} FROM turns WHERE scope = ? AND {condition} ORDER BY seq", (scope, *values)
            ).fetchall()
        return [as_turn(row, positions.index(row[1])) for row in rows]

    def said_until(self, scope: int, at: datetime) -> int:
        with self._file.reading() as use:
            row = use.db.execute(
                f"""SELECT coalesce((SELECT min(seq) FROM turns WHERE scope = ?1 AND at > ?2), {_NEXT})
                    FROM scopes WHERE scope = ?1""",
                (scope, at.isoformat()),
            ).fetchone()
            return self._positions(use, scope).index(row[0]) if row else 0

    def mentioning(
        self, scope: int, topic: str, *, role: Role | None = None, before: int | None = None, limit: int = -1
    ) -> Iterator[Turn]:
        with self._file.reading() as use:
            positions = self._positions(use, scope)
            rows = use.db.execute(
                # CROSS JOIN keeps the index first: else SQLite walks the whole log back for a rare topic
                f"""SELECT {COLUMNS} FROM mentions CROSS JOIN turns USING (scope, seq)
                    WHERE scope = ? AND topic = ? AND seq < ? AND role = coalesce(?, role)
                    ORDER BY mentions.seq DESC LIMIT ?""",
                (scope, topic, _END if before is None else positions.seq(before), role, limit),
            ).fetchall()
        # who takes two of them need not wait for all
        return (as_turn(row, positions.index(row[1])) for row in rows)

    def mention_counts(self, scope: int) -> dict[str, int]:
        with self._file.reading() as use:
            counted = "SELECT topic, count(*) FROM mentions WHERE scope = ? GROUP BY topic"
            return dict(use.db.execute(counted, (scope,)).fetchall())

    def mention_rows(self, scope: int) -> list[tuple[str, int]]:
        with self._file.reading() as use:
            index = self._positions(use, scope).index
            rows = use.db.execute(
                "SELECT topic, seq FROM mentions WHERE scope = ? ORDER BY topic, seq", (scope,)
            )
            return [(topic, index(seq)) for topic, seq in rows]

    # Vectors: those of the first turns are there, but for some that were left blank (see `add_vectors`)

    def embedded(self, scope: int) -> int:
        with self._file.reading() as use:
            last, blank = use.db.execute(
                """SELECT (SELECT max(seq) FROM blobs WHERE scope = ?1 AND kind = 'whole'),
                          (SELECT count(*) FROM blobs WHERE scope = ?1 AND kind = 'whole' AND bytes = x'')""",
                (scope,),
            ).fetchone()
            return 0 if last is None else self._positions(use, scope).index(last) + 1 - int(blank)

    def unembedded(self, scope: int, limit: int) -> list[int]:
        with self._file.reading() as use:
            index = self._positions(use, scope).index
            rows = use.db.execute(
                """SELECT seq FROM blobs WHERE scope = ?1 AND kind = 'whole' AND bytes = x''
                   UNION ALL
                   SELECT seq FROM turns WHERE scope = ?1 AND seq > (
                       SELECT coalesce(max(seq), -1) FROM blobs WHERE scope = ?1 AND kind = 'whole')
                   ORDER BY seq LIMIT ?2""",
                (scope, limit),
            )
            return [index(seq) for (seq,) in rows]

    def wholes(self, scope: int, start: int) -> list[bytes]:
        with self._file.reading() as use:
            seq = self._positions(use, scope).seq(start)
            statement = "SELECT bytes FROM blobs WHERE scope = ? AND kind = ? AND seq >= ? ORDER BY seq"
            return [value for (value,) in use.db.execute(statement, (scope, WHOLE, seq))]

    def drop_vectors(self, scope: int) -> None:
        with self._file.writing() as use:
            for kind in VECTORS:
                use.db.execute("DELETE FROM blobs WHERE scope = ? AND kind = ?", (scope, kind))
            self.update(scope, embedder="")
