"""The statements that take something away, a whole table or a part of one. Pure."""

from __future__ import annotations

from bootstrap.postgres.change import ident
from bootstrap.schema.definition import Relation, Schema, Table, View
from bootstrap.schema.mends.making import PARTS, holder, part_group, relation, split
from bootstrap.schema.statements import names, types
from bootstrap.schema.statements.views import view_kind


def dropping(schema: Schema, name: str) -> str | None:
    """The statement for an object or part of `schema`, by its name as a need has it; None where it goes with another.

    That is the index of a partition that hangs on its parent's, say.
    """
    kind, title = split(name)
    if kind in PARTS:
        return _part(schema, kind, *holder(title))
    if kind == "view":
        return f"DROP {view_kind(schema.get('views', {}).get(title, View()))} {title}"
    if kind == "function":
        return f"DROP {_routine(schema, title)} {title}"
    if kind == "type":
        return f"DROP {types.kind(schema.get('types', {}).get(title, {}))} {title}"
    if kind == "table":
        foreign = "foreign" in schema.get("tables", {}).get(title, Table())
        return f"DROP {'FOREIGN ' * foreign}TABLE {title}"
    if kind == "extension":
        return f"DROP EXTENSION {ident(title)}"
    return f"DROP {kind.upper()} {title}"


def keeps_rows(schema: Schema, name: str) -> bool:
    """Whether something can be dropped and made anew without losing what is stored."""
    kind, title = split(name)
    if kind == "column":
        owner, part = holder(title)
        column = (relation(schema, owner) or {}).get("columns", {}).get(part, {})
        return "generated" in column
    return kind not in ("table", "sequence", "extension", "schema", "")


def _part(schema: Schema, kind: str, owner: str, part: str) -> str | None:
    entry = relation(schema, owner) or Relation()
    table = schema.get("tables", {}).get(owner, Table())
    constraints = schema.get("types", {}).get(owner, {}).get("domain", {}).get("constraints", {})
    there = kind not in ("index", "constraint") or part in part_group(entry, kind) or part in constraints
    if part in table.get("attached", {}) or not there:
        return None
    if owner in schema.get("types", {}):
        return f"ALTER DOMAIN {owner} DROP CONSTRAINT {part}"
    foreign = "FOREIGN " * ("foreign" in table)
    if kind == "column":
        return f"ALTER {foreign}TABLE {owner} DROP COLUMN {part}"
    if kind == "default":
        return f"ALTER {foreign}TABLE {owner} ALTER COLUMN {part} DROP DEFAULT"
    if kind == "constraint":
        return f"ALTER {foreign}TABLE {owner} DROP CONSTRAINT {part}"
    if kind == "index":
        online = "" if "partition_by" in table else "CONCURRENTLY "
        return f"DROP INDEX {online}{names.beside(owner, part)}"
    return f"DROP {kind.upper()} {part} ON {owner}"


def _routine(schema: Schema, title: str) -> str:
    lines = schema.get("functions", {}).get(title, {}).get("definition", [""])
    return "AGGREGATE" if lines[0].startswith("CREATE AGGREGATE") else "ROUTINE"
