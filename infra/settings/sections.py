"""The sections of a stack's settings: every key a user may write, with its type and its own rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bootstrap.rule import matches
from infra.settings.existing import ExistingCache, ExistingInstance, ExistingReplica
from infra.settings.values import (
    Client,
    Daily30,
    Daily60,
    DatabaseName,
    Day,
    Duration,
    MasterName,
    Parameters,
    Port,
    Region,
    ReplicaName,
    RotationPeriod,
    Section,
    Shards,
    SpecialCharacters,
    SubnetId,
    Text,
    TwoSubnets,
    VpcId,
    VpcRange,
    Weekly30,
    Weekly60,
    Zones,
    limited,
    minutes,
)
from knowledge import limits, passwords
from knowledge.alarms.recipients import ENDPOINTS
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from knowledge.regions import ZONE


class NetworkSection(Section):
    """An existing VPC, or an isolated one of the stack's own."""

    vpc: VpcId | None = None
    """An existing VPC; absent, the stack makes an isolated one."""
    subnets: tuple[SubnetId, ...] = ()
    """Its subnets for the servers and the functions."""
    cidr: VpcRange = "10.20.0.0/16"
    """Range of an isolated network."""
    zones: Zones = 2
    """How many, the first of the region by name; or which, so that nothing AWS does there changes them."""
    clients: tuple[Client, ...] = ()
    """Security groups and networks that may connect."""
    endpoints: tuple[Client, ...] = ()
    """Existing VPC: where its own endpoints (or NAT) are; none are made then. Absent: the stack makes them."""
    endpoint_clients: tuple[Client, ...] = ()
    """Existing VPC: who else in it calls AWS's APIs, and is let into the endpoints that the stack makes."""

    @property
    def endpoint_groups(self) -> list[str]:
        """Security groups among `endpoints`."""
        return [each for each in self.endpoints if each.startswith("sg-")]

    @property
    def endpoint_cidrs(self) -> list[str]:
        """Ranges among `endpoints`."""
        return [each for each in self.endpoints if not each.startswith("sg-")]


StorageType = Literal["gp3", "gp2", "io1", "io2"]


class StorageSection(Section):
    """Storage in GiB; `max` above `allocated` turns storage autoscaling on."""

    type: StorageType = "gp3"
    """EBS volume type; gp2 has its IOPS by its size, io1 and io2 need `iops`."""
    allocated: Annotated[int, limited(limits.ALLOCATED_STORAGE)]
    """GiB to begin with."""
    max: Annotated[int, limited(limits.MAX_ALLOCATED_STORAGE)] = 0
    """GiB up to which storage grows by itself; 0 means never."""
    iops: int | None = Field(default=None, ge=1)
    """Provisioned IOPS; those that come with the size when absent."""
    throughput: int | None = Field(default=None, ge=1)
    """MiB/s."""


class ReplicaStorageSection(Section):
    """The volume of a replica, whose size RDS takes from the primary; what is absent is as on the primary."""

    type: StorageType | None = None
    """EBS volume type."""
    iops: int | None = Field(default=None, ge=1)
    """Provisioned IOPS; beside a `type` of its own those that come with the size when absent."""
    throughput: int | None = Field(default=None, ge=1)
    """MiB/s of gp3."""


class RemoteRegion(Section):
    """Where a replica of another region lives: a network that exists there."""

    region: Region
    """Region of the replica."""
    vpc: VpcId
    """VPC there."""
    subnets: TwoSubnets
    """Its subnets for the replica."""
    clients: tuple[Client, ...] = ()
    """Security groups and networks there that may connect."""


class ReplicaSection(Section):
    """A read replica; what is absent is as on the primary."""

    class_: Text | None = Field(default=None, alias="class")
    """Instance class."""
    zone: Annotated[str, matches(ZONE, "a zone, such as eu-central-1a")] | None = None
    """Availability zone; RDS chooses one when absent."""
    max_storage: Annotated[int, limited(limits.MAX_ALLOCATED_STORAGE)] | None = None
    """GiB up to which its storage grows by itself."""
    storage: ReplicaStorageSection | None = None
    """Its volume, where that is another than the primary's."""
    parameters: Parameters = Field(default_factory=dict)
    """Parameters that differ from the primary's."""
    remote: RemoteRegion | None = None
    existing: ExistingReplica | None = None
    """One that was there before the stack."""


class BackupSection(Section):
    """RDS automated backups: days of point-in-time recovery and the daily window."""

    retention: Annotated[int, limited(limits.BACKUP_RETENTION)]
    """Days that can be restored to the second; 0 turns automated backups off."""
    window: Daily30
    """When RDS takes its daily snapshot."""


CertificateAuthority = Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"]
"""Authorities of RDS (RDS User Guide, UsingWithRDS.SSL)."""


