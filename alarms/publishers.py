"""Who publishes to which topic, as which principal and under which circumstances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alarms.policies import many
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import (
    CACHE,
    COMPOSITE_ALARM,
    EVENT_RULE,
    EVENT_SUBSCRIPTION,
    EVENT_TARGET,
    INSTANCE,
    METRIC_ALARM,
    VAULT_NOTIFICATIONS,
)

CLOUDWATCH, RDS, BACKUP = "cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "backup.amazonaws.com"
EVENTS, ELASTICACHE = "events.amazonaws.com", "elasticache.amazonaws.com"
# AWS names alarms, RDS events and EventBridge on its page of keys for encrypted topics; that a condition on the source
# holds there, it shows for alarms: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
PLAIN_KEY = (RDS, BACKUP)
# "FIFO topics not supported": RDSUG/USER_Events.Subscribing, aws-backup/latest/devguide/backup-notifications
# (standard topics only), AmazonElastiCache/latest/dg/ElastiCacheSNS
STANDARD_ONLY = (RDS, BACKUP, ELASTICACHE)
# "The Amazon SNS topic you are publishing to cannot be encrypted":
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html
UNENCRYPTED_ONLY = (ELASTICACHE,)
_SOURCES = {
    "db-instance": "db", "db-cluster": "cluster", "db-parameter-group": "pg", "db-security-group": "secgrp",
    "db-snapshot": "snapshot", "db-cluster-snapshot": "cluster-snapshot", "db-proxy": "db-proxy",
}  # fmt: skip
"""EventSubscription's source type -> the kind in the ARN of what it is about."""


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """One who publishes to one topic."""

    name: str
    """Of the alarm, event subscription, cache ... in AWS."""
    resource: Resource
    """Where it is declared."""
    topic: str
    """ARN."""
    service: str
    kind: str = "Service"
    """How a policy has to name it: `Service`, or `AWS` for one that only `*` reaches."""
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of its publishing."""
    attributes: bool = False
    """Whether its messages carry attributes, by which subscriptions may filter."""


def publishers(stack: StackIndex) -> Iterator[Publisher]:
    """Every publisher of a stack; one with several topics, or several sources, comes several times."""
    for alarm in stack.of(METRIC_ALARM, COMPOSITE_ALARM):
        for topic in topics_of(alarm):
            yield alarm_publisher(stack, alarm, topic)
    for subscription in stack.of(EVENT_SUBSCRIPTION):
        yield from _database_events(stack, subscription)
    for group in stack.of(CACHE):
        if group.inputs.get("notificationTopicArn"):
            yield from _cache_events(stack, group)
    for vault in stack.of(VAULT_NOTIFICATIONS):
        yield _publisher(stack, vault, str(vault.inputs.get("snsTopicArn")), BACKUP, {}, attributes=True)
    rules = {rule.physical: rule for rule in stack.of(EVENT_RULE)}
    for target in stack.of(EVENT_TARGET):
        rule = rules.get(str(target.inputs.get("rule")))
        if rule and ":sns:" in str(target.inputs.get("arn")):
            yield _publisher(stack, target, str(target.inputs["arn"]), EVENTS, {"aws:SourceArn": rule.arn})


def topics_of(alarm: Resource) -> list[str]:
    """The topics that an alarm speaks to in any state."""
    states = ("alarmActions", "okActions", "insufficientDataActions")
    actions = [str(action) for state in states for action in many(alarm.inputs.get(state))]
    return list(dict.fromkeys(action for action in actions if ":sns:" in action))


def alarm_publisher(stack: StackIndex, alarm: Resource, topic: str) -> Publisher:
    """CloudWatch, on behalf of one alarm."""
    source = stack.place.arn("cloudwatch", f"alarm:{alarm.physical}", stack.region(alarm))
    owner = {"aws:SourceOwner": stack.place.account}
    return _publisher(stack, alarm, topic, CLOUDWATCH, {"aws:SourceArn": source} | owner)


def _publisher(
    stack: StackIndex,
    resource: Resource,
    topic: str,
    service: str,
    context: Mapping[str, str],
    *,
    kind: str = "Service",
    attributes: bool = False,
) -> Publisher:
    base = {"aws:SourceAccount": stack.place.account, "aws:SecureTransport": "true"}
    return Publisher(
        name=resource.physical,
        resource=resource,
        topic=topic,
        service=service,
        kind=kind,
        context={**base, **context},
        attributes=attributes,
    )


def _database_events(stack: StackIndex, subscription: Resource) -> Iterator[Publisher]:
    """RDS names the instance, or whatever the event is about, as the source."""
    kind = _SOURCES.get(str(subscription.inputs.get("sourceType")), "*")
    named = many(subscription.inputs.get("sourceIds"))
    if not named:
        named = [each.physical for each in stack.of(INSTANCE)] if kind == "db" else ["any"]
    for each in named:
        source = stack.place.arn("rds", f"{kind}:{each}", stack.region(subscription))
        yield _publisher(stack, subscription, str(subscription.inputs.get("snsTopic")), RDS, {"aws:SourceArn": source})


def _cache_events(stack: StackIndex, group: Resource) -> Iterator[Publisher]:
    """ElastiCache, in both forms that AWS's pages show.

    By owner: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html; as a service:
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html. Which one holds is not known.
    """
    topic, account = str(group.inputs["notificationTopicArn"]), stack.place.account
    yield _publisher(stack, group, topic, ELASTICACHE, {"aws:SourceArn": group.arn})
    yield Publisher(
        name=group.physical,
        resource=group,
        topic=topic,
        service=ELASTICACHE,
        kind="AWS",
        context={"aws:SourceOwner": account, "aws:SecureTransport": "true"},
    )
