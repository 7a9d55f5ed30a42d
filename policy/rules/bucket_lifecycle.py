"""A bucket's content ages out."""

from __future__ import annotations

from graph import types
from graph.resource import Resource
from graph.types import BUCKET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_TYPE = types.BUCKET_LIFECYCLE


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    beside = stack.about(_TYPE, "bucket", it)
    return required(any(bool(each.inputs.get("rules")) for each in beside), "no BucketLifecycleConfiguration has rules")


RULE = PolicyRule(
    id="bucket-lifecycle",
    controls=("S3.13",),
    types=(BUCKET,),
    what=__doc__,
    why="Old backups cost, and hold what should be forgotten.",
    mend="Add a BucketLifecycleConfiguration.",
    check=check,
)