class PostgresSection(Section):
    """The database: RDS for PostgreSQL."""

    version: Text = str(DEFAULT_MAJOR)
    """Major version, or a minor one: `17`, `17.6`."""
    class_: Text = Field(alias="class")
    """Instance class."""
    storage: StorageSection
    multi_az: bool
    """Whether a standby in another zone takes over by itself."""
    replicas: dict[ReplicaName, ReplicaSection]
    parameters: Parameters
    """Parameters of PostgreSQL, by name, on top of those that the class and the profile bring. `default` leaves one to
    RDS, or with the name `*` every one that is not named, and `computed` works one out all the same."""
    pgaudit: bool
    """Whether pgaudit logs DDL, roles and grants."""
    backup: BackupSection
    maintenance: Weekly30
    """When AWS may maintain the instance."""
    insights: Literal["off", "standard", "advanced"]
    """Database Insights: `standard` keeps 7 days, `advanced` 465."""
    monitoring: Annotated[int, limited(limits.MONITORING)]
    """Seconds between figures of Enhanced Monitoring; 0 turns it off."""
    database: DatabaseName
    """Name of the database."""
    master: MasterName
    """Name of the master user, which the bootstrap alone uses; it cannot be changed later."""
    port: Port
    """Port of the database."""
    apply_immediately: bool
    """Whether changes that need a restart are made at once, or in the maintenance window."""
    major_upgrade: bool = False
    """Whether a deployment may change the major version; for the one deployment that does."""
    ca: CertificateAuthority = "rds-ca-rsa2048-g1"
    """Authority whose certificates the servers present; clients trust it first (`datatier upgrade plan`)."""
    replica_lag: float = Field(gt=0)
    """Seconds behind the primary from which a replica rings the alarm."""
    existing: ExistingInstance | None = None
    """A primary that was there before the stack."""


class SnapshotSection(Section):
    """ElastiCache snapshots: the only backup a cache has."""

    retention: Annotated[int, limited(limits.SNAPSHOT_RETENTION)]
    """Days that snapshots are kept; 0 makes none."""
    window: Daily60
    """When ElastiCache takes its daily snapshot."""


class CacheSection(Section):
    """One named cache: replicas, or shards (cluster mode)."""

    engine: Literal["valkey", "redis"]
    """Engine of ElastiCache."""
    version: Text
    """Version of the engine."""
    class_: Text = Field(alias="class")
    """Node type."""
    replicas: Annotated[int, limited(limits.CACHE_REPLICAS)]
    """Replicas of each primary."""
    shards: Shards
    """Cluster mode is off where it is 0."""
    eviction: str
    """What goes when memory is full (`maxmemory-policy`): `noeviction` where nothing may be lost, such as a queue."""
    auth: Literal["rbac", "token"]
    """`rbac`: each identity of access.yaml is a user; `token`: one password for all."""
    keyspace_events: str
    """Events that are published (`notify-keyspace-events`), such as `Ex`; none when empty."""
    parameters: Parameters
    """Further parameters of the engine, by name. `default` leaves one to the engine, or with the name `*` every one
    that is not named."""
    snapshot: SnapshotSection
    maintenance: Weekly60
    """When AWS may maintain the cache."""
    multi_az: bool
    """Whether the nodes are in several zones, with automatic failover."""
    existing: ExistingCache | None = None
    """One that was there before the stack."""


class SlackSection(Section):
    """A Slack channel reached through Amazon Q Developer in chat applications."""

    workspace: Annotated[str, matches(r"[0-9A-Z]{1,255}", "a Slack workspace id (T...)")]
    """Id of the workspace, authorized once in the console of Amazon Q Developer."""
    channel: Annotated[str, matches(r"[A-Za-z0-9]{1,255}", "a Slack channel id (C...)")]
    """Id of the channel."""


class SubscriptionSection(Section):
    """Who hears of it; exactly one of the keys."""

    email: Annotated[str, matches(ENDPOINTS["email"][0], "an e-mail address")] | None = None
    """An address; AWS sends it a link to confirm."""
    https: Annotated[str, matches(ENDPOINTS["https"][0], "an https:// address")] | None = None
    """A webhook."""
    sqs: Annotated[str, matches(ENDPOINTS["sqs"][0], "the ARN of a standard queue")] | None = None
    """A queue in the stack's partition."""
    slack: SlackSection | None = None


class NotifySection(Section):
    """Who hears of alarms and events, by severity."""

    critical: tuple[SubscriptionSection, ...]
    warning: tuple[SubscriptionSection, ...]
    info: tuple[SubscriptionSection, ...]


class SuppressSection(Section):
    """A policy rule that is let pass for one resource."""

    rule: str
    """Its id, as `datatier preview` prints it."""
    resource: str
    """Logical name of the resource."""
    reason: str = Field(min_length=10)
    """Why, for whoever reads it next."""
    until: Day
    """Last day on which it holds."""


class ObjectivesSection(Section):
    """Recovery point and recovery time that the stack promises."""

    rpo: Duration
    """Work that may be lost at most."""
    rto: Duration
    """Time until the database serves again at most."""


class PasswordsSection(Section):
    """What generated passwords consist of."""

    length: Annotated[int, limited(passwords.LENGTH)]
    """Characters of a password."""
    special: SpecialCharacters
    """Special characters that one may have besides letters and digits."""


class RotationSection(Section):
    """Credentials rotate by themselves; absent, only `datatier access rotate` does it. AUTH tokens (`auth: token`) it
    rotates always: the first deployment or rotation after the grace ends the old one. The password of a master that was
    there before the stack only a person rotates."""

    every: RotationPeriod = "30d"
    """How often."""
    grace: Duration = "24h"
    """How long the old credential stays valid."""

    @model_validator(mode="after")
    def _grace_ends(self) -> RotationSection:
        """`grace` ends before the next rotation."""
        if problem := limits.grace_problem(minutes(self.grace) * 60, minutes(self.every) // 1440):
            raise ValueError(f"grace {problem}.")
        return self


class RunnerSection(Section):
    """Settings of the Lambda function that runs the bootstrap."""

    memory: Annotated[int, limited(limits.FUNCTION_MEMORY)]
    """MiB of the function."""
    reserved: Annotated[int, limited(limits.RESERVED_CONCURRENCY)] | None = None
    """Runs at a time that Lambda keeps for it; absent, none: see `datatier doctor --aws`."""
