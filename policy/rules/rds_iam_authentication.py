"""Logins by IAM token are possible."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    on = it.inputs.get("iamDatabaseAuthenticationEnabled") is True
    return required(on, "iamDatabaseAuthenticationEnabled is not true")


RULE = PolicyRule(
    id="rds-iam-authentication",
    controls=("RDS.10", "AwsSolutions-RDS6"),
    types=(INSTANCE,),
    what=__doc__,
    why="A person's login then lasts 15 minutes and is in CloudTrail.",
    mend="Set iamDatabaseAuthenticationEnabled.",
    check=check,
)
