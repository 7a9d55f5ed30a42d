"""The partitions of the tables that access.yaml's `upkeep` names: their bounds in UTC, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable

from bootstrap.access.upkeep import TableUpkeep
from observe.observation import Observation
from observe.postgres.kept_tables import named
from observe.postgres.relations import BYTES, LOCKED, NAMED

# The bound's text depends on this session's time zone, and so does the cast that reads it: both see the same instant.
# What Python has no date for counts as unbounded.
_POINT = "substring(b.text FROM '{} \\(''([^'']+)''\\)')"
_INSTANT = """CASE WHEN {point} IS NULL OR t.kind IS NULL THEN NULL
       WHEN t.kind = 'timestamptz'::regtype THEN CASE WHEN {point}::timestamptz BETWEEN '0002-01-01' AND '9998-12-31'
         THEN {point}::timestamptz AT TIME ZONE 'UTC' END
       WHEN t.kind IN ('timestamp'::regtype, 'date'::regtype) THEN
         CASE WHEN {point}::timestamp BETWEEN '0002-01-01' AND '9998-12-31' THEN {point}::timestamp END END"""
_LOWER, _UPPER = (_INSTANT.format(point=_POINT.format(word)) for word in ("FROM", "TO"))


def partitions(upkeep: Iterable[TableUpkeep]) -> Observation:
    """The observation of what is attached to these tables, one row for each partition."""
    tables = named(upkeep)
    statement = f"""
WITH {LOCKED}, wanted (number, schema, name) AS ({tables}),
parents AS (
  SELECT p.partrelid AS oid, format('%I.%I', w.schema, w.name) AS "table",
         (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
            AND p.partnatts = 1 AND p.partstrat = 'r') AS kind
  FROM wanted w JOIN pg_namespace wn ON wn.nspname = w.schema
  JOIN pg_class pc ON pc.relnamespace = wn.oid AND pc.relname = w.name
  JOIN pg_partitioned_table p ON p.partrelid = pc.oid
)
SELECT t.oid::bigint AS relid, t."table", {NAMED} AS partition, c.relkind::text AS kind,
       b.text = 'DEFAULT' AS is_default,
       {_LOWER} AS lower, {_UPPER} AS upper, b.text AS bound, i.inhdetachpending AS detach_pending, {BYTES} AS bytes
FROM parents t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS text) b
ORDER BY 2, is_default, lower NULLS FIRST, 3
"""
    return Observation(
        id="partitions",
        engine="postgres",
        question="Which partitions have the tables that access.yaml keeps, and what time does each hold?",
        read=lambda _: statement,
        judge=lambda _: (),
        columns=("table", "partition", "lower", "upper", "is_default", "bytes"),
        on_replica=False,
    )
