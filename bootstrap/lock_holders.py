"""Who holds an advisory lock or waits for it, and the end of those who have no business with it.

PostgreSQL asks for no privilege to take an advisory lock (its documentation, Advisory Locks), so that a login without a
single right could keep every deployment waiting for ever. Whoever may do the work that the lock is for is entitled to
it; the session of anybody else is ended (ADR 0023).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Literal

# Roles are made and granted by nobody else; `r` is the holder's role, NULL when that is gone.
ADMINISTRATOR = SQL("(r.rolsuper OR r.rolcreaterole OR r.rolname = current_user)")
_WAIT = 5000  # ms for a session to end; all have been asked to by then


@dataclass(frozen=True)
class Holder:
    """A session that has the lock or waits for it."""

    key: int
    pid: int
    user: str
    application: str
    granted: bool
    own: bool
    """Whether it is the one that asks."""
    entitled: bool

    def __str__(self) -> str:
        return f"process {self.pid}, user {self.user}{f', {self.application}' if self.application else ''}"

    @property
    def mend(self) -> str:
        """The statement that ends it."""
        return f"SELECT pg_terminate_backend({self.pid})"


def query(keys: Sequence[int], entitled: Composable = ADMINISTRATOR) -> Composed:
    """Query for the sessions of this database; the fields of Holder."""
    # A bigint key shows as its halves in classid and objid, with objsubid 1.
    return SQL(
        "SELECT l.objid::bigint, l.pid, coalesce(a.usename, '?'), coalesce(a.application_name, ''), l.granted,"
        " l.pid = pg_backend_pid(), coalesce({}, false)"
        " FROM pg_locks l JOIN pg_database d ON d.oid = l.database LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
        " LEFT JOIN pg_roles r ON r.oid = a.usesysid"
        " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
        " AND l.classid = 0 AND l.objsubid = 1 AND l.objid IN ({}) ORDER BY l.granted DESC, l.pid"
    ).format(entitled, SQL(", ").join(map(Literal, keys)))


def end_intruders(
    conn: psycopg.Connection[Any], keys: Sequence[int], entitled: Composable = ADMINISTRATOR
) -> list[str]:
    """End the sessions of those who are not entitled, and say whose; nobody's where this login may not."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        found = [Holder(*row) for row in cursor.execute(query(keys, entitled)).fetchall()]
        intruders = [holder for holder in found if not (holder.entitled or holder.own)]
        try:
            # All are asked before one is waited for: a lock that is given back goes to whoever waits for it.
            for wait in (0, _WAIT):
                for holder in intruders:
                    cursor.execute("SELECT pg_terminate_backend(%s, %s)", (holder.pid, wait))
        except errors.InsufficientPrivilege:
            return []
    return [f"{one} held a lock of the bootstrap without a right to its work, and was ended" for one in intruders]


def named(found: Iterable[Holder]) -> tuple[str, str]:
    """Who has the lock, and what mends that; empty where nobody has it any more."""
    for holder in found:
        if holder.granted and not holder.own:
            what = "" if holder.entitled else ", which has no right to the work that the lock is for"
            return f" ({holder}{what})", f"wait for it or, if it is stuck, end it: {holder.mend}"
    return "", "run the command again"
