"""Functions, procedures and aggregates."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.postgres.change import literal
from bootstrap.schema.definition import Function
from bootstrap.schema.statements.names import comment


def function(name: str, entry: Function) -> Iterator[str]:
    """A function; PostgreSQL keeps the grants of one that is replaced."""
    yield "\n".join(entry["definition"])
    if "comment" in entry:
        yield comment("ROUTINE", name, entry["comment"])


def without_body(entry: Function) -> str:
    """The same returning NULL, so that others can name it before what its body names is there.

    Only of one whose body PostgreSQL has parsed: that begins a line of its own with BEGIN ATOMIC or RETURN, as
    pg_get_functiondef prints it. Needs check_function_bodies off. The planner runs an immutable function without
    arguments when it is named in an expression, so that one that returns a value has to.
    """
    lines = entry["definition"]
    head = next(at for at, line in enumerate(lines) if at and line.startswith(("BEGIN ATOMIC", "RETURN ")))
    returns = next((line.removeprefix(" RETURNS ") for line in lines[:head] if line.startswith(" RETURNS ")), "record")
    value = "" if returns.startswith(("SETOF ", "TABLE(")) or returns == "record" else f"SELECT NULL::{returns}"
    return "\n".join([*lines[:head], f"AS {literal(value)}"])
