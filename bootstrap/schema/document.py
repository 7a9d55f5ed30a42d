"""The definition as a page for people: diagrams (Mermaid) and a section for each table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bootstrap.schema.definition import Column, Relation, Schema, Table
from bootstrap.schema.diagram import diagrams
from bootstrap.schema.markdown import code, heading, prose, table
from bootstrap.schema.mends import objects, sequences, types
from bootstrap.schema.mends.change import shown
from bootstrap.schema.mends.columns import laid_out
from bootstrap.schema.statements.names import plain
from bootstrap.schema.statements.views import view_kind


def document(schema: Schema) -> str:
    """Return the page."""
    return "\n".join(_page(schema)).rstrip() + "\n"


def _page(schema: Schema) -> Iterator[str]:
    tables = schema.get("tables", {})
    yield from ("# The schema", "")
    yield (
        f"As of migration {schema.get('version', 'none')}. Generated from `schema/schema.json`: "
        "`datatier schema docs > docs/schema.md`."
    )
    yield ""
    for lines in diagrams(tables):
        yield from ("```mermaid", *lines, "```", "")
    for title, entry in tables.items():
        if "partition_of" not in entry or _stands_alone(entry):
            yield from _table(title, entry, schema)
    for title, heads, rows in _others(schema):
        if rows:
            yield from heading(title)
            yield from table(heads, rows)
    if names := schema.get("extensions"):
        yield from heading("Extensions")
        yield ", ".join(
            code(name) + (f" in {code(entry['schema'])}" if entry.get("schema", "public") != "public" else "")
            for name, entry in names.items()
        )


def _others(schema: Schema) -> Iterator[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    """Headings, heads and rows of what is no table."""
    views = schema.get("views", {})
    yield "Views", ("view", "what it is"), [
        (code(shown(name)), " ".join(filter(None, [_materialized(view), prose(view.get("comment", ""))])))
        for name, view in views.items()
    ]  # fmt: skip
    yield "Functions", ("function", "what it does"), [
        (code(shown(name)), prose(each.get("comment", ""))) for name, each in schema.get("functions", {}).items()
    ]  # fmt: skip
    yield "Types", ("type", "definition", "what it is"), [
        (code(shown(name)), code(types.text(name, each)), prose(each.get("comment", "")))
        for name, each in schema.get("types", {}).items()
    ]  # fmt: skip
    yield "Sequences", ("sequence", "definition", "what it is"), [
        (code(shown(name)), code(sequences.text(each)), prose(each.get("comment", "")))
        for name, each in schema.get("sequences", {}).items()
        if "owned_by" not in each
    ]  # fmt: skip
    yield "Other objects", ("kind", "name", "definition", "what it is"), [
        (kind, code(shown(name)), code(objects.text(each)), prose(each.get("comment", "")))
        for kind, entries in schema.get("objects", {}).items()
        for name, each in entries.items()
    ]  # fmt: skip
    yield "Schemas", ("schema", "what it is"), [
        (code(name), prose(each.get("comment", ""))) for name, each in schema.get("schemas", {}).items()
    ]  # fmt: skip


def _materialized(view: Relation) -> str:
    return "Materialized." if view_kind(view) != "VIEW" else ""  # type: ignore[arg-type]  # a view of the definition


def _stands_alone(entry: Table) -> bool:
    """Whether a partition has more to be said of it than its bound."""
    plainly = {"partition_of", "bound", "partition_by", "attached", "needs"}
    return bool(set(entry) - (plainly if "policies" in entry else plainly | {"row_security"}))


def _table(title: str, entry: Table, schema: Schema) -> Iterator[str]:
    yield from heading(".".join(map(plain, re.findall(r'"(?:[^"]|"")*"|[^".]+', shown(title)))))
    if comment := entry.get("comment"):
        yield from (prose(comment) + "." * (not comment.rstrip().endswith((".", "!", "?"))), "")
    for need in sorted({need for needs in entry.get("needs", {}).values() for need in needs}):
        if need.startswith("extension "):
            yield from (f"Only where the extension {code(need.removeprefix('extension '))} is installed.", "")
    yield from _place(title, entry, schema)
    if security := entry.get("row_security"):
        owner = "the owner too" if security == "FORCED" else "the owner aside"
        if security != "FORCED WHEN ENABLED":
            yield from (f"Row-level security: rows are seen and written as the policies allow, {owner}.", "")
    columns = laid_out(schema, title)
    if columns and ("partition_of" not in entry or any("type" in what for what in entry.get("columns", {}).values())):
        yield from table(
            ("column", "type", "null", "default", "what it is"),
            [
                (
                    code(plain(name)),
                    prose(shown(column["type"])),
                    "" if column.get("not_null") else "yes",
                    _default(column),
                    prose(column.get("comment", "")),
                )
                for name, column in columns.items()
            ],
        )
    for head, entries in (
        ("constraint", entry.get("constraints", {})),
        ("index", {name: _index(what) for name, what in entry.get("indexes", {}).items()}),
        ("trigger", {name: _trigger(what) for name, what in entry.get("triggers", {}).items()}),
        ("rule", entry.get("rules", {})),
        ("policy", {name: what.split(f" ON {title} ", 1)[-1] for name, what in entry.get("policies", {}).items()}),
    ):
        if entries:
            yield from _parts(head, entries, entry)


def _parts(head: str, entries: Mapping[str, str], entry: Relation) -> Iterator[str]:
    said = {name: entry.get("comments", {}).get(f"{head} {name}", "") for name in entries}
    heads = (head, "", "what it is") if any(said.values()) else (head, "")
    rows = [(code(plain(name)), code(what), prose(said[name])) for name, what in entries.items()]
    yield from table(heads, [row[: len(heads)] for row in rows])


def _place(title: str, entry: Table, schema: Schema) -> Iterator[str]:
    """Its place among other tables."""
    if "partition_of" in entry:
        yield from (f"A partition of {code(shown(entry['partition_of']))}: {code(entry['bound'])}.", "")
    if by := entry.get("partition_by"):
        kept = f", one partition for each {entry['period']} (UTC)" if "period" in entry else ""
        yield from (f"Partitioned by {code(by)}{kept}.", "")
    if parents := entry.get("inherits"):
        yield from (f"Inherits from {', '.join(code(shown(parent)) for parent in parents)}.", "")
    if "foreign" in entry:
        yield from (f"Its rows are on the server {code(entry['foreign']['server'])}.", "")
    parts = {name: each for name, each in schema.get("tables", {}).items() if each.get("partition_of") == title}
    if parts:
        yield from table(("partition", ""), [(code(shown(name)), code(each["bound"])) for name, each in parts.items()])


def _default(column: Column) -> str:
    if "identity" in column:
        return f"identity, {column['identity'].lower()}"
    if "generated" in column:
        return f"generated: {code(column.get('default', ''))}"
    return code(column["default"]) if "default" in column else ""


def _index(what: str) -> str:
    unique = "UNIQUE " if what.startswith("CREATE UNIQUE") else ""
    return unique + what.split(" USING ", 1)[-1].removeprefix("btree ")


def _trigger(what: str) -> str:
    return re.sub(r"^CREATE (CONSTRAINT )?TRIGGER (\"(?:[^\"]|\"\")*\"|\S+) ", "", what)
