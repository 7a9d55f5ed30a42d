"""From a look at the servers to its alarm: schedule, function, and the metrics that it writes into its log.

A function that writes metrics says in its environment in which namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alarms.finding import BrokenStep, error
from alarms.stack import StackIndex
from alarms.watched import Watched
from graph.resource import Resource
from graph.types import EVENT_RULE, EVENT_TARGET, FUNCTION, PERMISSION

NAMESPACE = "DATATIER_NAMESPACE"
"""Environment variable of the function (components/functions/metrics.py)."""
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
# EventBridge User Guide, rate expressions.
_RATE = re.compile(r"rate\(([0-9]+) (minute|hour|day)s?\)")


def writer(stack: StackIndex, namespace: str) -> Resource | None:
    """The function that writes metrics into a namespace, if there is one."""
    for function in stack.of(FUNCTION):
        held = (function.inputs.get("environment") or {}).get("variables") or {}
        if held.get(NAMESPACE) == namespace:
            return function
    return None


def scheduled(stack: StackIndex, alarm: Resource, watched: Watched, function: Resource) -> Iterator[BrokenStep]:
    """Whether anything starts the function, and often enough for the alarm."""
    name = alarm.physical
    rules = _rules(stack, function)
    if not rules:
        yield error(
            "event source", function.name, f"nothing starts it, and it writes {watched.metric}",
            "give it an event rule with a schedule, and a target", name,
        )  # fmt: skip
        return
    if not any(_may_start(stack, function, rule) for rule in rules):
        yield error(
            "event source", function.name, f"EventBridge may not start it by {rules[0].name}",
            "give events.amazonaws.com a permission for that rule", name,
        )  # fmt: skip
    live = [rule for rule in rules if "DISABLED" not in str(rule.inputs.get("state"))]
    if not live:
        yield error("event source", rules[0].name, "the rule is disabled", "leave its state off", name)
        return
    every = min(_seconds(rule) for rule in live)
    if watched.period < every:
        yield error(
            "metric", alarm.name, f"it looks at periods of {watched.period} s, and a figure comes every {every} s",
            "give it the schedule's own period", name,
        )  # fmt: skip


def _rules(stack: StackIndex, function: Resource) -> list[Resource]:
    named = {
        str(target.inputs.get("rule"))
        for target in stack.of(EVENT_TARGET)
        if target.inputs.get("arn") == function.arn and stack.region(target) == stack.region(function)
    }
    return [
        rule
        for rule in stack.of(EVENT_RULE)
        if rule.physical in named and _seconds(rule) and stack.region(rule) == stack.region(function)
    ]


def _seconds(rule: Resource) -> int:
    """Seconds of the rule's rate; 0 where it has none."""
    found = _RATE.fullmatch(str(rule.inputs.get("scheduleExpression")))
    return int(found[1]) * _SECONDS[found[2]] if found else 0


def _may_start(stack: StackIndex, function: Resource, rule: Resource) -> bool:
    return any(
        each.inputs.get("function") in (function.physical, function.arn)
        and each.inputs.get("principal") == "events.amazonaws.com"
        and each.inputs.get("sourceArn") in (None, rule.arn)
        for each in stack.of(PERMISSION)
    )
