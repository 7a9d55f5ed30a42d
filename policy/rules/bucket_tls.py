"""A bucket refuses requests without TLS."""

from __future__ import annotations

from graph import types
from graph.resource import Resource
from graph.types import BUCKET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, denies_plain, required

_TYPE = types.BUCKET_POLICY


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    kept = any(denies_plain(each.inputs.get("policy")) for each in stack.about(_TYPE, "bucket", it))
    return required(kept, "no BucketPolicy denies aws:SecureTransport false")


RULE = PolicyRule(
    id="bucket-tls",
    controls=("S3.5", "AwsSolutions-S10"),
    types=(BUCKET,),
    what=__doc__,
    why="Backups would cross the network in plain text.",
    mend="Deny where aws:SecureTransport is false.",
    check=check,
)
