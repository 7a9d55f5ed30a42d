"""A proxy does not write statements to its log."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import PROXY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, is_true, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(not is_true(it.inputs.get("debugLogging")), "debugLogging is on")


RULE = PolicyRule(
    id="proxy-quiet",
    controls=(),
    types=(PROXY,),
    what=__doc__,
    why="Statements hold what people have entered; RDS itself turns it off after a day.",
    mend="Leave debugLogging off, or switch it on by hand for as long as it is looked at.",
    check=check,
)
