"""A role that tokens of an identity provider open says whose, each by its whole name."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import ROLE
from policy.rule import PASSED, PolicyRule, RuledStack, RuleVerdict, as_list, failed, not_applicable, statements

_WHOLE = {"StringEquals", "ForAnyValue:StringEquals"}


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    found = [
        each
        for each in statements(it.inputs.get("assumeRolePolicy"))
        if each.get("Effect") == "Allow" and "sts:AssumeRoleWithWebIdentity" in as_list(each.get("Action"))
    ]
    if not found:
        return not_applicable("no web identity may assume it")
    for each in found:
        given = [(operator, key) for operator, keys in each.get("Condition", {}).items() for key in keys]
        for claim in ("aud", "sub"):
            operators = {operator for operator, key in given if key.endswith(f":{claim}")}
            if not operators:
                return failed(f"no condition on {claim}")
            if not operators & _WHOLE and (claim == "aud" or _matches_another(each)):
                return failed(f"{claim} is not compared as a whole")
    return PASSED


def _matches_another(statement: dict[str, object]) -> bool:
    """Whether a subject's pattern could be another repository's: a wildcard before its third part, or no prefix."""
    conditions: dict[str, dict[str, object]] = statement.get("Condition", {})  # type: ignore[assignment]
    subjects = [
        str(value)
        for operator, keys in conditions.items()
        if operator == "StringLike"
        for key, values in keys.items()
        if key.endswith(":sub")
        for value in as_list(values)
    ]
    owners = [":".join(each.split(":")[:2]) for each in subjects]
    return not subjects or any("*" in each or "?" in each or each.count(":") < 1 for each in owners)


RULE = PolicyRule(
    id="iam-web-identity",
    controls=(),
    types=(ROLE,),
    what=__doc__,
    why="Without a subject every repository of GitHub may assume it; with a wildcard, whoever makes a name that fits.",
    mend="Compare aud and sub by StringEquals; a StringLike on sub must spell the repository out.",
    check=check,
)
