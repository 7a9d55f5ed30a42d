"""A proxy takes TLS connections only."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import PROXY
from policy.rule import Rule, Stack, Verdict, is_true, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(is_true(it.inputs.get("requireTls")), "requireTls is not true")


RULE = Rule(
    id="proxy-tls",
    controls=("RDS.43",),
    types=(PROXY,),
    what=__doc__,
    why="Passwords would cross the network in plain text, whatever the server behind asks for.",
    mend="Set requireTls.",
    check=check,
)
