"""Snapshots bear the instance's tags."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("copyTagsToSnapshot") is True, "copyTagsToSnapshot is not true")


RULE = PolicyRule(
    id="rds-snapshot-tags",
    controls=("RDS.17",),
    types=(INSTANCE,),
    what=__doc__,
    why="Without them nobody knows whose they are or what they may cost.",
    mend="Set copyTagsToSnapshot.",
    check=check,
)
