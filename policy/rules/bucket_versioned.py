"""A bucket keeps former versions."""

from __future__ import annotations

from graph import types
from graph.resource import Resource
from graph.types import BUCKET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

_TYPE = types.BUCKET_VERSIONING


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    kept = any(_enabled(each) for each in stack.about(_TYPE, "bucket", it))
    return required(kept, "no BucketVersioning enables it")


def _enabled(each: Resource) -> bool:
    return (each.inputs.get("versioningConfiguration") or {}).get("status") == "Enabled"


RULE = PolicyRule(
    id="bucket-versioned",
    controls=("S3.14",),
    types=(BUCKET,),
    what=__doc__,
    why="What is overwritten or deleted by mistake can be had back.",
    mend="Add a BucketVersioning.",
    check=check,
)
