"""How a restored database gets its name: at once, in one transaction, and what had the name before keeps its data."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from bootstrap.errors import BootstrapError
from keep.errors import AskedError, KeepError
from keep.postgres import provisional
from keep.postgres.target import TargetServer

_LONGEST = 63
"""Bytes of a name (PostgreSQL, NAMEDATALEN)."""


def aside(database: str, what: str, at: datetime) -> str:
    """Return the name of a database aside, such as `shop_restored_20261129_235500`."""
    ending = f"_{what}_{at:%Y%m%d_%H%M%S}"
    return database.encode()[: _LONGEST - len(ending)].decode(errors="ignore") + ending


def check(server: TargetServer, door: psycopg.Connection[Any], name: str, *, replace: bool) -> bool:
    """Return whether a database of that name is there that steps aside: one to be replaced, or an empty one.

    Raise AskedError where one with something in it shall stay, or none is there to be replaced.
    """
    found = door.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None
    if replace and not found:
        raise AskedError(f"there is no database {name} to be replaced: leave --replace out")
    if found and not replace and not _empty(server, name):
        raise AskedError(
            f"there is a database {name} with something in it: name one that is not there, or say --replace, which "
            "keeps it under another name"
        )
    return found


def clear(server: TargetServer, door: psycopg.Connection[Any], name: str) -> bool:
    """Drop a database that stepped aside if nothing is in it; return whether it was dropped."""
    try:
        if not _empty(server, name):
            return False
        door.execute(SQL("DROP DATABASE {}").format(Identifier(name)))
    except (psycopg.Error, BootstrapError):  # somebody is in it
        return False
    return True


def _empty(server: TargetServer, name: str) -> bool:
    with server.connect(name) as conn:
        return conn.execute(_SOMETHING).fetchone() is None


# What initdb has made has lower numbers (PostgreSQL's transam.h, FirstNormalObjectId).
_SOMETHING = """
SELECT FROM (SELECT 'pg_class'::regclass AS kind, oid FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
             UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc
             UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type
             UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
             UNION ALL SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata) o
WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.kind AND d.objid = o.oid
                                   AND d.deptype IN ('e', 'i'))
LIMIT 1
"""


def settle(server: TargetServer, door: psycopg.Connection[Any], name: str, wanted: str, *, replace: bool) -> str | None:
    """Rename a database to `wanted`, and have the roles that were made for it stay. Raise KeepError.

    Return what the one is called that had the name before.
    """
    try:
        with door.transaction():
            provisional.keep(door, name)
            if not replace:
                _rename(door, name, wanted)
                return None
            row = door.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'").fetchone()
            assert row is not None  # noqa: S101 a SELECT without FROM has a row
            before = aside(wanted, "before", row[0])
            with _Ending(server, wanted):
                _rename(door, wanted, before)
            _rename(door, name, wanted)
            return before
    except psycopg.Error as error:
        raise KeepError(f"{wanted} could not be put in place: {error.diag.message_primary or error}") from None


def _rename(door: psycopg.Connection[Any], name: str, wanted: str) -> None:
    door.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(wanted)))


class _Ending:
    """Ends a database's sessions while it is renamed.

    The renaming session lets nobody in meanwhile, and waits five seconds for those who are in (PostgreSQL's
    dbcommands.c, RenameDatabase; procarray.c, CountOtherDBBackends).
    """

    def __init__(self, server: TargetServer, database: str) -> None:
        self._server, self._database, self._over = server, database, threading.Event()
        self._thread = threading.Thread(target=self._end, name="ending", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _end(self) -> None:
        try:
            with self._server.connect(self._server.door) as conn:
                while not self._over.wait(0.1):
                    conn.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self._database,)
                    )
        except (psycopg.Error, BootstrapError):
            return  # then the renaming says that the database is in use
