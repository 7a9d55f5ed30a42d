"""Check: what the engine asks first of every resource: are these inputs that the type takes? Pure."""

from __future__ import annotations

from dataclasses import dataclass

from graph.marks import DEFAULTS, Properties
from runtime.plugin.schema import ResourceSchema


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An input that cannot be."""

    property: str
    reason: str


def failures(token: str, schema: ResourceSchema, inputs: Properties) -> tuple[Failure, ...]:
    """Inputs that the type does not have, and those that it must have."""
    strange = sorted(inputs.keys() - schema.inputs - {DEFAULTS})
    missing = sorted(schema.required - inputs.keys())
    return (
        *(Failure(property=each, reason=f"{token} has no input {each}") for each in strange),
        *(Failure(property=each, reason=f"{token} needs {each}") for each in missing),
    )
