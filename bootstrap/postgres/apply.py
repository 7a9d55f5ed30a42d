"""Applies a plan: under the bootstrap's lock, in one transaction, nothing when nothing differs."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.postgres.change import Change, comma
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.live import Live, read
from bootstrap.postgres.lock import hold
from bootstrap.postgres.plan import plan

_ATTEMPTS = 5


class ApplyError(BootstrapError):
    """A change could not be made: the message says which and what mends it."""


class _CollisionError(ApplyError):
    """Somebody changed the same catalog row at the same moment (XX000, tuple concurrently updated).

    Roles are the cluster's, the lock is the database's: two stacks on one server can meet here.
    """


def apply(conn: psycopg.Connection[Any], wanted: Desired) -> tuple[Change, ...]:
    """Make the database as `wanted` and return what was changed. `conn` is an autocommit connection of the master."""
    if not plan(wanted, read(conn, wanted)):
        return ()
    with hold(conn):
        for _ in range(_ATTEMPTS):
            try:
                return _transaction(conn, wanted)
            except _CollisionError:
                time.sleep(0.1)
        return _transaction(conn, wanted)


def _transaction(conn: psycopg.Connection[Any], wanted: Desired) -> tuple[Change, ...]:
    with conn.transaction():
        conn.execute("SET LOCAL lock_timeout = '15s'; SET LOCAL statement_timeout = '60s'")
        # Read again under the lock: another run may have done it meanwhile.
        live = read(conn, wanted)
        _check(wanted, live)
        changes = plan(wanted, live)
        for change in changes:
            try:
                conn.execute(change.sql.encode())
            except psycopg.Error as error:
                if error.sqlstate is None:
                    lost = "the connection was lost, so PostgreSQL undoes the whole plan; run it again"
                    raise ApplyError(f"{change.subject}: {lost}") from None
                reason = error.diag.message_primary or type(error).__name__
                kind = _CollisionError if "concurrently" in reason else ApplyError
                raise kind(f"{change.subject}: {reason} ({error.sqlstate}), in: {change.sql}") from None
    return changes


def _check(wanted: Desired, live: Live) -> None:
    """Refuse before the first statement what would fail in the middle."""
    foreign = sorted(name for name, role in live.roles.items() if name in wanted.managed and not role.administered)
    if foreign:
        raise ApplyError(
            f"{comma(foreign)} exist, {live.user} may not administer them (from PostgreSQL 16 only their creator may); "
            f"as their creator: GRANT {comma(foreign)} TO {live.user} WITH ADMIN OPTION"
        )
