"""Applies a plan: under the bootstrap's lock, in one transaction, nothing when nothing differs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.action import Action, Choice
from bootstrap.errors import BootstrapError
from bootstrap.postgres.change import comma, ident
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.live import Live, read
from bootstrap.postgres.lock import hold
from bootstrap.postgres.plan import plan

_ATTEMPTS = 5
_BATCH = 250
LIMITS = "SET LOCAL lock_timeout = '15s'; SET LOCAL statement_timeout = '60s'"


class ApplyError(BootstrapError):
    """A change could not be made: the message says which and what mends it."""


class StalePlanError(ApplyError):
    """The server is no longer as it was when the plan was made."""


class _CollisionError(ApplyError):
    """Somebody changed the same catalog row at the same moment (XX000, tuple concurrently updated).

    Roles are the cluster's, the lock is the database's: two stacks on one server can meet here.
    """


@dataclass(frozen=True, kw_only=True)
class AppliedActions:
    """What was changed, and what was planned but not chosen."""

    changes: tuple[Action, ...] = ()
    skipped: tuple[Action, ...] = ()


def apply(
    conn: psycopg.Connection[Any], wanted: Desired, choose: Choice, *, digest: str | None = None
) -> AppliedActions:
    """Do what `choose` takes of the plan that makes the database as `wanted`.

    `conn` is an autocommit connection of the master. Raise StalePlanError unless the server is as in `digest`.
    """
    planned = plan(wanted, read(conn, wanted))
    if not any(map(choose, planned)):
        return AppliedActions(skipped=planned)
    with hold(conn):
        for attempt in range(_ATTEMPTS + 1):
            try:
                return _transaction(conn, wanted, choose, digest)
            except _CollisionError:
                if attempt == _ATTEMPTS:
                    raise
                time.sleep(0.1)
    raise AssertionError("unreachable")


def _transaction(conn: psycopg.Connection[Any], wanted: Desired, choose: Choice, digest: str | None) -> AppliedActions:
    with conn.transaction():
        conn.execute(LIMITS)
        # Read again under the lock: another run may have done it meanwhile.
        live = read(conn, wanted)
        if digest is not None and live.digest != digest:
            raise StalePlanError("the server has changed since the plan was made: make a new one and look at it again")
        _check(wanted, live)
        planned = plan(wanted, live)
        chosen = tuple(change for change in planned if choose(change))
        # Conditions of policies name tables and functions as the declaration's schemas have them.
        conn.execute(f"SET LOCAL search_path = {comma(map(ident, wanted.schemas))}".encode())
        _execute(conn, chosen)
    return AppliedActions(changes=chosen, skipped=tuple(change for change in planned if not choose(change)))


def _execute(conn: psycopg.Connection[Any], changes: Sequence[Action]) -> None:
    """Send the statements together; where one fails, again one by one to know which."""
    for start in range(0, len(changes), _BATCH):
        batch = changes[start : start + _BATCH]
        try:
            with conn.transaction():
                conn.execute(";\n".join(change.text for change in batch).encode())
        except psycopg.Error as error:
            _collision(error, batch[0])
            _singly(conn, batch)


def _singly(conn: psycopg.Connection[Any], changes: Sequence[Action]) -> None:
    for change in changes:
        try:
            conn.execute(change.text.encode())
        except psycopg.Error as error:
            if error.sqlstate is None:
                lost = "the connection was lost, so PostgreSQL undoes the whole plan; run it again"
                raise ApplyError(f"{change.subject}: {lost}") from None
            _collision(error, change)
            reason = error.diag.message_primary or type(error).__name__
            mend = _to_be_granted(conn, change) if (error.sqlstate, change.verb) == ("42501", "join") else ""
            raise ApplyError(f"{change.subject}: {reason} ({error.sqlstate}), in: {change.text}{mend}") from None


def _to_be_granted(conn: psycopg.Connection[Any], change: Action) -> str:
    """What lets us grant a role: ADMIN on it, which on RDS rds_superuser has of most roles that begin with pg_."""
    role = ident(change.subject.rpartition(" of ")[2])
    return f"; as whoever administers it: GRANT {role} TO {ident(conn.info.user)} WITH ADMIN OPTION"


def _collision(error: psycopg.Error, change: Action) -> None:
    reason = error.diag.message_primary or type(error).__name__
    if "concurrently" in reason:
        raise _CollisionError(f"{change.subject}: {reason} ({error.sqlstate}), in: {change.text}") from None


def _check(wanted: Desired, live: Live) -> None:
    """Refuse before the first statement what would fail in the middle."""
    foreign = sorted(name for name, role in live.roles.items() if name in wanted.managed and not role.administered)
    if live.user in foreign:
        raise ApplyError(
            f"{live.user} is who is logged in, and nobody administers itself (from PostgreSQL 16): log in as another "
            "administrator, or take it out of access.yaml (an owner: `keep: [owner, marks]`)"
        )
    if foreign:
        raise ApplyError(
            f"{comma(foreign)} exist, {live.user} may not administer them (from PostgreSQL 16 only their creator may); "
            f"as their creator: GRANT {comma(foreign)} TO {live.user} WITH ADMIN OPTION"
        )
