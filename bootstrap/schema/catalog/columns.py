"""Columns of tables and views, fields of composite types, and the names of NOT NULL constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bootstrap.schema.catalog.draft import Draft, Entry, Row
from bootstrap.schema.catalog.relations import KINDS

# From PostgreSQL 18 on NOT NULL is a constraint in pg_constraint beside the column's flag. It is read where it is
# another than the one that PostgreSQL would make, where it may be inherited, and where it has a comment.
_TOLD = """(n.conname <> c.relname || '_' || a.attname || '_not_null' OR n.connoinherit OR NOT n.convalidated
         OR c.relkind = 'p' OR c.oid IN (SELECT inhrelid FROM pg_inherits)
         OR n.oid IN (SELECT objoid FROM pg_description WHERE classoid = 'pg_constraint'::regclass))
         AND n.oid IS NOT NULL AND (n.conislocal OR c.relispartition)"""

# pg_attver: PostgreSQL 15.20 of Debian marks every column with it and refuses it in a statement, as others do. A target
# of -1 is none; from 17 on that is NULL.
_RARE = """CASE WHEN a.attcollation <> t.typcollation OR a.attstorage <> t.typstorage OR a.attcompression <> ''
        OR a.attstattarget >= 0 OR a.attoptions <> ARRAY[a.attoptions[1]] OR a.attoptions[1] !~ '^pg_attver='
        OR a.attfdwoptions IS NOT NULL THEN json_strip_nulls(json_build_object(
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    'storage', CASE WHEN a.attstorage <> t.typstorage AND c.relkind NOT IN ('v', 'c') THEN
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'm' THEN 'MAIN' WHEN 'e' THEN 'EXTERNAL' ELSE 'EXTENDED' END END,
    'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
    'statistics', nullif(a.attstattarget, -1),
    'options', (SELECT json_agg(o) FROM unnest(a.attoptions) o WHERE o !~ '^pg_attver='),
    'foreign_options', (SELECT json_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value))
                        FROM pg_options_to_table(a.attfdwoptions) o))) END"""

# By an array of the relations, since most of pg_attribute is of indexes and of PostgreSQL's own catalogs.
COLUMNS = f"""
SELECT a.attrelid, a.attnum, quote_ident(a.attname), d.oid,
    format_type(a.atttypid, a.atttypmod), a.attinhcount > 0 AND NOT a.attislocal AND NOT c.relispartition,
    a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END,
    CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END, {_RARE},
    CASE WHEN {_TOLD} THEN json_build_array(n.oid::bigint, quote_ident(n.conname), n.connoinherit, n.convalidated,
        n.conname = c.relname || '_' || a.attname || '_not_null', pg_get_constraintdef(n.oid)) END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_constraint n ON n.contype = 'n' AND n.conrelid = a.attrelid AND n.conkey[1] = a.attnum
WHERE a.attrelid = ANY(ARRAY(SELECT oid FROM pg_class WHERE relnamespace = ANY(:schemas) AND relkind IN {KINDS}))
    AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"""


def columns(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the columns of the relations that are there, in order."""
    at, held = 0, Entry()
    for relation, number, name, default, type_, inherited, required, expression, *more in rows:
        if relation not in draft.relations:
            continue
        if relation != at:
            at, entry = relation, draft.relations[relation]
            held = entry.setdefault("composite" if "composite" in entry else "columns", {})
        column: Entry = {"type": type_}
        if inherited:
            column["inherited"] = True
        if required:
            column["not_null"] = True
        if expression is not None:
            column["default"] = expression
            draft.parts["pg_attrdef", default] = draft.relations[relation], f"column {name}"
        identity, generated, rare, constraint = more
        if identity is not None:
            column["identity"] = identity
        if generated is not None:
            column["generated"] = generated
        if rare is not None:
            column |= rare
        held[name] = column
        draft.numbers[relation, number] = name
        if constraint is not None:
            _not_null(draft, relation, number, column, constraint)


def without_columns(draft: Draft) -> None:
    """Note of a relation without any that it has none."""
    for entry in draft.relations.values():
        if "composite" not in entry:
            entry.setdefault("columns", {})


def _not_null(draft: Draft, relation: int, number: int, column: Entry, constraint: list[Any]) -> None:
    oid, name, alone, valid, usual, text = constraint
    entry = draft.relations[relation]
    draft.parts["pg_constraint", oid] = entry, f"constraint {name}"
    if not valid:
        column.pop("not_null", None)
        entry.setdefault("constraints", {})[name] = text
        return
    draft.not_null[relation, number] = name
    if not usual:
        column["not_null_name"] = name
    if alone:
        column["not_null_no_inherit"] = True


_CONSTRAINED = 180000
"""From this version on NOT NULL is a constraint, which knows whether it is a table's own."""


def inherited_not_null(draft: Draft) -> None:
    """Take back of heirs what only their parents say: before 18 no server tells an heir's own NOT NULL from theirs."""
    above: list[tuple[int, str]] = []
    for oid, entry in draft.relations.items():
        parents = [draft.schema["tables"][parent] for parent in entry.get("inherits", ())]
        for number, name in _numbered(draft, oid) if parents else ():
            found = [parent["columns"][name] for parent in parents if name in parent["columns"]]
            said = any(each.get("not_null") and not each.get("not_null_no_inherit") for each in found)
            if (oid, number) not in draft.not_null and (said or draft.server >= _CONSTRAINED):
                above.append((oid, name))
    for oid, name in above:
        draft.relations[oid]["columns"][name].pop("not_null", None)


def _numbered(draft: Draft, relation: int) -> list[tuple[int, str]]:
    return [(number, name) for (oid, number), name in draft.numbers.items() if oid == relation]
