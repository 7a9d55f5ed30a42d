"""The servers of a tier, and what they name of what is around them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adopt.cache_facts import destination
from adopt.estate import Described, RunningCache, RunningInstance
from adopt.instance_facts import log_prefix
from adopt.reading.network import Site, site


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The tier, and what else runs in its regions."""

    primary: RunningInstance
    replicas: Mapping[str, RunningInstance]
    """Name in the stack -> instance."""
    instances_there: Mapping[str, tuple[Described, ...]] = field(default_factory=dict)
    """Region -> every instance of it, the tier's and others'."""
    caches: Mapping[str, RunningCache] = field(default_factory=dict)
    """Name in the stack -> cache."""
    cache_subnets: tuple[Described, ...] = ()
    """Their CacheSubnetGroups."""
    nodes_there: tuple[Described, ...] = ()
    """Every CacheCluster of the stack's region."""

    @property
    def home(self) -> str:
        """The stack's region."""
        return self.primary.region

    @property
    def instances(self) -> tuple[RunningInstance, ...]:
        """The primary, and then its replicas."""
        return (self.primary, *self.replicas.values())

    @property
    def abroad(self) -> tuple[str, ...]:
        """Other regions in which replicas are."""
        return tuple(sorted({each.region for each in self.instances} - {self.home}))

    @property
    def nodes(self) -> tuple[Described, ...]:
        """The nodes of every cache."""
        return tuple(node for cache in self.caches.values() for node in cache.nodes)

    @property
    def arns(self) -> tuple[str, ...]:
        """Of the instances."""
        return tuple(
            str(each.described["DBInstanceArn"]) for each in self.instances if "DBInstanceArn" in each.described
        )

    def watched(self) -> set[str]:
        """By what alarms know them: the values of their metrics' dimensions."""
        caches = {str(each.described["ReplicationGroupId"]) for each in self.caches.values() if each.described}
        nodes = {str(each["CacheClusterId"]) for each in self.nodes}
        return {each.identifier for each in self.instances} | caches | nodes

    def sites(self) -> tuple[Site, ...]:
        """Where they are: the stack's region first."""
        return tuple(
            site(
                region,
                [each.described for each in self.instances if each.region == region],
                self.nodes if region == self.home else (),
                self.cache_subnets if region == self.home else (),
                (*self.instances_there.get(region, ()), *(self.nodes_there if region == self.home else ())),
            )
            for region in (self.home, *self.abroad)
        )

    def subnet_groups(self) -> tuple[Described, ...]:
        """The instances' as their descriptions have them, and the caches'."""
        found = {
            (each.region, str(group["DBSubnetGroupName"])): group
            for each in self.instances
            if (group := each.described.get("DBSubnetGroup"))
        }
        return (*(found[place] for place in sorted(found)), *self.cache_subnets)

    def option_groups(self) -> set[str]:
        """Names of the option groups of the primary's region."""
        return {
            str(group["OptionGroupName"])
            for each in self.instances
            if each.region == self.home
            for group in each.described.get("OptionGroupMemberships") or ()
        }

    def keys(self) -> Iterator[tuple[str, str]]:
        """Region and id of each KMS key that they name."""
        for each in self.instances:
            master = each.described.get("MasterUserSecret") or {}
            for key in (
                each.described.get("KmsKeyId"),
                each.described.get("PerformanceInsightsKMSKeyId"),
                master.get("KmsKeyId"),
            ):
                if key:
                    yield each.region, str(key)
        for cache in self.caches.values():
            if key := cache.described.get("KmsKeyId") or cache.serverless.get("KmsKeyId"):
                yield cache.region, str(key)

    def topics(self) -> Iterator[str]:
        """ARNs of the topics that hear of the caches' events."""
        for node in self.nodes:
            if topic := (node.get("NotificationConfiguration") or {}).get("TopicArn"):
                yield str(topic)

    def roles(self) -> set[str]:
        """ARNs of the roles that the instances have."""
        found: set[str] = set()
        for each in self.instances:
            found |= {str(each.described.get("MonitoringRoleArn") or "")}
            found |= {str(role["RoleArn"]) for role in each.described.get("AssociatedRoles") or ()}
        return found - {""}

    def log_prefixes(self, region: str) -> Iterator[str]:
        """What the names of their log groups begin with: RDS's by its rule, the caches' as they were chosen."""
        for each in self.instances:
            if each.region == region:
                yield log_prefix(each.described)
        if region == self.home and self.caches:
            yield "/aws/elasticache/"
            for described in (*(each.described for each in self.caches.values()), *self.nodes):
                for delivery in described.get("LogDeliveryConfigurations") or ():
                    if delivery.get("DestinationType") == "cloudwatch-logs":
                        yield destination(delivery)

    def tagged(self) -> Iterator[str]:
        """ARNs of what is theirs alone and whose tags no description has: parameter groups, caches, users."""
        for instance in self.instances:
            if arn := instance.parameter_group.described.get("DBParameterGroupArn"):
                yield str(arn)
        for cache in self.caches.values():
            for each in (cache.described, cache.parameter_group.described, *cache.users, *cache.user_groups):
                if arn := each.get("ARN"):
                    yield str(arn)
            if not cache.described:
                yield from (str(each["ARN"]) for each in cache.nodes if "ARN" in each)
