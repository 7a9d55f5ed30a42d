"""A secret is encrypted under a customer-managed key."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import SECRET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool(it.inputs.get("kmsKeyId")), "kmsKeyId is not set")


RULE = PolicyRule(
    id="secret-own-key",
    controls=(),
    types=(SECRET,),
    what=__doc__,
    why="Its key policy says who may read it, whatever IAM says.",
    mend="Set kmsKeyId.",
    check=check,
)
