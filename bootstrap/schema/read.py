"""Read a server's schema in the shape of the definition: one query that lets PostgreSQL write everything out.

Joined and grouped, not asked for table by table: a thousand tables are one round trip. Left out are what belongs to an
extension (pg_depend, deptype 'e'), the books of the migrations, partitions but for their bound, and the NOT NULL
constraints that PostgreSQL 18 keeps in addition to the flag of the column (contype 'n').
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal

from bootstrap.migrate.postgres import HISTORY, TABLE
from bootstrap.postgres.desired import SCHEMA
from bootstrap.schema.definition import Schema

# What the texts depend on: names are qualified by the search path, bounds of partitions are printed in the time zone.
_PIN = SQL("""SELECT set_config('search_path', {schema}, true), set_config('timezone', 'UTC', true),
    set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'postgres', true),
    set_config('quote_all_identifiers', 'off', true)""")

_QUERY = SQL("""
WITH extended AS MATERIALIZED (SELECT classid, objid, refobjid FROM pg_depend WHERE deptype = 'e'),
rel AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relpersistence, c.reloptions, c.relrowsecurity,
           c.relforcerowsecurity, d.description
    FROM pg_class c LEFT JOIN pg_description d
      ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
    WHERE c.relnamespace = {schema}::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
      AND c.relname NOT IN ({table}, {history})
      AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)),
tab AS MATERIALIZED (SELECT * FROM rel WHERE relkind IN ('r', 'p') AND NOT relispartition),
col AS (
    SELECT a.attrelid AS oid, json_object_agg(a.attname, json_strip_nulls(json_build_object(
            'type', format_type(a.atttypid, a.atttypmod),
            'not_null', CASE WHEN a.attnotnull THEN true END,
            'default', pg_get_expr(d.adbin, d.adrelid),
            'identity', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END,
            'generated', CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END,
            'collation', CASE WHEN a.attcollation <> t.typcollation
                              THEN (SELECT collname FROM pg_collation WHERE oid = a.attcollation) END,
            'comment', x.description)) ORDER BY a.attnum) AS made,
        json_agg(DISTINCT n.extname) FILTER (WHERE n.extname IS NOT NULL) AS requires
    FROM tab JOIN pg_attribute a ON a.attrelid = tab.oid
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_description x ON x.objoid = a.attrelid AND x.classoid = 'pg_class'::regclass AND x.objsubid = a.attnum
    LEFT JOIN extended e ON e.classid = 'pg_type'::regclass AND e.objid = a.atttypid
    LEFT JOIN pg_extension n ON n.oid = e.refobjid
    WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY 1),
con AS (
    SELECT k.conrelid AS oid, json_object_agg(k.conname, pg_get_constraintdef(k.oid) ORDER BY k.conname) AS made
    FROM tab JOIN pg_constraint k ON k.conrelid = tab.oid
    WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0 GROUP BY 1),
ind AS (
    SELECT i.indrelid AS oid, json_object_agg(c.relname, pg_get_indexdef(i.indexrelid)
               || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END ORDER BY c.relname) AS made
    FROM rel JOIN pg_index i ON i.indrelid = rel.oid JOIN pg_class c ON c.oid = i.indexrelid
    WHERE rel.relkind IN ('r', 'p', 'm') AND NOT rel.relispartition
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    GROUP BY 1),
trg AS (
    SELECT g.tgrelid AS oid, json_object_agg(g.tgname, pg_get_triggerdef(g.oid) || CASE g.tgenabled
               WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END
               ORDER BY g.tgname) AS made
    FROM tab JOIN pg_trigger g ON g.tgrelid = tab.oid
    WHERE NOT g.tgisinternal AND g.tgparentid = 0 GROUP BY 1),
