"""The differences between the definition and a server, each with the statements that mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from bootstrap.schema.definition import Schema, Table
from bootstrap.schema.difference import SchemaDifference
from bootstrap.schema.kept_partitions import period_of
from bootstrap.schema.lacking import lacking, without
from bootstrap.schema.mends import functions, objects, partitions, sequences, tables, types, views
from bootstrap.schema.mends.change import Change, extra, missing, shown
from bootstrap.schema.mends.columns import laid_out
from bootstrap.schema.mends.making import split
from bootstrap.schema.mends.plan import Users, planned
from bootstrap.schema.read import ServerSchema, read
from bootstrap.schema.users import users


def check(conn: psycopg.Connection[Any], expected: Schema) -> tuple[ServerSchema, tuple[SchemaDifference, ...]]:
    """Read the schema that `conn` sees and hold it against the definition, in one snapshot.

    What uses what is only asked where something that is there has to change.
    """
    live = read(conn, extensions=expected.get("extensions", ()))
    found = compare(expected, live)
    if any(each.found is not None for each in found):
        found = compare(expected, live, users(conn))
    return live, found


def compare(expected: Schema, live: ServerSchema, users: Users | None = None) -> tuple[SchemaDifference, ...]:
    """Return what differs, in an order in which it can be mended in one pass; the order of columns does not count.

    `users` tells what uses what on the server; without it nothing that is used steps aside for a change. Pure.
    """
    there = live.schema.get("extensions", {})
    out = lacking(expected, [each for each in expected.get("extensions", {}) if each not in {*there, *live.shipped}])
    wanted = without(expected, out) if out else expected
    mends = planned(_changes(wanted, live), wanted, live.schema, users or {})
    return (*_version(expected, live.schema), *_beyond(out), *mends)


def _version(expected: Schema, found: Schema) -> Iterator[SchemaDifference]:
    if "version" in expected and expected["version"] != found.get("version", expected["version"]):
        yield SchemaDifference(
            severity="ERROR",
            kind="migration",
            object="schema_migrations",
            what=f"the definition is that of migration {expected['version']}, the database is at {found['version']}",
            expected=str(expected["version"]),
            found=str(found["version"]),
        )


def _beyond(out: dict[str, str]) -> Iterator[SchemaDifference]:
    """What this server cannot have."""
    for name, extension in out.items():
        kind, title = split(name)
        what = (
            "this server does not have it"
            if kind == "extension"
            else f"it needs {extension}, which this server does not ship; RDS does"
        )
        yield SchemaDifference(severity="INFO", kind=kind, object=shown(title), what=what, expected=kind)


def _changes(expected: Schema, live: ServerSchema) -> Iterator[Change]:
    found = live.schema
    yield from objects.schemas(expected.get("schemas", {}), found.get("schemas", {}))
    yield from objects.extensions(expected.get("extensions", {}), found.get("extensions", {}), live.shipped)
    yield from types.types(expected.get("types", {}), found.get("types", {}))
    columns = {f"{title}.{column}" for title in expected.get("tables", {}) for column in laid_out(expected, title)}
    yield from sequences.sequences(expected.get("sequences", {}), found.get("sequences", {}), columns)
    yield from functions.functions(expected.get("functions", {}), found.get("functions", {}))
    yield from _tables(expected, live)
    yield from views.views(expected.get("views", {}), found.get("views", {}), live.server)
    yield from objects.objects(expected.get("objects", {}), found.get("objects", {}))


def _tables(expected: Schema, live: ServerSchema) -> Iterator[Change]:
    wanted, found = expected.get("tables", {}), live.schema.get("tables", {})
    for title, entry in wanted.items():
        has = found.get(title)
        if has is None:
            yield (
                partitions.lacking(title, entry)
                if "partition_of" in entry
                else missing("table", f"table {title}", title, "table")
            )
        elif entry != has:
            attached = "partition_of" in entry and entry["partition_of"] != has.get("partition_of")
            columns = laid_out(expected, title), laid_out(live.schema, title)
            if attached and (differing := partitions.unlike(title, *columns)):
                yield differing
                continue
            yield from partitions.placed(title, entry, has)
            # What a partition has from its parent a table has by itself until it is attached.
            changes = tables.table(title, expected, live.schema)
            yield from (each for each in changes if not attached or each.way == "make" or each.what == "type")
    kept = list(partitions.kept(expected, live.schema, live.today))
    yield from kept
    placed = {change.name.removeprefix("place of ") for change in kept}
    for title, entry in found.items():
        if title not in wanted and title not in placed and period_of(title, entry, expected) is None:
            yield _extra(title, entry)


def _extra(title: str, entry: Table) -> Change:
    if "partition_of" in entry:
        return partitions.beside(title, entry)
    return extra("table", f"table {title}", title, "table")
