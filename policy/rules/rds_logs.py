"""An instance's logs go to CloudWatch."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    missing = {"postgresql", "upgrade"} - set(it.inputs.get("enabledCloudwatchLogsExports") or ())
    return required(not missing, f"not exported: {', '.join(sorted(missing))}")


RULE = PolicyRule(
    id="rds-logs",
    controls=("RDS.9", "RDS.36"),
    types=(INSTANCE,),
    what=__doc__,
    why="On the instance they are kept for days, and gone with it.",
    mend="Set enabledCloudwatchLogsExports to postgresql and upgrade.",
    check=check,
)
