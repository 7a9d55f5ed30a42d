"""Logs are encrypted under a customer-managed key."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import LOG_GROUP
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool(it.inputs.get("kmsKeyId")), "kmsKeyId is not set")


RULE = PolicyRule(
    id="log-own-key",
    controls=(),
    types=(LOG_GROUP,),
    what=__doc__,
    why="A slow statement in a log holds what was searched for.",
    mend="Set kmsKeyId.",
    check=check,
)
