"""A subnet gives no public addresses."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import SUBNET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(not it.inputs.get("mapPublicIpOnLaunch"), "mapPublicIpOnLaunch is true")


RULE = PolicyRule(
    id="network-no-public-address",
    controls=("EC2.15",),
    types=(SUBNET,),
    what=__doc__,
    why="A server in it would be on the internet.",
    mend="Leave mapPublicIpOnLaunch off.",
    check=check,
)
