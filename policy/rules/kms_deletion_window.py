"""A deleted key waits thirty days in production."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import KEY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    days = it.inputs.get("deletionWindowInDays") or 30
    return required(days >= 30, f"deletionWindowInDays is {days}")


RULE = PolicyRule(
    id="kms-deletion-window",
    controls=("KMS.3",),
    types=(KEY,),
    what=__doc__,
    why="What it encrypts is lost with it: there must be time to notice.",
    mend="Leave deletionWindowInDays at 30.",
    check=check,
    production=True,
)
