"""A function can run in two zones."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import FUNCTION
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    subnets = (it.inputs.get("vpcConfig") or {}).get("subnetIds") or ()
    return required(len(set(subnets)) >= 2, f"{len(set(subnets))} subnets")


RULE = PolicyRule(
    id="lambda-multi-az",
    controls=("Lambda.5",),
    types=(FUNCTION,),
    what=__doc__,
    why="A lost zone must not stop the deployment.",
    mend="Give vpcConfig subnets of two zones.",
    check=check,
)
