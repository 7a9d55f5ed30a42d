"""Nobody is let in from everywhere."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INGRESS
from policy.rule import PolicyRule, RuledStack, RuleVerdict, opened, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    what = opened(it, stack)
    return required(what is None, f"with the others of its group it is open to {what}")


RULE = PolicyRule(
    id="network-no-open-ingress",
    controls=("EC2.18", "EC2.19", "AwsSolutions-RDS8", "AwsSolutions-EC23"),
    types=(INGRESS,),
    what=__doc__,
    why="The whole internet may knock.",
    mend="Name a group or a range.",
    check=check,
)
