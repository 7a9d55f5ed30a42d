"""A bucket knows no ACLs."""

from __future__ import annotations

from graph import types
from graph.resource import Resource
from graph.types import BUCKET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_TYPE = types.BUCKET_OWNERSHIP


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    kept = any(_enforced(each) for each in stack.about(_TYPE, "bucket", it))
    return required(kept, "no BucketOwnershipControls enforces the bucket's owner")


def _enforced(each: Resource) -> bool:
    return (each.inputs.get("rule") or {}).get("objectOwnership") == "BucketOwnerEnforced"


RULE = PolicyRule(
    id="bucket-owner",
    controls=("S3.12",),
    types=(BUCKET,),
    what=__doc__,
    why="Who may read an object is then said by policies alone.",
    mend="Add a BucketOwnershipControls with BucketOwnerEnforced.",
    check=check,
)
