"""A primary has a standby in another zone."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("a replica is a second copy itself")
    return required(it.inputs.get("multiAz") is True, "multiAz is not true")


RULE = PolicyRule(
    id="rds-multi-az",
    controls=("RDS.5", "AwsSolutions-RDS3"),
    types=(INSTANCE,),
    what=__doc__,
    why="Without one a lost zone is downtime until a restore is done.",
    mend="Set multiAz.",
    check=check,
    production=True,
)
