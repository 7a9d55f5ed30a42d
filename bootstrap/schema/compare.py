"""The differences between the definition and a server, each with the statement that mends it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from bootstrap.postgres.change import ident
from bootstrap.schema import statements as sql
from bootstrap.schema.definition import Function, Schema, View
from bootstrap.schema.difference import SchemaDifference, comment, difference, named
from bootstrap.schema.read import ServerSchema
from bootstrap.schema.tables import indexes, partitions, table


def compare(expected: Schema, live: ServerSchema) -> tuple[SchemaDifference, ...]:
    """Return what differs, in an order in which it can be mended; the order of columns does not count."""
    found = live.schema
    return (
        *_version(expected, found),
        *_extensions(expected, live),
        *_types(expected.get("types", {}), found.get("types", {})),
        *_sequences(expected, found),
        *_functions(expected.get("functions", {}), found.get("functions", {})),
        *_tables(expected, live),
        *_views(expected.get("views", {}), found.get("views", {}), live.server),
    )


def _version(expected: Schema, found: Schema) -> Iterator[SchemaDifference]:
    if "version" in expected and expected["version"] != found.get("version", expected["version"]):
        what = f"the definition is that of migration {expected['version']}, the database is at {found['version']}"
        versions = str(expected["version"]), str(found["version"])
        yield difference("migration", "schema_migrations", *versions, [], what)


def _extensions(expected: Schema, live: ServerSchema) -> Iterator[SchemaDifference]:
    wanted, has = expected.get("extensions", {}), live.schema.get("extensions", {})
    for extension in sorted(set(wanted) - set(has)):
        if extension in live.shipped:
            make = f"CREATE EXTENSION {ident(extension)}"
            yield difference("extension", extension, "installed", None, [make])
        else:
            what = "this server does not have it"
            yield SchemaDifference(severity="INFO", kind="extension", object=extension, what=what, expected="installed")
    for extension in sorted(set(has) - set(wanted)):
        yield difference("extension", extension, None, "installed", [f"DROP EXTENSION {ident(extension)}"])


def _types(wanted: Mapping[str, str], has: Mapping[str, str]) -> Iterator[SchemaDifference]:
    def drop(title: str, what: str) -> str:
        return f"DROP {'DOMAIN' if what.startswith('DOMAIN ') else 'TYPE'} {sql.name(title)}"

    yield from named("type", wanted, has, make=lambda title, what: [sql.type_(title, what)], drop=drop)


def _sequences(expected: Schema, found: Schema) -> Iterator[SchemaDifference]:
    if not expected.get("sequences") and not found.get("sequences"):
        return
    wanted, columns, there = expected.get("sequences", {}), _columns(expected), _columns(found)
    # That of a serial column comes and goes with the column.
    has = {
        title: what
        for title, what in found.get("sequences", {}).items()
        if title in wanted or " OWNED BY " not in what or what.rpartition(" OWNED BY ")[2] in columns
    }

    def make(title: str, what: str) -> Iterable[str]:
        create, tie = sql.sequence(title, what)
        # A column that is missing as well needs the sequence before it can be its owner; the next check says so.
        return [create, tie] if tie and what.rpartition(" OWNED BY ")[2] in there else [create]

    yield from named(
        "sequence",
        wanted,
        has,
        make=make,
        drop=lambda title, _: f"DROP SEQUENCE {sql.name(title)}",
        change=lambda title, what, _: [f"ALTER SEQUENCE {sql.name(title)} {what}"],
    )


def _columns(schema: Schema) -> set[str]:
    return {
        f"{sql.name(table)}.{sql.name(column)}"
        for table, entry in schema.get("tables", {}).items()
        for column in entry.get("columns", {})
    }


def _functions(wanted: Mapping[str, Function], has: Mapping[str, Function]) -> Iterator[SchemaDifference]:
    if wanted == has:
        return

    def make(signature: str, what: str) -> Iterable[str]:
        yield what
        if "comment" in wanted[signature]:
            yield sql.comment("ROUTINE", signature, wanted[signature]["comment"])

    yield from named(
        "function",
        {signature: sql.function(entry) for signature, entry in wanted.items()},
        {signature: sql.function(entry) for signature, entry in has.items()},
        make=make,
        drop=lambda signature, _: f"DROP ROUTINE {signature}",
        change=lambda _, what, __: [what],
    )
    for signature in sorted(set(wanted) & set(has)):
        texts = wanted[signature].get("comment"), has[signature].get("comment")
        yield from comment("ROUTINE", signature, signature, *texts)


def _tables(expected: Schema, live: ServerSchema) -> Iterator[SchemaDifference]:
    wanted, has = expected.get("tables", {}), live.schema.get("tables", {})
    detached: set[str] = set()
    for title, entry in wanted.items():
        needs = set(entry.get("requires", [])) - set(live.schema.get("extensions", {}))
        if title in has:
            if entry != has[title]:
                yield from table(title, entry, has[title])
            if "partition_by" in entry:
                parts = tuple(partitions(title, entry, has[title], has, live.today, _upkeep(expected, title)))
                detached |= {each.object for each in parts}
                yield from parts
        elif needs and not needs & live.shipped:
            what = f"it needs {', '.join(sorted(needs))}, which this server does not ship; RDS does"
            yield SchemaDifference(severity="INFO", kind="table", object=title, what=what, expected="table")
        else:
            yield difference("table", title, "table", None, sql.whole_table(title, entry))
    for title in has:
        if title not in wanted and title not in detached:
            yield difference("table", title, None, "table", [f"DROP TABLE {sql.name(title)}"])


def _upkeep(schema: Schema, table: str) -> str | None:
    """By convention the function `keep_<table>_partitions` makes those of the next months."""
    name = f"keep_{table}_partitions"
    known = any(signature.startswith(f"{name}(") for signature in schema.get("functions", {}))
    return f"SELECT {name}()" if known else None


def _views(wanted: Mapping[str, View], has: Mapping[str, View], server: int) -> Iterator[SchemaDifference]:
    if server < 160000:
        has = {title: _unqualified(view, wanted.get(title)) for title, view in has.items()}
    if wanted == has:
        return

    def make(title: str, _: str) -> Iterable[str]:
        yield from sql.view(title, wanted[title])
        if "comment" in wanted[title]:
            yield sql.comment(sql.view_kind(wanted[title]), sql.name(title), wanted[title]["comment"])

    def change(title: str, _: str, __: str) -> Iterable[str]:
        ours, theirs = wanted[title], has[title]
        if sql.view_kind(ours) != "VIEW" or sql.view_kind(theirs) != "VIEW":
            yield f"DROP {sql.view_kind(theirs)} {sql.name(title)}"
            yield from make(title, "")
            return
        # Replaced, it keeps its grants; options that the new one does not name would stay.
        if gone := [option.partition("=")[0] for option in theirs.get("options", [])]:
            yield f"ALTER VIEW {sql.name(title)} RESET ({', '.join(gone)})"
        yield from sql.view(title, ours)

    yield from named(
        "view",
        {title: sql.view_text(entry) for title, entry in wanted.items()},
        {title: sql.view_text(entry) for title, entry in has.items()},
        make=make,
        change=change,
        drop=lambda title, _: f"DROP {sql.view_kind(has[title])} {sql.name(title)}",
    )
    for title in sorted(set(wanted) & set(has)):
        ours, theirs = wanted[title], has[title]
        texts = ours.get("comment"), theirs.get("comment")
        yield from comment(sql.view_kind(ours), title, sql.name(title), *texts)
        if sql.view_text(ours) == sql.view_text(theirs):
            yield from indexes(title, ours.get("indexes", {}), theirs.get("indexes", {}), online=True)


def _unqualified(has: View, wanted: View | None) -> View:
    """Take the definition's text for a server's that differs from it only in the tables that columns are named with.

    PostgreSQL 15 names the table even where a view has only one; from 16 on it does not.
    """
    if wanted is None or _bare(wanted) != _bare(has):
        return has
    return {**has, "definition": wanted["definition"]}


def _bare(view: View) -> str:
    return re.sub(r"\b\w+\.(?=\w)", "", "\n".join(view["definition"]))
