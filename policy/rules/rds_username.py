"""The master user has a name of its own."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import Rule, Stack, Verdict, not_applicable, required


def check(it: Resource, stack: Stack) -> Verdict:
    if it.inputs.get("replicateSourceDb"):
        return not_applicable("its users are its source's")
    name = it.inputs.get("username")
    return required(name not in (None, "postgres", "admin", "root", "master"), f"username is {name}")


RULE = Rule(
    id="rds-username",
    controls=("RDS.25",),
    types=(INSTANCE,),
    what=__doc__,
    why="`postgres` and `admin` are the first that are tried.",
    mend="Choose another username; it cannot be changed later.",
    check=check,
)
