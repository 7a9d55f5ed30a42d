"""A cache asks who is there."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    # The token of a cache that was there before its stack is in a secret, and the program leaves it alone.
    asked = bool(it.inputs.get("userGroupIds") or it.inputs.get("authToken") or "authToken" in it.ignore_changes)
    return required(asked, "neither userGroupIds nor authToken is set")


RULE = PolicyRule(
    id="cache-users",
    controls=("ElastiCache.6", "AwsSolutions-AEC6"),
    types=(CACHE,),
    what=__doc__,
    why="Without users or a token whoever reaches it may do anything.",
    mend="Set userGroupIds, or authToken.",
    check=check,
)
