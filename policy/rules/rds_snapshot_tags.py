"""Snapshots bear the instance's tags."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(it.inputs.get("copyTagsToSnapshot") is True, "copyTagsToSnapshot is not true")


RULE = Rule(
    id="rds-snapshot-tags",
    controls=("RDS.17",),
    types=(INSTANCE,),
    what=__doc__,
    why="Without them nobody knows whose they are or what they may cost.",
    mend="Set copyTagsToSnapshot.",
    check=check,
)
