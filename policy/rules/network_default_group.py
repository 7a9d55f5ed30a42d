"""The default security group of a VPC lets nothing through."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import DEFAULT_SECURITY_GROUP, VPC
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    closed = any(
        each.inputs.get("vpcId") in it.known_as and not each.inputs.get("ingress") and not each.inputs.get("egress")
        for each in stack.of(DEFAULT_SECURITY_GROUP)
    )
    return required(closed, "its default security group is not closed")


RULE = PolicyRule(
    id="network-default-group",
    controls=("EC2.2",),
    types=(VPC,),
    what=__doc__,
    why="Whatever is made without a group gets it.",
    mend="Adopt it with a DefaultSecurityGroup without rules.",
    check=check,
)
