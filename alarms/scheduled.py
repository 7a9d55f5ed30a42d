"""From a look at the servers, or their maintenance, to its alarm: schedule, function or task, and the metrics that it
writes into its log.

A function that writes metrics says in its environment in which namespace, a task in its command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from alarms.finding import BrokenStep, error
from alarms.stack import StackIndex
from alarms.watched import Watched
from graph.resource import Resource
from graph.types import EVENT_RULE, EVENT_TARGET, FUNCTION, PERMISSION, TASK_DEFINITION
from knowledge.alarms.spec import MissingData

OWN = "datatier_"
"""What the names of those metrics begin with; log filters count in the same namespace."""
NAMESPACE = "DATATIER_NAMESPACE"
"""Environment variable of the function (components/functions/metrics.py)."""
_OPTION = "--namespace"
"""Option of the task's command (components/maintenance.py)."""
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
# EventBridge User Guide, rate expressions.
_RATE = re.compile(r"rate\(([0-9]+) (minute|hour|day)s?\)")
# At one time of some days of the week, as ours all are (infra/rules/backups.py, cron).
_CRON = re.compile(r"cron\([0-9]+ [0-9]+ \? \* ([A-Z,]+) \*\)")
_WEEK = 7 * 86400


def writer(stack: StackIndex, namespace: str) -> Resource | None:
    """The function or task that writes metrics into a namespace, if there is one."""
    for function in stack.of(FUNCTION):
        held = (function.inputs.get("environment") or {}).get("variables") or {}
        if held.get(NAMESPACE) == namespace:
            return function
    for task in stack.of(TASK_DEFINITION):
        for container in json.loads(str(task.inputs.get("containerDefinitions") or "[]")):
            words = container.get("command") or []
            if (_OPTION, namespace) in pairwise(words):
                return task
    return None


def scheduled(stack: StackIndex, alarm: Resource, watched: Watched, function: Resource) -> Iterator[BrokenStep]:
    """Whether anything starts the function, or the task, and often enough for the alarm."""
    name = alarm.physical
    rules = _rules(stack, function)
    if not rules:
        yield error(
            "event source", function.name, f"nothing starts it, and it writes {watched.metric}",
            "give it an event rule with a schedule, and a target", name,
        )  # fmt: skip
        return
    if function.type == FUNCTION and not any(_may_start(stack, function, rule) for rule in rules):
        yield error(
            "event source", function.name, f"EventBridge may not start it by {rules[0].name}",
            "give events.amazonaws.com a permission for that rule", name,
        )  # fmt: skip
    live = [rule for rule in rules if "DISABLED" not in str(rule.inputs.get("state"))]
    if not live:
        yield error("event source", rules[0].name, "the rule is disabled", "leave its state off", name)
        return
    every = min(_seconds(rule) for rule in live)
    if watched.period < every and alarm.inputs.get("treatMissingData") != MissingData.IGNORE:
        yield error(
            "metric", alarm.name, f"it looks at periods of {watched.period} s, and a figure comes every {every} s",
            "give it the schedule's own period", name,
        )  # fmt: skip


def _rules(stack: StackIndex, function: Resource) -> list[Resource]:
    named = {
        str(target.inputs.get("rule"))
        for target in stack.of(EVENT_TARGET)
        if function.arn in (target.inputs.get("arn"), (target.inputs.get("ecsTarget") or {}).get("taskDefinitionArn"))
        and stack.region(target) == stack.region(function)
    }
    return [
        rule
        for rule in stack.of(EVENT_RULE)
        if rule.physical in named and _seconds(rule) and stack.region(rule) == stack.region(function)
    ]


def _seconds(rule: Resource) -> int:
    """Seconds between two starts by the rule; 0 where it has no schedule."""
    schedule = str(rule.inputs.get("scheduleExpression"))
    if days := _CRON.fullmatch(schedule):
        return _WEEK // len(days[1].split(","))
    found = _RATE.fullmatch(schedule)
    return int(found[1]) * _SECONDS[found[2]] if found else 0


def _may_start(stack: StackIndex, function: Resource, rule: Resource) -> bool:
    return any(
        each.inputs.get("function") in (function.physical, function.arn)
        and each.inputs.get("principal") == "events.amazonaws.com"
        and each.inputs.get("sourceArn") in (None, rule.arn)
        for each in stack.of(PERMISSION)
    )
