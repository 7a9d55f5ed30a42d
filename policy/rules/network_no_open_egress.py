"""Nothing goes out to everywhere."""

from __future__ import annotations

from policy.rule import EGRESS, Resource, Rule, Stack, Verdict, everywhere, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(not everywhere(it), "it reaches the internet")


RULE = Rule(
    id="network-no-open-egress",
    controls=(),
    types=(EGRESS,),
    what=__doc__,
    why="What is stolen must not leave.",
    mend="Name a group, a range or a prefix list.",
    check=check,
)
