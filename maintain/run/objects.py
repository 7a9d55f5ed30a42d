"""What an action is about, before and after it: its size, and the invalid indexes that are with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg

from observe.postgres.relations import NAMED

# An index, or a table with what belongs to it; the invalid indexes are those of the same table and of its TOAST table,
# where REINDEX CONCURRENTLY leaves some too.
_NAMED = NAMED.replace("%", "%%")
_INDEX = _NAMED.replace("n.", "m.").replace("c.", "x.")
_OBJECT = f"""
SELECT coalesce((SELECT CASE WHEN c.relkind IN ('i', 'I') THEN pg_relation_size(c.oid)
                             ELSE pg_total_relation_size(c.oid) END), 0)::bigint AS bytes,
       coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = c.oid), true) AS valid,
       pg_get_userbyid(c.relowner) AS owner,
       ARRAY(SELECT {_INDEX}
               FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace m ON m.oid = x.relnamespace
              WHERE NOT i.indisvalid AND x.relkind = 'i' AND i.indrelid IN (t.oid, t.reltoastrelid)) AS invalid
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index o ON o.indexrelid = c.oid JOIN pg_class t ON t.oid = coalesce(o.indrelid, c.oid)
 WHERE {_NAMED} = %s
"""  # noqa: S608 constants


@dataclass(frozen=True, kw_only=True)
class Object:
    """As it is now."""

    there: bool = False
    bytes: int | None = None
    """An index's own, or a table's with its indexes and TOAST; None where it is not there, or is locked."""
    valid: bool = True
    """Of an index whether it is used."""
    owner: str = ""
    """Of a table and of all its indexes: they have the same one (PostgreSQL, ALTER INDEX)."""
    invalid: frozenset[str] = field(default_factory=frozenset)
    """Indexes of the same table that are not, quoted with their schema."""


def see(conn: psycopg.Connection[Any], name: str) -> Object:
    """What is there under a name, quoted with its schema as a statement has it."""
    try:
        row = conn.execute(_OBJECT.encode(), (name,)).fetchone()
    except psycopg.errors.LockNotAvailable:  # its size takes ACCESS SHARE
        return Object(there=True)
    if row is None:
        return Object()
    return Object(there=True, bytes=row[0], valid=row[1], owner=row[2], invalid=frozenset(row[3]))
