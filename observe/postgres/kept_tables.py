"""The tables that access.yaml's `upkeep` names: what they are made of, and how many of their rows are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bootstrap.access.upkeep import TableUpkeep
from bootstrap.postgres.change import literal
from bootstrap.postgres.row_estimate import about
from observe.node import SECONDS
from observe.observation import Observation, Row
from observe.postgres.relations import BYTES, LOCKED, NAMED

COUNTED = 1_000_000
"""Rows that are counted at most: beyond, more of them change nothing."""
DAYS = 5_000
"""Days of a default partition that are told apart at most, the latest ones."""
_CASTS = {
    "timestamp with time zone": "timestamptz '{:%Y-%m-%d %H:%M:%S}+00'",
    "timestamp without time zone": "timestamp '{:%Y-%m-%d %H:%M:%S}'",
    # A day is past when it is over.
    "date": "date '{:%Y-%m-%d}'",
}
_DAY = {
    "timestamp with time zone": "({} AT TIME ZONE 'UTC')::date",
    "timestamp without time zone": "{}::date",
    "date": "{}",
}


def instant(at: datetime, kind: str) -> str:
    """A point in time as a constant of a type with a point in time."""
    return _CASTS[kind].format(at.astimezone(UTC))


def named(upkeep: Iterable[TableUpkeep]) -> str:
    """The tables as rows: which one of the list, schema, name."""
    return _rows(
        (
            f"({number}, {literal(each.schema_name)}::name, {literal(each.table)}::name)"
            for number, each in enumerate(upkeep)
        ),
        "NULL::int, NULL::name, NULL::name",
    )


def _rows(values: Iterable[str], none: str) -> str:
    found = ", ".join(values)
    return f"VALUES {found}" if found else f"SELECT {none} WHERE false"


def kept_tables(upkeep: Sequence[TableUpkeep], at: datetime) -> Observation:
    """The observation of these tables, one row for each; what is due at `at` is counted within a time."""

    def detail(row: Row) -> str:
        return _due(row, upkeep[int(str(row["number"]))], at)

    return Observation(
        id="kept-tables",
        engine="postgres",
        question="What of the tables that access.yaml keeps is due: rows over their time, rows in a default partition?",
        read=lambda _: _read(upkeep),
        judge=lambda _: (),
        detail=detail,
        columns=("table", "rows", "due", "default_partition", "days", "day_rows"),
        patience=3 * SECONDS,
        on_replica=False,
    )


def _due(row: Row, upkeep: TableUpkeep, at: datetime) -> str:
    """SQL for how many rows are over their time (`due`), and of which days the default partition has rows."""
    asked, days = [], ""
    kind = str(row["expire_type"])
    if upkeep.expire and kind in _CASTS:
        over = f"{row['expire_column']} < {instant(at - timedelta(seconds=upkeep.expire.after), kind)}"
        some = f"SELECT FROM {row['table']} WHERE {over} LIMIT {COUNTED + 1}"
        asked.append(f"(SELECT count(*) FROM ({some}) x) AS due")
    if upkeep.partitions and row["default_bytes"] and row["key_type"] in _DAY:
        asked.append("d.*")
        days = f" FROM ({_days(row)}) d"
    return f"SELECT {', '.join(asked)}{days}" if asked else ""


def _days(row: Row) -> str:
    key = row["key_column"]
    return f"""
SELECT array_agg(to_char(day, 'YYYY-MM-DD') ORDER BY day) AS days, array_agg(rows ORDER BY day) AS day_rows FROM (
  SELECT {_DAY[str(row["key_type"])].format(key)} AS day, count(*) AS rows FROM ONLY {row["default_partition"]}
  WHERE {key} >= '0002-01-01' AND {key} < '9999-01-01' GROUP BY 1 ORDER BY 1 DESC LIMIT {DAYS}
) x"""


def _read(upkeep: Sequence[TableUpkeep]) -> str:
    columns = _rows(
        (
            f"({number}, {literal(each.expire.column if each.expire else '')}::name)"
            for number, each in enumerate(upkeep)
        ),
        "NULL::int, NULL::name",
    )
    # A grant by default privileges is the owner's of his own, for all schemas or for one.
    return f"""
