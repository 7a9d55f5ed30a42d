"""What a cache stores is encrypted."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, is_true, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(is_true(it.inputs.get("atRestEncryptionEnabled")), "atRestEncryptionEnabled is not true")


RULE = PolicyRule(
    id="cache-encrypted",
    controls=("ElastiCache.4", "AwsSolutions-AEC3"),
    types=(CACHE,),
    what=__doc__,
    why="Snapshots and swap hold sessions and tokens.",
    mend="Set atRestEncryptionEnabled when the cache is made.",
    check=check,
)
