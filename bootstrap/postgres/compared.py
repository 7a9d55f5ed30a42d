"""A database's roles and rights beside the declaration, as anybody may see them who logs in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bootstrap.access import Access
from bootstrap.action import Action
from bootstrap.postgres.active_logins import active_logins
from bootstrap.postgres.desired import Desired, desired
from bootstrap.postgres.facts import reported
from bootstrap.postgres.live import read
from bootstrap.postgres.plan import plan
from bootstrap.postgres.unseen import beside

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, kw_only=True)
class Compared:
    """How they differ."""

    undeclared: tuple[str, ...]
    """What is there and not declared."""
    changes: tuple[Action, ...]
    """What `access plan` would change."""


def compared(conn: psycopg.Connection[Any], access: Access, *, iam: bool, master: str | None = None) -> Compared:
    """Compare the database of the session as its master would see it, who administers all of it.

    Passwords, schema and data are not looked at.

    :param master: the master's name; by default it is the one who is a member of the owner undeclared.
    """
    wanted = desired(access, active_logins(conn, access), iam=iam)
    # As the master sees it, who administers all of it.
    live = replace(read(conn, wanted), user=master or _master(conn, wanted))
    return Compared(undeclared=tuple(reported(beside(wanted, live).unseen)), changes=tuple(plan(wanted, live)))


def _master(conn: psycopg.Connection[Any], wanted: Desired) -> str:
    row = conn.execute(
        "SELECT min(m.member::regrole::text) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid "
        "JOIN pg_roles of ON of.oid = m.member WHERE r.rolname = %s AND of.rolcanlogin AND NOT of.rolname = ANY(%s)",
        (wanted.owner, list(wanted.managed)),
    ).fetchone()
    return str(row[0]) if row and row[0] else ""
