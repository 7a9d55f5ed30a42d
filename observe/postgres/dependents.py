"""What hangs on a table: what changes, breaks or is in the way when it is altered or dropped."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.relations import NAMED

_RELATION = "(SELECT {named} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {of})"


def _named(of: str) -> str:
    return _RELATION.format(named=NAMED, of=of)


def _dependents(oid: int) -> str:
    """The statement for one table. A view depends on it by its rule, and views of views by theirs.

    A function depends on it by its argument types, and by its body only where that is SQL between BEGIN ATOMIC and END
    (PostgreSQL, Dependency Tracking); of the others the text is searched for the name, which finds too many rather than
    too few.
    """
    return f"""
WITH RECURSIVE t AS (
  SELECT c.oid, c.relname, c.reltype, c.relnamespace, c.relkind FROM pg_class c WHERE c.oid = {oid:d}
), views AS (
  SELECT r.ev_class AS oid, 1 AS depth FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
   WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid:d}
     AND r.ev_class <> {oid:d}
  UNION
  SELECT r.ev_class, v.depth + 1
    FROM views v JOIN pg_depend d ON d.refobjid = v.oid JOIN pg_rewrite r ON r.oid = d.objid
   WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class <> v.oid
     AND v.depth < 20
)
SELECT CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind, {_named("v.oid")} AS object,
       CASE WHEN min(w.depth) = 1 THEN 'reads it' ELSE 'reads a view of it' END AS how, min(w.depth) AS depth
  FROM views w JOIN pg_class v ON v.oid = w.oid WHERE v.relkind IN ('v', 'm') GROUP BY v.oid, v.relkind
UNION ALL
SELECT 'foreign key', {_named("k.conrelid")}, 'references it: ' || quote_ident(k.conname) || ' '
       || pg_get_constraintdef(k.oid), 1
  FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = {oid:d} AND k.conparentid = 0
UNION ALL
SELECT 'foreign key', {_named("k.confrelid")}, 'it references: ' || quote_ident(k.conname) || ' '
       || pg_get_constraintdef(k.oid), 1
  FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = {oid:d} AND k.conparentid = 0
UNION ALL
SELECT 'trigger', quote_ident(g.tgname), 'calls ' || g.tgfoid::regprocedure
       || CASE g.tgenabled WHEN 'D' THEN ', disabled' ELSE '' END, 1
  FROM pg_trigger g WHERE g.tgrelid = {oid:d} AND NOT g.tgisinternal
UNION ALL
SELECT 'policy', quote_ident(p.polname), 'for ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
       WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
       || ' to ' || coalesce((SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) FROM pg_roles r
                               WHERE r.oid = ANY (p.polroles)), 'PUBLIC'), 1
  FROM pg_policy p WHERE p.polrelid = {oid:d}
UNION ALL
SELECT CASE WHEN c.relispartition THEN 'partition' ELSE 'child' END, {_named("i.inhrelid")},
       coalesce(pg_get_expr(c.relpartbound, c.oid), 'inherits from it'), 1
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = {oid:d} AND c.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'parent', {_named("i.inhparent")}, CASE WHEN c.relispartition THEN 'it is a partition of it'
       ELSE 'it inherits from it' END, 1
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhrelid = {oid:d}
UNION ALL
SELECT 'sequence', {_named("d.objid")}, 'owned by its column ' || quote_ident(a.attname)
       || CASE d.deptype WHEN 'i' THEN ', identity' ELSE '' END, 1
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid:d}
   AND d.deptype IN ('a', 'i')
UNION ALL
SELECT 'sequence', {_named("d.refobjid")}, 'default of its column ' || quote_ident(a.attname), 1
  FROM pg_attrdef f JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
  JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
 WHERE f.adrelid = {oid:d} AND NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass
                                            AND o.objid = s.oid AND o.refobjid = {oid:d} AND o.deptype IN ('a', 'i'))
UNION ALL
SELECT 'publication', quote_ident(p.pubname), CASE WHEN p.puballtables THEN 'publishes all tables'
       WHEN EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = {oid:d})
       THEN 'publishes it' ELSE 'publishes its schema' END, 1
  FROM pg_publication p, t WHERE t.relkind IN ('r', 'p') AND (p.puballtables
    OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = t.oid)
    OR EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid AND s.pnnspid = t.relnamespace))
UNION ALL
SELECT 'rule', quote_ident(r.rulename), 'on it', 1
  FROM pg_rewrite r, t WHERE r.ev_class = {oid:d} AND NOT (r.rulename = '_RETURN' AND t.relkind IN ('v', 'm'))
UNION ALL
SELECT 'function', p.oid::regprocedure::text,
       CASE WHEN p.prosqlbody IS NULL THEN 'has its row type' ELSE 'uses it' END, 1
  FROM pg_proc p, t WHERE EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
       AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid)
            OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (
              SELECT y.oid FROM pg_type y WHERE t.reltype <> 0 AND t.reltype IN (y.oid, y.typelem)))))
UNION ALL
SELECT 'function', p.oid::regprocedure::text, 'its text has the name', 1
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang, t
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal')
   AND p.prosqlbody IS NULL AND CASE WHEN quote_ident(t.relname) = t.relname
     THEN p.prosrc ~* ('\\m' || t.relname || '\\M') ELSE position(quote_ident(t.relname) IN p.prosrc) > 0 END
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                    AND d.refclassid = 'pg_type'::regclass AND d.refobjid = t.reltype)
UNION ALL
SELECT 'column', {_named("a.attrelid")} || '.' || quote_ident(a.attname), 'has its row type', 1
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, t
 WHERE a.atttypid IN (SELECT y.oid FROM pg_type y WHERE t.reltype <> 0 AND t.reltype IN (y.oid, y.typelem))
   AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f')
ORDER BY kind, depth, object, how
"""


def dependents(oid: int) -> Observation:
    """The question about one table, by its oid."""
    return Observation(
        id="deps",
        engine="postgres",
        question="What hangs on a table?",
        read=lambda _: _dependents(oid),
        judge=lambda _: (),
        columns=("kind", "object", "how"),
        on_replica=False,
    )
