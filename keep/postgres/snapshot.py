"""One snapshot that the dump and the proof share: a session holds it open and exports it while writers go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

# What the text of a row depends on (PostgreSQL, "Client Connection Defaults"): a digest of it must not.
PINNED = (
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL xmloption = 'content'",
    # pg_catalog alone: the text of a regclass leaves out the schema of what the path finds.
    "SET LOCAL search_path = ''",
    "SET LOCAL row_security = off",  # a policy that hides rows is an error, not fewer rows
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An exported snapshot; good for as long as its session's transaction is open."""

    id: str
    at: datetime
    lsn: str


@contextmanager
def exported(conn: psycopg.Connection[Any], role: str | None) -> Iterator[Snapshot]:
    """Take a snapshot in `conn`, which is autocommit, as `role`, and hold it until the block ends.

    Needs no privilege. A standby exports one too; its WAL position is what it has replayed.
    """
    with conn.transaction(force_rollback=True):
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for each in PINNED:
            conn.execute(each.encode())
        row = conn.execute(
            """SELECT pg_export_snapshot(), clock_timestamp(),
                      (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                            ELSE pg_current_wal_lsn() END)::text"""
        ).fetchone()
        assert row is not None  # noqa: S101 a SELECT without FROM has a row
        if role:
            conn.execute(psycopg.sql.SQL("SET LOCAL ROLE {}").format(psycopg.sql.Identifier(role)))
        yield Snapshot(id=row[0], at=row[1], lsn=row[2])
