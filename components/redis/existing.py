"""What a replication group keeps that was there before the stack: nothing in it is replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.existing import ExistingParameterGroup


@dataclass(frozen=True, kw_only=True)
class ExistingDelivery:
    """Where a log goes, which is only referred to."""

    destination: str
    """Log group, or delivery stream of Firehose."""
    type: str = "cloudwatch-logs"
    """`cloudwatch-logs` or `kinesis-firehose`."""
    format: str = "json"
    """`json` or `text`."""


@dataclass(frozen=True, kw_only=True)
class ExistingCache:
    """A replication group that is imported. What others may use too is referred to and never managed."""

    subnet_group: str | None = None
    """Its subnet group; it stays as it is when absent."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    """Security groups that it keeps besides those that are given."""
    parameter_group: ExistingParameterGroup | None = None
    """Its parameter group; it gets one of its own when absent."""
    encrypted: bool = True
    """Whether it is encrypted at rest."""
    key_arn: str | None = None
    """KMS key at rest; AWS's own key when absent, which ElastiCache does not name."""
    tls: str | None = None
    """`required`, or `preferred`, where clients may do without; it stays as it is when absent."""
    user_group_id: str | None = None
    """User group; without one it gets one of its own, unless it has a token."""
    token: bool = False
    """Whether clients log in with an AUTH token, which is in a secret and not known here."""
    topic_arn: str | None = None
    """Topic that hears of its events; the one that is given when absent."""
    logs: Mapping[str, ExistingDelivery] = field(default_factory=dict)
    """`slow-log` and `engine-log` that go where they went; the others get a log group each."""
