"""How many rows each table has: counted, which reads every page, or estimated, which reads none.

A row is counted once: a table without those that inherit from it, a partitioned table with all its partitions,
wherever they are. Foreign tables are left out, as partitions too: reading them would reach another server. So are
materialized views that were never filled, what belongs to an extension, and, unless asked for, the books of the
migrations. A standby has no rows of unlogged tables and refuses to be asked (PostgreSQL, "Hot Standby"): none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from bootstrap.books import LEDGERS
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.row_estimate import about

# One line for each heap, with the table that it is counted for; it names no heap where a partitioned table has no
# partition, or where this server does not have it. pg_partition_tree is empty for what takes no part in partitioning.
_HEAPS = f"""
SELECT CASE WHEN n.nspname = %(ours)s THEN c.relname ELSE n.nspname || '.' || c.relname END,
       ln.nspname, leaf.relname, leaf.relkind = 'm',
       has_schema_privilege(ln.oid, 'USAGE') AND has_table_privilege(leaf.oid, 'SELECT'),
       {about("pg_relation_size(leaf.oid)", "leaf", "s")}, c.oid
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf
                   UNION SELECT c.oid WHERE c.relkind <> 'p') t ON true
LEFT JOIN pg_class leaf ON leaf.oid = t.relid AND NOT (leaf.relpersistence = 'u' AND pg_is_in_recovery())
LEFT JOIN pg_namespace ln ON ln.oid = leaf.relnamespace
LEFT JOIN pg_stat_all_tables s ON s.relid = leaf.oid
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND (leaf.oid IS NULL OR leaf.relkind = 'r' OR (leaf.relkind = 'm' AND leaf.relispopulated))
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT (n.nspname = %(ours)s AND c.relname = ANY(%(books)s))
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2, 3
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Heap:
    """Where rows of a table lie: its own, or those of one of its partitions."""

    table: str
    """As shown to people: with its schema, unless that is the applications' own."""
    schema: str | None
    name: str | None
    """None for a partitioned table that has no partitions, and on a standby for what is unlogged."""
    materialized: bool
    readable: bool
    """Whether the current role may read it by itself."""
    about: int | None
    """Rows by PostgreSQL's statistics; None where it holds pages and nothing more is known."""
    root: int
    """OID of the table that it is counted for: its own, or that of the partitioned table at the top."""

    @property
    def query(self) -> Composed:
        """Counts its own rows."""
        if self.schema is None or self.name is None:
            return SQL("SELECT 0").format()
        only = SQL("" if self.materialized else "ONLY ")
        return SQL("SELECT count(*) FROM {}{}").format(only, Identifier(self.schema, self.name))


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a count gave."""

    rows: dict[str, int]
    """By table, in order of name."""
    unread: tuple[str, ...] = ()
    """Tables that the current role may not read."""


def count(conn: psycopg.Connection[Any]) -> Counted:
    """Read every table to its end, as the current role. Raise psycopg.Error where a page cannot be read."""
    tables = heaps(conn)
    unread = tuple(name for name, parts in tables.items() if not all(heap.readable for heap in parts))
    asked = [heap for name, parts in tables.items() if name not in unread for heap in parts]
    rows = dict.fromkeys((heap.table for heap in asked), 0)
    for heap, number in zip(asked, _numbers(conn, asked), strict=True):
        rows[heap.table] += number
    return Counted(rows=rows, unread=unread)


def estimate(conn: psycopg.Connection[Any]) -> dict[str, int]:
    """About how many rows each table has, by table; without those of which nothing is known."""
    known = {name: [heap.about for heap in parts] for name, parts in heaps(conn).items()}
    return {name: sum(filter(None, each)) for name, each in known.items() if None not in each or any(each)}


def heaps(conn: psycopg.Connection[Any], *, books: bool = False) -> dict[str, list[Heap]]:
    """Return where the rows of each table lie, by table; with `books` our own too."""
    left_out = [] if books else [*LEDGERS]
    with conn.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(_HEAPS, {"ours": SCHEMA, "books": left_out}).fetchall()
    tables: dict[str, list[Heap]] = {}
    for table, schema, name, materialized, readable, rows, root in found:
        heap = Heap(
            table=table,
            schema=schema,
            name=name,
            materialized=bool(materialized),
            readable=name is None or readable,
            about=0 if name is None else rows,
            root=root,
        )
        tables.setdefault(table, []).append(heap)
    return tables


def _numbers(conn: psycopg.Connection[Any], asked: list[Heap]) -> Iterator[int]:
    if not asked:
        return
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(SQL("; ").join(heap.query for heap in asked))
        yield from (row[0] for _ in cursor.results() for row in cursor)
