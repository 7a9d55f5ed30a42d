"""What a schema became: two schemas beside each other, object by object, each as its own text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bootstrap.postgres.change import comma
from bootstrap.schema.definition import Column, Relation, Schema, Table, View
from bootstrap.schema.mends import functions, sequences, types
from bootstrap.schema.mends import objects as other
from bootstrap.schema.mends.change import shown
from bootstrap.schema.statements.views import view_kind

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
        told = " → ".join(text for text in (self.before, self.after) if text)
        return f"{self.kind} {self.object} {self.change}: {told}"


def changes(before: Schema, after: Schema) -> tuple[SchemaChange, ...]:
    """Every difference. Of a table that came or went the columns are told in its own line, as are its small parts."""
    was, now = dict(objects(before)), dict(objects(after))
    whole = {name for kind, name in was.keys() ^ now.keys() if kind == "table"}
    for side, found in ((was, before), (now, after)):
        for name in whole:
            if ("table", name) in side:
                title = name if name in found["tables"] else f"public.{name}"
                columns = ", ".join(found["tables"][title].get("columns", {}))
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


_SMALL = frozenset({"column", "constraint", "comment"})


def objects(schema: Schema) -> Iterator[tuple[Key, str]]:
    """Every object with its text: those that are equal here are equal in the catalog, whatever stands beside them."""
    for name, extension in schema.get("extensions", {}).items():
        yield ("extension", name), f"in {extension['schema']}" if "schema" in extension else "installed"
    for name, namespace in schema.get("schemas", {}).items():
        yield ("schema", name), "schema"
        yield from _comment(name, namespace.get("comment"))
    for name, type_ in schema.get("types", {}).items():
        yield ("type", shown(name)), types.text(name, type_)
        yield from _comment(shown(name), type_.get("comment"))
        for field, what in type_.get("composite", {}).items():
            yield from _comment(f"{shown(name)}.{field}", what.get("comment"))
        yield from _comments(name, type_.get("comments", {}))
    for name, sequence in schema.get("sequences", {}).items():
        yield ("sequence", shown(name)), sequences.text(sequence)
        yield from _comment(shown(name), sequence.get("comment"))
    for name, table in schema.get("tables", {}).items():
        yield ("table", shown(name)), _table(table)
        yield from _columns(name, table)
        yield from _named("constraint", name, table.get("constraints", {}))
        yield from _named("policy", name, table.get("policies", {}))
        yield from _hanging(name, table)
    for name, view in schema.get("views", {}).items():
        yield (view_kind(view).lower(), shown(name)), " ".join([*view.get("options", []), *view["definition"]])
        yield from _view_columns(name, view)
        yield from _hanging(name, view)
    for name, function in schema.get("functions", {}).items():
        yield ("function", shown(name)), functions.text(function)
        yield from _comment(shown(name), function.get("comment"))
    for kind, entries in schema.get("objects", {}).items():
        for name, each in entries.items():
            yield (kind, shown(name)), other.text(each)
            yield from _comment(shown(name), each.get("comment"))


def _table(entry: Table) -> str:
    said = ["unlogged"] * bool(entry.get("unlogged"))
    if "partition_of" in entry:
        said.append(f"partition of {shown(entry['partition_of'])} {entry['bound']}")
    if "partition_by" in entry:
        said.append(f"partition by {entry['partition_by']}")
    said += [f"partitions of {entry['period']}s"] if "period" in entry else []
    said += [f"inherits {comma(map(shown, entry['inherits']))}"] if "inherits" in entry else []
    said += [f"of {entry['of']}"] if "of" in entry else []
    if "foreign" in entry:
        said.append(" ".join(["on server", entry["foreign"]["server"], *entry["foreign"].get("options", [])]))
    said += [f"using {entry['access_method']}"] if "access_method" in entry else []
    if "row_security" in entry:
        said.append(f"row security {entry['row_security'].lower()}")
    return "; ".join([*said, *entry.get("options", [])])


def _columns(table: str, entry: Table) -> Iterator[tuple[Key, str]]:
    for column, what in entry.get("columns", {}).items():
        if text := _column(what):
            yield ("column", f"{shown(table)}.{column}"), text
        yield from _comment(f"{shown(table)}.{column}", what.get("comment"))


def _view_columns(view: str, entry: View) -> Iterator[tuple[Key, str]]:
    for column, what in entry.get("columns", {}).items():
        if "default" in what:
            yield ("column", f"{shown(view)}.{column}"), f"default {what['default']}"
        yield from _comment(f"{shown(view)}.{column}", what.get("comment"))


def _column(what: Column) -> str:
    said = [what["type"]] if "type" in what else []
    said += ["not null"] * bool(what.get("not_null"))
    said += [f"named {what['not_null_name']}"] if "not_null_name" in what else []
    said += ["no inherit"] * bool(what.get("not_null_no_inherit"))
    if "generated" in what:
        said.append(f"generated as ({what.get('default')}) {what['generated'].lower()}")
    elif "default" in what:
        said.append(f"default {what['default']}")
    if "identity" in what:
        said.append(f"identity {what['identity'].lower()}")
        said += [f"({sequences.text(what['sequence'])})"] if "sequence" in what else []
    said += [f"collation {what['collation']}"] if "collation" in what else []
    said += [f"{key} {what[key]}" for key in ("storage", "compression", "statistics") if key in what]
    return " ".join([*said, *what.get("options", []), *what.get("foreign_options", [])])


def _hanging(holder: str, entry: Relation) -> Iterator[tuple[Key, str]]:
    yield from _named("index", holder, entry.get("indexes", {}))
    for index, targets in entry.get("index_statistics", {}).items():
        yield ("statistics targets", f"{shown(holder)}.{index}"), str(targets)
    yield from _named("trigger", holder, entry.get("triggers", {}))
    yield from _named("rule", holder, entry.get("rules", {}))
    if "replica_identity" in entry:
        yield ("replica identity", shown(holder)), entry["replica_identity"]
    if "cluster_on" in entry:
        yield ("index of CLUSTER", shown(holder)), entry["cluster_on"]
    yield from _comment(shown(holder), entry.get("comment"))
    yield from _comments(holder, entry.get("comments", {}))


def _named(kind: str, holder: str, entries: Mapping[str, str]) -> Iterator[tuple[Key, str]]:
    for name, text in entries.items():
        yield (kind, f"{shown(holder)}.{name}"), text


def _comments(holder: str, entries: Mapping[str, str]) -> Iterator[tuple[Key, str]]:
    for part, text in entries.items():
        kind, _, title = part.partition(" ")
        yield (f"comment on {kind}", f"{shown(holder)}.{title}"), text


def _comment(name: str, text: str | None) -> Iterator[tuple[Key, str]]:
    if text is not None:
        yield ("comment", name), text
