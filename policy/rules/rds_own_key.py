"""An instance is encrypted under a customer-managed key."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("a replica in the region has its source's key")
    return required(bool(it.inputs.get("kmsKeyId")), "kmsKeyId is not set")


RULE = PolicyRule(
    id="rds-own-key",
    controls=(),
    types=(INSTANCE,),
    what=__doc__,
    why="A snapshot under the AWS-managed key cannot be shared with another account or copied there.",
    mend="Set kmsKeyId to a key of your own.",
    check=check,
)
