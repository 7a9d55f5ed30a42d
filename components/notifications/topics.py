"""Notification topics by severity, who may publish to them and who hears of it."""

import hashlib
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.notifications.args import SEVERITIES, NotificationsArgs, Subscription
from components.notifications.chat import Chat, ChatArgs
from components.notifications.topic_policy import access, cache_publishers, publishers
from components.policy import Statement, document
from components.secret import secret


class Notifications(pulumi.ComponentResource):
    """One encrypted topic per severity, and a plain one for ElastiCache's own events."""

    topic_arns: dict[str, pulumi.Output[str]]
    """Severity -> topic."""
    cache_events_arn: pulumi.Output[str]
    """Topic of ElastiCache events, absent `elsewhere`. ElastiCache cannot publish to an encrypted topic: it turns the
    topic inactive."""

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the topics with their policies, subscriptions and chat channels."""
        super().__init__("data-tier:index:Notifications", name, {}, opts)
        self._name = name
        self._args = args
        self.topic_arns = {}
        for severity in SEVERITIES:
            topic = self._topic(severity, args.key_arn)
            self._policy(severity, topic, *publishers(args, topic.arn, severity))
            self._subscribe(severity, topic, args.recipients.get(severity, []))
            self.topic_arns[severity] = topic.arn
        if args.elsewhere:
            self.register_outputs({"topic_arns": self.topic_arns})
            return
        events = self._topic("cache-events", None)
        self._policy("cache-events", events, *cache_publishers(args, events.arn))
        self._subscribe("cache-events", events, args.recipients.get("info", []))
        self.cache_events_arn = events.arn
        self._chat()
        self.register_outputs({"topic_arns": self.topic_arns, "cache_events_arn": self.cache_events_arn})

    @property
    def _region(self) -> pulumi.Input[str] | None:
        return self._args.region if self._args.elsewhere else None

    def _topic(self, key: str, key_arn: pulumi.Input[str] | None) -> aws.sns.Topic:
        return aws.sns.Topic(
            f"{self._name}-{key}",
            name=f"{self._args.prefix}-{key}",
            kms_master_key_id=key_arn,
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _policy(self, key: str, topic: aws.sns.Topic, *statements: Statement) -> None:
        aws.sns.TopicPolicy(
            f"{self._name}-{key}-policy",
            arn=topic.arn,
            policy=document(*access(self._args, topic.arn), *statements),
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _subscribe(self, key: str, topic: aws.sns.Topic, recipients: Sequence[Subscription]) -> None:
        for index, recipient in enumerate(recipients):
            if recipient.kind == "slack":
                continue
            web = recipient.kind == "https"
            aws.sns.TopicSubscription(
                f"{self._name}-{key}-{recipient.kind}-{mark(recipient.endpoint, index)}",
                topic=topic.arn,
                protocol=recipient.kind,
                endpoint=secret(recipient.endpoint) if web else recipient.endpoint,
                # The provider can only keep a web subscription that its receiver confirms by itself.
                endpoint_auto_confirms=True if web else None,
                region=self._region,
                opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["endpoint"] if web else None),
            )

    def _chat(self) -> None:
        channels: dict[str, list[pulumi.Input[str]]] = {}
        for severity in SEVERITIES:
            for recipient in self._args.recipients.get(severity, []):
                if recipient.kind == "slack":
                    channels.setdefault(str(recipient.endpoint), []).extend(
                        [self.topic_arns[severity], *self._args.chat_topic_arns.get(severity, [])]
                    )
        if channels:
            Chat(
                f"{self._name}-chat",
                ChatArgs(
                    prefix=self._args.prefix,
                    partition=self._args.partition,
                    channels=channels,
                ),
                pulumi.ResourceOptions(parent=self),
            )


def mark(endpoint: pulumi.Input[str], index: int) -> str:
    """Return a short stable mark of an endpoint, so that removing one recipient leaves the others as they are."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:8] if isinstance(endpoint, str) else str(index)
