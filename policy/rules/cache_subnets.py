"""A cache is not in the default subnet group."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("subnetGroupName") not in (None, "default"), "subnetGroupName is not set")


RULE = PolicyRule(
    id="cache-subnets",
    controls=("ElastiCache.7", "AwsSolutions-AEC1"),
    types=(CACHE,),
    what=__doc__,
    why="The default subnet group is every subnet of the VPC.",
    mend="Set subnetGroupName.",
    check=check,
)
