"""Logs are kept for a set time."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import LOG_GROUP
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool(it.inputs.get("retentionInDays")), "retentionInDays is not set")


RULE = PolicyRule(
    id="log-retention",
    controls=(),
    types=(LOG_GROUP,),
    what=__doc__,
    why="Without one they are kept, and paid for, for ever.",
    mend="Set retentionInDays.",
    check=check,
)
