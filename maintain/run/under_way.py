"""Nothing is begun while a bootstrap or a migration is under way."""

from __future__ import annotations

from typing import Any

import psycopg

from bootstrap.postgres.lock import BOOTSTRAP, holders


def under_way(conn: psycopg.Connection[Any]) -> str:
    """Who is at it, as a clause; empty where nobody is.

    What has begun goes on: a migration that has to wait for it is seen as any other session, and has it break off.
    """
    found = next((each for each in holders(conn, BOOTSTRAP) if each.granted), None)
    return f"a bootstrap is under way ({found})" if found else ""
