"""The user `default` cannot log in."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE_USER
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if it.inputs.get("userName") != "default":
        return not_applicable("not the user `default`")
    first = str(it.inputs.get("accessString")).split()[:1]
    return required(first == ["off"], "its access string does not begin with off")


RULE = PolicyRule(
    id="cache-default-user",
    controls=(),
    types=(CACHE_USER,),
    what=__doc__,
    why="Clients that give no name are it.",
    mend="Give it an access string that begins with off.",
    check=check,
)
