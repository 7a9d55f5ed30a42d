"""What uses what on a server: asked when something has to be dropped or changed that may be in use."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from bootstrap.schema.mends.making import holder

# Names as `bootstrap.schema.definition` has them. pg_depend knows the rule of a view, the default of a column and the
# array of a type where people know the view, the column and the type: both sides of each row are named alike.
_RELATIONS = """
SELECT 'pg_class'::regclass AS class, c.oid, 0 AS sub,
    CASE WHEN k.oid IS NOT NULL THEN format('constraint %s.%I', k.conrelid::regclass, k.conname)
         WHEN c.relkind IN ('i', 'I') THEN format('index %s.%I', i.indrelid::regclass, c.relname)
         ELSE CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' WHEN 'S' THEN 'sequence '
                             WHEN 'c' THEN 'type ' ELSE 'table ' END || c.oid::regclass END AS name
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE c.oid >= 16384
UNION ALL
SELECT 'pg_class'::regclass, a.attrelid, a.attnum, format('column %s.%I', a.attrelid::regclass, a.attname)
FROM pg_attribute a WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped"""

_PARTS = """
SELECT 'pg_attrdef'::regclass, d.oid, 0,
    format(CASE WHEN a.attgenerated <> '' THEN 'column %s.%I' ELSE 'default %s.%I' END, d.adrelid::regclass, a.attname)
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
UNION ALL
SELECT 'pg_rewrite'::regclass, r.oid, 0, CASE WHEN r.rulename = '_RETURN' THEN 'view ' || r.ev_class::regclass
    ELSE format('rule %s.%I', r.ev_class::regclass, r.rulename) END
FROM pg_rewrite r WHERE r.oid >= 16384
UNION ALL
SELECT 'pg_constraint'::regclass, k.oid, 0, format('constraint %s.%I',
    CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text ELSE k.contypid::regtype::text END, k.conname)
FROM pg_constraint k WHERE k.oid >= 16384
UNION ALL
SELECT 'pg_trigger'::regclass, t.oid, 0, format('trigger %s.%I', t.tgrelid::regclass, t.tgname)
FROM pg_trigger t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'pg_policy'::regclass, p.oid, 0, format('policy %s.%I', p.polrelid::regclass, p.polname) FROM pg_policy p
UNION ALL
SELECT 'pg_publication_rel'::regclass, r.oid, 0, format('publication %I', p.pubname)
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"""

_TYPES = """
SELECT 'pg_proc'::regclass, p.oid, 0,
    format('function %I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384
UNION ALL
SELECT 'pg_type'::regclass, t.oid, 0,
    CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 'table ' || c.oid::regclass
         WHEN c.relkind IN ('v', 'm') THEN 'view ' || c.oid::regclass
         ELSE 'type ' || coalesce(r.rngtypid, e.oid, t.oid)::regtype END
FROM pg_type t LEFT JOIN pg_type e ON e.typarray = t.oid
LEFT JOIN pg_range r ON r.rngmultitypid = coalesce(e.oid, t.oid)
LEFT JOIN pg_class c ON c.oid = coalesce(e.typrelid, t.typrelid) AND c.oid <> 0
WHERE t.oid >= 16384"""

# The constructors of a range come and go with it.
_USERS = f"""
WITH named (class, oid, sub, name) AS MATERIALIZED ({_RELATIONS} UNION ALL {_PARTS} UNION ALL {_TYPES})
SELECT DISTINCT coalesce(used.name, used_other.name), coalesce(its.name, its_other.name)
FROM pg_depend d
LEFT JOIN named its ON (its.class, its.oid, its.sub) = (d.classid, d.objid, d.objsubid)
LEFT JOIN named used ON (used.class, used.oid, used.sub) = (d.refclassid, d.refobjid, d.refobjsubid)
LEFT JOIN LATERAL (SELECT i.type || ' ' || i.identity FROM pg_identify_object(d.classid, d.objid, d.objsubid) i)
    its_other(name) ON its.name IS NULL
LEFT JOIN LATERAL (SELECT i.type || ' ' || i.identity FROM pg_identify_object(d.refclassid, d.refobjid, 0) i)
    used_other(name) ON used.name IS NULL
WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384 AND d.refobjid >= 16384
  AND d.refclassid NOT IN ('pg_namespace'::regclass, 'pg_extension'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND d.classid = i.classid
                    AND i.objid = d.objid AND i.deptype = 'i')"""  # noqa: S608 - constants


def users(conn: psycopg.Connection[Any]) -> dict[str, frozenset[str]]:
    """Return what uses each object or part directly, by their names."""
    found: dict[str, set[str]] = {}
    with conn.transaction(force_rollback=True), conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("SELECT set_config('search_path', '', true)")
        cursor.execute(_USERS.encode())
        for used, user in cursor.fetchall():
            if used and user and used != user:
                for name in (used, *_relations(used)):
                    found.setdefault(name, set()).add(user)
    return {name: frozenset(each) for name, each in found.items()}


def _relations(name: str) -> tuple[str, ...]:
    """What uses a column uses its relation; which kind that is of the column does not tell."""
    if not name.startswith("column "):
        return ()
    owner = holder(name.removeprefix("column "))[0]
    return f"table {owner}", f"view {owner}"
