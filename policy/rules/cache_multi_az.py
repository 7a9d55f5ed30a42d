"""A cache's nodes stand in several zones."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(it.inputs.get("multiAzEnabled") is True, "multiAzEnabled is not true")


RULE = PolicyRule(
    id="cache-multi-az",
    controls=("AwsSolutions-AEC4",),
    types=(CACHE,),
    what=__doc__,
    why="A lost zone must not take every node with it.",
    mend="Set multiAzEnabled.",
    check=check,
    production=True,
)
