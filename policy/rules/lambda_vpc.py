"""A function is in the VPC."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import FUNCTION
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool((it.inputs.get("vpcConfig") or {}).get("subnetIds")), "vpcConfig has no subnets")


RULE = PolicyRule(
    id="lambda-vpc",
    controls=("Lambda.3",),
    types=(FUNCTION,),
    what=__doc__,
    why="It reaches the engines without their being public.",
    mend="Set vpcConfig.",
    check=check,
)
