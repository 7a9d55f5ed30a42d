"""The SQL that makes an empty database as defined, in the order in which it can be applied. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bootstrap.schema import hanging_steps as hanging
from bootstrap.schema import steps
from bootstrap.schema.definition import Schema
from bootstrap.schema.order import Step, in_order


def generate(schema: Schema, *, extensions: frozenset[str] | None = None) -> tuple[str, ...]:
    """Return the statements; with `extensions`, only what these make possible.

    Raise DefinitionError where the definition's objects need each other in a way that nothing resolves.
    """
    lacking = [] if extensions is None else [name for name in schema.get("extensions", {}) if name not in extensions]
    made, _ = divided(schema, [f"extension {name}" for name in lacking])
    # Functions may name in their bodies what comes after them.
    return ("SET check_function_bodies = off", *(each for step in made for each in step.statements))


def divided(schema: Schema, out: Collection[str]) -> tuple[list[Step], list[Step]]:
    """Return the steps in order, less those that are out or cannot be without what is, and those.

    :param out: names, as needs have them. Raise DefinitionError as `generate` does.
    """
    every = list(_steps(schema))
    made = _without(every, set(out)) if out else every
    there = {step.name for step in made}
    return in_order(made), in_order(step for step in every if step.name not in there)


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
    """Leave out what needs something that is lacking, and what names a table, function or operator class that is."""
    while True:
        gone = {f" REFERENCES {name.removeprefix('table ')}(" for name in lacking if name.startswith("table ")}
        gone |= {
            f" EXECUTE FUNCTION {name.removeprefix('function ').removesuffix(')')}"
            for name in lacking
            if name.startswith("function ") and name.endswith("()")
        }
        gone |= {f" {name.split()[2]}" for name in lacking if name.startswith("operator class ")}
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
