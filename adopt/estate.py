"""What is there: an existing data tier as AWS describes it. Data; the descriptions are those of botocore's models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Described = Mapping[str, Any]
"""One thing as AWS's API describes it, keys as there: a DBInstance, a ReplicationGroup."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What could not be read, and what that costs."""

    permission: str
    """IAM action of the call, such as `kms:DescribeKey`."""
    cost: str
    """What is therefore not known, in words."""
    why: str = "not allowed"
    """What was in the way: the permission, or AWS's own code."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A parameter group with its parameters."""

    described: Described
    """DBParameterGroup or CacheParameterGroup."""
    parameters: tuple[Described, ...]
    """Every parameter of it, with its source: what was set, and the engine's own."""
    shared_with: tuple[str, ...] = ()
    """Servers that use it too and are not of this tier."""


@dataclass(frozen=True, kw_only=True)
class RunningInstance:
    """An RDS instance."""

    region: str
    described: Described
    """DBInstance."""
    parameter_group: Group
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        """DB instance identifier."""
        return str(self.described["DBInstanceIdentifier"])


@dataclass(frozen=True, kw_only=True)
class RunningCache:
    """An ElastiCache replication group, or a cache cluster that is in none."""

    name: str
    """What the stack calls it."""
    region: str
    described: Described
    """ReplicationGroup; empty where there is none."""
    serverless: Described = field(default_factory=dict)
    """ServerlessCache, where it is one; then there are neither nodes nor parameters."""
    nodes: tuple[Described, ...]
    """Its CacheClusters."""
    parameter_group: Group
    users: tuple[Described, ...] = ()
    """Users of its user groups."""
    user_groups: tuple[Described, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        """Replication group id, the cache cluster's where it is in none, or the serverless cache's name."""
        grouped = self.described.get("ReplicationGroupId") or self.serverless.get("ServerlessCacheName")
        return str(grouped or self.nodes[0]["CacheClusterId"])


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What stands around the servers, each list by region and as its service describes it."""

    subnet_groups: tuple[Described, ...] = ()
    """DBSubnetGroups and CacheSubnetGroups."""
    security_groups: tuple[Described, ...] = ()
    """With their rules."""
    security_group_users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of a security group -> what else uses it, in words: servers, network interfaces, rules of other groups."""
    vpcs: tuple[Described, ...] = ()
    """Vpcs, with the attributes `EnableDnsSupport` and `EnableDnsHostnames` beside, where those were read."""
    subnets: tuple[Described, ...] = ()
    """Subnets of the servers' subnet groups."""
    route_tables: tuple[Described, ...] = ()
    """Of the servers' VPCs: whether a subnet reaches AWS's APIs by NAT."""
    vpc_endpoints: tuple[Described, ...] = ()
    """Of the servers' VPCs."""
    option_groups: tuple[Described, ...] = ()
    keys: tuple[Described, ...] = ()
    """KeyMetadata, with `Aliases` beside it."""
    log_groups: tuple[Described, ...] = ()
    event_subscriptions: tuple[Described, ...] = ()
    secrets: tuple[Described, ...] = ()
    """SecretListEntries: names and ARNs, no value."""
    alarms: tuple[Described, ...] = ()
    """MetricAlarms on the servers, or of a name that the stack would take."""
    topics: tuple[Described, ...] = ()
    """Attributes of topics, with `Subscriptions` beside them."""
    backup_plans: tuple[Described, ...] = ()
    """Plans of AWS Backup that select an instance, as GetBackupPlan has them, with `Selects` beside: its ARN."""
    blue_green: tuple[Described, ...] = ()
    """BlueGreenDeployments under way."""
    maintenance: tuple[Described, ...] = ()
    """ResourcePendingMaintenanceActions of the instances."""
    roles: tuple[Described, ...] = ()
    """Roles that the servers have, or of a name that the stack would take."""
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """ARN -> tags, of everything here that has one."""


@dataclass(frozen=True, kw_only=True)
class Estate:
    """An existing data tier."""

    account: str
    partition: str
    region: str
    primary: RunningInstance
    replicas: Mapping[str, RunningInstance]
    """Name in the stack -> instance."""
    caches: Mapping[str, RunningCache]
    """Name in the stack -> cache."""
    around: Surroundings = field(default_factory=Surroundings)
    unread: tuple[Unread, ...] = ()
    calls: int = 0
    """Calls that the reading took."""
    waited: int = 0
    """Calls that AWS asked to come again later, and that did."""
