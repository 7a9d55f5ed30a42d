"""One of two databases: a session as the owner of its tables, in which every row is seen and texts are one text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bootstrap.postgres.change import ident
from keep.postgres.merge.catalogue import read
from keep.postgres.merge.tables import Catalogue, Table
from keep.postgres.snapshot import PINNED, unhurried

_PATIENCE = "SET LOCAL lock_timeout = '5s'"
"""Whoever holds a table longer is not made to wait with everybody behind us."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two databases: in a transaction, as the owner of the tables, with an empty search_path."""

    conn: psycopg.Connection[Any]
    transaction: psycopg.Transaction
    catalogue: Catalogue
    shown: list[Table] = field(default_factory=list)
    """Tables whose forced row security is off in this transaction."""

    def see(self, table: Table) -> Table:
        """Have every row of a table be seen: forced row security hides rows from the owner too, who may end that."""
        if table.hidden and table not in self.shown:
            self.conn.execute(f"ALTER TABLE {table.written} NO FORCE ROW LEVEL SECURITY".encode())
            self.shown.append(table)
        return table

    def count(self, query: str) -> int:
        """Return the number that a query gives."""
        row = self.conn.execute(query.encode()).fetchone()
        assert row is not None  # noqa: S101 an aggregate has a row
        return int(row[0])


@contextmanager
def side(conn: psycopg.Connection[Any], role: str | None, *, keep: bool) -> Iterator[Side]:
    """Open a transaction in `conn`, which is autocommit, as `role`; rolled back at its end unless `keep`."""
    unhurried(conn)
    with conn.transaction(force_rollback=not keep) as transaction:
        conn.execute("SET LOCAL client_encoding = 'UTF8'")
        for each in (*PINNED, _PATIENCE):
            conn.execute(each.encode())
        with _temporary(conn, role):
            if role:
                conn.execute(f"SET LOCAL ROLE {ident(role)}".encode())
            yield Side(conn=conn, transaction=transaction, catalogue=read(conn))
            conn.execute("RESET ROLE")


@contextmanager
def _temporary(conn: psycopg.Connection[Any], role: str | None) -> Iterator[None]:
    """Let the owner make temporary tables for as long as the transaction lasts, where it may not."""
    asked = "SELECT has_database_privilege(%s, current_database(), 'TEMPORARY'), current_database()"
    row = conn.execute(asked, (role,)).fetchone() if role else (True, "")
    assert row is not None  # noqa: S101 a SELECT without FROM has a row
    may, database = row
    change = "{} TEMPORARY ON DATABASE {} {} {}"
    if not may and role:
        conn.execute(change.format("GRANT", ident(database), "TO", ident(role)).encode())
    yield
    if not may and role:
        conn.execute(change.format("REVOKE", ident(database), "FROM", ident(role)).encode())
