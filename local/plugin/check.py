"""Check: what the engine asks first of every resource: are these inputs, and what goes where none is given. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from local.plugin.kinds import Kind
from local.plugin.schema import Schema
from local.plugin.values import DEFAULTS, Properties, filled

_SUFFIX = 7  # hex digits of an automatic name (pulumi-terraform-bridge, pkg/tfbridge/names.go)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An input that cannot be."""

    property: str
    reason: str


def failures(token: str, schema: Schema, inputs: Properties) -> tuple[Failure, ...]:
    """Inputs that the type does not have, and those that it must have."""
    strange = sorted(inputs.keys() - schema.inputs - {DEFAULTS})
    missing = sorted(schema.required - inputs.keys())
    return (
        *(Failure(property=each, reason=f"{token} has no input {each}") for each in strange),
        *(Failure(property=each, reason=f"{token} needs {each}") for each in missing),
    )


def complete(kind: Kind, schema: Schema, name: str, olds: Properties, news: Properties, seed: bytes) -> Properties:
    """The inputs with the provider's defaults, and a name where the program leaves it to Pulumi.

    What was filled in before stays as it was: a default that changes with the provider must not change the resource.
    """
    made = {key: value for key, value in news.items() if key != DEFAULTS}
    added: Properties = {key: value for key, value in kind.defaults.items() if key not in made}
    if kind.named in schema.inputs and kind.autonamed and not {kind.named, f"{kind.named}Prefix"} & made.keys():
        added[kind.named] = f"{name}-{hashlib.sha256(seed).hexdigest()[:_SUFFIX]}"
    before = filled(olds)
    added = {key: olds[key] if key in before and key in olds else value for key, value in added.items()}
    return {**made, **added, DEFAULTS: sorted(added)}
