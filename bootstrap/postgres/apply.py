"""Applies a plan: under the bootstrap's lock, in one transaction, nothing when nothing differs."""

from __future__ import annotations

from typing import Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.postgres.change import Change, comma
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.live import Live, read
from bootstrap.postgres.lock import hold
from bootstrap.postgres.plan import plan


class ApplyError(BootstrapError):
    """A change could not be made: the message says which and what mends it."""


def apply(conn: psycopg.Connection[Any], wanted: Desired) -> tuple[Change, ...]:
    """Make the database as `wanted` and return what was changed. `conn` is an autocommit connection of the master."""
    if not plan(wanted, read(conn, wanted)):
        return ()
    # Read again under the lock: another run may have done it meanwhile.
    with hold(conn), conn.transaction():
        live = read(conn, wanted)
        _check(wanted, live)
        changes = plan(wanted, live)
        for change in changes:
            try:
                conn.execute(change.sql.encode())
            except psycopg.Error as error:
                reason = error.diag.message_primary or type(error).__name__
                raise ApplyError(f"{change.subject}: {reason} ({error.sqlstate}), in: {change.sql}") from None
    return changes


def _check(wanted: Desired, live: Live) -> None:
    """Refuse before the first statement what would fail in the middle."""
    foreign = sorted(name for name, role in live.roles.items() if name in wanted.managed and not role.administered)
    if foreign:
        raise ApplyError(
            f"{comma(foreign)} exist, {live.user} may not administer them (from PostgreSQL 16 only their creator may); "
            f"as their creator: GRANT {comma(foreign)} TO {live.user} WITH ADMIN OPTION"
        )
