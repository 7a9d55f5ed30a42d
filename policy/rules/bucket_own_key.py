"""A bucket is encrypted under a customer-managed key."""

from __future__ import annotations

from graph import types
from graph.resource import Resource
from graph.types import BUCKET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_TYPE = types.BUCKET_ENCRYPTION


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    kept = any(_names_key(each) for each in stack.about(_TYPE, "bucket", it))
    return required(kept, "no BucketServerSideEncryptionConfiguration names a key")


def _names_key(each: Resource) -> bool:
    rules = str(each.inputs.get("rules"))
    return "aws:kms" in rules and "kmsMasterKeyId" in rules


RULE = PolicyRule(
    id="bucket-own-key",
    controls=("S3.17",),
    types=(BUCKET,),
    what=__doc__,
    why="Who may read a backup is then said by one key policy.",
    mend="Add a BucketServerSideEncryptionConfiguration with aws:kms and the key.",
    check=check,
)
