"""Caches as ElastiCache describes them: one unlike any profile, and what may be different of it.

`orders-cache` was made by hand: Redis 7.1 with a replica, users, a customer key, a port and a parameter group of its
own. Every description is held against botocore's model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore_shape import described
from described_rds import subnet_group as rds_subnets
from tiers import tier as databases

from adopt.estate import Estate, Group, RunningCache

ACCOUNT, REGION, VPC = "123456789012", "eu-west-1", "vpc-0a1b2c3d"
ARN = f"arn:aws:elasticache:{REGION}:{ACCOUNT}"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000001"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders-events"
CLOSED = "off -@all"
APP = "on ~orders:* resetchannels -@all +@connection +@read +@write -@dangerous"

ENGINE_VALUES = {
    "acl-pubsub-default": "allchannels",
    "activedefrag": "no",
    "databases": "16",
    "lazyfree-lazy-eviction": "no",
    "lazyfree-lazy-expire": "no",
    "lazyfree-lazy-server-del": "no",
    "lazyfree-lazy-user-del": "no",
    "maxmemory-policy": "volatile-lru",
    "notify-keyspace-events": "",
    "reserved-memory-percent": "25",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "tcp-keepalive": "300",
    "timeout": "0",
}
"""What the engine has of itself (ElastiCache User Guide, ParameterGroups.Engine): of redis7, some of them."""


def parameter_group(
    name: str = "orders-redis7",
    family: str = "redis7",
    *,
    shared_with: tuple[str, ...] = (),
    engine: Mapping[str, str] = ENGINE_VALUES,
    **chosen: str,
) -> Group:
    """`chosen` are parameters that somebody has set, with `_` for `-`."""
    own = {key.replace("_", "-"): value for key, value in chosen.items()}
    found = described(
        "elasticache",
        "CacheParameterGroup",
        {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": family,
            "Description": "Orders",
            "IsGlobal": False,
            "ARN": f"{ARN}:parametergroup:{name}",
        },
    )
    return Group(
        described=found,
        parameters=tuple(
            described(
                "elasticache",
                "Parameter",
                {
                    "ParameterName": key,
                    **({"ParameterValue": value} if value else {}),
                    "Source": "user" if key in own else "system",
                    "IsModifiable": True,
                },
            )
            for key, value in {**engine, **own}.items()
        ),
        shared_with=shared_with,
    )


def node(name: str = "orders-cache-001", **differs: Any) -> dict[str, Any]:
    """A CacheCluster; what is given as None is left out."""
    return described(
        "elasticache",
        "CacheCluster",
        _without_none(
            {
                "CacheClusterId": name,
                "ReplicationGroupId": "orders-cache",
                "CacheNodeType": "cache.r6g.large",
                "Engine": "redis",
                "EngineVersion": "7.1.0",
                "CacheClusterStatus": "available",
                "NumCacheNodes": 1,
                "PreferredMaintenanceWindow": "wed:23:30-thu:00:30",
                "CacheParameterGroup": {"CacheParameterGroupName": "orders-redis7", "ParameterApplyStatus": "in-sync"},
                "CacheSubnetGroupName": "orders-cache",
                "CacheSecurityGroups": [],
                "SecurityGroups": [{"SecurityGroupId": "sg-0a1b2c3d4e5f60718", "Status": "active"}],
                "AutoMinorVersionUpgrade": True,
                "AuthTokenEnabled": False,
                "TransitEncryptionEnabled": True,
                "TransitEncryptionMode": "required",
                "AtRestEncryptionEnabled": True,
                "ARN": f"{ARN}:cluster:{name}",
                **differs,
            }
        ),
    )


def _without_none(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def shard(number: int, *members: str, port: int = 6380) -> dict[str, Any]:
    """A NodeGroup of these CacheClusters."""
    return {
        "NodeGroupId": f"{number:04}",
        "Status": "available",
        "PrimaryEndpoint": {"Address": "orders-cache.abcdef.ng.0001.euw1.cache.amazonaws.com", "Port": port},
        "ReaderEndpoint": {"Address": "orders-cache-ro.abcdef.ng.0001.euw1.cache.amazonaws.com", "Port": port},
        "NodeGroupMembers": [{"CacheClusterId": each, "CacheNodeId": "0001"} for each in members],
    }


def group(**differs: Any) -> dict[str, Any]:
    """A ReplicationGroup; what is given as None is left out."""
    return described(
        "elasticache",
        "ReplicationGroup",
        _without_none(
            {
                "ReplicationGroupId": "orders-cache",
                "Description": "Sessions and carts",
                "Status": "available",
                "PendingModifiedValues": {},
                "MemberClusters": ["orders-cache-001", "orders-cache-002"],
                "NodeGroups": [shard(1, "orders-cache-001", "orders-cache-002")],
                "AutomaticFailover": "enabled",
                "MultiAZ": "enabled",
                "SnapshotRetentionLimit": 3,
                "SnapshotWindow": "01:15-02:15",
                "ClusterEnabled": False,
                "ClusterMode": "disabled",
                "CacheNodeType": "cache.r6g.large",
                "AuthTokenEnabled": False,
                "TransitEncryptionEnabled": True,
                "TransitEncryptionMode": "required",
                "AtRestEncryptionEnabled": True,
                "KmsKeyId": KEY,
                "ARN": f"{ARN}:replicationgroup:orders-cache",
                "UserGroupIds": ["orders"],
                "LogDeliveryConfigurations": [],
                "AutoMinorVersionUpgrade": True,
                "DataTiering": "disabled",
                "NetworkType": "ipv4",
                "IpDiscovery": "ipv4",
                "Engine": "redis",
                **differs,
            }
        ),
    )


def delivery(kind: str, *, group: str | None = None, stream: str | None = None, form: str = "json") -> dict[str, Any]:
    """A LogDeliveryConfiguration, to a log group or a stream of Firehose."""
    return {
        "LogType": kind,
        "DestinationType": "kinesis-firehose" if stream else "cloudwatch-logs",
        "DestinationDetails": {"KinesisFirehoseDetails": {"DeliveryStream": stream}}
        if stream
        else {"CloudWatchLogsDetails": {"LogGroup": group}},
        "LogFormat": form,
        "Status": "active",
    }


def user(id_: str, name: str, access: str, *, type_: str = "password", engine: str = "redis") -> dict[str, Any]:
    """A User."""
    passwords = {"PasswordCount": 1} if type_ == "password" else {}
    return described(
        "elasticache",
        "User",
        {
            "UserId": id_,
            "UserName": name,
            "Status": "active",
            "Engine": engine,
            "MinimumEngineVersion": "6.0",
            "AccessString": access,
            "UserGroupIds": ["orders"],
            "Authentication": {"Type": type_, **passwords},
            "ARN": f"{ARN}:user:{id_}",
        },
    )


def user_group(
    *caches: str, name: str = "orders", users: Sequence[str] = ("orders-default", "orders-app")
) -> dict[str, Any]:
    """A UserGroup of these caches."""
    return described(
        "elasticache",
        "UserGroup",
        {
            "UserGroupId": name,
            "Status": "active",
            "Engine": "redis",
            "UserIds": list(users),
            "MinimumEngineVersion": "6.0",
            "ReplicationGroups": list(caches),
            "ARN": f"{ARN}:usergroup:{name}",
        },
    )


def subnet_group(name: str = "orders-cache", vpc: str = VPC) -> dict[str, Any]:
    """A CacheSubnetGroup."""
    return described(
        "elasticache",
        "CacheSubnetGroup",
        {"CacheSubnetGroupName": name, "VpcId": vpc, "Subnets": [], "ARN": f"{ARN}:subnetgroup:{name}"},
    )


def serverless(name: str = "orders-burst") -> dict[str, Any]:
    """A ServerlessCache."""
    return described(
        "elasticache",
        "ServerlessCache",
        {
            "ServerlessCacheName": name,
            "Status": "available",
            "Engine": "valkey",
            "MajorEngineVersion": "8",
            "FullEngineVersion": "8.1",
            "ARN": f"{ARN}:serverlesscache:{name}",
        },
    )


USERS = (
    user("orders-default", "default", CLOSED),
    user("orders-app", "orders_app", APP),
)


def running(
    name: str = "main",
    *,
    group: Mapping[str, Any] | None = None,
    node: Mapping[str, Any] | None = None,
    parameters: Group | None = None,
    **differs: Any,
) -> RunningCache:
    """The base cache, called `orders-NAME`; `group` and `node` are keys that its ReplicationGroup and each of its
    CacheClusters differ in, where what is given as None is left out."""
    id_ = f"orders-{name}"
    members = (group or {}).get("MemberClusters") or [f"{id_}-001", f"{id_}-002"]
    own = parameters or parameter_group(f"{id_}-redis7", maxmemory_policy="allkeys-lfu")
    same = {
        "CacheParameterGroup": {
            "CacheParameterGroupName": own.described["CacheParameterGroupName"],
            "ParameterApplyStatus": "in-sync",
        }
    }
    shapes = {
        "ReplicationGroupId": id_,
        "MemberClusters": members,
        "NodeGroups": [shard(1, *members)],
        "ARN": f"{ARN}:replicationgroup:{id_}",
        **(group or {}),
    }
    cache = RunningCache(
        name=name,
        region=REGION,
        described=_group(**shapes),
        nodes=tuple(_node(each, **{"ReplicationGroupId": id_, **same, **(node or {})}) for each in members),
        parameter_group=own,
        users=USERS,
        user_groups=(user_group(str(shapes["ReplicationGroupId"])),),
    )
    return replace(cache, **differs)


_group, _node = group, node  # under the names of keywords


def tier(*caches: RunningCache, **around: Any) -> Estate:
    """The base tier's primary with these caches; `around` are fields of its surroundings."""
    given = {"subnet_groups": (rds_subnets(), subnet_group()), **around}
    return replace(databases(replicas={}, around=given), caches={each.name: each for each in caches})
