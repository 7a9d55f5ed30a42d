"""A primary keeps automated backups, for seven days in production."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("its source is backed up")
    days, least = it.inputs.get("backupRetentionPeriod") or 0, 7 if stack.production else 1
    return required(days >= least, f"backupRetentionPeriod is {days}, at least {least} is asked for")


RULE = PolicyRule(
    id="rds-backups",
    controls=("RDS.11", "AwsSolutions-RDS13"),
    types=(INSTANCE,),
    what=__doc__,
    why="They are the way back to a point in time, and the source of replicas.",
    mend="Set backupRetentionPeriod.",
    check=check,
)
