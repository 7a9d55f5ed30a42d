"""Operators, their classes and families, and casts, each as the statements that make it."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row
from bootstrap.schema.catalog.objects import mine
from bootstrap.schema.catalog.scope import ours

_OTHER = """(SELECT format('OPERATOR(%I.%s)', sn.nspname, so.oprname) FROM pg_operator so
        JOIN pg_namespace sn ON sn.oid = so.oprnamespace WHERE so.oid = {})"""

OPERATOR = """format('%I.%s (%s, %s)', n.nspname, o.oprname,
        CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL))"""
FAMILY = "format('%I.%I USING %I', n.nspname, f.opfname, a.amname)"
CLASS = "format('%I.%I USING %I', n.nspname, o.opcname, a.amname)"
CAST = "format('(%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL))"
"""SQL: the names of each, as DROP takes them."""

# One that another names as its commutator or negator before it is made is a shell (oprcode 0), as in CREATE OPERATOR.
OPERATORS = f"""
SELECT o.oid, {OPERATOR},
    ARRAY[format('CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname, concat_ws(', ',
        'FUNCTION = ' || o.oprcode::regproc::text, 'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL),
        'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL), 'COMMUTATOR = ' || {_OTHER.format("o.oprcom")},
        'NEGATOR = ' || {_OTHER.format("o.oprnegate")}, 'RESTRICT = ' || nullif(o.oprrest, 0)::regproc::text,
        'JOIN = ' || nullif(o.oprjoin, 0)::regproc::text, CASE WHEN o.oprcanhash THEN 'HASHES' END,
        CASE WHEN o.oprcanmerge THEN 'MERGES' END))]
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE {ours("pg_operator", "o", "opr")} AND o.oprcode <> 0 ORDER BY 2"""

# What belongs to a class or loosely to a family: pg_depend, as pg_dump asks.
_MEMBERS = """
    SELECT 'OPERATOR ' || m.amopstrategy || ' ' || m.amopopr::regoperator::text || coalesce(
               (SELECT format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname) FROM pg_opfamily sf
                JOIN pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = m.amopsortfamily), '') AS text,
           1 AS first, m.amopstrategy AS number, m.amopopr::regoperator::text AS told
    FROM pg_amop m JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = m.oid
    WHERE d.refclassid = '{catalog}'::regclass AND d.refobjid = {oid}
    UNION ALL
    SELECT format('FUNCTION %s (%s, %s) %s', m.amprocnum, format_type(m.amproclefttype, NULL),
                  format_type(m.amprocrighttype, NULL), m.amproc::regprocedure), 2, m.amprocnum,
                      m.amproc::regprocedure::text
    FROM pg_amproc m JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = m.oid
    WHERE d.refclassid = '{catalog}'::regclass AND d.refobjid = {oid}"""
_LISTED = "(SELECT string_agg(x.text, ', ' ORDER BY x.first, x.number, x.told) FROM ({}) x)"

FAMILIES = f"""
SELECT f.oid, {FAMILY},
    ARRAY[format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, a.amname),
          format('ALTER OPERATOR FAMILY %I.%I USING %I ADD ', n.nspname, f.opfname, a.amname)
          || {_LISTED.format(_MEMBERS.format(catalog="pg_opfamily", oid="f.oid"))}]
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod
WHERE {ours("pg_opfamily", "f", "opf")} ORDER BY 2"""

CLASSES = f"""
SELECT o.oid, {CLASS},
    ARRAY[format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s', n.nspname, o.opcname,
        CASE WHEN o.opcdefault THEN ' DEFAULT' ELSE '' END, format_type(o.opcintype, NULL), a.amname,
        fn.nspname, f.opfname, coalesce(nullif(concat_ws(', ',
            'STORAGE ' || format_type(nullif(o.opckeytype, 0), NULL),
            {_LISTED.format(_MEMBERS.format(catalog="pg_opclass", oid="o.oid"))}), ''),
            'STORAGE ' || format_type(o.opcintype, NULL)))]
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am a ON a.oid = o.opcmethod
JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
WHERE {ours("pg_opclass", "o", "opc")} ORDER BY 2"""

MEMBERS = """
SELECT DISTINCT d.classid::regclass::text, d.objid, d.refclassid::regclass::text, d.refobjid FROM pg_depend d
WHERE d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND d.objid >= 16384
  AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)"""

# A range brings the cast to its multirange along (deptype i).
CASTS = f"""
SELECT c.oid, {CAST},
    ARRAY[format('CREATE CAST (%s AS %s) %s%s', format_type(c.castsource, NULL), format_type(c.casttarget, NULL),
        CASE c.castmethod WHEN 'b' THEN 'WITHOUT FUNCTION' WHEN 'i' THEN 'WITH INOUT'
                          ELSE 'WITH FUNCTION ' || c.castfunc::regprocedure::text END,
        CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END)]
FROM pg_cast c WHERE {mine("pg_cast", "c")} AND NOT EXISTS (SELECT FROM pg_depend i
    WHERE i.classid = 'pg_cast'::regclass AND i.objid = c.oid AND i.deptype = 'i') ORDER BY 2"""


def members(draft: Draft, rows: Sequence[Row]) -> None:
    """Let a class or family need what its members need."""
    for catalog, oid, owner_catalog, owner in rows:
        if (owner_catalog, owner) in draft.named:
            draft.named[catalog, oid] = draft.named[owner_catalog, owner]
            draft.entries[catalog, oid] = draft.entries.get((owner_catalog, owner), {})
