"""A cache is encrypted under a customer-managed key."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool(it.inputs.get("kmsKeyId")), "kmsKeyId is not set")


RULE = PolicyRule(
    id="cache-own-key",
    controls=(),
    types=(CACHE,),
    what=__doc__,
    why="Who may read a snapshot is then said by one key policy.",
    mend="Set kmsKeyId when the cache is made.",
    check=check,
)
