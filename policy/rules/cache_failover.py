"""A replica takes over by itself."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(it.inputs.get("automaticFailoverEnabled") is True, "automaticFailoverEnabled is not true")


RULE = Rule(
    id="cache-failover",
    controls=("ElastiCache.3",),
    types=(CACHE,),
    what=__doc__,
    why="Otherwise a lost primary stays lost until somebody acts.",
    mend="Set automaticFailoverEnabled, with at least one replica.",
    check=check,
    production=True,
)
