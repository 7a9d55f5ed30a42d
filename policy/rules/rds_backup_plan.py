"""A primary has recovery points that outlive it."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import BACKUP_SELECTION, INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, as_list, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("its source is backed up")
    chosen = [arn for each in stack.of(BACKUP_SELECTION) for arn in as_list(each.inputs.get("resources"))]
    return required(any(arn in it.known_as for arn in chosen), "no Selection of a backup plan names it")


RULE = PolicyRule(
    id="rds-backup-plan",
    controls=("RDS.26",),
    types=(INSTANCE,),
    what=__doc__,
    why="Automated backups go with the instance, and with whoever may delete it.",
    mend="Set data-tier:backup, which makes a vault, a plan and a selection.",
    check=check,
    production=True,
)
