"""The history of the database as functions, applied in order under `PRAGMA user_version`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from ....errors import StoreError

APPLICATION_ID = 0x746F7269  # "tori": tells a torimem file from any other SQLite file

MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = []
migration: Callable[[Callable[[sqlite3.Connection], None]], None] = MIGRATIONS.append


@migration
def m001_log_index_checkpoints(db: sqlite3.Connection) -> None:
    for statement in (
        # epoch counts the changes that rewrite the past, so that a process notices that its fold is stale;
        # numbers are never used again, or a scope that was dropped and made anew would look the same
        """CREATE TABLE scopes (
            scope INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, agent TEXT NOT NULL,
            dynamics TEXT NOT NULL, epoch INTEGER NOT NULL DEFAULT 0, UNIQUE (user, agent))""",
        """CREATE TABLE turns (
            scope INTEGER NOT NULL REFERENCES scopes, idx INTEGER NOT NULL, id TEXT NOT NULL,
            role TEXT NOT NULL, speaker TEXT, text TEXT NOT NULL, at TEXT NOT NULL, session TEXT,
            analysis TEXT NOT NULL, PRIMARY KEY (scope, idx), UNIQUE (scope, id))""",
        """CREATE TABLE mentions (
            scope INTEGER NOT NULL, topic TEXT NOT NULL, idx INTEGER NOT NULL,
            PRIMARY KEY (scope, topic, idx)) WITHOUT ROWID""",
        """CREATE TABLE checkpoints (
            scope INTEGER NOT NULL, turns INTEGER NOT NULL, state BLOB NOT NULL,
            PRIMARY KEY (scope, turns))""",
        # a row for each deletion whose text may still lie in the write-ahead log
        "CREATE TABLE erasures (pending INTEGER PRIMARY KEY AUTOINCREMENT)",
    ):
        db.execute(statement)


@migration
def m002_vectors(db: sqlite3.Connection) -> None:
    # which model made a scope's vectors: those of two models cannot be compared
    db.execute("ALTER TABLE scopes ADD COLUMN embedder TEXT")
    db.execute(
        """CREATE TABLE vectors (
            scope INTEGER NOT NULL, idx INTEGER NOT NULL, whole BLOB NOT NULL, sentences BLOB NOT NULL,
            words BLOB NOT NULL, PRIMARY KEY (scope, idx))"""
    )


@migration
def m003_corrections(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE turns ADD COLUMN corrected TEXT")
    # a text that was corrected leaves its vectors blank: they are to be made again
    db.execute("CREATE INDEX blank_vectors ON vectors (scope, idx) WHERE whole = x''")


@migration
def m004_sequences_bytes_meta(db: sqlite3.Connection) -> None:
    for statement in (
        # a turn keeps the number it was written with; `gaps` has those that were removed, as runs, and so its
        # index follows. No number below `head` is used again; `removed` is how many are gone
        "ALTER TABLE turns RENAME COLUMN idx TO seq",
        "ALTER TABLE mentions RENAME COLUMN idx TO seq",
        "ALTER TABLE scopes ADD COLUMN head INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE scopes ADD COLUMN removed INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE gaps (
            scope INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (scope, first)) WITHOUT ROWID""",
        "ALTER TABLE turns ADD COLUMN meta TEXT",
        """CREATE TABLE blobs (
            scope INTEGER NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, bytes BLOB NOT NULL,
            PRIMARY KEY (scope, kind, seq))""",
        "INSERT INTO blobs SELECT scope, 'whole', idx, whole FROM vectors ORDER BY scope, idx",
        "INSERT INTO blobs SELECT scope, 'sentences', idx, sentences FROM vectors ORDER BY scope, idx",
        "INSERT INTO blobs SELECT scope, 'words', idx, words FROM vectors ORDER BY scope, idx",
        # a checkpoint is kept with the last turn that it covers
        "INSERT INTO blobs SELECT scope, 'checkpoint', turns - 1, state FROM checkpoints WHERE turns > 0",
        "DROP TABLE vectors",
        "DROP TABLE checkpoints",
        "CREATE INDEX blank_vectors ON blobs (scope, seq) WHERE kind = 'whole' AND bytes = x''",
        """UPDATE scopes SET embedder = NULL
            WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.scope = scopes.scope AND kind = 'whole')""",
    ):
        db.execute(statement)


def refuse_foreign(db: sqlite3.Connection, path: str) -> None:
    """Raise `StoreError` for a file of another program or of a newer torimem; changes nothing."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if (tables or version) and application != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program: give another path")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} has schema {version}, this torimem knows {len(MIGRATIONS)}: upgrade torimem"
        )


def migrate(db: sqlite3.Connection, path: str) -> None:
    """Bring the database to the newest version; raises `StoreError` for a newer or a foreign file."""
    if db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        refuse_foreign(db, path)  # again: another process may have migrated while this one waited
        version = db.execute("PRAGMA user_version").fetchone()[0]
        for number in range(version, len(MIGRATIONS)):
            MIGRATIONS[number](db)
            db.execute(f"PRAGMA user_version = {number + 1}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
