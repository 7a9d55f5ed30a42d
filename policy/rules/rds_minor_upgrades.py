"""Minor versions are taken by themselves."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("autoMinorVersionUpgrade", True) is True, "autoMinorVersionUpgrade is false")


RULE = PolicyRule(
    id="rds-minor-upgrades",
    controls=("RDS.13",),
    types=(INSTANCE,),
    what=__doc__,
    why="They carry the security fixes.",
    mend="Leave autoMinorVersionUpgrade on.",
    check=check,
)
