"""A replica takes over by itself."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("automaticFailoverEnabled") is True, "automaticFailoverEnabled is not true")


RULE = PolicyRule(
    id="cache-failover",
    controls=("ElastiCache.3",),
    types=(CACHE,),
    what=__doc__,
    why="Otherwise a lost primary stays lost until somebody acts.",
    mend="Set automaticFailoverEnabled, with at least one replica.",
    check=check,
    production=True,
)
