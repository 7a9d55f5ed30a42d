"""One snapshot that the dump and the proof share: a session holds it open and exports it while writers go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

LOCK_WAIT = 30
"""Seconds that a backup waits for a statement that holds a table for itself, such as a migration's."""
# What the text of a row depends on (PostgreSQL, "Client Connection Defaults"): a digest of it must not.
PINNED = (
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL xmloption = 'content'",
    "SET LOCAL lc_monetary = 'C'",
    "SET LOCAL quote_all_identifiers = off",  # of what a regclass names
    # pg_catalog alone: the text of a regclass leaves out the schema of what the path finds.
    "SET LOCAL search_path = ''",
    "SET LOCAL row_security = off",  # a policy that hides rows is an error, not fewer rows
    "SET LOCAL jit = off",  # compiles for seconds what runs once for each table
    f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'",  # even pg_relation_size waits for whoever holds a table
)


# Before a transaction: what ends it counts from its beginning.
UNHURRIED = ("statement_timeout", "idle_in_transaction_session_timeout")
UNHURRIED_SINCE_17 = ("transaction_timeout",)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An exported snapshot; good for as long as its session's transaction is open."""

    id: str
    at: datetime
    lsn: str


def unhurried(conn: psycopg.Connection[Any]) -> None:
    """Let no timeout of login or database end what this session reads: that takes as long as it takes."""
    for each in (*UNHURRIED, *(UNHURRIED_SINCE_17 if conn.info.server_version >= 170000 else ())):
        conn.execute(f"SET {each} = 0".encode())


@contextmanager
def pinned(conn: psycopg.Connection[Any], role: str | None = None) -> Iterator[None]:
    """A transaction in `conn`, which is autocommit, that only reads, one snapshot of it, as `role`; then as before.

    Its settings are those in which the text of a row is the same everywhere. A statement that waits for a lock for
    longer than LOCK_WAIT raises psycopg.errors.LockNotAvailable.
    """
    unhurried(conn)
    with conn.transaction(force_rollback=True):
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for each in PINNED:
            conn.execute(each.encode())
        if role:
            conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
        yield


@contextmanager
def exported(conn: psycopg.Connection[Any], role: str | None, locked: Sequence[Composable] = ()) -> Iterator[Snapshot]:
    """Take a snapshot in `conn`, which is autocommit, as `role`, and hold it until the block ends.

    Needs no privilege. A standby exports one too; its WAL position is what it has replayed. The tables `locked` (as
    LOCK TABLE names them) keep their shape until the end, and are locked before the snapshot is taken (PostgreSQL,
    LOCK): what TRUNCATE or ALTER TABLE has committed in between no snapshot would show as it was.
    """
    with pinned(conn, role):
        if locked:
            conn.execute(SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(SQL(", ").join(locked)))
        row = conn.execute(
            """SELECT pg_export_snapshot(), clock_timestamp(),
                      (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                            ELSE pg_current_wal_lsn() END)::text"""
        ).fetchone()
        assert row is not None  # noqa: S101 a SELECT without FROM has a row
        yield Snapshot(id=row[0], at=row[1], lsn=row[2])
