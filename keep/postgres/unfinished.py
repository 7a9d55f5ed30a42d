"""Databases on their way: each is named so, with a lock that says that somebody is at it; the next run drops the rest.

Nothing that is restored bears a name that anybody uses before it is whole and proved.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from keep.errors import KeepError

_PREFIX = "datatier_restoring_"
_LOCK = 0x6B656570
"""`keep`, the first half of a lock's key; the second is a hash of the name. Whoever restores holds it in the server's
`door` database, where every run looks for it: advisory locks are those of one database ("Explicit Locking")."""


@contextmanager
def unfinished(door: psycopg.Connection[Any], how: str) -> Iterator[str]:
    """Make a database by `CREATE DATABASE name <how>` and give its name; it is dropped unless it was renamed.

    Raise KeepError where the server refuses to make it.
    """
    name = _PREFIX + secrets.token_hex(6)
    door.execute("SET idle_session_timeout = 0")
    door.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (_LOCK, name))
    try:
        door.execute(SQL("CREATE DATABASE {} ").format(Identifier(name)) + SQL(how))
    except psycopg.Error as error:
        raise KeepError(f"no database can be made there: {error.diag.message_primary or error}") from None
    try:
        yield name
    finally:
        with suppress(psycopg.Error):  # the server may be gone: the next run finds it
            _drop(door, name)


def sweep(door: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Drop what runs that were killed have left; return the names."""
    rows = door.execute(
        "SELECT datname FROM pg_database WHERE datname ~ %s AND pg_has_role(datdba, 'USAGE')",
        (f"^{_PREFIX}[0-9a-f]{{12}}$",),
    ).fetchall()
    swept: list[str] = []
    for (name,) in rows:
        row = door.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_LOCK, name)).fetchone()
        if row and row[0]:
            try:
                swept += [name] if _drop(door, name) else []
            except psycopg.Error:  # whoever is in it may not be ended
                continue
            finally:
                door.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_LOCK, name))
    return tuple(swept)


def _drop(door: psycopg.Connection[Any], name: str) -> bool:
    """Drop a database and end whoever is in it; return whether it was there."""
    if door.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
        return False
    door.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
    return True
