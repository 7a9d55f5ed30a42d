"""Nobody is let in from everywhere."""

from __future__ import annotations

from policy.rule import INGRESS, Resource, Rule, Stack, Verdict, everywhere, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(not everywhere(it), "it is open to the internet")


RULE = Rule(
    id="network-no-open-ingress",
    controls=("EC2.18", "EC2.19", "AwsSolutions-RDS8", "AwsSolutions-EC23"),
    types=(INGRESS,),
    what=__doc__,
    why="The whole internet may knock.",
    mend="Name a group or a range.",
    check=check,
)
