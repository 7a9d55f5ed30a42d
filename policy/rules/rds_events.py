"""Somebody hears of failures, maintenance and changes of an instance."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import EVENT_SUBSCRIPTION, INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_ASKED = {"failure", "maintenance", "configuration change"}


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    heard: set[str] = set()
    names = {it.inputs.get("identifier"), *it.known_as}
    for each in stack.of(EVENT_SUBSCRIPTION):
        sources = set(each.inputs.get("sourceIds") or names)
        if each.inputs.get("sourceType") == "db-instance" and sources & names:
            heard |= set(each.inputs.get("eventCategories") or _ASKED)
    return required(heard >= _ASKED, f"nobody subscribes to {', '.join(sorted(_ASKED - heard))}")


RULE = PolicyRule(
    id="rds-events",
    controls=("RDS.20",),
    types=(INSTANCE,),
    what=__doc__,
    why="A failover that nobody hears of is found by its consequences.",
    mend="Add an EventSubscription of source type db-instance.",
    check=check,
)
