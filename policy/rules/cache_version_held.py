"""A cache stays at the version that is declared until another one is."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, is_true, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    # What is left out is on (CreateReplicationGroup, AutoMinorVersionUpgrade).
    moves = is_true(it.inputs.get("autoMinorVersionUpgrade", True))
    declared = it.inputs.get("engineVersion")
    return required(not (moves and declared), f"autoMinorVersionUpgrade is on beside engineVersion {declared}")


RULE = PolicyRule(
    id="cache-version-held",
    controls=(),
    types=(CACHE,),
    what=__doc__,
    why="Once AWS has taken it further, the declared version is a lower one, and the provider replaces the cache.",
    mend="Set autoMinorVersionUpgrade to false, and change engineVersion where a newer minor is wanted.",
    check=check,
)
