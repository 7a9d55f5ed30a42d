"""What the topics of a region are made from: their recipients, and who publishes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from knowledge.alarms.recipients import ENDPOINTS

SEVERITIES = ("critical", "warning", "info")
KINDS = ("email", "https", "sqs", "slack")


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One recipient of notifications."""

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
    """The topics of one region and their recipients."""

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
