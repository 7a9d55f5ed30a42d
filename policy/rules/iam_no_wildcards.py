"""No role may do everything, anywhere or of one service."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import POLICY, ROLE_POLICY
from policy.rule import PASSED, PolicyRule, RuledStack, RuleVerdict, as_list, failed, statements


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    for each in statements(it.inputs.get("policy")):
        everything = [action for action in as_list(each.get("Action")) if str(action).rpartition(":")[2] == "*"]
        if each.get("Effect") == "Allow" and everything:
            return failed(f"it allows {everything[0]}")
    return PASSED


RULE = PolicyRule(
    id="iam-no-wildcards",
    controls=("IAM.1", "AwsSolutions-IAM5"),
    types=(ROLE_POLICY, POLICY),
    what=__doc__,
    why="A stolen role does what it may, not what it was for.",
    mend="List the actions.",
    check=check,
)
