"""Policies of the topics: who may publish to them, for whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.notifications.args import NotificationsArgs
from components.policy import Statement, account_root, allow, deny
from knowledge.alarms import events


def access(args: NotificationsArgs, topic: pulumi.Input[str]) -> tuple[Statement, ...]:
    """Statements for the owner, whom a custom policy has to name again, and against publishing without TLS."""
    manage = ["AddPermission", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish"]
    manage += ["RemovePermission", "SetTopicAttributes", "Subscribe"]
    owner = account_root(args.partition, args.account_id)
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    return (
        allow("Owner", [f"sns:{action}" for action in manage], topic, Principal=owner),
        deny("RequireTls", ["sns:Publish"], topic, Principal="*", Condition=insecure),
    )


@dataclass(frozen=True, kw_only=True)
class PublishingService:
    """A service that publishes to some of the topics."""

    sid: str
    service: str
    severities: Collection[str] | None
    """Of the topics that it publishes to; None for all."""
    source: str | None
    """Kind and pattern of the ARN that it publishes for (service:resource); absent where AWS documents no condition."""


PUBLISHERS = (
    PublishingService(
        sid="Alarms", service="cloudwatch.amazonaws.com", severities=None, source="cloudwatch:alarm:{prefix}-*"
    ),
    # The source is whatever an event is about: an instance, a parameter group, a snapshot.
    PublishingService(
        sid="Databases", service="events.rds.amazonaws.com", severities=tuple(events.RDS), source="rds:*"
    ),
    # "You must specify your own AWS account ID": it publishes for no other account, and no condition is documented
    # (https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html).
    PublishingService(sid="Backups", service="backup.amazonaws.com", severities=("info",), source=None),
    # A rule publishes as its own ARN, and anybody's rule may name a topic as its target
    # (https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html).
    PublishingService(
        sid="Rules", service="events.amazonaws.com", severities=("warning",), source="events:rule/{prefix}-*"
    ),
)
"""Who publishes to the encrypted topics."""


def publishers(args: NotificationsArgs, topic: pulumi.Input[str], severity: str) -> tuple[Statement, ...]:
    """The services that publish at this severity; for this stack alone, where AWS documents a condition for it."""
    return tuple(
        allow(each.sid, ["sns:Publish"], topic, Principal={"Service": each.service}, **_only(args, each.source))
        for each in PUBLISHERS
        if each.severities is None or severity in each.severities
    )


def _only(args: NotificationsArgs, source: str | None) -> Mapping[str, Any]:
    if source is None:
        return {}
    service, _, resource = source.format(prefix=args.prefix).partition(":")
    arn = pulumi.Output.format(
        "arn:{0}:{1}:{2}:{3}:{4}", args.partition, service, args.region, args.account_id, resource
    )
    account = {"aws:SourceAccount": args.account_id}
    return {"Condition": {"ArnLike": {"aws:SourceArn": arn}, "StringEquals": account}}


def cache_publishers(args: NotificationsArgs, topic: pulumi.Input[str]) -> tuple[Statement, ...]:
    """ElastiCache. AWS's pages disagree about who publishes: both forms stand here, each limited to the account."""
    owner = {"StringEquals": {"aws:SourceOwner": args.account_id}}
    account = {"StringEquals": {"aws:SourceAccount": args.account_id}}
    service = {"Service": "elasticache.amazonaws.com"}
    return (
        allow("CachesByOwner", ["sns:Publish"], topic, Principal={"AWS": "*"}, Condition=owner),
        allow("CachesByService", ["sns:Publish"], topic, Principal=service, Condition=account),
    )
