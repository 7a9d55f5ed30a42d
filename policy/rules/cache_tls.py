"""A cache takes TLS connections only."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    only = it.inputs.get("transitEncryptionEnabled") is True and it.inputs.get("transitEncryptionMode") == "required"
    return required(only, "transitEncryptionMode is not required")


RULE = PolicyRule(
    id="cache-tls",
    controls=("ElastiCache.5", "AwsSolutions-AEC3"),
    types=(CACHE,),
    what=__doc__,
    why="Passwords and sessions would cross the network in plain text.",
    mend="Set transitEncryptionEnabled and transitEncryptionMode required.",
    check=check,
)