WITH {LOCKED}, wanted (number, schema, name) AS ({named(upkeep)}), expire (number, "column") AS ({columns}),
there AS (
  SELECT w.*, x."column", c.oid, c.relkind, c.relowner, c.relnamespace, c.relrowsecurity, c.relforcerowsecurity,
         p.partstrat, p.partdefid,
         CASE WHEN p.partnatts = 1 AND p.partstrat = 'r' AND p.partattrs[0] > 0 THEN p.partattrs[0] END AS key
  FROM wanted w JOIN expire x USING (number) LEFT JOIN pg_namespace n ON n.nspname = w.schema
  LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
)
SELECT t.number, t.oid::bigint AS relid, format('%I.%I', t.schema, t.name) AS "table",
       t.schema::text AS schema, quote_ident(t.schema) AS schema_quoted, t.name::text AS name, t.relkind::text AS kind,
       CASE WHEN t.oid IS NULL THEN ARRAY(
         SELECT o.relname::text FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
         WHERE n.nspname = t.schema AND o.relkind IN ('r', 'p') AND NOT o.relispartition ORDER BY 1 LIMIT 1000)
       END AS others,
       pg_get_userbyid(t.relowner)::text AS owner, t.relrowsecurity AS row_security, t.relforcerowsecurity AS forced,
       quote_ident(e.attname) AS expire_column, format_type(e.atttypid, NULL) AS expire_type,
       EXISTS (SELECT FROM pg_index x JOIN pg_class ic ON ic.oid = x.indexrelid JOIN pg_am m ON m.oid = ic.relam
               WHERE x.indrelid = t.oid AND x.indisvalid AND x.indpred IS NULL AND m.amname = 'btree'
                 AND x.indkey[0] = e.attnum) AS indexed,
       size.rows, size.bytes,
       ARRAY(SELECT k.conrelid::regclass::text FROM pg_constraint k
             WHERE k.confrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid) AS referenced_by,
       ARRAY(SELECT k.confdeltype::text FROM pg_constraint k
             WHERE k.confrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid) AS on_delete,
       ARRAY(SELECT (SELECT string_agg(format('f.%I = t.%I', fa.attname, ta.attname), ' AND ' ORDER BY u.place)
                     FROM unnest(k.conkey, k.confkey) WITH ORDINALITY u (fk, tk, place)
                     JOIN pg_attribute fa ON fa.attrelid = k.conrelid AND fa.attnum = u.fk
                     JOIN pg_attribute ta ON ta.attrelid = k.confrelid AND ta.attnum = u.tk)
             FROM pg_constraint k
             WHERE k.confrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid) AS joined,
       ARRAY(SELECT DISTINCT k.confrelid::regclass::text FROM pg_constraint k
             WHERE k.conrelid = t.oid AND k.contype = 'f' ORDER BY 1) AS referenced,
       {_triggers("t.oid")} AS on_deletion,
       CASE t.partstrat WHEN 'r' THEN 'RANGE' WHEN 'l' THEN 'LIST' WHEN 'h' THEN 'HASH' END AS strategy,
       pg_get_partkeydef(t.oid) AS key_text, quote_ident(ka.attname) AS key_column,
       format_type(ka.atttypid, NULL) AS key_type,
       CASE WHEN c.oid IS NOT NULL THEN {NAMED} END AS default_partition,
       CASE WHEN c.oid IS NOT NULL THEN {BYTES} END AS default_bytes,
       c.relforcerowsecurity AS default_forced, {_triggers("c.oid")} AS default_on_deletion,
       ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0
             AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
       ARRAY(SELECT DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
             FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) g
             WHERE d.defaclrole = t.relowner AND d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, t.relnamespace)
               AND g.grantee <> t.relowner ORDER BY 1) AS granted,
       ARRAY(SELECT o.relname::text FROM pg_class o WHERE o.relnamespace = t.relnamespace
               AND starts_with(o.relname::text, t.name::text || '_')
               AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = o.oid AND h.inhparent = t.oid)) AS taken
FROM there t
LEFT JOIN pg_attribute e ON e.attrelid = t.oid AND e.attname = t."column" AND e.attnum > 0 AND NOT e.attisdropped
LEFT JOIN pg_attribute ka ON ka.attrelid = t.oid AND ka.attnum = t.key
LEFT JOIN pg_class c ON c.oid = t.partdefid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT sum({about(f"({BYTES})", "c", "st")})::bigint AS rows, sum({BYTES})::bigint AS bytes
  FROM pg_class c LEFT JOIN pg_stat_all_tables st ON st.relid = c.oid
  WHERE c.oid = t.oid OR c.oid IN (SELECT relid FROM pg_partition_tree(t.oid))
) size ON true
ORDER BY t.number
"""


def _triggers(table: str) -> str:
    """SQL for the triggers that a deletion fires (TRIGGER_TYPE_DELETE of pg_trigger.h)."""
    return f"""ARRAY(SELECT quote_ident(g.tgname) FROM pg_trigger g WHERE g.tgrelid = {table} AND NOT g.tgisinternal
             AND g.tgenabled <> 'D' AND g.tgtype & 8 <> 0 ORDER BY g.tgname)"""
