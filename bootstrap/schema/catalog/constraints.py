"""Constraints of tables and domains but for NOT NULL: what is inherited is left out."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row
from bootstrap.schema.catalog.indexes import ROOT

# pg_get_constraintdef leaves out the storage parameters of a key's index, which go before what is said of deferring.
_DEFERRED = r"'((?: NOT)? DEFERRABLE)?( INITIALLY (?:DEFERRED|IMMEDIATE))?$'"

# A key that hangs on a parent's has no text where PostgreSQL makes it just so: with the parent's storage parameters and
# the name that it would choose (indexcmds.c, ChooseIndexName); it does not choose that where it is taken, nor is the
# choice this simple where it is too long.
_MADE = """k.conparentid <> 0 AND octet_length(k.conname) < 63 AND k.conname =
        CASE k.contype WHEN 'p' THEN c.relname || '_pkey'
                       ELSE format('%s_%s_%s', c.relname,
                                   (SELECT string_agg(a.attname, '_' ORDER BY a.attnum)
                                    FROM pg_attribute a WHERE a.attrelid = k.conindid),
                                   CASE k.contype WHEN 'u' THEN 'key' ELSE 'excl' END) END
        AND i.reloptions IS NOT DISTINCT FROM
            (SELECT above.reloptions FROM pg_inherits h JOIN pg_class above ON above.oid = h.inhparent
             WHERE h.inhrelid = i.oid)"""
CONSTRAINTS = f"""
SELECT k.oid, k.conrelid, k.contypid, quote_ident(k.conname),
    CASE WHEN k.contype IN ('p', 'u', 'x') AND {_MADE} THEN NULL
         WHEN i.reloptions IS NULL OR k.contype = 'x' THEN pg_get_constraintdef(k.oid)
         ELSE regexp_replace(pg_get_constraintdef(k.oid), {_DEFERRED},
                             format(' WITH (%s)\\1\\2', array_to_string(i.reloptions, ', '))) END,
    {ROOT.format("i")}
FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid AND c.relkind IN ('r', 'p', 'f')
LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
WHERE k.connamespace = ANY(:schemas) AND (
    (k.contype = 'c' AND (k.conislocal AND (k.coninhcount = 0 OR NOT coalesce(c.relispartition, false))))
    OR (k.contype = 'f' AND k.conparentid = 0) OR k.contype IN ('p', 'u', 'x'))
ORDER BY k.conname"""


def constraints(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the constraints of the tables and domains that are there."""
    for oid, relation, domain, name, text, top, root in rows:
        address = "pg_constraint", oid
        if relation in draft.relations:
            # One that hangs on a parent's comes with that.
            own = f"{draft.names[top]}.{root}" if top in draft.names else f"{draft.names[relation]}.{name}"
            draft.named[address] = f"constraint {own}"
            draft.parts[address] = draft.relations[relation], f"constraint {name}"
            if text is None:
                continue
            if top in draft.names:
                draft.relations[relation].setdefault("attached", {})[name] = own
            draft.hang(relation, "constraints", "constraint", name, text, address)
        elif ("pg_type", domain) in draft.entries:
            entry = draft.entries["pg_type", domain]
            entry["domain"].setdefault("constraints", {})[name] = text
            draft.parts[address] = entry, f"constraint {name}"
