"""A bucket blocks public access."""

from __future__ import annotations

from graph import types
from graph.resource import Resource
from graph.types import BUCKET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_FOUR = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_TYPE = types.BUCKET_PUBLIC_ACCESS


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    kept = any(_blocks(each) for each in stack.about(_TYPE, "bucket", it))
    return required(kept, "no BucketPublicAccessBlock blocks all four")


def _blocks(each: Resource) -> bool:
    return all(each.inputs.get(key) is True for key in _FOUR)


RULE = PolicyRule(
    id="bucket-not-public",
    controls=("S3.2", "S3.3", "S3.8", "AwsSolutions-S2"),
    types=(BUCKET,),
    what=__doc__,
    why="Backups on the internet are the classic leak.",
    mend="Add a BucketPublicAccessBlock with all four on.",
    check=check,
)
