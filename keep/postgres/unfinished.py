"""Databases on their way: each is named so, with a lock that says that somebody is at it; the next run drops the rest.

Nothing that is restored bears a name that anybody uses before it is whole and proved. Roles that were made for one go
with it (`keep.postgres.provisional`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from keep.errors import AskedError, KeepError
from keep.postgres import provisional
from keep.postgres.provisional import LOCK, NAMED, PREFIX

_OURS = ("53", "57", "58", "XX")
"""Classes of errors that say nothing of what was asked for: no room, a shutdown, an input or output error."""


@contextmanager
def unfinished(door: psycopg.Connection[Any], how: str) -> Iterator[str]:
    """Make a database by `CREATE DATABASE name <how>` and give its name; it is dropped unless it was renamed.

    Raise AskedError where the server cannot make it, such as for want of its locale, KeepError where that failed.
    """
    name = PREFIX + secrets.token_hex(6)
    door.execute("SET idle_session_timeout = 0")
    door.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCK, name))
    try:
        door.execute(SQL("CREATE DATABASE {} ").format(Identifier(name)) + SQL(how))
    except psycopg.Error as error:
        said = f"no database can be made there: {error.diag.message_primary or error}"
        if error.sqlstate is None or error.sqlstate.startswith(_OURS):
            raise KeepError(said) from None
        raise AskedError(f"{said}; the backup's is made by CREATE DATABASE ... {how}") from None
    try:
        yield name
    finally:
        with suppress(psycopg.Error):  # the server may be gone: the next run finds it
            _drop(door, name)
            provisional.drop(door, name)


def sweep(door: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Drop what runs that were killed have left; return their names."""
    rows = door.execute(
        """SELECT datname FROM pg_database WHERE datname ~ %(named)s AND pg_has_role(datdba, 'USAGE')
           UNION SELECT rolname FROM pg_roles WHERE rolname ~ %(named)s ORDER BY 1""",
        {"named": NAMED},
    ).fetchall()
    swept: list[str] = []
    for (name,) in rows:
        row = door.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (LOCK, name)).fetchone()
        if row and row[0]:
            try:
                gone = _drop(door, name), provisional.drop(door, name)
                swept += [name] if any(gone) else []
            except psycopg.Error:  # whoever is in it may not be ended
                continue
            finally:
                door.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (LOCK, name))
    return tuple(swept)


def _drop(door: psycopg.Connection[Any], name: str) -> bool:
    """Drop a database and end whoever is in it; return whether it was there."""
    if door.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
        return False
    door.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
    return True
