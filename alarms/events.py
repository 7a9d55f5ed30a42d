"""From an event's source to its publisher: event subscriptions of RDS, rules of EventBridge, backup vaults."""

from __future__ import annotations

from collections.abc import Iterator

from alarms.finding import BrokenStep, error, warning
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import (
    EVENT_RULE,
    EVENT_SUBSCRIPTION,
    EVENT_TARGET,
    INSTANCE,
    PARAMETER_GROUP,
    VAULT,
    VAULT_NOTIFICATIONS,
)

SOURCES = {"db-instance": (INSTANCE, "instance"), "db-parameter-group": (PARAMETER_GROUP, "parameter group")}
"""Source type of an event subscription -> what the stack declares of it; snapshots come and go without the stack."""


def events(stack: StackIndex) -> Iterator[BrokenStep]:
    """What keeps an event from its publisher."""
    for subscription in stack.of(EVENT_SUBSCRIPTION):
        yield from _database_events(stack, subscription)
    rules = {(stack.region(rule), rule.physical): rule for rule in stack.of(EVENT_RULE)}
    for target in stack.of(EVENT_TARGET):
        if ":sns:" in str(target.inputs.get("arn")):
            yield from _rule_events(target, rules.get((stack.region(target), str(target.inputs.get("rule")))))
    vaults = {(stack.region(vault), vault.physical) for vault in stack.of(VAULT)}
    for each in stack.of(VAULT_NOTIFICATIONS):
        if (stack.region(each), vault := str(each.inputs.get("backupVaultName"))) not in vaults:
            yield error(
                "event source", each.name, f"it is about {vault}, and its region has no such vault",
                "take the name from the vault's output", each.physical,
            )  # fmt: skip


def _rule_events(target: Resource, rule: Resource | None) -> Iterator[BrokenStep]:
    name = target.physical
    if rule is None:
        yield error(
            "event source", target.name, f"it is of rule {target.inputs.get('rule')}, and its region has no such rule",
            "take the name from the rule's output", name,
        )  # fmt: skip
    elif rule.inputs.get("state") == "DISABLED" or rule.inputs.get("isEnabled") is False:
        yield error("action", rule.name, "it is disabled", "leave state off, or ENABLED", name)
    if target.inputs.get("roleArn"):
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
        yield warning(
            "action", target.name, "it publishes as a role, and to an encrypted topic that may fail",
            "leave roleArn off: topic and key let events.amazonaws.com in", name,
        )  # fmt: skip


def _database_events(stack: StackIndex, subscription: Resource) -> Iterator[BrokenStep]:
    name, inputs = subscription.physical, subscription.inputs
    if inputs.get("enabled") is False:
        yield error("action", subscription.name, "it is disabled", "leave enabled off, or true", name)
    if inputs.get("sourceIds") and not inputs.get("sourceType"):
        yield error("event source", subscription.name, "it has sourceIds and no sourceType", "db-instance", name)
    if (source := SOURCES.get(str(inputs.get("sourceType")))) is None:
        return
    kind, word = source
    here = {each.physical for each in stack.of(kind) if stack.region(each) == stack.region(subscription)}
    for lost in (each for each in inputs.get("sourceIds") or [] if each not in here):
        yield error(
            "event source", subscription.name, f"it is about {lost}, and its region has no such {word}",
            f"take the name from the {word}'s output", name,
        )  # fmt: skip
    if inputs.get("sourceIds"):  # without, it is about all
        for lost in sorted(here - set(inputs["sourceIds"])):
            yield warning(
                "event source", subscription.name, f"it is about some {word}s, and not about {lost}",
                f"name every {word} of its region", name,
            )  # fmt: skip
