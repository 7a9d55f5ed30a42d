"""Types that are no relation: enumerations, domains, ranges, base types and shells."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row, given
from bootstrap.schema.catalog.scope import member, ours

_NAMED = f"""
SELECT t.oid, quote_ident(n.nspname) || '.' || quote_ident(t.typname), t.typtype::text, t.typisdefined,
    {{}}
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace {{}}
WHERE {ours("pg_type", "t", "typ")} AND {{}} ORDER BY 2"""

# Beside each type PostgreSQL makes one for arrays of it, and one for a range's multirange.
TYPES = _NAMED.format("t.typarray", "", "(t.typtype = 'e' OR NOT t.typisdefined)")

LABELS = """
SELECT l.enumtypid, l.enumlabel FROM pg_enum l JOIN pg_type t ON t.oid = l.enumtypid
WHERE t.typnamespace = ANY(:schemas) ORDER BY l.enumtypid, l.enumsortorder"""

# typdefault is the default as it was written, and means something else where the search_path is another.
DOMAINS = _NAMED.format(
    """format_type(t.typbasetype, t.typtypmod),
    CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END,
    pg_get_expr(t.typdefaultbin, 0), t.typnotnull,
    (SELECT quote_ident(k.conname) FROM pg_constraint k
     WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null')""",
    "JOIN pg_type b ON b.oid = t.typbasetype",
    "t.typtype = 'd'",
)

RANGES = _NAMED.format(
    """r.rngmultitypid, format_type(r.rngsubtype, NULL),
    CASE WHEN NOT o.opcdefault THEN quote_ident(ons.nspname) || '.' || quote_ident(o.opcname) END,
    CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text END,
    nullif(r.rngcanonical, 0)::regproc::text, nullif(r.rngsubdiff, 0)::regproc::text, r.rngmultitypid::regtype::text""",
    """JOIN pg_range r ON r.rngtypid = t.oid JOIN pg_type s ON s.oid = r.rngsubtype
JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_namespace ons ON ons.oid = o.opcnamespace""",
    "t.typtype = 'r'",
)

# CREATE TYPE's parameters; what is absent has its default. NULLs of regproc are printed as `-`.
BASES = _NAMED.format(
    """t.typinput::regproc::text, t.typoutput::regproc::text,
    nullif(t.typreceive::regproc::text, '-'), nullif(t.typsend::regproc::text, '-'),
    nullif(t.typmodin::regproc::text, '-'), nullif(t.typmodout::regproc::text, '-'),
    nullif(t.typanalyze::regproc::text, '-'), nullif(t.typsubscript::regproc::text, '-'),
    CASE WHEN t.typlen < 0 THEN 'variable' ELSE t.typlen::text END, CASE WHEN t.typbyval THEN 'true' END,
    CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' END,
    CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' END,
    nullif(quote_literal(t.typcategory::text), '''U'''), CASE WHEN t.typispreferred THEN 'true' END,
    CASE WHEN t.typdefaultbin IS NULL THEN quote_literal(t.typdefault)
         ELSE pg_get_expr(t.typdefaultbin, 0) END,
    CASE WHEN t.typelem <> 0 THEN t.typelem::regtype::text END, nullif(quote_literal(t.typdelim::text), ''','''),
    CASE WHEN t.typcollation <> 0 THEN 'true' END""",
    "",
    f"t.typtype = 'b' AND t.typisdefined AND NOT EXISTS (SELECT FROM pg_type a WHERE a.typarray = t.oid)"
    f" AND NOT {member('pg_type', 't.typelem')}",
)

# What a need on one of these types is a need on; only those that something needs.
ALIASES = """
SELECT a.alias, a.oid FROM (
    SELECT t.typarray AS alias, t.oid FROM pg_type t WHERE t.oid >= 16384 AND t.typarray <> 0
    UNION ALL SELECT t.typarray, r.rngtypid FROM pg_range r JOIN pg_type t ON t.oid = r.rngmultitypid
    WHERE r.rngtypid >= 16384) a
WHERE EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid = a.alias
              AND d.deptype IN ('n', 'a'))"""

_BASE = (
    "input output receive send typmod_in typmod_out analyze subscript internallength passedbyvalue alignment storage "
    "category preferred default element delimiter collatable"
)


def types(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up enumerations and shells."""
    for oid, name, _, defined, _ in rows:
        draft.add("type", name, {"enum": []} if defined else {}, ("pg_type", oid))


def labels(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the labels of the enumerations that are there, in order."""
    for oid, label in rows:
        if ("pg_type", oid) in draft.entries:
            draft.entries["pg_type", oid]["enum"].append(label)


def domains(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up domains; their constraints follow."""
    for oid, name, _, _, *told in rows:
        entry = given(("type", "collation", "default", "not_null", "not_null_name"), told)
        draft.add("type", name, {"domain": entry}, ("pg_type", oid))


def ranges(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up ranges with their multiranges."""
    names = ("subtype", "subtype_opclass", "collation", "canonical", "subtype_diff", "multirange_type_name")
    for oid, name, _, _, multirange, *told in rows:
        draft.add("type", name, {"range": given(names, told)}, ("pg_type", oid))
        draft.named["pg_type", multirange] = f"type {name}"


def bases(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up base types."""
    for oid, name, _, _, *told in rows:
        draft.add("type", name, {"base": given(_BASE.split(), told)}, ("pg_type", oid))


def aliases(draft: Draft, rows: Sequence[Row]) -> None:
    """Let a need on an array be one on its element."""
    for alias, oid in rows:
        if ("pg_type", oid) in draft.named:
            draft.named["pg_type", alias] = draft.named["pg_type", oid]
