"""What was there before the stack and stays as it is: names, keys and networks that nothing replaces.

`datatier adopt` writes these sections. What they name is AWS's as it found it: a group or a key that others may use is
referred to and never managed, what belongs to one server alone is imported and managed under the name it has.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.settings.values import KeyArn, Port, SecretArn, Section, SecurityGroupId, TopicArn


class ExistingParameterGroup(Section):
    """The parameter group that a server has."""

    name: str
    """Its name."""
    managed: bool = True
    """Whether it is this server's alone, so that the stack sets its parameters; one of AWS's (`default.postgres17`), or
    one that others use, is only referred to, and nothing in it is changed."""
    description: str | None = None
    """Its description, which cannot be changed; of a managed one."""
    family: str
    """Its family, `postgres17`. Once the server's version needs another, the stack makes a group of its own."""


class ExistingServer(Section):
    """What every server keeps."""

    identifier: str
    """What AWS knows it by: DB instance identifier, or replication group id."""
    subnet_group: str | None = None
    """Its subnet group, which is only referred to; the stack's own when absent."""
    security_groups: tuple[SecurityGroupId, ...] = ()
    """Security groups that it keeps, besides the stack's own."""
    parameter_group: ExistingParameterGroup | None = None
    """Its parameter group; the stack makes one when absent."""
    encrypted: bool = True
    """Whether it is encrypted at rest, which nothing changes in place."""
    key: KeyArn | None = None
    """KMS key at rest, which nothing changes; the stack's own when absent."""


class ExistingReplica(ExistingServer):
    """A read replica that was there before the stack."""

    insights_key: KeyArn | None = None
    """KMS key of Performance Insights; the one at rest when absent."""
    public: bool = False
    """Whether it has a public address."""


class ExistingInstance(ExistingReplica):
    """A primary that was there before the stack."""

    initial_database: str | None = None
    """The database that it was made with, as RDS has it (DBName); none when absent, and `database` was made later."""
    master_secret: SecretArn | None = None
    """Secret with the master's name and password, if it has one; the stack makes a container for it when absent."""


class ExistingDelivery(Section):
    """Where a log of a cache goes, which is only referred to."""

    destination: str
    """Log group, or delivery stream of Firehose."""
    type: Literal["cloudwatch-logs", "kinesis-firehose"] = "cloudwatch-logs"
    """What the destination is."""
    format: Literal["json", "text"] = "json"
    """Form of a line."""


class ExistingCache(ExistingServer):
    """A replication group that was there before the stack."""

    subnet_group: str | None = None
    """Its subnet group, which is only referred to; it stays as it is when absent."""
    key: KeyArn | None = None
    """KMS key at rest, which nothing changes; AWS's own when absent, which ElastiCache does not name."""
    port: Port | None = None
    """Its port; that of every cache (`cache_port`) when absent."""
    tls: Literal["required", "preferred"] | None = None
    """Whether clients without TLS are refused; it stays as it is when absent."""
    user_group: str | None = None
    """User group that the bootstrap adds its users to; others' users stay in it. The stack makes one when absent."""
    token_secret: SecretArn | None = None
    """Secret with its AUTH token, where it has one."""
    topic: TopicArn | None = None
    """Topic that hears of its events, and goes on to; the stack's own when absent. A cache has one."""
    logs: dict[Literal["slow-log", "engine-log"], ExistingDelivery] = Field(default_factory=dict)
    """Logs that go where they went before; the stack makes a log group for each of the others."""
