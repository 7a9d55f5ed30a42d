"""A proxy takes TLS connections only."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import PROXY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, is_true, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(is_true(it.inputs.get("requireTls")), "requireTls is not true")


RULE = PolicyRule(
    id="proxy-tls",
    controls=("RDS.43",),
    types=(PROXY,),
    what=__doc__,
    why="Passwords would cross the network in plain text, whatever the server behind asks for.",
    mend="Set requireTls.",
    check=check,
)
