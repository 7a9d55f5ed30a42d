"""An alarm tells somebody."""

from __future__ import annotations

from policy.rule import ALARM, COMPOSITE, Resource, Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    told = bool(it.inputs.get("alarmActions")) and it.inputs.get("actionsEnabled", True) is True
    return required(told, "alarmActions is empty or actionsEnabled is false")


RULE = Rule(
    id="alarm-actions",
    controls=("CloudWatch.15", "CloudWatch.17"),
    types=(
        ALARM,
        COMPOSITE,
    ),
    what=__doc__,
    why="One that nobody hears is none.",
    mend="Set alarmActions.",
    check=check,
)
