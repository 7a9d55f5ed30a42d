"""Notification topics by severity, who may publish to them and who hears of it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.chat import Chat, ChatArgs
from components.policy import Statement, document
from components.secret import secret
from components.topic_policy import access, cache_publishers, publishers
from knowledge.recipients import ENDPOINTS

SEVERITIES = ("critical", "warning", "info")
KINDS = ("email", "https", "sqs", "slack")


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One recipient."""

    kind: str
    """`email`, `https`, `sqs` (a queue's ARN) or `slack` (`T.../C...`, workspace and channel)."""
    endpoint: pulumi.Input[str]
    """Where to: kept secret for `https`, whose address often holds a token."""

    def __post_init__(self) -> None:
        """Refuse what SNS would refuse, as far as the endpoint is known."""
        if self.kind not in KINDS:
            raise ValueError(f"notifications: kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.kind == "slack" and not isinstance(self.endpoint, str):
            raise ValueError("notifications: a slack endpoint must be plain text, `T.../C...`")
        pattern, example = ENDPOINTS[self.kind]
        if isinstance(self.endpoint, str) and not re.fullmatch(pattern, self.endpoint):
            raise ValueError(f"notifications: the {self.kind} endpoint is not of the form {example}")


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """Topics and their recipients."""

    prefix: str
    """Prefix of the topics' names: `<prefix>-critical` ..."""
    account_id: pulumi.Input[str]
    """Account whose alarms and databases publish."""
    region: pulumi.Input[str]
    """Region of the topics and of their publishers."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    key_arn: pulumi.Input[str]
    """Customer-managed key; `alias/aws/sns` would drop every alarm, its policy shuts CloudWatch out."""
    recipients: Mapping[str, Sequence[Subscription]] = field(default_factory=dict)
    """Severity -> who hears of it."""
    elsewhere: bool = False
    """Topics of another region than the provider's: without those of caches, and without chat, where a channel can be
    set up but once; its topics are given to the first region's as `chat_topic_arns`."""
    chat_topic_arns: Mapping[str, Sequence[pulumi.Input[str]]] = field(default_factory=dict)
    """Severity -> topics of other regions that the chat channels of that severity post too."""

    def __post_init__(self) -> None:
        """Refuse severities that there are not."""
        unknown = sorted(set(self.recipients) - set(SEVERITIES))
        if unknown:
            raise ValueError(f"notifications: recipients for {unknown}; severities are {', '.join(SEVERITIES)}")


class Notifications(pulumi.ComponentResource):
    """One encrypted topic per severity, and a plain one for ElastiCache's own events."""

    topic_arns: dict[str, pulumi.Output[str]]
    """Severity -> topic."""
    cache_events_arn: pulumi.Output[str]
    """Topic of ElastiCache events, absent `elsewhere`. ElastiCache cannot publish to an encrypted topic: it turns the
    topic inactive."""

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the topics."""
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
