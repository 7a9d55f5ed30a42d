"""AWS Backup: the plans that select a server, by its ARN, by a wildcard or by its tags."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking

Selections = tuple[tuple[str, Described], ...]
"""Plan id and BackupSelection."""


def selections(ask: Asking) -> Selections:
    """Every selection of every plan."""
    plans = [str(each["BackupPlanId"]) for each in ask.all(calls.PLANS)]
    lists = ask.each(lambda plan: ask.all(calls.SELECTIONS, BackupPlanId=plan), plans)
    wanted = [(plan, str(each["SelectionId"])) for plan, listed in zip(plans, lists, strict=True) for each in listed]
    whole = ask.each(lambda each: ask.one(calls.SELECTION, BackupPlanId=each[0], SelectionId=each[1]), wanted)
    return tuple((plan, each["BackupSelection"]) for (plan, _), each in zip(wanted, whole, strict=True) if each)


def plans(ask: Asking, every: Selections, servers: Mapping[str, Mapping[str, str]]) -> tuple[Described, ...]:
    """The plans that select one of the servers (ARN -> tags), each with the ARNs that it selects."""
    chosen: dict[str, set[str]] = {}
    for plan, selection in every:
        chosen.setdefault(plan, set()).update(arn for arn, tags in servers.items() if selects(selection, arn, tags))
    wanted = sorted(plan for plan, arns in chosen.items() if arns)
    whole = ask.each(lambda plan: ask.one(calls.PLAN, BackupPlanId=plan), wanted)
    return tuple(
        {**{key: value for key, value in each.items() if key != "ResponseMetadata"}, "Selects": sorted(chosen[plan])}
        for plan, each in zip(wanted, whole, strict=True)
        if each
    )


def selects(selection: Described, arn: str, tags: Mapping[str, str]) -> bool:
    """Whether a selection takes in a resource.

    AWS Backup API Reference, BackupSelection: `Resources` and `NotResources` are ARNs with wildcards, any of which is
    enough; any tag of `ListOfTags` is enough; all of `Conditions` must hold. A tag adds to `Resources` and does not
    narrow them (hashicorp/terraform-provider-aws#41274, #49829). What names neither takes in everything.
    """
    conditions, listed = selection.get("Conditions") or {}, selection.get("ListOfTags") or ()
    resources = selection.get("Resources") or (() if listed else ("*",))
    if any(fnmatchcase(arn, each) for each in selection.get("NotResources") or ()):
        return False
    if any(tags.get(_key(each)) == each["ConditionValue"] for each in listed):
        return True
    named = any(fnmatchcase(arn, each) for each in resources)
    return named and all(_holds(operator, each, tags) for operator, rules in conditions.items() for each in rules)


def _holds(operator: str, rule: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """StringEquals, StringLike (whose value may have stars), and their opposites."""
    value, wanted = tags.get(_key(rule)), str(rule["ConditionValue"])
    same = value is not None and (fnmatchcase(value, wanted) if operator.endswith("Like") else value == wanted)
    return same is not operator.startswith("StringNot")


def _key(rule: Mapping[str, Any]) -> str:
    """The tag of a rule, which is written with IAM's prefix or without."""
    return str(rule["ConditionKey"]).removeprefix("aws:ResourceTag/")
