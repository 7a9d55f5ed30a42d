"""What a schema became: two schemas compared, object by object, each as its own text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bootstrap.schema.definition import Column, Schema, Table

Key = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, kw_only=True)
class SchemaChange:
    """One object that is not as it was."""

    change: Literal["added", "removed", "changed"]
    kind: str
    object: str
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        reported = " → ".join(text for text in (self.before, self.after) if text)
        return f"{self.kind} {self.object} {self.change}: {reported}"


def changes(before: Schema, after: Schema) -> tuple[SchemaChange, ...]:
    """Every difference. Of a table that came or went the columns are in its own line, as are its small parts."""
    was, now = dict(objects(before)), dict(objects(after))
    whole = {name for kind, name in was.keys() ^ now.keys() if kind == "table"}
    for side, found in ((was, before), (now, after)):
        for name in whole:
            if ("table", name) in side:
                columns = ", ".join(found["tables"][name].get("columns", {}))
                side["table", name] = "; ".join(filter(None, (columns, side["table", name])))
    return tuple(
        SchemaChange(
            change="added" if key not in was else "removed" if key not in now else "changed",
            kind=key[0],
            object=key[1],
            before=was.get(key),
            after=now.get(key),
        )
        for key in (*now, *(key for key in was if key not in now))
        if was.get(key) != now.get(key) and not _within(key, whole)
    )


def _within(key: Key, tables: set[str]) -> bool:
    kind, name = key
    return kind in _SMALL and (name.rpartition(".")[0] or name) in tables


_SMALL = frozenset({"column", "constraint", "comment", "partition"})


def objects(schema: Schema) -> Iterator[tuple[Key, str]]:
    """Every object with its text: those that are equal here are equal in the catalog, whatever else there is."""
    for extension in schema.get("extensions", []):
        yield ("extension", extension), "installed"
    for kind, named in (("type", schema.get("types", {})), ("sequence", schema.get("sequences", {}))):
        for name, text in named.items():
            yield (kind, name), text
    for name, entry in schema.get("tables", {}).items():
        yield ("table", name), _table(entry)
        yield from _parts(name, entry)
    for name, view in schema.get("views", {}).items():
        kind = "materialized view" if view.get("materialized") else "view"
        yield (kind, name), " ".join([*view.get("options", []), *view["definition"]])
        yield from _named("index", name, view.get("indexes", {}))
        yield from _comment(name, view.get("comment"))
    for signature, function in schema.get("functions", {}).items():
        yield ("function", signature), "\n".join(function["definition"])
        yield from _comment(signature, function.get("comment"))


def _table(entry: Table) -> str:
    reported = ["unlogged"] * bool(entry.get("unlogged"))
    if "partition_by" in entry:
        reported.append(f"partition by {entry['partition_by']}")
    if "row_security" in entry:
        reported.append(f"row security {entry['row_security'].lower()}")
    return "; ".join([*reported, *entry.get("options", [])])


def _parts(table: str, entry: Table) -> Iterator[tuple[Key, str]]:
    for column, what in entry.get("columns", {}).items():
        yield ("column", f"{table}.{column}"), _column(what)
        yield from _comment(f"{table}.{column}", what.get("comment"))
    yield from _named("constraint", table, entry.get("constraints", {}))
    yield from _named("index", table, entry.get("indexes", {}))
    yield from _named("trigger", table, entry.get("triggers", {}))
    yield from _named("policy", table, entry.get("policies", {}))
    yield from _named("partition", table, entry.get("partitions", {}))
    yield from _comment(table, entry.get("comment"))


def _column(what: Column) -> str:
    reported = [what["type"], *["not null"] * bool(what.get("not_null"))]
    if "generated" in what:
        reported.append(f"generated as ({what.get('default')}) {what['generated'].lower()}")
    elif "default" in what:
        reported.append(f"default {what['default']}")
    if "identity" in what:
        reported.append(f"identity {what['identity'].lower()}")
    if "collation" in what:
        reported.append(f"collation {what['collation']}")
    return " ".join(reported)


def _named(kind: str, holder: str, entries: Mapping[str, str]) -> Iterator[tuple[Key, str]]:
    for name, text in entries.items():
        yield (kind, f"{holder}.{name}"), text


def _comment(name: str, text: str | None) -> Iterator[tuple[Key, str]]:
    if text is not None:
        yield ("comment", name), text
