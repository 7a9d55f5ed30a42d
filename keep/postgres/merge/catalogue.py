"""Reads what a merge has to know of a database's tables (`tables.py`) from the system catalogues."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from keep.postgres.merge.tables import Catalogue, Column, ForeignKey, Part, Rule, Table, Trigger

# Equality as the index means it: the operator of its operator class, by name with schema, for the path is empty.
_TABLES = """
WITH heaps AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
indexes AS (
  SELECT i.*, x.conexclop, r.relname FROM pg_index i JOIN heaps h ON h.oid = i.indrelid
  JOIN pg_class r ON r.oid = i.indexrelid
  LEFT JOIN pg_constraint x ON x.conindid = i.indexrelid AND x.contype = 'x'
  WHERE (i.indisunique OR i.indisexclusion) AND i.indisvalid),
rules AS (
  SELECT i.indrelid, json_build_object(
    'name', i.relname, 'predicate', pg_get_expr(i.indpred, i.indrelid), 'nulls', NOT i.indnullsnotdistinct,
    'primary', i.indisprimary,
    'columns', (SELECT json_agg(a.attname ORDER BY k) FROM generate_series(0, i.indnkeyatts - 1) k
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] AND a.attnotnull
                WHERE i.indpred IS NULL AND i.indisunique AND NOT i.indisexclusion AND i.indimmediate),
    'expressions', (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, false) ORDER BY k)
                    FROM generate_series(1, i.indnkeyatts) k),
    'operators', (SELECT json_agg(format('OPERATOR(%I.%s)', on_.nspname, o.oprname) ORDER BY k)
                  FROM generate_series(0, i.indnkeyatts - 1) k JOIN pg_opclass oc ON oc.oid = i.indclass[k]
                  LEFT JOIN pg_amop am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
                    AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype AND am.amoppurpose = 's'
                  JOIN pg_operator o ON o.oid = coalesce(i.conexclop[k + 1], am.amopopr)
                  JOIN pg_namespace on_ ON on_.oid = o.oprnamespace)) AS rule
  FROM indexes i)
SELECT h.nspname, h.relname, format('%I.%I', h.nspname, h.relname), h.relkind = 'p', row_security_active(h.oid),
  (SELECT json_agg(json_build_array(a.attname,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation = 0 THEN '' ELSE
         (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_collation l
          JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
       CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), 'NULL') ELSE 'NULL' END,
       a.attnotnull AND d.oid IS NULL AND a.attidentity = '') ORDER BY a.attnum)
   FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT json_agg(r.rule ORDER BY (r.rule ->> 'primary')::boolean DESC, r.rule ->> 'name')
   FROM rules r WHERE r.indrelid = h.oid),
  (SELECT json_agg(json_build_array(t.tgname, tn.nspname, tc.relname, t.tgenabled)
                   ORDER BY t.tgrelid <> h.oid, t.tgname, tn.nspname, tc.relname)
   FROM pg_trigger t JOIN pg_class tc ON tc.oid = t.tgrelid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
   WHERE (t.tgrelid = h.oid OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(h.oid)))
     AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
     AND (t.tgtype & 4 > 0 OR t.tgtype & 16 > 0))  -- TRIGGER_TYPE_INSERT, TRIGGER_TYPE_UPDATE
FROM heaps h ORDER BY 1, 2
"""
# One line for a foreign key of a partitioned table: those of its partitions have it as their parent. One that only a
# partition has, or that refers to a partition, is of the whole table here, and of those of its rows. `conenforced` came
# with PostgreSQL 18.
_KEYS = """
WITH wholes AS (
  SELECT p.oid, json_build_array(rn.nspname, r.relname) AS name, CASE WHEN r.oid <> p.oid THEN
           json_build_array(pn.nspname, p.relname, coalesce(pg_get_partition_constraintdef(p.oid), 'true')) END AS part
  FROM pg_class p JOIN pg_namespace pn ON pn.oid = p.relnamespace
  JOIN pg_class r ON r.oid = coalesce(pg_partition_root(p.oid), p.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
  WHERE p.relkind IN ('r', 'p'))
SELECT c.conname, child.name, child.part, parent.name, parent.part, names.of, names.to_, names.operators,
       c.confdeltype, coalesce(names.cleared, names.of), c.condeferrable, c.condeferred,
       coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
FROM pg_constraint c
JOIN wholes child ON child.oid = c.conrelid JOIN wholes parent ON parent.oid = c.confrelid
CROSS JOIN LATERAL (
  SELECT json_agg(a.attname ORDER BY k) AS of, json_agg(b.attname ORDER BY k) AS to_,
         json_agg(format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k) AS operators,
         json_agg(a.attname ORDER BY k) FILTER (WHERE a.attnum = ANY(c.confdelsetcols)) AS cleared
  FROM generate_subscripts(c.conkey, 1) k
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[k]
  JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[k]
  JOIN pg_operator o ON o.oid = c.conpfeqop[k] JOIN pg_namespace n ON n.oid = o.oprnamespace) names
WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY child.name::text, 1, child.part::text
"""


def read(conn: psycopg.Connection[Any]) -> Catalogue:
    """Read the catalogue, with an empty search_path, so that every name comes with its schema."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(_TABLES.encode()).fetchall()
        keys = cursor.execute(_KEYS.encode()).fetchall()
    tables = {(each[0], each[1]): _table(*each) for each in found}
    every = tuple(
        ForeignKey(
            name=name,
            child=tuple(child),
            parent=tuple(parent),
            child_part=_part(child_part),
            parent_part=_part(parent_part),
            columns=tuple(columns),
            referenced=tuple(referenced),
            operators=tuple(operators),
            on_delete=action,
            cleared=tuple(cleared),
            deferrable=deferrable,
            deferred=deferred,
            enforced=enforced,
        )
        for (
            name,
            child,
            child_part,
            parent,
            parent_part,
            columns,
            referenced,
            operators,
            action,
            cleared,
            deferrable,
            deferred,
            enforced,
        ) in keys
    )
    return Catalogue(
        tables=tables, keys=tuple(each for each in every if each.child in tables and each.parent in tables)
    )


def _part(found: list[str] | None) -> Part | None:
    return Part(name=(found[0], found[1]), holds=found[2]) if found else None


def _table(
    schema: str,
    name: str,
    proved: str,
    partitioned: bool,
    hidden: bool,
    columns: list[list[Any]],
    rules: list[dict[str, Any]] | None,
    triggers: list[list[Any]] | None,
) -> Table:
    whole = [each for each in rules or () if len(each["columns"] or ()) == len(each["expressions"])]
    key = whole[0] if whole else None
    return Table(
        name=(schema, name),
        proved=proved,
        partitioned=partitioned,
        hidden=hidden,
        columns=tuple(
            Column(name=each, type=type_, generated=generated, default=default, required=required)
            for each, type_, generated, default, required in columns or ()
        ),
        key=tuple(key["columns"]) if key else (),
        key_operators=tuple(key["operators"]) if key else (),
        rules=tuple(
            Rule(
                name=each["name"],
                expressions=tuple(each["expressions"]),
                operators=tuple(each["operators"]),
                predicate=each["predicate"],
                distinct_nulls=each["nulls"],
            )
            for each in rules or ()
            if each is not key
        ),
        triggers=tuple(
            Trigger(name=each, on=(schema_, on), state=state) for each, schema_, on, state in triggers or ()
        ),
    )
