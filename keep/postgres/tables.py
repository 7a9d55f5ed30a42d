"""What the rows of each table are, whatever their order: a count and a sum of hashes of the rows' text.

The text of a row is that of its columns as PostgreSQL writes them (`keep.postgres.row_text`), in a session whose
settings are pinned (`keep.postgres.snapshot`): the same for the same rows on PostgreSQL 15 to 18. Generated columns are
left out, as pg_dump leaves them out: the schema says what they are. A partitioned table is one table, in the columns'
order of its own, so that a row may change its partition.

What a sum of 64-bit hashes (hashtextextended, the same since PostgreSQL 11) cannot see: two sets of rows of one table
whose sums are equal by chance, one in 2^64, or because somebody has looked for such rows, which takes the right to
write them. Rows that are there twice count twice, which an XOR would not see. Text that is the same for different
values is not seen either: the output of a type that rounds. The digest depends on the server's encoding; a copy keeps
it. On a server before 16 a "char" above 127 is a raw byte and no text (PostgreSQL 16, Release Notes): its digest
differs from 16 on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier
from pydantic import BaseModel, ConfigDict

from bootstrap.schema.rows import Heap, heaps
from keep.errors import KeepError
from keep.postgres.row_text import row_text

_TABLES = """
SELECT c.oid, format('%%I.%%I', n.nspname, c.relname),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum),
       ARRAY(SELECT a.atttypid::bigint FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY(%s)
"""
# The collation is named, since a column's own may have none; the hash is of the bytes under any deterministic one.
_DIGEST = """SELECT count(*), coalesce(sum(hashtextextended({} COLLATE "C", 0)), 0)::text FROM ONLY {} AS heap"""


class TableProof(BaseModel):
    """What the rows of one table were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    digest: str
    """Sum of the rows' hashes, decimal."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose rows are proved."""

    name: str
    """With its schema, quoted as SQL has it."""
    columns: tuple[tuple[str, int], ...]
    """Name and OID of the type of those that are not generated, in their order."""
    heaps: tuple[Heap, ...]
    """Where its rows lie; none for a partitioned table without partitions, and on a standby for an unlogged one."""

    def lock(self) -> Composed:
        """Its names, for LOCK TABLE."""
        return SQL(", ").join(_named(heap) for heap in self.heaps)

    def digests(self) -> list[Composed]:
        """Queries of which each gives the count and the sum of one of its heaps."""
        text = row_text("heap", self.columns)
        return [SQL(_DIGEST).format(text, _named(heap)) for heap in self.heaps]


def tables(conn: psycopg.Connection[Any]) -> tuple[Table, ...]:
    """Return the tables whose rows are proved, by name.

    Not among them: materialized views, which a restore computes anew; foreign tables; what belongs to an extension;
    temporary tables, which are a session's own.
    """
    found = [heap for parts in heaps(conn, books=True).values() for heap in parts if not heap.materialized]
    roots: dict[int, list[Heap]] = {}
    for heap in found:
        roots.setdefault(heap.root, []).append(heap)
    with conn.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_TABLES, (list(roots),)).fetchall()
    made = (
        Table(
            name=name,
            columns=tuple(zip(columns, types, strict=True)),
            heaps=tuple(heap for heap in roots[oid] if heap.name is not None),
        )
        for oid, name, columns, types in rows
    )
    return tuple(sorted(made, key=lambda each: each.name))


def prove(conn: psycopg.Connection[Any], found: Sequence[Table] | None = None) -> Mapping[str, TableProof]:
    """Read every row as the current role, in the current transaction; raise KeepError for a table that it may not."""
    proofs: dict[str, TableProof] = {}
    with conn.cursor(row_factory=tuple_row) as cursor:
        for table in tables(conn) if found is None else found:
            if not all(heap.readable for heap in table.heaps):
                raise KeepError(f"the table {table.name} cannot be read by whoever proves its rows")
            rows, digest = 0, 0
            for query in table.digests():
                count, total = cursor.execute(query).fetchone() or (0, 0)
                rows, digest = rows + int(count), digest + int(total)
            proofs[table.name] = TableProof(rows=rows, digest=str(digest))
    return proofs


def differences(expected: Mapping[str, TableProof], actual: Mapping[str, TableProof]) -> tuple[str, ...]:
    """Say table by table what is other than it was; nothing where all is the same."""
    said: list[str] = []
    for table in sorted({*expected, *actual}):
        was, is_ = expected.get(table), actual.get(table)
        if was is None or is_ is None:
            said.append(f"table {table} is {'missing' if is_ is None else 'there and was not'}")
        elif was.rows != is_.rows:
            said.append(f"table {table} has {is_.rows} rows and had {was.rows}")
        elif was != is_:
            said.append(f"table {table} has {is_.rows} rows as it had, but not the same")
    return tuple(said)


def _named(heap: Heap) -> Identifier:
    return Identifier(heap.schema or "", heap.name or "")
