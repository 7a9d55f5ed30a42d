"""Tables, partitions, foreign tables, views and composite types: what pg_class says of them, and pg_inherits."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Entry, Row, given
from bootstrap.schema.catalog.scope import RELATION

KINDS = "('r', 'p', 'f', 'v', 'm', 'c')"
"""SQL: pg_class.relkind of what has columns of its own."""

RELATIONS = f"""
SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind::text, c.reltype,
    CASE WHEN c.relkind IN ('v', 'm') THEN string_to_array(pg_get_viewdef(c.oid), E'\\n') END,
    CASE WHEN c.reloptions IS NOT NULL OR t.oid IS NOT NULL
         THEN to_json(c.reloptions || ARRAY(SELECT 'toast.' || o FROM unnest(t.reloptions) o)) END,
    CASE WHEN am.amname <> 'heap' THEN quote_ident(am.amname) END,
    c.relpersistence = 'u', CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
    CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'FORCED' WHEN c.relrowsecurity THEN 'ENABLED'
         WHEN c.relforcerowsecurity THEN 'FORCED WHEN ENABLED' END,
    CASE WHEN c.relkind IN ('r', 'p', 'm') THEN CASE c.relreplident WHEN 'f' THEN 'FULL'
                                                                    WHEN 'n' THEN 'NOTHING' END END,
    c.relkind = 'm' AND NOT c.relispopulated, quote_ident(s.srvname),
    CASE WHEN f.ftoptions IS NOT NULL
         THEN (SELECT json_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value))
               FROM pg_options_to_table(f.ftoptions) o) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
WHERE {RELATION} AND c.relkind IN {KINDS} AND c.relpersistence <> 't' ORDER BY 2"""

INHERITED = """
SELECT h.inhrelid, h.inhparent, c.relispartition FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
WHERE c.relkind IN ('r', 'p', 'f') AND NOT h.inhdetachpending ORDER BY h.inhrelid, h.inhseqno"""


def relations(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up relations in the order of their names."""
    for oid, name, kind, rowtype, select, options, method, unlogged, of, key, bound, security, *more in rows:
        identity, unpopulated, server, server_options = more
        entry = given(
            ("materialized", "unpopulated", "unlogged", "options", "access_method", "of", "partition_by", "bound"),
            (kind == "m", unpopulated, unlogged and kind != "m", options or None, method, of, key, bound),
        )
        entry |= given(("row_security", "replica_identity", "definition"), (security, identity, select))
        if server is not None:
            entry["foreign"] = given(("server", "options"), (server, server_options))
        draft.relations[oid], draft.names[oid] = entry, name
        addresses = ("pg_class", oid), ("pg_type", rowtype)
        # A composite type is a row of pg_class only because it has columns.
        draft.add({"c": "type", "v": "view", "m": "view"}.get(kind, "table"), name, entry, *addresses)
        if kind == "c":
            entry["composite"] = {}
            draft.entries["pg_type", rowtype] = entry


def inherited(draft: Draft, rows: Sequence[Row]) -> None:
    """Note what relations inherit from or are partitions of."""
    for child, parent, partition in rows:
        entry = draft.relations.get(child)
        if entry is None or parent not in draft.names:
            continue
        if partition:
            entry["partition_of"] = draft.names[parent]
        else:
            entry.setdefault("inherits", []).append(draft.names[parent])


def lay_out(draft: Draft) -> None:
    """Leave out of each partition what it has only from its parent.

    CREATE TABLE ... PARTITION OF copies columns with their defaults and constraints, not what is said of a column for
    itself. From PostgreSQL 17 on an identity is the parent's (CREATE TABLE's documentation).
    """
    oids = {name: oid for oid, name in draft.names.items()}
    partitions = [name for name, entry in draft.schema.get("tables", {}).items() if "partition_of" in entry]
    if draft.server >= _INHERITED_IDENTITY:
        for name in partitions:
            for column in draft.relations[oids[name]]["columns"].values():
                if "identity" in column:
                    del column["identity"]
                    column.pop("sequence", None)
    parents = {name: oids[draft.relations[oids[name]]["partition_of"]] for name in partitions}
    numbers: dict[int, dict[str, int]] = {oid: {} for oid in (*parents.values(), *(oids[name] for name in partitions))}
    for (oid, number), column in draft.numbers.items():
        if oid in numbers:
            numbers[oid][column] = number
    layouts = {oid: _layout(draft, oid, numbered) for oid, numbered in numbers.items()}
    for name, parent in parents.items():
        if layouts[oids[name]] == layouts[parent]:
            _only_own(draft.relations[oids[name]], draft.relations[parent])


_INHERITED_IDENTITY = 170000


def _only_own(entry: Entry, parent: Entry) -> None:
    told = {
        column: {part: value for part, value in each.items() if part in _OWN}
        for column, each in entry.pop("columns").items()
    }
    if kept := {column: each for column, each in told.items() if each}:
        entry["columns"] = kept
    above = set(parent.get("needs", {}).get("table", ()))
    needs = {part: each for part, each in entry.pop("needs", {}).items() if not part.startswith("column ")}
    needs["table"] = [need for need in needs.get("table", ()) if need not in above]
    if kept_needs := {part: each for part, each in needs.items() if each}:
        entry["needs"] = kept_needs


_OWN = {"comment", "statistics", "options", "foreign_options"}


def _layout(draft: Draft, oid: int, numbers: dict[str, int]) -> list[tuple[str, Entry]]:
    left = {*_OWN, "identity", "sequence", "inherited", "not_null_name"}
    return [
        (
            name,
            {part: value for part, value in each.items() if part not in left}
            | {"not_null_name": draft.not_null.get((oid, numbers[name]))},
        )
        for name, each in draft.relations[oid].get("columns", {}).items()
    ]
