"""Minor versions are taken by themselves."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(it.inputs.get("autoMinorVersionUpgrade", True) is True, "autoMinorVersionUpgrade is false")


RULE = Rule(
    id="rds-minor-upgrades",
    controls=("RDS.13",),
    types=(INSTANCE,),
    what=__doc__,
    why="They carry the security fixes.",
    mend="Leave autoMinorVersionUpgrade on.",
    check=check,
)
