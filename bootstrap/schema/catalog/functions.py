"""Functions, procedures and aggregates."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row, call, given
from bootstrap.schema.catalog.scope import ROUTINE, ours

_OF = f"""
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace {{}}
WHERE {ours("pg_proc", "p", "pro")} AND {{}} ORDER BY 2"""
_HEAD = f"""
SELECT p.oid, {ROUTINE},"""

# A range brings its constructors along (deptype i).
FUNCTIONS = (
    _HEAD
    + """ string_to_array(rtrim(pg_get_functiondef(p.oid), E'\\n'), E'\\n'),
    CASE WHEN p.prosqlbody IS NOT NULL THEN p.proargtypes::oid[] || p.prorettype || p.proallargtypes END"""
    + _OF.format(
        "",
        """p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass
    AND i.objid = p.oid AND i.deptype = 'i')""",
    )
)

_MODIFY = "CASE a.{} WHEN 's' THEN 'SHAREABLE' WHEN 'w' THEN 'READ_WRITE' END"
AGGREGATES = (
    _HEAD
    + f""" format('%I.%I(%s)', n.nspname, p.proname,
        coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*')),
    a.aggtransfn::regproc::text, format_type(a.aggtranstype, NULL), nullif(a.aggtransspace, 0)::text,
    nullif(a.aggfinalfn::regproc::text, '-'), CASE WHEN a.aggfinalextra THEN 'true' END,
    {_MODIFY.format("aggfinalmodify")}, nullif(a.aggcombinefn::regproc::text, '-'),
    nullif(a.aggserialfn::regproc::text, '-'), nullif(a.aggdeserialfn::regproc::text, '-'),
    quote_literal(a.agginitval), nullif(a.aggmtransfn::regproc::text, '-'),
    nullif(a.aggminvtransfn::regproc::text, '-'), format_type(nullif(a.aggmtranstype, 0), NULL),
    nullif(a.aggmtransspace, 0)::text, nullif(a.aggmfinalfn::regproc::text, '-'),
    CASE WHEN a.aggmfinalextra THEN 'true' END, {_MODIFY.format("aggmfinalmodify")}, quote_literal(a.aggminitval),
    (SELECT format('OPERATOR(%s.%s)', quote_ident(s.nspname), o.oprname)
     FROM pg_operator o JOIN pg_namespace s ON s.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
    CASE WHEN a.aggkind = 'h' THEN 'true' END,
    CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END"""
    + _OF.format("JOIN pg_aggregate a ON a.aggfnoid = p.oid", "p.prokind = 'a'")
)

_PARAMETERS = (
    "SFUNC STYPE SSPACE FINALFUNC FINALFUNC_EXTRA FINALFUNC_MODIFY COMBINEFUNC SERIALFUNC DESERIALFUNC INITCOND MSFUNC "
    "MINVFUNC MSTYPE MSSPACE MFINALFUNC MFINALFUNC_EXTRA MFINALFUNC_MODIFY MINITCOND SORTOP HYPOTHETICAL PARALLEL"
)


def functions(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up functions and procedures."""
    for oid, name, lines, signature in rows:
        draft.add("function", name, {"definition": lines}, ("pg_proc", oid))
        if signature is not None:
            draft.signatures[oid] = frozenset(signature)


def aggregates(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up aggregates."""
    for oid, name, head, *told in rows:
        parameters = given(_PARAMETERS.split(), told)
        text = call(f"CREATE AGGREGATE {head}", parameters)
        draft.add("function", name, {"definition": [text]}, ("pg_proc", oid))
