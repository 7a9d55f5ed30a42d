"""An alarm tells somebody."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import COMPOSITE_ALARM, METRIC_ALARM
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    notifies = bool(it.inputs.get("alarmActions")) and it.inputs.get("actionsEnabled", True) is True
    return required(notifies, "alarmActions is empty or actionsEnabled is false")


RULE = PolicyRule(
    id="alarm-actions",
    controls=("CloudWatch.15", "CloudWatch.17"),
    types=(
        METRIC_ALARM,
        COMPOSITE_ALARM,
    ),
    what=__doc__,
    why="One that nobody hears is none.",
    mend="Set alarmActions.",
    check=check,
)
