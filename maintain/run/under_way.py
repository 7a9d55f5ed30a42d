"""Nothing is begun while a bootstrap or a migration is under way."""

from __future__ import annotations

from typing import Any

import psycopg

from bootstrap.books import TABLE
from bootstrap.lock_holders import Holder, query
from bootstrap.migrate.lock import lock_keys, migrators
from bootstrap.postgres.lock import BOOTSTRAP, holders

_SCHEMA = "public"
"""In which golang-migrate keeps its table unless it is set otherwise."""


def under_way(conn: psycopg.Connection[Any]) -> str:
    """Who is at it, as a clause; empty where nobody is who has a right to.

    What has begun goes on: a migration that has to wait for it is seen as any other session, and has it break off.
    """
    if found := _at_it(holders(conn, BOOTSTRAP)):
        return f"a bootstrap is under way ({found})"
    keys = lock_keys(conn.info.dbname, _SCHEMA, TABLE)
    rows = conn.execute(query(keys, migrators(_SCHEMA, TABLE))).fetchall()
    found = _at_it([Holder(*row) for row in rows])
    return f"a migration is under way ({found})" if found else ""


def _at_it(found: list[Holder]) -> Holder | None:
    return next((each for each in found if each.granted and each.entitled), None)
