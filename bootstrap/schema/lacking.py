"""What a definition holds that a server cannot have, since it does not ship an extension. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bootstrap.schema.definition import Schema, Table


def lacking(schema: Schema, extensions: Collection[str]) -> dict[str, str]:
    """Names, as needs have them, of what cannot be without these extensions, each with the one that it needs."""
    out = {f"extension {name}": name for name in extensions}
    while True:
        more = {name: out[need] for name, need in _needing(schema, out) if name not in out}
        if not more:
            return out
        out |= more


def without(schema: Schema, out: Collection[str]) -> Schema:
    """The definition less what is out."""
    found: Any = schema
    made: Any = {}
    for group, entries in found.items():
        kind = _KINDS.get(group)
        if kind is not None:
            made[group] = {name: entry for name, entry in entries.items() if f"{kind} {name}" not in out}
        elif group == "objects":
            made[group] = {
                each: {name: entry for name, entry in entries[each].items() if f"{each} {name}" not in out}
                for each in entries
            }
        else:
            made[group] = entries
    if "tables" in made:
        made["tables"] = {name: _less(name, table, out) for name, table in made["tables"].items()}
    return made  # type: ignore[no-any-return]  # of the same shape, with fewer entries


def _less(name: str, table: Table, out: Collection[str]) -> Table:
    """A table without the constraints and indexes that are out."""
    made = table.copy()
    for title in table.get("constraints", {}):
        if f"constraint {name}.{title}" in out:
            made["constraints"] = {each: text for each, text in made["constraints"].items() if each != title}
    for title in table.get("indexes", {}):
        if f"index {name}.{title}" in out:
            made["indexes"] = {each: text for each, text in made["indexes"].items() if each != title}
    return made


_KINDS = {
    "extensions": "extension",
    "types": "type",
    "sequences": "sequence",
    "functions": "function",
    "tables": "table",
    "views": "view",
}


def _needing(schema: Schema, out: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What needs something that is out, with that which it needs."""
    for name, type_ in schema.get("types", {}).items():
        yield from (
            (f"type {name}", need) for needs in type_.get("needs", {}).values() for need in needs if need in out
        )
    for name, function in schema.get("functions", {}).items():
        needs = [*function.get("needs", ()), *function.get("body_needs", ())]
        yield from ((f"function {name}", need) for need in needs if need in out)
    for name, table in schema.get("tables", {}).items():
        for part, each in table.get("needs", {}).items():
            kind, _, title = part.partition(" ")
            holder = f"{kind} {name}.{title}" if kind in ("constraint", "index") else f"table {name}"
            yield from ((holder, need) for need in each if need in out)
        if "partition_of" in table and f"table {table['partition_of']}" in out:
            yield f"table {name}", f"table {table['partition_of']}"
        for title, text in table.get("constraints", {}).items():
            gone = next(
                (each for each in out if each.startswith("table ") and f" REFERENCES {each[6:]}(" in text), None
            )
            if gone is not None:
                yield f"constraint {name}.{title}", gone
    for name, view in schema.get("views", {}).items():
        yield from ((f"view {name}", need) for need in view.get("needs", ()) if need in out)
    for kind, objects in schema.get("objects", {}).items():
        for name, entry in objects.items():
            yield from ((f"{kind} {name}", need) for need in entry.get("needs", ()) if need in out)
