"""Caches and their parameter groups, whole, as the provider reads them for an import."""

from __future__ import annotations

from cache_shapes import SHAPES
from described_cache import ARN, KEY, delivery, parameter_group, running, shard, tier

from adopt.estate import RunningCache
from adopt.live.caches import caches
from adopt.live.resource import LiveResource
from graph.types import CACHE, CACHE_PARAMETER_GROUP


def live(cache: RunningCache) -> tuple[LiveResource, LiveResource]:
    group = f"{ARN}:parametergroup:{cache.parameter_group.described['CacheParameterGroupName']}"
    found, whole = caches(tier(cache, tags={group: {"cost-center": "17"}}))
    return found, whole


def test_a_cache_with_a_replica() -> None:
    assert live(running(tags={"team": "orders"})) == (
        LiveResource(
            type=CACHE_PARAMETER_GROUP,
            id="orders-main-redis7",
            name="orders-main-redis7",
            region="eu-west-1",
            inputs={
                "name": "orders-main-redis7",
                "family": "redis7",
                "description": "Orders",
                "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lfu"}],
                "tags": {"cost-center": "17"},
            },
            outputs={"arn": f"{ARN}:parametergroup:orders-main-redis7"},
        ),
        LiveResource(
            type=CACHE,
            id="orders-main",
            name="orders-main",
            region="eu-west-1",
            inputs={
                "replicationGroupId": "orders-main",
                "description": "Sessions and carts",
                "engine": "redis",
                "engineVersion": "7.1",
                "nodeType": "cache.r6g.large",
                "clusterMode": "disabled",
                "numCacheClusters": 2,
                "numNodeGroups": 1,
                "replicasPerNodeGroup": 1,
                "nodeGroupConfigurations": [{"nodeGroupId": "0001", "replicaCount": 1}],
                "automaticFailoverEnabled": True,
                "multiAzEnabled": True,
                "port": 6380,
                "networkType": "ipv4",
                "ipDiscovery": "ipv4",
                "dataTieringEnabled": False,
                "subnetGroupName": "orders-cache",
                "securityGroupIds": ["sg-0a1b2c3d4e5f60718"],
                "parameterGroupName": "orders-main-redis7",
                "atRestEncryptionEnabled": True,
                "kmsKeyId": KEY,
                "transitEncryptionEnabled": True,
                "transitEncryptionMode": "required",
                "userGroupIds": ["orders"],
                "snapshotRetentionLimit": 3,
                "snapshotWindow": "01:15-02:15",
                "maintenanceWindow": "wed:23:30-thu:00:30",
                "autoMinorVersionUpgrade": True,
                "tags": {"team": "orders"},
            },
            outputs={
                "arn": f"{ARN}:replicationgroup:orders-main",
                "clusterEnabled": False,
                "engineVersionActual": "7.1.0",
                "memberClusters": ["orders-main-001", "orders-main-002"],
                "primaryEndpointAddress": "orders-cache.abcdef.ng.0001.euw1.cache.amazonaws.com",
                "readerEndpointAddress": "orders-cache-ro.abcdef.ng.0001.euw1.cache.amazonaws.com",
            },
        ),
    )


def test_shards_logs_and_a_version_before_six() -> None:
    members = ["s-0001-001", "s-0002-001"]
    shards = [
        {**shard(number, each), "Slots": slots}
        for number, each, slots in ((1, members[0], "0-8191"), (2, members[1], "8192-16383"))
    ]
    _, found = live(
        running(
            group={
                "MemberClusters": members,
                "NodeGroups": shards,
                "ClusterEnabled": True,
                "ClusterMode": "enabled",
                "ConfigurationEndpoint": {"Address": "s.clustercfg.euw1.cache.amazonaws.com", "Port": 6379},
                "LogDeliveryConfigurations": [delivery("slow-log", stream="orders-slow", form="text")],
                "SnapshotRetentionLimit": 0,
            },
            node={"EngineVersion": "5.0.6"},
            parameters=parameter_group("own", "redis5.0"),
        )
    )
    seen = {key: found.inputs.get(key) for key in ("engineVersion", "numNodeGroups", "replicasPerNodeGroup", "port")}
    assert seen == {"engineVersion": "5.0.6", "numNodeGroups": 2, "replicasPerNodeGroup": 0, "port": 6379}
    assert found.inputs["nodeGroupConfigurations"] == [
        {"nodeGroupId": "0001", "slots": "0-8191"},
        {"nodeGroupId": "0002", "slots": "8192-16383"},
    ]
    assert found.inputs["logDeliveryConfigurations"] == [
        {
            "destination": "orders-slow",
            "destinationType": "kinesis-firehose",
            "logFormat": "text",
            "logType": "slow-log",
        }
    ]
    assert found.inputs["snapshotRetentionLimit"] == 0
    assert found.outputs["configurationEndpointAddress"] == "s.clustercfg.euw1.cache.amazonaws.com"
    assert "primaryEndpointAddress" not in found.outputs


def test_what_no_group_is_has_nothing_to_import() -> None:
    alone = [each.cache for each in SHAPES if each.cache.name in ("alone", "burst", "memcached")]
    assert list(caches(tier(*alone))) == []
