"""The master user has a name that is not a default."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("its users are its source's")
    name = it.inputs.get("username")
    return required(name not in (None, "postgres", "admin", "root", "master"), f"username is {name}")


RULE = PolicyRule(
    id="rds-username",
    controls=("RDS.25",),
    types=(INSTANCE,),
    what=__doc__,
    why="`postgres` and `admin` are the first that are tried.",
    mend="Choose another username; it cannot be changed later.",
    check=check,
)
