"""Roles that a restore makes: they go with it, unless what they were made for stays or another restore uses them.

Roles are the server's and outlive every database, so they are written down before they are made: in the comment of a
role without login that is named as the restore's database is on its way. A restore that was killed leaves that role,
and the next one reads from it what is to be dropped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal

from bootstrap.postgres.change import ident
from keep.errors import AskedError

PREFIX = "datatier_restoring_"
"""How databases on their way, and the roles that say what was made for them, begin."""
NAMED = f"^{PREFIX}[0-9a-f]{{12}}$"
LOCK = 0x6B656570
"""`keep`, the first half of a lock's key; the second is a hash of a name. Advisory locks are those of one database
("Explicit Locking"): all of them are taken in the server's `door` database."""
_BOOKS = "roles"


@contextmanager
def making(door: psycopg.Connection[Any], restore: str, wanted: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Let no other restore make or drop roles meanwhile; give those of `wanted` that are missing, now written down.

    Those that are there only for another restore are written down too: whichever ends last drops them. Raise AskedError
    where whoever is logged in may make none.
    """
    with _books(door):
        there = {name for (name,) in door.execute("SELECT rolname FROM pg_roles")}
        passing = frozenset[str]().union(*_written(door).values())
        missing = tuple(sorted(name for name in wanted if name not in there))
        if ours := sorted({*missing, *(passing & frozenset(wanted))}):
            try:
                with door.transaction():
                    door.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(restore)))
                    _write(door, restore, ours)
            except psycopg.errors.InsufficientPrivilege:
                raise AskedError(
                    f"the server lacks roles that the backup names, and {door.info.user} may make none: "
                    + "; ".join(f"CREATE ROLE {ident(each)} NOLOGIN" for each in ours)
                ) from None
        yield missing


def keep(door: psycopg.Connection[Any], restore: str) -> None:
    """Have the roles that were made for `restore` stay, whatever becomes of others that have use for them.

    In the transaction of `door`, which others wait for.
    """
    door.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, _BOOKS))
    written = _written(door)
    if (ours := written.pop(restore, None)) is None:
        return
    for other, names in written.items():
        if names & ours:
            _write(door, other, sorted(names - ours))
    door.execute(SQL("DROP ROLE {}").format(Identifier(restore)))


def drop(door: psycopg.Connection[Any], restore: str) -> bool:
    """Drop the roles that were made for `restore`, whose database is gone, but for those that somebody else uses.

    Return whether any were written down.
    """
    with _books(door):
        written = _written(door)
        if (ours := written.pop(restore, None)) is None:
            return False
        for name in sorted(ours.difference(*written.values())):
            try:
                door.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(name)))
            except psycopg.errors.DependentObjectsStillExist:  # it has got another use meanwhile
                continue
        door.execute(SQL("DROP ROLE {}").format(Identifier(restore)))
    return True


@contextmanager
def _books(door: psycopg.Connection[Any]) -> Iterator[None]:
    door.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCK, _BOOKS))
    try:
        yield
    finally:
        if not door.closed:
            door.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (LOCK, _BOOKS))


def _written(door: psycopg.Connection[Any]) -> dict[str, frozenset[str]]:
    """Restore -> the roles that were made for it."""
    with door.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            "SELECT rolname::text, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname ~ %s", (NAMED,)
        ).fetchall()
    return {name: frozenset(json.loads(text)) if text else frozenset() for name, text in rows}


def _write(door: psycopg.Connection[Any], restore: str, names: Collection[str]) -> None:
    text = Literal(json.dumps(list(names)))
    door.execute(SQL("COMMENT ON ROLE {} IS {}").format(Identifier(restore), text))
