"""The SQL that makes an empty database as defined, in the order in which it can be applied. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.schema import hanging_steps as hanging
from bootstrap.schema import steps
from bootstrap.schema.definition import Schema
from bootstrap.schema.order import Step, in_order


def generate(schema: Schema, *, extensions: frozenset[str] | None = None) -> tuple[str, ...]:
    """Return the statements; with `extensions`, only what these make possible.

    Raise DefinitionError where the definition's objects need each other in a way that nothing resolves.
    """
    made = list(_steps(schema))
    if extensions is not None:
        lacking = {f"extension {name}" for name in schema.get("extensions", {}) if name not in extensions}
        made = _without(made, lacking)
    # Functions may name in their bodies what comes after them.
    return ("SET check_function_bodies = off", *(each for step in in_order(made) for each in step.statements))


def _steps(schema: Schema) -> Iterator[Step]:
    yield from steps.of_schemas(schema)
    for name, type_ in schema.get("types", {}).items():
        yield from steps.of_type(name, type_)
    for name, sequence in schema.get("sequences", {}).items():
        yield from steps.of_sequence(name, sequence)
    shells = steps.shells(schema)
    for name, function in schema.get("functions", {}).items():
        yield steps.of_function(name, function, shells)
    tables = schema.get("tables", {})
    for name, table in tables.items():
        yield steps.of_table(name, table, tables)
        yield from hanging.of_table(name, table, tables)
    for name, view in schema.get("views", {}).items():
        yield steps.of_view(name, view)
        yield from hanging.of_view(name, schema)
    for kind, objects in schema.get("objects", {}).items():
        for name, each in objects.items():
            yield steps.of_object(kind, name, each)


def _without(made: list[Step], lacking: set[str]) -> list[Step]:
    """Leave out what needs something that is lacking, and what refers to a table that is left out for it."""
    while True:
        gone = {f" REFERENCES {name.removeprefix('table ')}(" for name in lacking if name.startswith("table ")}
        out = {
            step.name
            for step in made
            if step.name in lacking
            or lacking.intersection(step.needs)
            or any(text in statement for text in gone for statement in step.statements)
        }
        if not out:
            return made
        made = [step for step in made if step.name not in out]
        lacking |= out
