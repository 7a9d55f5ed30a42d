"""The material of a key is changed every year."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import KEY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("enableKeyRotation") is True, "enableKeyRotation is not true")


RULE = PolicyRule(
    id="kms-rotation",
    controls=("KMS.4", "AwsSolutions-KMS5"),
    types=(KEY,),
    what=__doc__,
    why="What one key has encrypted stays bounded.",
    mend="Set enableKeyRotation.",
    check=check,
)
