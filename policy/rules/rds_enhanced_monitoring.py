"""The operating system of an instance is watched."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    on = bool(it.inputs.get("monitoringInterval")) and bool(it.inputs.get("monitoringRoleArn"))
    return required(on, "monitoringInterval or monitoringRoleArn is not set")


RULE = PolicyRule(
    id="rds-enhanced-monitoring",
    controls=("RDS.6",),
    types=(INSTANCE,),
    what=__doc__,
    why="CloudWatch's own metrics do not see processes, swap and single disks.",
    mend="Set monitoringInterval and monitoringRoleArn.",
    check=check,
    production=True,
)
