"""A deleted secret can be restored for a week at least in production."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import SECRET
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    days = it.inputs.get("recoveryWindowInDays", 30)
    return required(days >= 7, f"recoveryWindowInDays is {days}")


RULE = PolicyRule(
    id="secret-recovery",
    controls=(),
    types=(SECRET,),
    what=__doc__,
    why="A password that is gone is an outage.",
    mend="Leave recoveryWindowInDays at 7 or more.",
    check=check,
    production=True,
)
