"""A mistake, played on a copy: rows are deleted, with all that a deletion takes along."""

from __future__ import annotations

from typing import Any

import psycopg

from bootstrap.books import LEDGERS
from bootstrap.postgres import SCHEMA
from keep.drill.drill import NotWholeError
from keep.errors import AskedError
from keep.postgres.merge.side import Side, side
from keep.postgres.merge.tables import Table, listed

_BOOKS = {(SCHEMA, name) for name in LEDGERS}
_NOTHING = "this drill needs some that could be lost"
ROWS = 10
"""Rows that are deleted, without those that go with them: few, as by a condition that was a little too wide."""


def largest_loss(conn: psycopg.Connection[Any], owner: str, asked: str | None) -> str:
    """Return the table that is asked for, or whose rows take those of most others along.

    Raise AskedError for one that is not there or from which nothing can be deleted.
    """
    with side(conn, owner, keep=False) as of:
        if asked is not None:
            table = of.catalogue.named(asked, "the copy")
            if (why := _refused(of, table)) is not None:
                raise AskedError(f"the drill cannot delete rows of {asked}: {why}")
            return table.shown
        others = [each for each in of.catalogue.tables.values() if each.name not in _BOOKS]
        for table in sorted(others, key=lambda each: (-_taken_along(of, each), not each.key, each.name)):
            if _refused(of, table) is None:
                return table.shown
    raise AskedError(f"no table has a row that could be deleted: {_NOTHING}")


def refuse(conn: psycopg.Connection[Any], owner: str, asked: str | None) -> None:
    """Raise AskedError for a table that is not there, and where there is no row; only reads."""
    with side(conn, owner, keep=False) as of:
        conn.execute("SET TRANSACTION READ ONLY")
        tables = [of.catalogue.named(asked, "the database")] if asked else of.catalogue.tables.values()
        for table in tables:
            # Forced row security hides rows from the owner too: whether there are any shows in the copy.
            if table.hidden or (table.name not in _BOOKS and _any(of, table)):
                return
    raise AskedError(f"{asked or 'no table'} has {'no' if asked else 'a'} row: {_NOTHING}")


def _any(of: Side, table: Table) -> bool:
    return of.count(f"SELECT count(*) FROM (SELECT FROM {table.sql} LIMIT 1) t") > 0  # noqa: S608 as below


def delete(conn: psycopg.Connection[Any], owner: str, name: str) -> str:
    """Delete some rows of a table, for good; say what that was. Raise NotWholeError where there is none."""
    with side(conn, owner, keep=True) as of:
        table = of.see(of.catalogue.named(name, "the copy"))
        gone = _delete(of, table)
        for each in of.shown:
            conn.execute(f"ALTER TABLE {each.written} FORCE ROW LEVEL SECURITY".encode())
    if not gone:
        raise NotWholeError(f"{name} has no row in the copy")
    return f"{gone} rows of {name} were deleted"


def _delete(of: Side, table: Table) -> int:
    key = listed(table.key, "t") if table.key else "t.ctid, t.tableoid"
    some = f"SELECT {key} FROM {table.sql} t ORDER BY {key} LIMIT {ROWS}"  # noqa: S608 quoted names of the catalogue
    return of.conn.execute(f"DELETE FROM {table.sql} AS t WHERE ({key}) IN ({some})".encode()).rowcount  # noqa: S608


def _refused(of: Side, table: Table) -> str | None:
    """Try it and take it back."""
    try:
        with of.conn.transaction(force_rollback=True):
            gone = _delete(of, of.see(table))
            of.conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.errors.IntegrityError as error:
        return error.diag.message_primary or "something refers to them"
    finally:
        of.shown.clear()
    return None if gone else "it has none"


def _taken_along(of: Side, table: Table) -> int:
    """How many foreign keys follow it when a row goes, theirs included."""
    seen, ahead = {table.name}, [table.name]
    number = 0
    while ahead:
        parent = ahead.pop()
        for key in of.catalogue.keys:
            if key.parent == parent and key.on_delete in "cnd":
                number += 1
                if key.on_delete == "c" and key.child not in seen:
                    seen.add(key.child)
                    ahead.append(key.child)
    return number
