"""Comments on everything that is in the definition."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row

COMMENTS = """
SELECT classoid::regclass::text, objoid, objsubid, description FROM pg_description
WHERE objoid >= 16384 AND classoid <> 'pg_namespace'::regclass"""


def comments(draft: Draft, rows: Sequence[Row]) -> None:
    """Put each comment beside what it is on; those of extensions' objects have no place."""
    for catalog, oid, number, text in rows:
        if number:
            relation, name = draft.relations.get(oid, {}), draft.numbers.get((oid, number))
            column = {**relation.get("columns", {}), **relation.get("composite", {})}.get(name)
            if catalog == "pg_class" and column is not None:
                column["comment"] = text
        elif (catalog, oid) in draft.parts:
            entry, part = draft.parts[catalog, oid]
            if part == "sequence":
                entry.setdefault("sequence", {})["comment"] = text
            else:
                entry.setdefault("comments", {})[part] = text
        elif (catalog, oid) in draft.entries and catalog != "pg_rewrite":  # a view's own rule, which it is made of
            draft.entries[catalog, oid]["comment"] = text
