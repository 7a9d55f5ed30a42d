"""A key is not everybody's."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import KEY
from policy.rule import Rule, Stack, Verdict, open_to_all, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(not open_to_all(it.inputs.get("policy")), "its policy allows every principal")


RULE = Rule(
    id="kms-not-public",
    controls=("KMS.5",),
    types=(KEY,),
    what=__doc__,
    why="Whoever may use it reads what it encrypts.",
    mend="Name principals, or add a condition.",
    check=check,
)
