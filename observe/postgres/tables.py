"""The tables with all their parts, as maintenance has to know them: whose they are, how large, of which tree."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.relations import LOCKED, NAMED, root

# The catalogs are among them: their transaction ids grow old like those of others. Sizes are those of the last vacuum
# or analyze (pg_class.relpages), which cost nothing; only of what had none yet the files are asked for.
_ABOUT = """CASE WHEN c.reltuples >= 0 THEN c.relpages::bigint * current_setting('block_size')::int
     WHEN EXISTS (SELECT FROM locked WHERE relation = c.oid) THEN 0 ELSE coalesce(pg_relation_size(c.oid), 0) END"""
_TABLES = f"""
WITH {LOCKED},
sized AS MATERIALIZED (
  SELECT c.oid, {_ABOUT} AS bytes FROM pg_class c WHERE c.relkind IN ('r', 'm', 't', 'i') AND c.relpersistence <> 't'
),
of_indexes AS MATERIALIZED (
  SELECT x.indrelid AS oid, sum(s.bytes)::bigint AS bytes FROM pg_index x JOIN sized s ON s.oid = x.indexrelid
  GROUP BY 1
)
SELECT c.oid::bigint AS relid, {NAMED} AS "table", n.nspname::text AS schema,
       pg_get_userbyid(c.relowner)::text AS owner, has_schema_privilege(c.relowner, n.oid, 'USAGE') AS reachable,
       {root("c.oid")}::bigint AS root,
       c.reltoastrelid::bigint AS toast, c.relkind = 'p' AS partitioned, coalesce(s.bytes, 0) AS heap_bytes,
       (coalesce(t.bytes, 0) + coalesce(ti.bytes, 0))::bigint AS toast_bytes, coalesce(i.bytes, 0) AS index_bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN sized s ON s.oid = c.oid
LEFT JOIN sized t ON t.oid = c.reltoastrelid LEFT JOIN of_indexes ti ON ti.oid = c.reltoastrelid
LEFT JOIN of_indexes i ON i.oid = c.oid
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
"""

TABLES = Observation(
    id="tables",
    engine="postgres",
    question="Whose is each table, how large is it, and what belongs to it?",
    read=lambda _: _TABLES,
    judge=lambda _: (),
    every=900,
    on_replica=False,
)
