"""Replication groups and their parameter groups, as the provider reads them for an import. Pure.

Sources: terraform-provider-aws, internal/service/elasticache: replication_group.go, cluster.go
(setFromCacheCluster), parameter_group.go. Never read back are the AUTH token and its strategy, the topic of events, the
final snapshot's name, `apply_immediately` and `preferred_cache_cluster_azs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adopt import cache_facts as facts
from adopt.estate import Described, Estate, RunningCache
from adopt.live.place import tags_of
from adopt.live.resource import LiveResource
from graph.types import CACHE, CACHE_PARAMETER_GROUP


def caches(estate: Estate) -> Iterator[LiveResource]:
    """Each cache that is a replication group, after its parameter group."""
    for cache in estate.caches.values():
        if facts.is_grouped(cache):
            yield _parameter_group(estate, cache)
            yield _cache(cache)


def _cache(cache: RunningCache) -> LiveResource:
    described = cache.described
    return LiveResource(
        type=CACHE,
        id=cache.identifier,
        name=cache.identifier,
        region=cache.region,
        inputs=_known({**_of_the_group(cache), **_of_a_node(cache), "tags": dict(cache.tags)}),
        outputs=_known(
            {
                "arn": described.get("ARN"),
                "clusterEnabled": described.get("ClusterEnabled"),
                "configurationEndpointAddress": described.get("ConfigurationEndpoint", {}).get("Address"),
                "engineVersionActual": facts.full_version(cache),
                "memberClusters": list(described.get("MemberClusters", [])),
                "primaryEndpointAddress": _address(described, "PrimaryEndpoint"),
                "readerEndpointAddress": _address(described, "ReaderEndpoint"),
            }
        ),
    )


def _of_the_group(cache: RunningCache) -> dict[str, Any]:
    described = cache.described
    shards = described.get("NodeGroups", [])
    return {
        "automaticFailoverEnabled": described.get("AutomaticFailover") in ("enabled", "enabling"),
        "clusterMode": described.get("ClusterMode"),
        "dataTieringEnabled": described.get("DataTiering") == "enabled",
        "description": described.get("Description"),
        "globalReplicationGroupId": described.get("GlobalReplicationGroupInfo", {}).get("GlobalReplicationGroupId"),
        "ipDiscovery": described.get("IpDiscovery"),
        "kmsKeyId": described.get("KmsKeyId"),
        "logDeliveryConfigurations": [_delivery(each) for each in described.get("LogDeliveryConfigurations", [])],
        "multiAzEnabled": described.get("MultiAZ") == "enabled",
        "networkType": described.get("NetworkType"),
        "nodeGroupConfigurations": [_shard(each) for each in shards],
        "numCacheClusters": len(described.get("MemberClusters", [])),
        "numNodeGroups": len(shards),
        "port": facts.endpoint(cache).get("Port"),
        "replicasPerNodeGroup": next(iter(facts.replicas(cache)), None),
        "replicationGroupId": described["ReplicationGroupId"],
        "snapshotRetentionLimit": described.get("SnapshotRetentionLimit"),
        "snapshotWindow": described.get("SnapshotWindow"),
        "userGroupIds": list(described.get("UserGroupIds", [])),
    }


def _of_a_node(cache: RunningCache) -> dict[str, Any]:
    node = facts.node(cache)
    return {
        "atRestEncryptionEnabled": bool(node.get("AtRestEncryptionEnabled")),
        "autoMinorVersionUpgrade": bool(node.get("AutoMinorVersionUpgrade")),
        "engine": node.get("Engine"),
        "engineVersion": facts.version(cache),
        "maintenanceWindow": node.get("PreferredMaintenanceWindow"),
        "nodeType": node.get("CacheNodeType"),
        "parameterGroupName": node.get("CacheParameterGroup", {}).get("CacheParameterGroupName"),
        "securityGroupIds": facts.security_groups(cache),
        "securityGroupNames": [each["CacheSecurityGroupName"] for each in node.get("CacheSecurityGroups", [])],
        "subnetGroupName": node.get("CacheSubnetGroupName"),
        "transitEncryptionEnabled": bool(node.get("TransitEncryptionEnabled")),
        "transitEncryptionMode": node.get("TransitEncryptionMode"),
    }


def _shard(group: Described) -> dict[str, Any]:
    members = group.get("NodeGroupMembers", [])
    zones = [each["PreferredAvailabilityZone"] for each in members if "PreferredAvailabilityZone" in each]
    return _known(
        {
            "nodeGroupId": group.get("NodeGroupId"),
            "primaryAvailabilityZone": zones[0] if zones else None,
            "replicaAvailabilityZones": zones[1:],
            "replicaCount": len(members) - 1 if len(members) > 1 else None,
            "slots": group.get("Slots"),
        }
    )


def _delivery(each: Described) -> dict[str, Any]:
    return {
        "destination": facts.destination(each),
        "destinationType": each["DestinationType"],
        "logFormat": each["LogFormat"],
        "logType": each["LogType"],
    }


def _address(described: Described, which: str) -> str | None:
    """Of the first shard, where there is no configuration endpoint."""
    shards = described.get("NodeGroups", [])
    if described.get("ConfigurationEndpoint") or not shards:
        return None
    found: str | None = shards[0].get(which, {}).get("Address")
    return found


def _parameter_group(estate: Estate, cache: RunningCache) -> LiveResource:
    described, name = cache.parameter_group.described, facts.parameter_group(cache)
    arn = str(described.get("ARN", ""))
    return LiveResource(
        type=CACHE_PARAMETER_GROUP,
        id=name,
        name=name,
        region=cache.region,
        inputs=_known(
            {
                "name": name,
                "family": described.get("CacheParameterGroupFamily"),
                "description": described.get("Description"),
                "parameters": [
                    {"name": key, "value": value} for key, value in facts.set_parameters(cache.parameter_group).items()
                ],
                "tags": tags_of(arn, estate),
            }
        ),
        outputs=_known({"arn": arn}),
    )


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was said: absent and empty are one for the provider."""
    return {key: value for key, value in given.items() if value not in (None, "", [], {})}
