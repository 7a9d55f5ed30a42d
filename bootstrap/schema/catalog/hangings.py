"""Triggers, rules and policies."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row, state

# A partition's trigger that comes from its parent is listed where it fires otherwise than the parent's: as that alone.
TRIGGERS = """
SELECT g.oid, g.tgrelid, quote_ident(g.tgname), CASE WHEN g.tgparentid = 0 THEN pg_get_triggerdef(g.oid) END,
    g.tgenabled::text
FROM pg_trigger g LEFT JOIN pg_trigger p ON p.oid = g.tgparentid JOIN pg_class c ON c.oid = g.tgrelid
WHERE NOT g.tgisinternal AND (p.oid IS NULL OR p.tgenabled <> g.tgenabled) AND c.relnamespace = ANY(:schemas)
ORDER BY g.tgname"""

RULES = """
SELECT r.oid, r.ev_class, quote_ident(r.rulename), pg_get_ruledef(r.oid), r.ev_enabled::text
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE r.rulename <> '_RETURN' AND c.relnamespace = ANY(:schemas) ORDER BY r.rulename"""

VIEW_RULES = """
SELECT r.oid, r.ev_class FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE r.rulename = '_RETURN' AND c.relnamespace = ANY(:schemas)"""

POLICIES = """
SELECT p.oid, p.polrelid, quote_ident(p.polname), format('CREATE POLICY %I ON %s%s FOR %s TO %s%s%s',
    p.polname, p.polrelid::regclass, CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                  ELSE 'ALL' END,
    (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text)
     FROM unnest(p.polroles) r),
    ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
    ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = ANY(:schemas) ORDER BY p.polname"""


def triggers(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the triggers of the relations that are there."""
    for oid, relation, name, text, enabled in rows:
        if relation in draft.relations:
            told = " ".join(filter(None, (text, state(enabled)))) or "ENABLED"
            draft.hang(relation, "triggers", "trigger", name, told, ("pg_trigger", oid))


def rules(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the rules of the relations that are there."""
    for oid, relation, name, text, enabled in rows:
        if relation in draft.relations:
            told = " ".join(filter(None, (text.rstrip(";"), state(enabled))))
            draft.hang(relation, "rules", "rule", name, told, ("pg_rewrite", oid))


def view_rules(draft: Draft, rows: Sequence[Row]) -> None:
    """Note which rule makes which view: it is the rule that depends on what the view reads."""
    for oid, relation in rows:
        if relation in draft.relations:
            draft.named["pg_rewrite", oid] = f"view {draft.names[relation]}"
            draft.entries["pg_rewrite", oid] = draft.relations[relation]


def policies(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the policies of the tables that are there."""
    for oid, relation, name, text in rows:
        if relation in draft.relations:
            draft.hang(relation, "policies", "policy", name, text, ("pg_policy", oid))
