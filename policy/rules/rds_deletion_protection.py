"""An instance cannot be deleted by mistake."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("deletionProtection") is True, "deletionProtection is not true")


RULE = PolicyRule(
    id="rds-deletion-protection",
    controls=("RDS.8", "AwsSolutions-RDS10"),
    types=(INSTANCE,),
    what=__doc__,
    why="One wrong call deletes the database and its automated backups.",
    mend="Set deletionProtection.",
    check=check,
    production=True,
)
