"""Real stacks as their program declares them, with recipients, and ways to break them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from clinic_project import CLINIC
from recorded_program import recorded

from alarms.stack import AccountRegion, StackIndex
from graph.offline import ACCOUNT
from graph.resource import Resource
from infra.load import load_settings, load_stack
from preview.findings.alarms import indexed

STACKS = ("dev", "staging", "prod", "local")
RECIPIENTS = {level: [{"email": f"{level}@example.org"}] for level in ("critical", "warning", "info")}
PLACE = AccountRegion(account=ACCOUNT, region="eu-west-1")

Change = Callable[[Resource], Resource | None]


@cache
def declared(stack: str, *, recipients: bool = True) -> tuple[Resource, ...]:
    """The resources of a stack."""
    config = load_stack(CLINIC, stack).config | ({"data-tier:notify": RECIPIENTS} if recipients else {})
    load_settings(config, stack=stack, source="the test")
    made = recorded(stack, config, region=PLACE.region)
    return indexed(made, PLACE.region).resources


def stack_of(resources: Iterable[Resource]) -> StackIndex:
    return StackIndex(resources, PLACE)


def changed(resources: Iterable[Resource], name: str, change: Change) -> list[Resource]:
    """The resources with one of them changed, or gone where the change says None."""
    made, hits = [], 0
    for each in resources:
        if each.name == name:
            hits += 1
            new = change(each)
            if new is not None:
                made.append(new)
        else:
            made.append(each)
    assert hits == 1, f"{hits} resources are named {name}"
    return made


def inputs(**new: Any) -> Change:
    """Set inputs; None takes one away."""
    return lambda each: replace(
        each, inputs={key: value for key, value in {**each.inputs, **new}.items() if value is not None}
    )


def policy(edit: Callable[[list[dict[str, Any]]], Any]) -> Change:
    """Edit the statements of a policy in place."""

    def change(each: Resource) -> Resource:
        document = json.loads(each.inputs["policy"])
        edit(document["Statement"])
        return replace(each, inputs={**each.inputs, "policy": json.dumps(document)})

    return change


def statement(sid: str, edit: Callable[[dict[str, Any]], Any]) -> Change:
    """Edit one statement of a policy in place."""
    return policy(lambda statements: edit(next(one for one in statements if one["Sid"] == sid)))


def without(sid: str) -> Change:
    """Take a statement out of a policy."""

    def edit(statements: list[dict[str, Any]]) -> None:
        kept = [one for one in statements if one["Sid"] != sid]
        assert len(kept) == len(statements) - 1, sid
        statements[:] = kept

    return policy(edit)
