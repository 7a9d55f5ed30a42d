"""A key is not everybody's."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import KEY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, open_to_all, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(not open_to_all(it.inputs.get("policy")), "its policy allows every principal")


RULE = PolicyRule(
    id="kms-not-public",
    controls=("KMS.5",),
    types=(KEY,),
    what=__doc__,
    why="Whoever may use it reads what it encrypts.",
    mend="Name principals, or add a condition.",
    check=check,
)
