"""A VPC's traffic is logged."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import FLOW_LOG, VPC
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    logged = any(True for _ in stack.about(FLOW_LOG, "vpcId", it))
    return required(logged, "no FlowLog names it")


RULE = PolicyRule(
    id="network-flow-logs",
    controls=("EC2.6", "AwsSolutions-VPC7"),
    types=(VPC,),
    what=__doc__,
    why="Afterwards it is the only witness.",
    mend="Add a FlowLog.",
    check=check,
)
