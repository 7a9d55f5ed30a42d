"""An instance's logs go to CloudWatch."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    missing = {"postgresql", "upgrade"} - set(it.inputs.get("enabledCloudwatchLogsExports") or ())
    return required(not missing, f"not exported: {', '.join(sorted(missing))}")


RULE = Rule(
    id="rds-logs",
    controls=("RDS.9", "RDS.36"),
    types=(INSTANCE,),
    what=__doc__,
    why="On the instance they are kept for days, and gone with it.",
    mend="Set enabledCloudwatchLogsExports to postgresql and upgrade.",
    check=check,
)
