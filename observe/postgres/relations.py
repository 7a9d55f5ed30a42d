"""SQL that questions about tables and indexes share: which relations are meant, their names and their sizes.

A partitioned table has neither rows nor pages, and VACUUM and ANALYZE leave nothing in its row of pg_class: relpages
and reltuples stay -1 or 0 for good. So what lies in its partitions is counted for `root`, the top of its tree.
"""

from __future__ import annotations

from bootstrap.postgres.row_estimate import about

SYSTEM = "('pg_catalog', 'information_schema', 'pg_toast')"
"""Schemas that no application's table is in; those of temporary tables begin with pg_temp_ or pg_toast_temp_."""

NAMED = "format('%I.%I', n.nspname, c.relname)"
"""A relation (`pg_class c`, `pg_namespace n`) as a statement names it."""

# pg_relation_size takes ACCESS SHARE (PostgreSQL, Database Object Size Functions), so it would stand in line behind
# whoever holds or awaits ACCESS EXCLUSIVE, and the next one behind it. Of such a relation relpages has to do.
LOCKED = """locked AS MATERIALIZED (
  SELECT DISTINCT relation FROM pg_locks
  WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)"""
"""CTE of the relations that are not to be touched now."""

BYTES = """CASE WHEN c.relkind IN ('p', 'I') THEN 0
     WHEN EXISTS (SELECT FROM locked WHERE relation = c.oid)
       THEN greatest(c.relpages, 0)::bigint * current_setting('block_size')::int
     ELSE coalesce(pg_relation_size(c.oid) + pg_relation_size(c.oid, 'fsm') + pg_relation_size(c.oid, 'vm'), 0) END"""
"""Size of one relation alone, without TOAST and indexes; wants the CTE `LOCKED`."""

OURS = f"""n.nspname NOT IN {SYSTEM} AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""
"""What is neither the system's, nor temporary, nor an extension's."""


def root(oid: str) -> str:
    """The top of a partition tree; what takes part in none is its own (there pg_partition_root is NULL)."""
    return f"coalesce(pg_partition_root({oid}), {oid})"


TREE_ROWS = f"""tree_rows AS MATERIALIZED (
  SELECT {root("c.oid")} AS oid, sum({about(f"({BYTES})", "c", "st")})::bigint AS rows
  FROM pg_class c LEFT JOIN pg_stat_all_tables st ON st.relid = c.oid WHERE c.relkind IN ('r', 'm') GROUP BY 1
)"""
"""CTE of about how many rows each table has, a partitioned one with its partitions; wants the CTE `LOCKED`."""


def tree(oid: int) -> str:
    """SQL for the oids of a table and all its partitions."""
    return f"SELECT {oid:d}::oid UNION SELECT relid::oid FROM pg_partition_tree({oid:d}::oid::regclass)"


# pg_constraint has no index on conindid: looked up for each index it would be read whole each time.
BACKED = """backed AS MATERIALIZED (
  SELECT conindid AS oid, max(quote_ident(conname)) FILTER (WHERE contype IN ('p', 'u', 'x')) AS "constraint",
         bool_or(contype = 'f') AS referenced
  FROM pg_constraint WHERE conindid <> 0 GROUP BY 1
)"""
"""CTE of the indexes that constraints need: as their own, or as that of what a foreign key references."""
