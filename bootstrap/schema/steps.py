"""The steps that make each kind of object, with what each needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bootstrap.postgres.change import ident
from bootstrap.schema.definition import Function, Object, Schema, Table, Type, View
from bootstrap.schema.definition import Sequence as SequenceEntry
from bootstrap.schema.order import Step, Way
from bootstrap.schema.ranks import Rank, rank_of
from bootstrap.schema.statements import functions, tables, types, views
from bootstrap.schema.statements import sequences as sequence_sql
from bootstrap.schema.statements.names import comment, identifiers, part_comment


def of_schemas(schema: Schema) -> Iterator[Step]:
    """Schemas and extensions."""
    for name, namespace in schema.get("schemas", {}).items():
        made = [] if name == "public" else [f"CREATE SCHEMA IF NOT EXISTS {name}"]
        if "comment" in namespace:
            made.append(comment("SCHEMA", name, namespace["comment"]))
        yield Step(name=f"schema {name}", rank=Rank.SCHEMA, statements=tuple(made))
    for name, extension in schema.get("extensions", {}).items():
        where = f" WITH SCHEMA {extension['schema']}" if "schema" in extension else ""
        made = [f"CREATE EXTENSION IF NOT EXISTS {ident(name)}{where}"]
        yield Step(name=f"extension {name}", rank=Rank.EXTENSION, statements=tuple(made))


def of_type(name: str, entry: Type) -> Iterator[Step]:
    """A type; a base type and a range with functions of its own begin as a shell, which these can name."""
    if _begins_as_shell(entry):
        yield Step(name=f"shell {name}", rank=Rank.SHELL, statements=(types.shell(name),))
    yield _type(name, entry, ())
    if told := tuple(types.comments(name, entry)):
        needs = frozenset({f"type {name}"})
        yield Step(name=f"comments of type {name}", rank=Rank.COMMENT, statements=told, needs=needs)


def _begins_as_shell(entry: Type) -> bool:
    return "base" in entry or "canonical" in entry.get("range", {})


def _type(name: str, entry: Type, later: Sequence[str]) -> Step:
    needs = entry.get("needs", {})

    def split(tangled: frozenset[str]) -> Sequence[Step]:
        parts = [part for part, need in needs.items() if part != "type" and tangled.intersection(need)]
        first = _type(name, entry, parts)
        return [first, *(_domain_part(name, entry, part) for part in parts)]

    return Step(
        name=f"type {name}",
        rank=Rank.TYPE,
        statements=tuple(types.type_(name, entry, later=later)),
        needs=frozenset(need for part, each in needs.items() if part not in later for need in each),
        way=None if later or "domain" not in entry else Way.PARTS,
        split=split,
    )


def _domain_part(name: str, entry: Type, part: str) -> Step:
    made = types.domain_part(name, entry["domain"], part)
    needs = {f"type {name}", *entry["needs"][part]}
    return Step(name=f"{part} of {name}", rank=Rank.TYPE, statements=(made,), needs=frozenset(needs))


def of_domain_constraint(schema: Schema, name: str, title: str) -> Iterator[Step]:
    """A constraint of a domain that is there; none where the schema has no such constraint."""
    entry, part = schema.get("types", {}).get(name, Type()), f"constraint {title}"
    if title not in entry.get("domain", {}).get("constraints", {}):
        return
    made = [types.domain_part(name, entry["domain"], part)]
    if part in entry.get("comments", {}):
        made.append(part_comment(f"DOMAIN {name}", part, entry["comments"][part]))
    needs = {f"type {name}", *entry.get("needs", {}).get(part, ())}
    yield Step(name=f"constraint {name}.{title}", rank=Rank.TYPE, statements=tuple(made), needs=frozenset(needs))


def of_sequence(name: str, entry: SequenceEntry) -> Iterator[Step]:
    """A sequence, and whose column it is."""
    yield Step(name=f"sequence {name}", rank=Rank.SEQUENCE, statements=tuple(sequence_sql.sequence(name, entry)))
    if "owned_by" in entry:
        owner = ".".join(identifiers(entry["owned_by"])[:2])
        yield Step(
            name=f"owner of {name}",
            rank=Rank.OWNER,
            statements=(sequence_sql.owner(name, entry),),
            needs=frozenset({f"sequence {name}", f"table {owner}"}),
        )


def of_function(name: str, entry: Function, shells: Mapping[str, frozenset[str]]) -> Step:
    """A function; `shells` are the types, by the functions that they are made of, that it may only name as shells."""
    part_of = shells.get(name, frozenset())
    first = frozenset(
        need.replace("type ", "shell ", 1) if need in part_of else need for need in entry.get("needs", ())
    )
    step = Step(
        name=f"function {name}",
        rank=Rank.FUNCTION,
        statements=tuple(functions.function(name, entry)),
        needs=first.union(entry.get("body_needs", ())),
    )
    if "body_needs" not in entry:
        return step

    def split(_: frozenset[str]) -> Sequence[Step]:
        head = replace(step, statements=(functions.without_body(entry),), needs=first, way=None)
        # After the indexes: the planner would put a body that calls itself into an index's expression for ever.
        body = replace(step, name=f"body of {name}", rank=Rank.BODY, needs=step.needs | {step.name}, way=None)
        return [head, body]

    return replace(step, way=Way.BODY, split=split)


def shells(schema: Schema) -> dict[str, frozenset[str]]:
    """Which types are made of a function, by its name."""
    made: dict[str, frozenset[str]] = {}
    for name, entry in schema.get("types", {}).items():
        if _begins_as_shell(entry):
            for need in entry.get("needs", {}).get("type", ()):
                if need.startswith("function "):
                    function = need.removeprefix("function ")
                    made[function] = made.get(function, frozenset()) | {f"type {name}"}
    return made


def of_object(kind: str, name: str, entry: Object) -> Step:
    """Anything else."""
    told = [comment(kind.upper(), name, entry["comment"])] if "comment" in entry else []
    return Step(
        name=f"{kind} {name}",
        rank=rank_of(kind),
        statements=(*entry["definition"], *told),
        needs=frozenset(entry.get("needs", ())),
    )


def of_view(name: str, entry: View) -> Step:
    """A view without what hangs on it."""
    step = Step(
        name=f"view {name}",
        rank=Rank.VIEW,
        statements=(views.view(name, entry),),
        needs=frozenset(entry.get("needs", ())),
    )
    if entry.get("materialized"):
        return step

    def split(tangled: frozenset[str]) -> Sequence[Step]:
        named = frozenset(
            need for need in step.needs if need not in tangled or need.startswith(("type ", "collation "))
        )
        head = replace(step, statements=(views.without_body(name, entry),), needs=named, way=None)
        return [head, replace(step, name=f"query of {name}", needs=step.needs | {step.name}, way=None)]

    return replace(step, way=Way.QUERY, split=split)


def of_table(name: str, entry: Table, all_: Mapping[str, Table], later: Sequence[str] = ()) -> Step:
    """A table without what hangs on it; parts that come `later` are left out."""
    own = entry.get("needs", {})
    needs = {need for part, each in own.items() if part not in later and _with_table(entry, part) for need in each}
    parents = [*entry.get("inherits", []), *([entry["partition_of"]] if "partition_of" in entry else [])]
    for parent in parents:
        # A NOT NULL that is NOT VALID is added to the parent; an heir that is there by then names its own otherwise.
        late = (each for each, what in all_[parent].get("constraints", {}).items() if what.startswith("NOT NULL"))
        needs |= {f"table {parent}", *(f"constraint {parent}.{each}" for each in late)}
    if "partition_of" in entry and tables.has_layout(entry):
        above = all_.get(entry["partition_of"], Table()).get("needs", {})
        needs |= {need for part, each in above.items() if part.startswith("constraint ") for need in each}

    def split(tangled: frozenset[str]) -> Sequence[Step]:
        parts = [part for part, need in own.items() if _can_wait(entry, part) and tangled.intersection(need)]
        return [of_table(name, entry, all_, parts), *(_table_part(name, entry, all_, part) for part in parts)]

    return Step(
        name=f"table {name}",
        rank=Rank.TABLE,
        statements=tuple(tables.table(name, entry, all_, later=later)),
        needs=frozenset(needs),
        way=None if later else Way.PARTS,
        split=split,
    )


def _with_table(entry: Table, part: str) -> bool:
    kind, _, name = part.partition(" ")
    return kind in ("table", "column") or (kind == "constraint" and tables.inline(entry["constraints"].get(name, "")))


def _can_wait(entry: Table, part: str) -> bool:
    kind, _, name = part.partition(" ")
    if kind == "column":
        return "generated" not in entry.get("columns", {}).get(name, {})
    return kind == "constraint" and _with_table(entry, part)


def _table_part(name: str, entry: Table, all_: Mapping[str, Table], part: str) -> Step:
    kind, _, title = part.partition(" ")
    needs = {f"table {name}", *entry.get("needs", {})[part]}
    if kind == "constraint":
        made = list(tables.constraint(name, title, entry["constraints"][title]))
        return Step(name=f"constraint {name}.{title}", rank=Rank.CHECK, statements=tuple(made), needs=frozenset(needs))
    column = entry["columns"][title]
    heirs = [name, *(heir for heir in heirs_of(name, all_) if _takes_default(all_[heir], title, column.get("default")))]
    return Step(
        name=f"column {name}.{title}",
        rank=Rank.CHECK,
        statements=tuple(tables.column_default(heir, title, column) for heir in heirs),
        needs=frozenset(needs.union(f"table {heir}" for heir in heirs)),
    )


def _takes_default(entry: Table, column: str, default: str | None) -> bool:
    if "partition_of" in entry and not tables.has_layout(entry):
        return True
    return entry.get("columns", {}).get(column, {}).get("default") == default


def heirs_of(name: str, all_: Mapping[str, Table]) -> Iterator[str]:
    """Partitions and heirs of a table at every depth."""
    for each, entry in all_.items():
        if entry.get("partition_of") == name or name in entry.get("inherits", ()):
            yield each
            yield from heirs_of(each, all_)
