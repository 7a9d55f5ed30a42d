"""A topic is not everybody's."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import TOPIC_POLICY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, open_to_all, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(not open_to_all(it.inputs.get("policy")), "its policy allows every principal")


RULE = PolicyRule(
    id="sns-not-public",
    controls=("SNS.4",),
    types=(TOPIC_POLICY,),
    what=__doc__,
    why="Anybody could ring the alarm, or listen.",
    mend="Name principals, or add a condition.",
    check=check,
)
