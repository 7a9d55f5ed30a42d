"""A secret is encrypted under a customer-managed key."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import SECRET
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(bool(it.inputs.get("kmsKeyId")), "kmsKeyId is not set")


RULE = Rule(
    id="secret-own-key",
    controls=(),
    types=(SECRET,),
    what=__doc__,
    why="Its key policy says who may read it, whatever IAM says.",
    mend="Set kmsKeyId.",
    check=check,
)
