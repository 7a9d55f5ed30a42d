"""The same probes without a password: an administrator takes on each identity's role, in a transaction that is undone.

It proves privileges, not logins: SET ROLE asks who is logged in, so becoming the owner is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.postgres.change import ident
from bootstrap.report import Check, Expected
from bootstrap.verify.postgres import outcome, probes_of
from bootstrap.verify.statements import tables


def verify_roles(conn: psycopg.Connection[Any], access: Access) -> Iterator[Check]:
    """Return every check of every identity that has PostgreSQL privileges."""
    found = tables(conn)
    for name in access.postgres_users:
        with conn.transaction(force_rollback=True):
            conn.execute("SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '10s'")
            refusal = _become(conn, name)
            yield _check(conn, name, f"act as {name}", "allowed", refusal or "allowed")
            for probe in (
                probes_of(access, name, found, replica=False, version=conn.info.server_version) if not refusal else ()
            ):
                if not probe.statements[0].startswith("SET ROLE"):
                    yield _check(conn, name, probe.action, probe.expected, outcome(conn, probe))


def _become(conn: psycopg.Connection[Any], name: str) -> str:
    """Take on a role; return why not."""
    try:
        with conn.transaction():
            conn.execute(f"SET LOCAL ROLE {ident(name)}".encode())
    except psycopg.Error as error:
        return f"{error.diag.message_primary}: GRANT {ident(name)} TO {ident(conn.info.user)}"
    return ""


def _check(conn: psycopg.Connection[Any], identity: str, action: str, expected: Expected, seen: str) -> Check:
    target = conn.info.dbname
    return Check(identity=identity, engine="postgres", target=target, action=action, expected=expected, outcome=seen)
