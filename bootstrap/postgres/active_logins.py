"""Which sibling logins of each identity can log in to a server."""

from __future__ import annotations

from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.access.names import SIBLINGS, login


def active_logins(conn: psycopg.Connection[Any], access: Access) -> dict[str, str]:
    """Return which sibling logins of each identity can log in, where no secret says which is in use.

    Both can while a rotation's grace lasts: nothing here tells which of them is current, so both stay.
    """
    rows = conn.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin").fetchall()
    can = {name for (name,) in rows}
    return {
        name: "".join(sibling for sibling in SIBLINGS if login(name, sibling) in can) or SIBLINGS[0]
        for name, postgres in access.postgres_users.items()
        if postgres.login == "siblings"
    }
