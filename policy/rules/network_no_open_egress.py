"""Nothing goes out to everywhere."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import EGRESS
from policy.rule import PolicyRule, RuledStack, RuleVerdict, opened, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    what = opened(it, stack)
    return required(what is None, f"with the others of its group it reaches {what}")


RULE = PolicyRule(
    id="network-no-open-egress",
    controls=(),
    types=(EGRESS,),
    what=__doc__,
    why="What is stolen must not leave.",
    mend="Name a group, a range or a prefix list.",
    check=check,
)
