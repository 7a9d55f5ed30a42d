"""The steps that make something that is not there, a whole table or a part of one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bootstrap.schema import hanging_steps, steps
from bootstrap.schema.definition import Column, Relation, Schema, Table
from bootstrap.schema.order import Step, Way
from bootstrap.schema.ranks import Rank
from bootstrap.schema.statements import columns, hangings, names, tables

PARTS = {
    "column": "columns",
    "default": "columns",
    "constraint": "constraints",
    "index": "indexes",
    "trigger": "triggers",
    "rule": "rules",
    "policy": "policies",
}
"""Where a relation has what hangs on it."""


def making(schema: Schema, name: str) -> list[Step]:
    """The steps for an object or a part, by its name as a need has it; none where the schema does not have it."""
    kind, title = split(name)
    if kind in PARTS:
        owner, part = holder(title)
        return list(_part(schema, kind, owner, part))
    return [step for step in _object(schema, kind, title) if step.statements]


def split(name: str) -> tuple[str, str]:
    """Kind and name: kinds are of lower-case words, names have a schema or are of one word."""
    words = name.split(" ")
    at = next(
        (at for at, word in enumerate(words) if at and ("." in word or '"' in word or "(" in word)), len(words) - 1
    )
    return " ".join(words[:at]), " ".join(words[at:])


def holder(title: str) -> tuple[str, str]:
    """The relation of a part and the part's own name."""
    *owner, part = names.identifiers(title)
    return ".".join(owner), part


def hanging_on(schema: Schema, owner: str, part: str) -> Iterator[str]:
    """The indexes and keys of partitions that become parts of this one: they have to be there first."""
    for name, table in schema.get("tables", {}).items():
        for each, root in table.get("attached", {}).items():
            if root == f"{owner}.{part}":
                yield f"{'index' if each in table.get('indexes', {}) else 'constraint'} {name}.{each}"


def relation(schema: Schema, owner: str) -> Relation | None:
    """The table or view of that name."""
    return schema.get("tables", {}).get(owner) or schema.get("views", {}).get(owner)


def part_group(entry: Relation, kind: str) -> dict[str, str]:
    """What of a kind hangs on a relation, by name."""
    found: dict[str, str] = dict(entry).get(PARTS[kind], {})  # type: ignore[assignment]  # all are of text by name
    return found


def _object(schema: Schema, kind: str, title: str) -> Iterator[Step]:
    entries = schema.get("tables", {})
    if kind == "table" and title in entries:
        yield steps.of_table(title, entries[title], entries)
        yield from hanging_steps.of_table(title, entries[title], entries)
    elif kind == "view" and title in schema.get("views", {}):
        yield steps.of_view(title, schema["views"][title])
        yield from hanging_steps.of_view(title, schema)
    elif kind == "function" and title in schema.get("functions", {}):
        yield steps.of_function(title, schema["functions"][title], steps.shells(schema))
    elif kind == "type" and title in schema.get("types", {}):
        yield from steps.of_type(title, schema["types"][title])
    elif kind == "sequence" and title in schema.get("sequences", {}):
        yield from steps.of_sequence(title, schema["sequences"][title])
    elif kind in ("schema", "extension"):
        yield from (step for step in steps.of_schemas(schema) if step.name == f"{kind} {title}")
    elif title in schema.get("objects", {}).get(kind, {}):
        yield steps.of_object(kind, title, schema["objects"][kind][title])


