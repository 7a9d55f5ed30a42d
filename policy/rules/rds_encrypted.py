"""What an instance stores is encrypted."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("storageEncrypted") is True, "storageEncrypted is not true")


RULE = PolicyRule(
    id="rds-encrypted",
    controls=("RDS.3", "AwsSolutions-RDS2"),
    types=(INSTANCE,),
    what=__doc__,
    why="It cannot be turned on later without a copy of the instance.",
    mend="Set storageEncrypted when the instance is made.",
    check=check,
)
