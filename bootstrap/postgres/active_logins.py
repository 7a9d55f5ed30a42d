"""Which sibling logins of each identity can log in to a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.access.names import SIBLINGS, login


def active_logins(conn: psycopg.Connection[Any], access: Access) -> dict[str, str]:
    """Return which sibling logins of each identity can log in, where no secret says which is in use."""
    rows = conn.execute("SELECT rolname, rolcanlogin FROM pg_roles").fetchall()
    return active(access, dict(rows))


def active(access: Access, roles: Mapping[str, bool]) -> dict[str, str]:
    """Return the same of a server with these `roles` (name -> whether it can log in). Pure.

    Both can while a rotation's grace lasts: nothing here tells which of them is current, so both stay. An identity
    that logs in as before the stack and has no siblings yet is left out: without secrets nobody needs them.
    """
    found: dict[str, str] = {}
    for name, postgres in access.postgres_users.items():
        there = [sibling for sibling in SIBLINGS if login(name, sibling) in roles]
        if postgres.login == "siblings" or (postgres.login == "present" and (there or not roles.get(name))):
            found[name] = "".join(each for each in there if roles[login(name, each)]) or SIBLINGS[0]
    return found
