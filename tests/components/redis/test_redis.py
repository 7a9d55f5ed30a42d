"""Caches: replicas or shards, users or an AUTH token, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from components.redis.args import RedisArgs
from components.redis.existing import ExistingCache, ExistingDelivery
from components.redis.replication_group import Redis
from knowledge.parameters import Parameter

CLUSTER = [Parameter("cluster-enabled", "yes", "pending-reboot")]


def args(**more: Any) -> RedisArgs:
    base: dict[str, Any] = {
        "replication_group_id": "crm-dev-main",
        "version": "8.0",
        "family": "valkey8",
        "node_type": "cache.t4g.micro",
        "parameters": [Parameter("maxmemory-policy", "allkeys-lru", "immediate")],
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
        "storage_key_arn": "arn:storage",
        "logs_key_arn": "arn:logs",
        "snapshot_window": "03:00-04:00",
        "maintenance_window": "sun:05:00-sun:06:00",
    }
    return RedisArgs(**base | more)


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("valkey", "7.2", "valkey7"),
        ("valkey", "8.2", "valkey8"),
        ("valkey", "9.1", "valkey9"),
        ("redis", "7.1", "redis7"),
    ],
)
def test_a_cache_stays_at_its_declared_version(record: Any, engine: str, version: str, family: str) -> None:
    given = args(replication_group_id="shop-live-queue", engine=engine, version=version, family=family)
    group = record(lambda: Redis("queue", given))["queue-group"].inputs
    assert (group["engineVersion"], group["autoMinorVersionUpgrade"]) == (version, False)


def test_a_cache_with_users(record: Any) -> None:
    made: list[Redis] = []
    seen = record(lambda: made.append(Redis("main", args(replicas=1, multi_az=True, notification_topic_arn="arn:t"))))
    assert seen.listing == [
        ("CacheUsers", "main-users", "main"),
        ("LogGroup", "main-engine-log", "main"),
        ("LogGroup", "main-slow-log", "main"),
        ("ParameterGroup", "main-parameters", "main"),
        ("RandomId", "main-generation", "main"),
        ("RandomId", "main-parameters-id", "main"),
        ("RandomPassword", "main-users-default-password", "main-users"),
        ("Redis", "main", ""),
        ("ReplicationGroup", "main-group", "main"),
        ("SubnetGroup", "main-subnets", "main"),
        ("User", "main-users-default", "main-users"),
        ("UserGroup", "main-users-group", "main-users"),
    ]
    group = seen["main-group"]
    assert group.inputs == {
        "applyImmediately": False,
        "atRestEncryptionEnabled": True,
        "autoMinorVersionUpgrade": False,
        "automaticFailoverEnabled": True,
        "clusterMode": "disabled",
        "description": "Cache crm-dev-main",
        "engine": "valkey",
        "engineVersion": "8.0",
        "finalSnapshotIdentifier": "crm-dev-main-final-0a1b2c3d",
        "kmsKeyId": "arn:storage",
        "logDeliveryConfigurations": [
            {
                "destination": f"/aws/elasticache/crm-dev-main/{kind}",
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": kind,
            }
            for kind in ("slow-log", "engine-log")
        ],
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "multiAzEnabled": True,
        "nodeType": "cache.t4g.micro",
        "notificationTopicArn": "arn:t",
        "numCacheClusters": 2,
        "parameterGroupName": "crm-dev-main-valkey8-0a1b2c3d",
        "port": 6379,
        "replicationGroupId": "crm-dev-main",
        "securityGroupIds": ["sg-1"],
        "snapshotRetentionLimit": 7,
        "snapshotWindow": "03:00-04:00",
        "subnetGroupName": "crm-dev-main",
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "userGroupIds": ["crm-dev-main"],
    }
    assert (group.protect, group.delete_before_replace, group.ignore_changes) == (False, True, ())
    assert seen["main-users-default"].inputs == {
        "accessString": "off -@all",
        "engine": "valkey",
        "passwords": "[secret]",
        "userId": "crm-dev-main-default",
        "userName": "default",
    }
    users = seen["main-users-group"]
    assert users.inputs == {"engine": "valkey", "userGroupId": "crm-dev-main", "userIds": ["crm-dev-main-default"]}
    assert users.ignore_changes == ("userIds",)
    # A new family makes a new group beside the old one.
    assert seen["main-parameters-id"].inputs["keepers"] == {"family": "valkey8"}
    assert not seen["main-parameters"].delete_before_replace
    assert seen["main-parameters"].inputs["parameters"] == [{"name": "maxmemory-policy", "value": "allkeys-lru"}]
    assert seen["main-slow-log"].inputs == {
        "name": "/aws/elasticache/crm-dev-main/slow-log",
        "kmsKeyId": "arn:logs",
        "retentionInDays": 30,
    }


async def _values(cache: Redis) -> dict[str, Any]:
    return {
        "endpoint": await cache.endpoint.future(),
        "reader": None if cache.reader_endpoint is None else await cache.reader_endpoint.future(),
        "nodes": [await node.future() for node in cache.nodes],
        "users": None if cache.user_group_id is None else await cache.user_group_id.future(),
    }


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"replicas": 2},
            {
                "endpoint": "main-group.primary",
                "reader": "main-group.reader",
                "nodes": ["main-group-x0", "main-group-x1", "main-group-x2"],
                "users": "crm-dev-main",
            },
        ),
        (
            {"replicas": 1, "shards": 2, "parameters": CLUSTER, "auth_token": "hush"},
            {
                "endpoint": "main-group.configuration",
                "reader": None,
                "nodes": [f"main-group-x{n}" for n in range(4)],
                "users": None,
            },
        ),
    ],
)
def test_outputs(record: Any, more: dict[str, Any], expected: dict[str, Any]) -> None:
    found: dict[str, Any] = {}

    async def program() -> None:
        found.update(await _values(Redis("main", args(**more))))

    record(program)
    assert found == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"numCacheClusters": 1, "automaticFailoverEnabled": False, "multiAzEnabled": False}),
        (
            {"shards": 3, "replicas": 0, "parameters": CLUSTER},
            {
                "clusterMode": "enabled",
                "numCacheClusters": None,
                "numNodeGroups": 3,
                "replicasPerNodeGroup": 0,
                "automaticFailoverEnabled": True,
            },
        ),
        (
            {"auth_token": "hush"},
            {"authToken": "[secret]", "authTokenUpdateStrategy": "ROTATE", "userGroupIds": None},
        ),
        ({"final_snapshot": False}, {"finalSnapshotIdentifier": None}),
        ({"engine": "redis", "version": "7.1", "family": "redis7"}, {"engine": "redis"}),
    ],
)
def test_choices(record: Any, more: dict[str, Any], expected: dict[str, Any]) -> None:
    inputs = record(lambda: Redis("main", args(**more)))["main-group"].inputs
    assert {key: inputs.get(key) for key in expected} == expected


def test_a_token_is_pulumis_only_once(record: Any) -> None:
    seen = record(lambda: Redis("main", args(auth_token="hush", protect=True)))
    assert not seen.of("UserGroup")
    assert seen["main-group"].ignore_changes == ("authToken", "authTokenUpdateStrategy")
    assert {each.name for each in seen.resources if each.protect} == {"main-group"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"replication_group_id": "CRM-main"}, "lower-case"),
        ({"replication_group_id": "x" * 41}, "2 to 40"),
        ({"replication_group_id": "a--b"}, "single hyphens"),
        ({"replication_group_id": "a-"}, "not ending in a hyphen"),
        ({"engine": "Valkey"}, "neither valkey nor redis"),
        ({"engine": "redis"}, "does not exist for redis"),
        ({"version": "8"}, "does not exist for valkey"),
        ({"version": "8.0.1"}, "does not exist for valkey"),
        ({"replicas": 6}, "0 to 5"),
        ({"multi_az": True}, "multi_az needs at least one replica"),
        ({"shards": 0, "parameters": CLUSTER}, "1 to 500"),
        ({"shards": 200, "replicas": 2, "parameters": CLUSTER}, "600 nodes"),
        ({"shards": 2}, "lack cluster-enabled"),
        ({"parameters": CLUSTER}, "shards is absent"),
        ({"snapshot_retention_days": 36}, "0 to 35"),
        ({"node_type": "t4g.micro"}, "cache."),
    ],
)
def test_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        args(**more)


def test_a_first_preview_knows_no_node_yet(record: Any) -> None:
    known: list[bool] = []

    async def program() -> None:
        known.extend([await node.is_known() for node in Redis("main", args(replicas=2)).nodes])

    record(program, preview=True)
    assert known == [False, False, False]


def test_events_and_logs_of_an_existing_cache_go_on_to_where_they_went(record: Any) -> None:
    kept = ExistingCache(
        topic_arn="arn:theirs", logs={"slow-log": ExistingDelivery(destination="crm-slow", type="kinesis-firehose")}
    )
    seen = record(lambda: Redis("main", args(notification_topic_arn="arn:t", existing=kept)))
    group = seen["main-group"].inputs
    assert group["notificationTopicArn"] == "arn:theirs"
    assert group["logDeliveryConfigurations"] == [
        {"destination": "crm-slow", "destinationType": "kinesis-firehose", "logFormat": "json", "logType": "slow-log"},
        {
            "destination": "/aws/elasticache/crm-dev-main/engine-log",
            "destinationType": "cloudwatch-logs",
            "logFormat": "json",
            "logType": "engine-log",
        },
    ]
    assert [name for kind, name, _ in seen.listing if kind == "LogGroup"] == ["main-engine-log"]


@pytest.mark.parametrize(("node_type", "tiered"), [("cache.r6gd.xlarge", True), ("cache.r6g.xlarge", None)])
def test_a_node_with_a_disk_uses_it(record: Any, node_type: str, tiered: bool | None) -> None:
    group = record(lambda: Redis("main", args(node_type=node_type)))["main-group"].inputs
    assert group.get("dataTieringEnabled") == tiered