def _part(schema: Schema, kind: str, owner: str, part: str) -> Iterator[Step]:
    entry = relation(schema, owner)
    if entry is None:
        yield from steps.of_domain_constraint(schema, owner, part)
        return
    table = schema.get("tables", {}).get(owner)
    if kind in ("column", "default"):
        column = entry.get("columns", {}).get(part)
        if column is None:
            return
        if kind == "column" and table is not None:
            yield from _column(owner, part, table, column)
        elif kind == "default" and "default" in column:
            yield _default(owner, part, table, column)
        return
    group = part_group(entry, kind)
    if part not in group:
        return
    needs = set(table.get("needs", {}).get(f"{kind} {part}", ())) if table is not None else set()
    needs.add(f"{'view' if table is None else 'table'} {owner}")
    needs.update(hanging_on(schema, owner, part))
    made = [*_made(schema, kind, owner, part, group[part]), *_said(owner, entry, kind, part)]
    yield Step(
        name=f"{kind} {owner}.{part}", rank=_rank(kind, group[part]), statements=tuple(made), needs=frozenset(needs)
    )


def _made(schema: Schema, kind: str, owner: str, part: str, what: str) -> Iterator[str]:
    """The statements for a part of a relation that people use: they are kept waiting as little as can be."""
    online = "partition_by" not in (relation(schema, owner) or {})
    if kind == "constraint":
        yield from tables.constraint(owner, part, what, online=online)
    elif kind == "index":
        yield hangings.index(what, online=online)
    elif kind == "trigger":
        yield from hangings.trigger(owner, part, what)
    elif kind == "rule":
        yield from hangings.rule(owner, part, what)
    else:
        yield what


def _said(owner: str, entry: Relation, kind: str, part: str) -> Iterator[str]:
    """What is said of a part that went with it."""
    if kind == "index":
        one = Relation(index_statistics={part: entry.get("index_statistics", {}).get(part, {})})
        yield from hangings.index_statistics(owner, one)
    if kind in ("index", "constraint"):
        if entry.get("replica_identity") == f"USING INDEX {part}":
            yield from hangings.marked(owner, Relation(replica_identity=entry["replica_identity"]))
        if entry.get("cluster_on") == part:
            yield from hangings.marked(owner, Relation(cluster_on=part))
    if f"{kind} {part}" in entry.get("comments", {}):
        yield names.part_comment(owner, f"{kind} {part}", entry["comments"][f"{kind} {part}"])


def _rank(kind: str, what: str) -> Rank:
    if kind == "constraint":
        return Rank.FOREIGN_KEY if tables.foreign(what) else Rank.CHECK if tables.inline(what) else Rank.KEY
    return {"index": Rank.INDEX, "trigger": Rank.TRIGGER, "rule": Rank.RULE, "policy": Rank.POLICY}[kind]


def _column(owner: str, part: str, table: Table, column: Column) -> Iterator[Step]:
    needs = {
        f"table {owner}",
        *table.get("needs", {}).get("table", ()),
        *table.get("needs", {}).get(f"column {part}", ()),
    }
    kind = "FOREIGN TABLE" if "foreign" in table else "TABLE"
    one = Relation(columns={part: column})
    said = (*columns.alterations(owner, one), *columns.comments(owner, one))

    def add(*, default: bool) -> Step:
        made = f"ALTER {kind} {owner} ADD COLUMN {columns.column(part, column, default=default)}"
        return Step(
            name=f"column {owner}.{part}",
            rank=Rank.TABLE,
            statements=(made, *said),
            needs=frozenset(needs),
            way=Way.PARTS,
        )

    def split_(_: frozenset[str]) -> Sequence[Step]:
        if "generated" in column or "default" not in column:
            return [add(default=True)]
        first = add(default=False)
        types = frozenset(table.get("needs", {}).get("table", ()))
        return [replace(first, needs=types | {f"table {owner}"}, way=None), _default(owner, part, table, column)]

    yield replace(add(default=True), split=split_)


def _default(owner: str, part: str, table: Table | None, column: Column) -> Step:
    needs = {f"column {owner}.{part}", f"{'view' if table is None else 'table'} {owner}"}
    if table is not None:
        needs |= {*table.get("needs", {}).get(f"column {part}", ())}
    made = f"ALTER TABLE {owner} ALTER COLUMN {part} SET DEFAULT {column['default']}"
    return Step(name=f"default {owner}.{part}", rank=Rank.CHECK, statements=(made,), needs=frozenset(needs))
