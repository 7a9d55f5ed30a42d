"""Sequences, those of identity columns with them."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row, given
from bootstrap.schema.catalog.scope import RELATION

# CREATE SEQUENCE's documentation: ascending from 1 to the type's greatest value, descending from -1 to its least.
SEQUENCES = f"""
SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), o.deptype = 'i', o.refobjid, o.refobjsubid,
    n.oid = tc.relnamespace AND c.relname = tc.relname || '_' || ta.attname || '_seq', tc.relpersistence = 'u',
    CASE WHEN s.seqtypid <> 'bigint'::regtype AND (o.deptype = 'i') IS NOT TRUE THEN format_type(s.seqtypid, NULL) END,
    nullif(s.seqstart, CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END), nullif(s.seqincrement, 1),
    nullif(s.seqmin, CASE WHEN s.seqincrement > 0 THEN 1 ELSE t.least END),
    nullif(s.seqmax, CASE WHEN s.seqincrement > 0 THEN t.greatest ELSE -1 END),
    nullif(s.seqcache, 1), s.seqcycle, c.relpersistence = 'u'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
JOIN (VALUES ('smallint'::regtype, -32768, 32767), ('integer', -2147483648, 2147483647),
             ('bigint', -9223372036854775808, 9223372036854775807)) t(type, least, greatest) ON t.type = s.seqtypid
LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
    AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
LEFT JOIN pg_class tc ON tc.oid = o.refobjid
LEFT JOIN pg_attribute ta ON ta.attrelid = o.refobjid AND ta.attnum = o.refobjsubid
WHERE {RELATION} AND c.relkind = 'S' AND c.relpersistence <> 't' ORDER BY 2"""

_FIELDS = ("type", "start", "increment", "minimum", "maximum", "cache", "cycle", "unlogged")


def sequences(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up sequences; that of an identity column with the column, where it is not as PostgreSQL makes it."""
    for oid, name, identity, owner, number, usual, table_unlogged, *told in rows:
        entry = given(_FIELDS, told)
        if not identity:
            if owner in draft.relations:
                entry["owned_by"] = f"{draft.names[owner]}.{draft.numbers[owner, number]}"
            draft.add("sequence", name, entry, ("pg_class", oid))
            continue
        if owner not in draft.relations:
            continue
        unlogged = entry.pop("unlogged", False)
        if unlogged != table_unlogged:
            entry["unlogged"] = unlogged
        if not usual:
            entry["name"] = name
        column = draft.relations[owner]["columns"][draft.numbers[owner, number]]
        if entry:
            column["sequence"] = entry
        draft.parts["pg_class", oid] = column, "sequence"
