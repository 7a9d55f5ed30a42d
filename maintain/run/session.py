"""The session that does the work: how it begins, and as whom it works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from knowledge.thresholds.while_maintaining import LOCK_SECONDS, SNAPSHOT_SECONDS

APPLICATION = "datatier-maintain"
"""application_name of the session that works."""
CHECK_SECONDS = 1
"""The server ends the statement of a client that is gone within it (client_connection_check_interval, PostgreSQL 14):
without, a REINDEX of an hour goes on for nobody, and the lock of the run with it."""
_MOST_MS = 2**31 - 1
"""The longest statement_timeout that there is, 24 days (PostgreSQL, an integer in milliseconds)."""
# vacuum_cost_delay: by hand there is none, and autovacuum's own is 2 ms (PostgreSQL, autovacuum_vacuum_cost_delay).
# Workers in parallel would take the processors that users need; there is no hurry.
_SETTINGS = (
    f"SET application_name = '{APPLICATION}'",  # the master's login has another
    f"SET client_connection_check_interval = '{CHECK_SECONDS}s'",
    "SET vacuum_cost_delay = '2ms'",
    "SET max_parallel_maintenance_workers = 0",
    "SET idle_in_transaction_session_timeout = '60s'",
    "SET client_min_messages = 'warning'",
)


def begin(conn: psycopg.Connection[Any]) -> None:
    """Make a session of a login, in autocommit, the one that works. Its statement_timeout is set for each statement."""
    for each in _SETTINGS:
        conn.execute(each.encode())


def limit(conn: psycopg.Connection[Any], statement: str, seconds: float) -> None:
    """Set how long the next statement may take, and how long it may wait for a lock."""
    wait = SNAPSHOT_SECONDS if " CONCURRENTLY" in statement.upper() else LOCK_SECONDS
    conn.execute(
        "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false)",
        # What follows a statement, such as RESET ROLE, has a second in any case.
        (f"{round(min(max(1.0, seconds) * 1000, _MOST_MS))}ms", f"{round(wait * 1000)}ms"),
    )


@contextmanager
def acting_as(conn: psycopg.Connection[Any], role: str) -> Iterator[None]:
    """Be that role for a block, with the rights of that one alone; the login itself where it is empty."""
    if role:
        conn.execute(SQL("SET ROLE {}").format(Identifier(role)))
    try:
        yield
    finally:
        if role and not conn.closed:
            settle(conn)
            with suppress(psycopg.OperationalError):
                conn.execute("RESET ROLE")


def settle(conn: psycopg.Connection[Any]) -> None:
    """Have a cancellation that came late hit nothing that matters."""
    for _ in range(3):
        try:
            conn.execute("SELECT 1")
        except psycopg.errors.QueryCanceled:
            continue
        except psycopg.OperationalError:
            return
        return
