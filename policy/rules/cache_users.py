"""A cache asks who is there."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    asked = bool(it.inputs.get("userGroupIds") or it.inputs.get("authToken"))
    return required(asked, "neither userGroupIds nor authToken is set")


RULE = Rule(
    id="cache-users",
    controls=("ElastiCache.6", "AwsSolutions-AEC6"),
    types=(CACHE,),
    what=__doc__,
    why="Without users or a token whoever reaches it may do anything.",
    mend="Set userGroupIds, or authToken.",
    check=check,
)