pol AS (
    SELECT p.polrelid AS oid, json_object_agg(p.polname, format('CREATE POLICY %I ON %I%s FOR %s TO %s%s%s',
               p.polname, tab.relname, CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END,
               CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                             WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
               (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text)
                FROM unnest(p.polroles) r),
               ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
               ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') ORDER BY p.polname) AS made
    FROM tab JOIN pg_policy p ON p.polrelid = tab.oid GROUP BY 1, tab.relname),
part AS (
    SELECT h.inhparent AS oid, json_object_agg(c.relname, pg_get_expr(c.relpartbound, c.oid) ORDER BY c.relname) AS made
    FROM tab JOIN pg_inherits h ON h.inhparent = tab.oid JOIN pg_class c ON c.oid = h.inhrelid
    WHERE tab.relkind = 'p' AND c.relispartition AND NOT h.inhdetachpending GROUP BY 1)
SELECT json_build_object(
    'extensions', (SELECT json_object_agg(extname, json_build_object('schema', quote_ident(nspname)) ORDER BY extname)
        FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname <> 'plpgsql'),
    'types', (SELECT json_object_agg(t.typname, CASE t.typtype
            WHEN 'e' THEN (SELECT format('AS ENUM (%s)', string_agg(quote_literal(l.enumlabel), ', '
                                                                    ORDER BY l.enumsortorder))
                           FROM pg_enum l WHERE l.enumtypid = t.oid)
            WHEN 'd' THEN 'DOMAIN ' || format_type(t.typbasetype, t.typtypmod)
                || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
                || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ''
                                               ORDER BY k.conname)
                             FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '')
            ELSE (SELECT format('AS (%s)', string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)),
                                                      ', ' ORDER BY a.attnum))
                  FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
            END ORDER BY t.typname)
        FROM pg_type t WHERE t.typnamespace = {schema}::regnamespace
          AND (t.typtype IN ('e', 'd') OR t.typrelid IN (SELECT oid FROM rel WHERE relkind = 'c'))
          AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)),
    'sequences', (SELECT json_object_agg(rel.relname, format('AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s%s%s',
            format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
            CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END,
            (SELECT format(' OWNED BY %s.%I', o.refobjid::regclass, a.attname)
             FROM pg_depend o JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
             WHERE o.classid = 'pg_class'::regclass AND o.objid = rel.oid AND o.deptype = 'a'
               AND o.refclassid = 'pg_class'::regclass)) ORDER BY rel.relname)
        FROM rel JOIN pg_sequence s ON s.seqrelid = rel.oid
        WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = rel.oid
                            AND i.deptype = 'i')),
    'functions', (SELECT json_object_agg(format('%I(%s)', p.proname, oidvectortypes(p.proargtypes)),
            json_strip_nulls(json_build_object(
                'comment', obj_description(p.oid, 'pg_proc'),
                'definition', string_to_array(rtrim(pg_get_functiondef(p.oid), E'\\n'), E'\\n')))
            ORDER BY p.proname, oidvectortypes(p.proargtypes))
        FROM pg_proc p WHERE p.pronamespace = {schema}::regnamespace AND p.prokind <> 'a'
          AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)),
    'tables', (SELECT json_object_agg(tab.relname, json_strip_nulls(json_build_object(
            'comment', tab.description, 'requires', col.requires,
            'unlogged', CASE WHEN tab.relpersistence = 'u' THEN true END, 'options', to_json(tab.reloptions),
            'partition_by', CASE WHEN tab.relkind = 'p' THEN pg_get_partkeydef(tab.oid) END, 'partitions', part.made,
            'columns', coalesce(col.made, '{{}}'), 'constraints', con.made, 'indexes', ind.made,
            'triggers', trg.made,
            'row_security', CASE WHEN tab.relforcerowsecurity AND tab.relrowsecurity THEN 'FORCED'
                                 WHEN tab.relrowsecurity THEN 'ENABLED' END,
            'policies', pol.made)) ORDER BY tab.relname)
        FROM tab LEFT JOIN col USING (oid) LEFT JOIN con USING (oid) LEFT JOIN ind USING (oid) LEFT JOIN trg USING (oid)
        LEFT JOIN pol USING (oid) LEFT JOIN part USING (oid)),
    'views', (SELECT json_object_agg(rel.relname, json_strip_nulls(json_build_object(
            'comment', rel.description, 'materialized', CASE WHEN rel.relkind = 'm' THEN true END,
            'options', to_json(rel.reloptions),
            'definition', string_to_array(pg_get_viewdef(rel.oid), E'\\n'), 'indexes', ind.made)) ORDER BY rel.relname)
        FROM rel LEFT JOIN ind USING (oid) WHERE rel.relkind IN ('v', 'm')))::text,
  current_setting('server_version_num')::int, now()::date,
  (SELECT oid FROM pg_class WHERE relname = {table} AND relnamespace = {schema}::regnamespace
      AND has_table_privilege(oid, 'SELECT')) IS NOT NULL
""")


@dataclass(frozen=True, kw_only=True)
class ServerSchema:
    """What a server has."""

    schema: Schema
    server: int
    """Version of the server, as server_version_num has it."""
    today: date
    """On the server's clock, in UTC."""
    shipped: frozenset[str]
    """Extensions that could be installed; only those asked for are looked up."""


def read(conn: psycopg.Connection[Any], *, extensions: Iterable[str] = ()) -> ServerSchema:
    """Read the schema that `conn` sees, as one snapshot, in two round trips.

    Within a transaction of the caller's it sees what that has done, and leaves its settings changed until it ends.
    """
    own = conn.info.transaction_status == TransactionStatus.IDLE
    names = {"schema": Literal(SCHEMA), "table": Literal(TABLE), "history": Literal(HISTORY)}
    begin = [SQL("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")] if own else []
    try:
        first = SQL("; ").join([*begin, _PIN.format(**names), _QUERY.format(**names)])
        ((text, server, today, ledger),) = _execute(conn, first)[-1]
        schema = _schema(json.loads(text))
        more = [
            SQL("SELECT name FROM pg_available_extensions WHERE name = ANY({})").format(Literal(list(extensions))),
            SQL("SELECT version FROM {} WHERE NOT dirty" if ledger else "SELECT WHERE false").format(
                *[Identifier(SCHEMA, TABLE)] * ledger
            ),
        ]
        shipped, version = _execute(conn, SQL("; ").join(more))
    finally:
        if own and not conn.closed:
            conn.rollback()
    if version:
        schema = {"version": version[0][0], **schema}
    return ServerSchema(
        schema=schema,
        server=server,
        today=today,
        shipped=frozenset(name for (name,) in shipped),
    )


def _schema(data: dict[str, Any]) -> Schema:
    made: Any = {kind: content for kind, content in data.items() if content}
    return made  # type: ignore[no-any-return]  # the query gives it this shape; a test dumps and loads it


def _execute(conn: psycopg.Connection[Any], query: Any) -> list[list[Any]]:
    """Send statements whole and return the rows of each that has any."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(query)
        results = []
        while True:
            if cursor.description is not None:
                results.append(cursor.fetchall())
            if not cursor.nextset():
                return results
