"""What the rows of a database are, whatever their order: a count and a sum of hashes for each table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from bootstrap.schema.rows import Heap, heaps
from keep.errors import KeepError
from keep.manifest import TableProof

# Of the row's text, which the session's pinned settings make one text everywhere (`keep.postgres.snapshot`). A sum,
# not an XOR: a row that is there twice counts twice. hashtextextended has been the same since PostgreSQL 11.
_PROOF = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM ONLY {} AS t"

Proof = Mapping[str, TableProof]


def prove(conn: psycopg.Connection[Any]) -> Proof:
    """Read every row as the current role, in the current transaction; raise KeepError for a table that it may not."""
    found: dict[str, TableProof] = {}
    for table, parts in heaps(conn).items():
        if not all(each.readable for each in parts):
            raise KeepError(
                f"the table {table} cannot be read by whoever takes the backup: a proof is of all or nothing"
            )
        rows, digest = 0, 0
        for heap in parts:
            if heap.schema is not None and not heap.materialized:
                count, total = _read(conn, heap)
                rows, digest = rows + count, digest + total
        found[table] = TableProof(rows=rows, digest=str(digest))
    return found


def differences(expected: Proof, actual: Proof) -> tuple[str, ...]:
    """Say table by table what is other than it was; nothing where all is the same."""
    said: list[str] = []
    for table in sorted({*expected, *actual}):
        was, is_ = expected.get(table), actual.get(table)
        if was is None or is_ is None:
            said.append(f"{table} is {'missing' if is_ is None else 'there and was not'}")
        elif was.rows != is_.rows:
            said.append(f"{table} has {is_.rows} rows and had {was.rows}")
        elif was != is_:
            said.append(f"{table} has {is_.rows} rows as it had, but not the same")
    return tuple(said)


def written(proof: Proof) -> bytes:
    """Return it as JSON."""
    return json.dumps({name: each.model_dump() for name, each in sorted(proof.items())}, indent=1).encode()


def read(data: bytes) -> Proof:
    """Return what `written` wrote."""
    return {name: TableProof.model_validate(each) for name, each in json.loads(data).items()}


def _read(conn: psycopg.Connection[Any], heap: Heap) -> tuple[int, int]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(SQL(_PROOF).format(Identifier(heap.schema or "", heap.name or ""))).fetchone()
    assert row is not None  # noqa: S101 an aggregate has a row
    return int(row[0]), int(row[1])
