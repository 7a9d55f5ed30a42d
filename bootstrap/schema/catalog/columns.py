"""Columns of tables and views, fields of composite types, and the names of NOT NULL constraints."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row, given
from bootstrap.schema.catalog.relations import KINDS
from bootstrap.schema.catalog.scope import RELATION

_FIELDS = (
    "type",
    "inherited",
    "not_null",
    "default",
    "identity",
    "generated",
    "collation",
    "storage",
    "compression",
    "statistics",
    "options",
    "foreign_options",
)

# pg_attver: PostgreSQL 15.20 of Debian marks every column with it and refuses it in a statement, as others do. A target
# of -1 is none; from 17 on that is NULL.
COLUMNS = f"""
SELECT a.attrelid, a.attnum, quote_ident(a.attname), d.oid,
    format_type(a.atttypid, a.atttypmod), a.attinhcount > 0 AND NOT a.attislocal AND NOT c.relispartition,
    a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END,
    CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    CASE WHEN a.attstorage <> t.typstorage AND c.relkind NOT IN ('v', 'c') THEN
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'm' THEN 'MAIN' WHEN 'e' THEN 'EXTERNAL' ELSE 'EXTENDED' END END,
    CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END, nullif(a.attstattarget, -1),
    CASE WHEN a.attoptions IS NOT NULL THEN
        (SELECT json_agg(o) FROM unnest(a.attoptions) o WHERE o !~ '^pg_attver=') END,
    CASE WHEN a.attfdwoptions IS NOT NULL THEN
        (SELECT json_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value))
         FROM pg_options_to_table(a.attfdwoptions) o) END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE {RELATION} AND c.relkind IN {KINDS} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"""

NOT_NULL = """
SELECT k.oid, k.conrelid, k.conkey[1], k.conname, quote_ident(k.conname), k.connoinherit,
    k.convalidated, c.relname || '_' || a.attname || '_not_null', pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'n' AND k.connamespace = ANY(:schemas) AND (k.conislocal OR c.relispartition)"""


def columns(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the columns of the relations that are there, in order."""
    for relation, number, name, default, *told in rows:
        entry = draft.relations.get(relation)
        if entry is None:
            continue
        column = given(_FIELDS, told)
        entry.setdefault("composite" if "composite" in entry else "columns", {})[name] = column
        draft.numbers[relation, number] = name
        if default is not None:
            draft.parts["pg_attrdef", default] = entry, f"column {name}"


def without_columns(draft: Draft) -> None:
    """Note of a relation without any that it has none."""
    for entry in draft.relations.values():
        if "composite" not in entry:
            entry.setdefault("columns", {})


def not_null(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up what PostgreSQL 18 knows of NOT NULL beside the column's flag."""
    for oid, relation, number, plain, name, alone, valid, usual, text in rows:
        entry = draft.relations.get(relation)
        if entry is None or (relation, number) not in draft.numbers:
            continue
        column = entry["columns"][draft.numbers[relation, number]]
        draft.parts["pg_constraint", oid] = entry, f"constraint {name}"
        if not valid:
            column.pop("not_null", None)
            entry.setdefault("constraints", {})[name] = text
            continue
        draft.not_null[relation, number] = plain
        if plain != usual:
            column["not_null_name"] = name
        if alone:
            column["not_null_no_inherit"] = True


def inherited_not_null(draft: Draft) -> None:
    """Take back of heirs what only their parents say: before 18 no server tells an heir's own NOT NULL from theirs."""
    above: list[tuple[int, str]] = []
    for oid, entry in draft.relations.items():
        parents = [draft.schema["tables"][parent] for parent in entry.get("inherits", ())]
        for number, name in _numbered(draft, oid) if parents else ():
            found = [parent["columns"][name] for parent in parents if name in parent["columns"]]
            if (oid, number) not in draft.not_null and any(
                each.get("not_null") and not each.get("not_null_no_inherit") for each in found
            ):
                above.append((oid, name))
    for oid, name in above:
        draft.relations[oid]["columns"][name].pop("not_null", None)


def _numbered(draft: Draft, relation: int) -> list[tuple[int, str]]:
    return [(number, name) for (oid, number), name in draft.numbers.items() if oid == relation]
