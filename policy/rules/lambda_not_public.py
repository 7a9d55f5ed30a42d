"""A function is not everybody's."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import PERMISSION
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    named = it.inputs.get("principal") != "*" or bool(it.inputs.get("sourceAccount") or it.inputs.get("principalOrgId"))
    return required(named, "principal is *")


RULE = PolicyRule(
    id="lambda-not-public",
    controls=("Lambda.1",),
    types=(PERMISSION,),
    what=__doc__,
    why="Anybody could start the bootstrap.",
    mend="Name the principal, and its sourceArn or sourceAccount.",
    check=check,
)
