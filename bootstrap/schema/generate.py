"""The SQL that makes an empty database as defined, in the order in which it can be applied. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

from bootstrap.postgres.change import ident
from bootstrap.schema import statements as sql
from bootstrap.schema.definition import Schema, View


def generate(schema: Schema, *, extensions: frozenset[str] | None = None) -> tuple[str, ...]:
    """Return the statements; with `extensions`, only what these make possible."""
    return tuple(_statements(schema, extensions))


def _statements(schema: Schema, extensions: frozenset[str] | None) -> Iterator[str]:
    # Functions come before the tables that they name, since defaults and checks may call them.
    yield "SET check_function_bodies = off"
    for extension, installed in schema.get("extensions", {}).items():
        if extensions is None or extension in extensions:
            place = f" SCHEMA {installed['schema']}" if "schema" in installed else ""
            yield f"CREATE EXTENSION IF NOT EXISTS {ident(extension)}{place}"
    yield from (sql.type_(title, what) for title, what in schema.get("types", {}).items())
    sequences = [sql.sequence(title, what) for title, what in schema.get("sequences", {}).items()]
    yield from (make for make, _ in sequences)
    yield from map(sql.function, schema.get("functions", {}).values())
    tables = {
        title: entry
        for title, entry in schema.get("tables", {}).items()
        if extensions is None or extensions.issuperset(entry.get("requires", []))
    }
    for title, entry in tables.items():
        yield from sql.table(title, entry)
    yield from (tie for _, tie in sequences if tie)
    for title, entry in tables.items():
        yield from sql.late_constraints(title, entry)
    yield from _views(schema.get("views", {}))
    for title, entry in tables.items():
        yield from sql.hangings(title, entry)
    for signature, function in schema.get("functions", {}).items():
        if "comment" in function:
            yield sql.comment("ROUTINE", signature, function["comment"])


def _views(views: Mapping[str, View]) -> Iterator[str]:
    """Each view after those that it names."""
    words = {title: set(re.findall(r"\w+", "\n".join(view["definition"]))) for title, view in views.items()}
    graph = {title: words[title] & set(views) - {title} for title in views}
    for title in TopologicalSorter(graph).static_order():
        yield from sql.view(title, views[title])
        if "comment" in views[title]:
            yield sql.comment(sql.view_kind(views[title]), sql.name(title), views[title]["comment"])
