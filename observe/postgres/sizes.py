"""How large each table is: rows, indexes and TOAST apart, a partitioned table with all its partitions."""

from __future__ import annotations

from bootstrap.postgres.row_estimate import about
from observe.observation import Observation
from observe.postgres.databases import DATABASES
from observe.postgres.relations import BYTES, LOCKED, NAMED, OURS, root
from observe.postgres.temporary_files import TEMPORARY_FILES
from observe.postgres.wal import WAL


def summed(group: str, of: str = "true") -> str:
    """CTEs up to `summed`: sizes and rows of the heaps for which `of` holds, counted for the relation `group`."""
    return f"""{LOCKED},
sized AS MATERIALIZED (
  SELECT c.oid, {BYTES} AS bytes FROM pg_class c WHERE c.relkind IN ('r', 'm', 't', 'i') AND c.relpersistence <> 't'
),
of_indexes AS MATERIALIZED (
  SELECT x.indrelid AS oid, sum(s.bytes) AS bytes FROM pg_index x JOIN sized s ON s.oid = x.indexrelid GROUP BY 1
),
heap AS (
  SELECT c.oid, {group} AS counted_for, n.nspname IN ('pg_catalog', 'information_schema') AS catalog,
         s.bytes AS heap_bytes, coalesce(t.bytes, 0) + coalesce(ti.bytes, 0) AS toast_bytes,
         coalesce(i.bytes, 0) AS index_bytes, {about("s.bytes", "c", "st")} AS rows
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN sized s ON s.oid = c.oid
  LEFT JOIN pg_stat_all_tables st ON st.relid = c.oid
  LEFT JOIN sized t ON t.oid = c.reltoastrelid
  LEFT JOIN of_indexes ti ON ti.oid = c.reltoastrelid
  LEFT JOIN of_indexes i ON i.oid = c.oid
  WHERE c.relkind IN ('r', 'm') AND {of}
),
summed AS (
  SELECT counted_for AS oid, count(*) FILTER (WHERE oid <> counted_for) AS partitions, sum(rows)::bigint AS rows,
         sum(heap_bytes)::bigint AS heap_bytes, sum(index_bytes)::bigint AS index_bytes,
         sum(toast_bytes)::bigint AS toast_bytes
  FROM heap WHERE NOT catalog GROUP BY counted_for
)"""


SHOWN = """CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'm' THEN 'materialized view'
            ELSE CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'table' END END AS kind,
       coalesce(s.rows, CASE WHEN c.relkind = 'p' AND s.oid IS NULL THEN 0 END) AS rows,
       coalesce(s.heap_bytes + s.index_bytes + s.toast_bytes, 0) AS total_bytes,
       coalesce(s.heap_bytes, 0) AS heap_bytes, coalesce(s.index_bytes, 0) AS index_bytes,
       coalesce(s.toast_bytes, 0) AS toast_bytes, coalesce(s.partitions, 0)::int AS partitions"""
"""Columns of `pg_class c` and its row `s` of `summed`."""

# The catalogs are one line, so that the sum is nearly that of the database.
_SIZES = f"""
WITH {summed(root("c.oid"))}
SELECT c.oid::bigint AS relid, {NAMED} AS "table", {SHOWN}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN summed s ON s.oid = c.oid
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND {OURS}
UNION ALL
SELECT NULL, 'the catalogs', 'system', NULL, sum(heap_bytes + index_bytes + toast_bytes)::bigint,
       sum(heap_bytes)::bigint, sum(index_bytes)::bigint, sum(toast_bytes)::bigint, 0
FROM heap WHERE catalog
ORDER BY total_bytes DESC, "table"
"""

SIZES = Observation(
    id="sizes",
    engine="postgres",
    question="How large are the databases and the tables, and what takes the space: rows, indexes, WAL, sorts?",
    read=lambda _: _SIZES,
    judge=lambda _: (),
    columns=("table", "kind", "rows", "total_bytes", "heap_bytes", "index_bytes", "toast_bytes", "partitions"),
    every=300,
    on_replica=False,
    also=(DATABASES, TEMPORARY_FILES, WAL),
)
