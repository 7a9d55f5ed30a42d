"""A function is in the VPC."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import FUNCTION
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(bool((it.inputs.get("vpcConfig") or {}).get("subnetIds")), "vpcConfig has no subnets")


RULE = Rule(
    id="lambda-vpc",
    controls=("Lambda.3",),
    types=(FUNCTION,),
    what=__doc__,
    why="It reaches the engines without their being public.",
    mend="Set vpcConfig.",
    check=check,
)
