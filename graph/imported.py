"""What an import leaves in the state of a resource that was there before. Pure.

As pulumi-terraform-bridge does it (pkg/tfbridge/schema.go, `ExtractInputsFromOutputs` without a state of before): of
the inputs that can be read, those that have another value than the one they have by themselves. The engine takes them
as they are (pulumi/pulumi, pkg/resource/deploy/step.go, `ImportStep.Apply`): the provider's defaults come with the
next update.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.kind import Kind
from graph.marks import DEFAULTS, Properties
from graph.values import is_empty

_ELSEWHERE = re.compile(r"(.+)@([a-z]{2,3}(?:-[a-z]+)+-[0-9]+)", re.DOTALL)
_INSIDE = {"applyMethod": "immediate"}
"""Defaults of what is inside an input: of a parameter of RDS (rds/parameter_group.go)."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Both sides of a state."""

    inputs: Properties
    outputs: Properties


def imported(kind: Kind, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Imported:
    """The state of a resource that has these inputs and outputs."""
    put = {key: value for key, value in kind.untold.items() if value is not None}
    read = {key: value for key, value in inputs.items() if key not in kind.untold and value is not None} | put
    told = {key: _told(value) for key, value in read.items() if not _by_itself(kind.defaults, key, value)}
    return Imported(inputs={**told, DEFAULTS: []}, outputs={**read, **outputs})


def placed(identity: str) -> tuple[str, str | None]:
    """Id and region of what something is imported by: of one in another region than the stack's it is `ID@REGION`
    (pulumi-aws 7), else the id alone."""
    found = _ELSEWHERE.fullmatch(identity)
    return (found[1], found[2]) if found else (identity, None)


def plain_id(identity: str) -> str:
    """The id that a resource has once it is imported."""
    return placed(identity)[0]


def _told(value: object) -> Any:
    """The same of each object in a list; a map has whatever it has."""
    if isinstance(value, list):
        return [
            {**{key: item for key, item in each.items() if not _by_itself(_INSIDE, key, item)}, DEFAULTS: []}
            if isinstance(each, dict)
            else each
            for each in value
        ]
    return value


def _by_itself(defaults: Mapping[str, Any], key: str, value: object) -> bool:
    """Whether it has its default, or where it has none, the value of nothing (`isDefaultOrZeroValue`)."""
    return bool(value == defaults[key]) if key in defaults else is_empty(value) or value in (False, 0, "")
