"""Which materialized views can be filled when all is made, and after which others. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.schema.definition import Schema


def sources(schema: Schema, name: str) -> frozenset[str]:
    """The materialized views that a view reads, be it through other views or the parsed bodies of functions."""
    return frozenset(_reached(schema, f"view {name}", {f"view {name}"}))


def is_filled(schema: Schema, name: str) -> bool:
    """Whether a materialized view has rows to read: one that reads a view without any cannot be refreshed."""
    views = schema.get("views", {})
    read = {name, *sources(schema, name)}
    while more := {each for one in read for each in sources(schema, one)} - read:
        read |= more
    return not any(views[each].get("unpopulated") for each in read)


def _reached(schema: Schema, name: str, seen: set[str]) -> Iterator[str]:
    for need in _needs(schema, name):
        if need in seen:
            continue
        seen.add(need)
        kind, _, title = need.partition(" ")
        if kind == "view" and schema.get("views", {}).get(title, {}).get("materialized"):
            yield title
        else:
            yield from _reached(schema, need, seen)


def _needs(schema: Schema, name: str) -> list[str]:
    kind, _, title = name.partition(" ")
    if kind == "view":
        return schema.get("views", {}).get(title, {}).get("needs", [])
    function = schema.get("functions", {}).get(title, {}) if kind == "function" else {}
    return [*function.get("needs", []), *function.get("body_needs", [])]
