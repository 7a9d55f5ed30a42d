"""An instance is not in the default subnet group."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("a replica in the region is in its source's subnets")
    named = it.inputs.get("dbSubnetGroupName") not in (None, "default")
    return required(named, "dbSubnetGroupName is not set")


RULE = PolicyRule(
    id="rds-subnets",
    controls=("RDS.18",),
    types=(INSTANCE,),
    what=__doc__,
    why="The default VPC's subnets are public.",
    mend="Set dbSubnetGroupName.",
    check=check,
)
