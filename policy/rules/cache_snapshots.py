"""A cache is backed up daily."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required((it.inputs.get("snapshotRetentionLimit") or 0) >= 1, "snapshotRetentionLimit is 0")


RULE = PolicyRule(
    id="cache-snapshots",
    controls=("ElastiCache.1",),
    types=(CACHE,),
    what=__doc__,
    why="Queues and sessions are data too.",
    mend="Set snapshotRetentionLimit.",
    check=check,
    production=True,
)
