"""A security group and each of its rules say what they are for."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import EGRESS, INGRESS, SECURITY_GROUP
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool(it.inputs.get("description")), "description is not set")


RULE = PolicyRule(
    id="network-described",
    controls=("AwsSolutions-EC27",),
    types=(
        SECURITY_GROUP,
        INGRESS,
        EGRESS,
    ),
    what=__doc__,
    why="Nobody dares to remove what nobody can explain.",
    mend="Set description.",
    check=check,
)
