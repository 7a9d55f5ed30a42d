"""The material of a key is changed every year."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import KEY
from policy.rule import Rule, Stack, Verdict, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(it.inputs.get("enableKeyRotation") is True, "enableKeyRotation is not true")


RULE = Rule(
    id="kms-rotation",
    controls=("KMS.4", "AwsSolutions-KMS5"),
    types=(KEY,),
    what=__doc__,
    why="What one key has encrypted stays bounded.",
    mend="Set enableKeyRotation.",
    check=check,
)
