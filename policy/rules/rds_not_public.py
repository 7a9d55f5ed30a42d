"""An instance has no public address."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(not it.inputs.get("publiclyAccessible"), "publiclyAccessible is true")


RULE = PolicyRule(
    id="rds-not-public",
    controls=("RDS.2",),
    types=(INSTANCE,),
    what=__doc__,
    why="A database that the internet can reach will be tried.",
    mend="Leave publiclyAccessible off; people come through Session Manager.",
    check=check,
)
