"""What a cache stores is encrypted."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import Rule, Stack, Verdict, is_true, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(is_true(it.inputs.get("atRestEncryptionEnabled")), "atRestEncryptionEnabled is not true")


RULE = Rule(
    id="cache-encrypted",
    controls=("ElastiCache.4", "AwsSolutions-AEC3"),
    types=(CACHE,),
    what=__doc__,
    why="Snapshots and swap hold sessions and tokens.",
    mend="Set atRestEncryptionEnabled when the cache is made.",
    check=check,
)
