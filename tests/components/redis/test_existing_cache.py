"""A cache that was there before its stack: what it keeps, what is made beside it, and what contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from components.existing import ExistingParameterGroup
from components.redis.args import RedisArgs
from components.redis.existing import ExistingCache
from components.redis.replication_group import Redis
from knowledge.parameters import Parameter

OWN = ExistingParameterGroup(name="billing-redis6", description="Billing's cache", family="redis6.x")
KEPT = ExistingCache(
    subnet_group="billing",
    security_group_ids=["sg-old"],
    parameter_group=OWN,
    key_arn="arn:aws:kms:eu-west-1:123456789012:key/old",
    user_group_id="billing",
)


def args(existing: ExistingCache, **more: Any) -> RedisArgs:
    base: dict[str, Any] = {
        "replication_group_id": "billing-cache",
        "prefix": "crm-live-main",
        "engine": "redis",
        "version": "6.2",
        "family": "redis6.x",
        "node_type": "cache.r5.large",
        "parameters": [Parameter("maxmemory-policy", "volatile-lru", "immediate")],
        "port": 6390,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-stack"],
        "storage_key_arn": "arn:storage",
        "logs_key_arn": "arn:logs",
        "snapshot_window": "03:00-04:00",
        "maintenance_window": "sun:05:00-sun:06:00",
    }
    return RedisArgs(**base | more, existing=existing)


def test_it_keeps_what_nothing_changes_in_place(record: Any) -> None:
    seen = record(lambda: Redis("main", args(KEPT, replicas=1)))
    assert seen.listing == [
        ("LogGroup", "main-engine-log", "main"),
        ("LogGroup", "main-slow-log", "main"),
        ("ParameterGroup", "main-parameters", "main"),
        ("RandomId", "main-generation", "main"),
        ("Redis", "main", ""),
        ("ReplicationGroup", "main-group", "main"),
    ]
    assert seen["main-group"].inputs == {
        "applyImmediately": False,
        "atRestEncryptionEnabled": True,
        "autoMinorVersionUpgrade": False,
        "automaticFailoverEnabled": True,
        "description": "Cache crm-live-main",
        "engine": "redis",
        "engineVersion": "6.2",
        "finalSnapshotIdentifier": "crm-live-main-final-0a1b2c3d",
        "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/old",
        "logDeliveryConfigurations": [
            {
                "destination": f"/aws/elasticache/crm-live-main/{kind}",
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": kind,
            }
            for kind in ("slow-log", "engine-log")
        ],
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "multiAzEnabled": False,
        "nodeType": "cache.r5.large",
        "numCacheClusters": 2,
        "parameterGroupName": "billing-redis6",
        "port": 6390,
        "replicationGroupId": "billing-cache",
        "securityGroupIds": ["sg-stack", "sg-old"],
        "snapshotRetentionLimit": 7,
        "snapshotWindow": "03:00-04:00",
        "subnetGroupName": "billing",
        "transitEncryptionEnabled": True,
        "userGroupIds": ["billing"],
    }
    assert seen["main-parameters"].inputs == {
        "name": "billing-redis6",
        "family": "redis6.x",
        "description": "Billing's cache",
        "parameters": [{"name": "maxmemory-policy", "value": "volatile-lru"}],
    }


NEW = {"version": "7.1", "family": "redis7"}


@pytest.mark.parametrize(
    ("existing", "more", "expected", "made"),
    [
        pytest.param(
            ExistingCache(encrypted=False),
            NEW,
            {
                "atRestEncryptionEnabled": False,
                "kmsKeyId": None,
                "subnetGroupName": None,
                "transitEncryptionMode": None,
                "parameterGroupName": "crm-live-main-redis7-0a1b2c3d",
                "userGroupIds": ["crm-live-main"],
            },
            {"ParameterGroup": 1, "SubnetGroup": 0, "UserGroup": 1, "User": 1},
            id="what it does not say stays as it is, and it gets the users that it has not",
        ),
        pytest.param(
            ExistingCache(tls="preferred", token=True),
            NEW,
            {"kmsKeyId": None, "transitEncryptionMode": "preferred", "authToken": None, "userGroupIds": None},
            {"UserGroup": 0, "User": 0},
            id="its token is nobody's business here",
        ),
        pytest.param(
            ExistingCache(token=True),
            {"version": "5.0.6", "family": "redis5.0"},
            {"engineVersion": "5.0.6", "transitEncryptionEnabled": True, "transitEncryptionMode": None},
            {"UserGroup": 0},
            id="before 7.0 TLS has no mode",
        ),
        pytest.param(
            ExistingCache(parameter_group=ExistingParameterGroup(name="default.redis7", managed=False)),
            NEW,
            {"parameterGroupName": "default.redis7"},
            {"ParameterGroup": 0, "RandomId": 1},
            id="a group of others is referred to",
        ),
        pytest.param(
            ExistingCache(parameter_group=OWN),
            {"engine": "valkey", "version": "8.1", "family": "valkey8"},
            {"parameterGroupName": "crm-live-main-valkey8-0a1b2c3d"},
            {"ParameterGroup": 1, "RandomId": 2},
            id="a group cannot follow to another family",
        ),
        pytest.param(
            ExistingCache(),
            NEW | {"shards": 2, "parameters": [Parameter("cluster-enabled", "yes", "pending-reboot")]},
            {"clusterMode": None, "numNodeGroups": 2, "replicasPerNodeGroup": 0},
            {},
            id="cluster mode may be compatible",
        ),
    ],
)
def test_shapes(
    record: Any, existing: ExistingCache, more: dict[str, Any], expected: dict[str, Any], made: dict[str, int]
) -> None:
    seen = record(lambda: Redis("main", args(existing, **more)))
    inputs = seen["main-group"].inputs
    assert {key: inputs.get(key) for key in expected} == expected
    assert {kind: len(seen.of(kind)) for kind in made} == made


@pytest.mark.parametrize(
    ("existing", "more", "message"),
    [
        (ExistingCache(), {"auth_token": "hush"}, "auth_token is not given beside existing"),
        (ExistingCache(encrypted=False, key_arn="arn:k"), {}, "existing.key_arn is given, and the server is not"),
        (ExistingCache(tls="preferred"), {}, "existing.tls came with Redis OSS 7.0.5"),
        (ExistingCache(), {"version": "5.0.6", "family": "redis5.0"}, "existing.token is needed for redis 5.0.6"),
        (ExistingCache(token=True, user_group_id="g"), {}, "existing.user_group_id is not given beside token"),
    ],
)
def test_refused(existing: ExistingCache, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        args(existing, **more)
