"""Names that something which is made will take: whatever has one of them and is not defined goes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bootstrap.schema.definition import Schema
from bootstrap.schema.mends.making import holder, split
from bootstrap.schema.statements import columns, names


def taken(made: Iterable[str], expected: Schema, found: Schema) -> set[str]:
    """The names that are taken by what is made, the sequences of new identity columns among them."""
    told = {plain(name) for name in made} - {""}
    for title, table in expected.get("tables", {}).items():
        there = found.get("tables", {}).get(title, {}).get("columns", {})
        for each, column in table.get("columns", {}).items():
            if "identity" in column and "identity" not in there.get(each, {}):
                told.add(_unquoted(columns.sequence_of(title, each, column)))
    return told


def plain(name: str) -> str:
    """The name in its schema that may be there once, as tables, views, sequences, types and indexes share them."""
    kind, title = split(name)
    if kind in ("index", "constraint"):
        owner, part = holder(title)
        return _unquoted(names.beside(owner, part))
    if kind == "function":  # a function takes the place of a procedure
        return title.replace("(IN ", "(", 1)
    return _unquoted(title) if kind in ("table", "view", "sequence", "type") else ""


def _unquoted(name: str) -> str:
    return ".".join(map(names.plain, names.identifiers(name)))
