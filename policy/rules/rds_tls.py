"""PostgreSQL refuses connections without TLS."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import PARAMETER_GROUP
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_OWN = "1"
"""What RDS has of itself, for PostgreSQL 15 and later (RDS User Guide, PostgreSQL.Concepts.General.SSL)."""


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    values = {p["name"]: str(p["value"]) for p in it.inputs.get("parameters") or ()}
    return required(values.get("rds.force_ssl", _OWN) == "1", "rds.force_ssl is not 1")


RULE = PolicyRule(
    id="rds-tls",
    controls=("RDS.38",),
    types=(PARAMETER_GROUP,),
    what=__doc__,
    why="Passwords and rows would cross the network in plain text.",
    mend="Set rds.force_ssl to 1.",
    check=check,
)
