"""The statements that prove a PostgreSQL privilege, and its absence, without touching a row. Pure but for `tables`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.books import LEDGERS, TABLE
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import MAINTAIN_SINCE
from bootstrap.report import Expected

_NAME = "datatier_probe"


@dataclass(frozen=True, kw_only=True)
class TriedTable:
    """A table to try things on."""

    name: str
    column: str
    """A column that takes a value: not generated, not an identity."""
    owner: str

    @property
    def sql(self) -> str:
        """As a statement wants it."""
        return f"{ident(SCHEMA)}.{ident(self.name)}"


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Statements that shall all be allowed, or all refused."""

    action: str
    expected: Expected
    statements: tuple[str, ...]


_TABLES = """SELECT c.relname, min(a.attname ORDER BY a.attname), c.relowner::regrole::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
      AND NOT EXISTS (SELECT FROM pg_depend x
                      WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')
    GROUP BY c.oid ORDER BY 1"""


def tables(conn: psycopg.Connection[Any]) -> tuple[TriedTable, ...]:
    """Return the tables of the schema, extensions' and partitions left out."""
    return tuple(TriedTable(name=n, column=c, owner=o) for n, c, o in conn.execute(_TABLES, (SCHEMA,)))


def probes(
    privileges: str, owner: str, found: tuple[TriedTable, ...], *, replica: bool, version: int
) -> Iterator[Probe]:
    """Return what to try under a login with `privileges` on a server of that `server_version_num`."""
    own = tuple(table for table in found if table.owner == owner)
    data = tuple(table for table in own if table.name not in LEDGERS)
    ledgers = tuple(table for table in own if table.name in LEDGERS)
    yield from _rows(privileges, data, replica=replica)
    if ledgers and privileges == "readwrite":
        yield Probe(action="write the data tier's own tables", expected="refused", statements=_writes(ledgers))
    may_define: Expected = "allowed" if privileges == "migrator" and not replica else "refused"
    create = f"CREATE TABLE {ident(SCHEMA)}.{_NAME} (id int)"
    yield Probe(action="create a table", expected=may_define, statements=(create,))
    if replica:
        return
    if data and privileges != "migrator":
        yield from owners_alone(data[0])
        yield truncation(data[0])
    if privileges == "maintainer":
        yield from maintenance(data, version)
    if privileges != "migrator":
        may_become: Expected = "allowed" if privileges == "maintainer" else "refused"
        yield Probe(action=f"become {owner}", expected=may_become, statements=(f"SET ROLE {ident(owner)}",))
        create = f"CREATE TEMPORARY TABLE {_NAME} (id int)"
        yield Probe(action="create a temporary table", expected="refused", statements=(create,))
    elif any(table.name == TABLE for table in ledgers):
        # Asked, not tried: TRUNCATE would lock out a migration that is under way.
        ask = f"SELECT 1 / has_table_privilege('{SCHEMA}.{TABLE}', 'TRUNCATE')::int"
        yield Probe(action="truncate the migrations' table", expected="allowed", statements=(ask,))
    yield Probe(action="create a role", expected="refused", statements=(f"CREATE ROLE {_NAME}",))


def maintenance(data: tuple[TriedTable, ...], version: int) -> Iterator[Probe]:
    """What MAINTAIN allows (PostgreSQL 17). LOCK TABLE stands for VACUUM, which cannot be undone: who may neither read
    nor write a table may lock it by that privilege alone (LOCK, Notes)."""
    if data and version >= MAINTAIN_SINCE:
        locks = tuple(f"LOCK TABLE {table.sql} IN ACCESS SHARE MODE" for table in data)
        yield Probe(action=f"maintain {many(data)}", expected="allowed", statements=locks)


def making_schemas(said: bool | None, *, owns: bool) -> Iterator[Probe]:
    """Whether a migrator makes schemas, as is `said` of it, or because the owner owns the database; else not tried."""
    if said is not None or owns:
        may: Expected = "refused" if said is False else "allowed"
        yield Probe(action="create a schema", expected=may, statements=(f"CREATE SCHEMA {_NAME}",))


def many(tables: Sequence[TriedTable]) -> str:
    """Some tables, as a check calls them."""
    return f"{len(tables)} tables" if len(tables) > 1 else tables[0].name


def owners_alone(table: TriedTable) -> Iterator[Probe]:
    """What only the owner may; refused before a lock is taken: ownership is looked at first (RangeVarCallback...)."""
    yield Probe(action="alter a table", expected="refused", statements=(_alter(table),))
    yield Probe(action="drop a table", expected="refused", statements=(f"DROP TABLE {table.sql} CASCADE",))


def truncation(table: TriedTable) -> Probe:
    """Refused before a lock is taken, as the above."""
    return Probe(action="truncate a table", expected="refused", statements=(f"TRUNCATE {table.sql} CASCADE",))


def _rows(privileges: str, data: tuple[TriedTable, ...], *, replica: bool) -> Iterator[Probe]:
    if not data:
        return
    what = many(data)
    may_read: Expected = "refused" if privileges in {"monitoring", "maintainer"} else "allowed"
    may_write: Expected = "allowed" if privileges in {"readwrite", "migrator"} and not replica else "refused"
    selects = tuple(f"SELECT FROM {table.sql} WHERE false" for table in data)
    yield Probe(action=f"read {what}", expected=may_read, statements=selects)
    writes = _writes(data)
    for index, verb in enumerate(("insert into", "update", "delete from")):
        yield Probe(action=f"{verb} {what}", expected=may_write, statements=writes[index::3])


def _writes(data: tuple[TriedTable, ...]) -> tuple[str, ...]:
    """Statements that need the privilege and touch no row: permissions are checked before rows are looked for."""
    return tuple(
        statement
        for table in data
        for column in [ident(table.column)]
        for statement in (
            f"INSERT INTO {table.sql} ({column}) SELECT {column} FROM {table.sql} WHERE false",  # noqa: S608 quoted
            f"UPDATE {table.sql} SET {column} = {column} WHERE false",  # noqa: S608 quoted
            f"DELETE FROM {table.sql} WHERE false",  # noqa: S608 quoted
        )
    )


def _alter(table: TriedTable) -> str:
    return f"ALTER TABLE {table.sql} ADD COLUMN {_NAME} int"
