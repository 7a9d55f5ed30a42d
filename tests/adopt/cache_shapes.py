"""Existing caches as they are found in the world, each with what adopting it says: one row for each shape.

What a row does not name is as it is of the base cache (`described_cache.running`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from described_cache import (
    APP,
    ENGINE_VALUES,
    KEY,
    REGION,
    TOPIC,
    delivery,
    node,
    parameter_group,
    running,
    serverless,
    shard,
    user,
    user_group,
)

from adopt.estate import Group, RunningCache

ABSENT = object()
"""In place of a value: the key is not written."""
AS_IT_IS = {"*": "default"}
"""Of a parameter group in which nobody has set anything but the eviction: the stack sets no more."""
SERVED = {
    "group": {
        "autoMinorVersionUpgrade",
        "finalSnapshotIdentifier",
        "description",
        "logDeliveryConfigurations",
        "notificationTopicArn",
        "securityGroupIds",
        "tags",
        "applyImmediately",
    },
    "parameters": {"tags"},
}
"""Resource -> inputs that the first `up` changes in place, which nobody who uses the cache feels."""


def section(name: str, **differs: Any) -> dict[str, Any]:
    """`data-tier:redis.NAME` of the base cache; `differs` are its keys, and those below `existing` with `_` before."""
    base: dict[str, Any] = {
        "engine": "redis",
        "version": "7.1",
        "class": "cache.r6g.large",
        "replicas": 1,
        "eviction": "allkeys-lfu",
        "parameters": AS_IT_IS,
        "snapshot": {"retention": 3, "window": "01:15-02:15"},
        "maintenance": "Wed 23:30-00:30",
        "multi_az": True,
    }
    existing: dict[str, Any] = {
        "identifier": f"orders-{name}",
        "subnet_group": "orders-cache",
        "security_groups": ["sg-0a1b2c3d4e5f60718"],
        "parameter_group": {"name": f"orders-{name}-redis7", "family": "redis7", "description": "Orders"},
        "key": KEY,
        "port": 6380,
        "tls": "required",
        "user_group": "orders",
    }
    base |= {key: value for key, value in differs.items() if key[0] != "_"}
    existing |= {key[1:]: value for key, value in differs.items() if key[0] == "_"}
    return {
        **{key: value for key, value in base.items() if value is not ABSENT},
        "existing": {key: value for key, value in existing.items() if value is not ABSENT},
    }


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A cache, and the whole of what is said of it."""

    cache: RunningCache
    says: Mapping[str, Any] = field(default_factory=dict)
    """Keys in which its section differs from the base cache's: see `section`."""
    refused: tuple[tuple[str, str], ...] = ()
    """Why it cannot be taken, and the way."""
    changed: Mapping[str, set[str]] = field(default_factory=lambda: SERVED)
    """Last part of a resource's name -> the inputs that the first `up` changes."""
    left: tuple[tuple[str, str], ...] = ()
    """What stays as it is, besides its user group, and why."""
    shared: str = ""
    """What is said of its user group besides."""


def less(*keys: str, **more: set[str]) -> dict[str, set[str]]:
    """Changes of the base cache without these inputs of the group; `more` are those of other resources."""
    return {**SERVED, "group": SERVED["group"] - set(keys), **more}


MODIFY = "`aws elasticache modify-replication-group --replication-group-id"
HERE = f"--region {REGION}`"


def tls(group: str) -> str:
    """How TLS is turned on in place."""
    return (
        f"{MODIFY} {group} --transit-encryption-enabled --transit-encryption-mode preferred --apply-immediately {HERE} "
        "takes both, with TLS and without, and nobody is cut off; adopted so it stays so (`tls: preferred`)"
    )


def token(group: str, first: str = "") -> str:
    """How a password comes to be needed."""
    return (
        f"{first}{MODIFY} {group} --auth-token file://token.txt --auth-token-update-strategy ROTATE "
        f"--apply-immediately {HERE} (a file of 16 to 128 characters without a line end) lets clients in with "
        "the token and still without; adopt it then, and end the time without by the strategy SET once every client "
        "has the token"
    )


NO_TLS = "clients reach it without TLS, and nobody's password may cross the network in the clear"
NO_LOGIN = "it has neither users nor a token: whoever reaches it may do anything"
PLAIN_GROUP = {"TransitEncryptionEnabled": False, "TransitEncryptionMode": None}
NO_USERS = {"UserGroupIds": None}
OPEN: dict[str, Any] = {"users": (), "user_groups": ()}
TOKEN = {"AuthTokenEnabled": True}
AWS_OWN = "it is one of AWS's, in which nobody changes anything"


def of_version(name: str, engine: str, version: str, family: str, values: Mapping[str, str] = ENGINE_VALUES) -> Any:
    """A cache of another engine or version, with a parameter group of its family."""
    return running(
        name,
        group={"Engine": engine},
        node={"Engine": engine, "EngineVersion": version},
        parameters=parameter_group(f"orders-{name}", family, engine=values, maxmemory_policy="allkeys-lfu"),
    )


def own_group(name: str, family: str) -> dict[str, Any]:
    """The line that keeps the parameter group of such a cache."""
    return {"_parameter_group": {"name": f"orders-{name}", "family": family, "description": "Orders"}}


def default_group(name: str, family: str = "redis7") -> Group:
    """One of AWS's."""
    return parameter_group(f"default.{name}", family)


VALKEY8 = {key: value for key, value in ENGINE_VALUES.items() if not key.startswith("lazyfree")}
BEFORE_7 = ENGINE_VALUES
BEFORE_6 = {
    key: value for key, value in ENGINE_VALUES.items() if key not in ("acl-pubsub-default", "lazyfree-lazy-user-del")
}
SHARDS = [
    shard(1, "orders-shards-0001-001", "orders-shards-0001-002"),
    shard(2, "orders-shards-0002-001", "orders-shards-0002-002"),
]
SHARD_NODES = [each["CacheClusterId"] for one in SHARDS for each in one["NodeGroupMembers"]]
CLUSTERED = {"cluster-enabled": "yes"}

SHAPES = (
    Shape(cache=running("base")),
    Shape(
        cache=running(
            "alone",
            described={},
            nodes=(
                node(
                    "orders-alone", ReplicationGroupId=None, TransitEncryptionEnabled=False, TransitEncryptionMode=None
                ),
            ),
            **OPEN,
        ),
        refused=(
            (
                "it is a single node without a replication group, and a stack declares groups",
                "make it the primary of one, which takes it as it is, without a pause: `aws elasticache "
                "create-replication-group --replication-group-id orders-alone-group --replication-group-description "
                f"orders-alone-group --primary-cluster-id orders-alone {HERE}; then adopt orders-alone-group",
            ),
            (NO_TLS, tls("orders-alone-group")),
            (NO_LOGIN, token("orders-alone-group", "with TLS, ")),
        ),
    ),
    Shape(
        cache=running(
            "one-node",
            group={"MemberClusters": ["orders-one-node-001"], "AutomaticFailover": "disabled", "MultiAZ": "disabled"},
        ),
        says={"replicas": ABSENT, "multi_az": ABSENT},
    ),
    Shape(
        cache=running(
            "shards",
            group={
                "MemberClusters": SHARD_NODES,
                "NodeGroups": SHARDS,
                "ClusterEnabled": True,
                "ClusterMode": "enabled",
                "ConfigurationEndpoint": {
                    "Address": "orders-shards.abcdef.clustercfg.euw1.cache.amazonaws.com",
                    "Port": 6380,
                },
            },
            parameters=parameter_group("orders-shards-redis7", maxmemory_policy="allkeys-lfu", cluster_enabled="yes"),
        ),
        says={"shards": 2},
    ),
    Shape(
        cache=running(
            "compatible",
            group={
                "ClusterEnabled": True,
                "ClusterMode": "compatible",
                "ConfigurationEndpoint": {
                    "Address": "orders-compatible.abcdef.clustercfg.euw1.cache.amazonaws.com",
                    "Port": 6380,
                },
            },
            parameters=parameter_group(
                "orders-compatible-redis7", maxmemory_policy="allkeys-lfu", cluster_enabled="yes"
            ),
        ),
        says={"shards": 1},
    ),
    Shape(
        cache=running("token", group={**TOKEN, **NO_USERS}, node=TOKEN, **OPEN),
        says={
            "auth": "token",
            "_user_group": ABSENT,
            "_token_secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-token/auth-AbCdEf",
        },
    ),
    Shape(cache=running("plain", group=PLAIN_GROUP, node=PLAIN_GROUP), refused=((NO_TLS, tls("orders-plain")),)),
    Shape(
        cache=running(
            "plain-old",
            group={**PLAIN_GROUP, **NO_USERS},
            node={**PLAIN_GROUP, "EngineVersion": "6.2.6"},
            parameters=parameter_group("orders-plain-old", "redis6.x"),
            **OPEN,
        ),
        refused=(
            (
                NO_TLS,
                "before Redis 7.0.5 TLS is chosen when a cache is made: upgrade it to 7.1 first, then "
                f"{tls('orders-plain-old')}"
                ". Or `aws elasticache create-snapshot --replication-group-id orders-plain-old --snapshot-name "
                f"orders-plain-old-adopt {HERE} and a new group from it (`--snapshot-name`) with "
                "`--transit-encryption-enabled`, to which the clients move",
            ),
            (NO_LOGIN, token("orders-plain-old", "with TLS, ")),
        ),
    ),
    Shape(
        cache=running(
            "preferred", group={"TransitEncryptionMode": "preferred"}, node={"TransitEncryptionMode": "preferred"}
        ),
        says={"_tls": "preferred"},
    ),
    Shape(cache=running("open", group=NO_USERS, **OPEN), refused=((NO_LOGIN, token("orders-open")),)),
    Shape(
        cache=running(
            "redis5",
            group={**NO_USERS, **TOKEN, "TransitEncryptionMode": None},
            node={"EngineVersion": "5.0.6", "TransitEncryptionMode": None, **TOKEN},
            parameters=parameter_group("orders-redis5", "redis5.0", engine=BEFORE_6, maxmemory_policy="allkeys-lfu"),
            **OPEN,
        ),
        says={
            "version": "5.0.6",
            "_tls": ABSENT,
            "auth": "token",
            "_user_group": ABSENT,
            **own_group("redis5", "redis5.0"),
        },
    ),
    Shape(
        cache=running(
            "redis6",
            group={"TransitEncryptionMode": None},
            node={"EngineVersion": "6.0.5", "TransitEncryptionMode": None},
            parameters=parameter_group("orders-redis6", "redis6.x", maxmemory_policy="allkeys-lfu"),
        ),
        says={
            "version": "6.0",
            "_tls": ABSENT,
            **own_group("redis6", "redis6.x"),
        },
    ),
    Shape(
        cache=running(
            "redis62-mode",
            group={"TransitEncryptionMode": "required"},
            node={"EngineVersion": "6.2.6", "TransitEncryptionMode": "required"},
            parameters=parameter_group("orders-redis62-mode", "redis6.x", maxmemory_policy="allkeys-lfu"),
        ),
        says={"version": "6.2", "_tls": ABSENT, **own_group("redis62-mode", "redis6.x")},
    ),
    Shape(
        cache=running(
            "redis62",
            group={"TransitEncryptionMode": None},
            node={"EngineVersion": "6.2.6", "TransitEncryptionMode": None},
            parameters=parameter_group("orders-redis62", "redis6.x", maxmemory_policy="allkeys-lfu"),
        ),
        says={"version": "6.2", "_tls": ABSENT, **own_group("redis62", "redis6.x")},
    ),
    Shape(
        cache=of_version("redis70", "redis", "7.0.7", "redis7"),
        says={"version": "7.0", **own_group("redis70", "redis7")},
    ),
    Shape(
        cache=of_version("redis3", "redis", "3.2.10", "redis3.2"),
        refused=(
            (
                "Redis 3.2.10 is not among the versions that a stack can have",
                f"{MODIFY} orders-redis3 --engine-version 7.1 --cache-parameter-group-name default.redis7 "
                f"--apply-immediately {HERE} upgrades it in place (with a parameter group of its own: one of the new "
                "family); writes pause for seconds",
            ),
        ),
    ),
    Shape(
        cache=of_version("valkey72", "valkey", "7.2.6", "valkey7"),
        says={"engine": ABSENT, "version": "7.2", **own_group("valkey72", "valkey7")},
    ),
    Shape(
        cache=of_version("valkey80", "valkey", "8.0.1", "valkey8", VALKEY8),
        says={
            "engine": ABSENT,
            "version": ABSENT,
            **own_group("valkey80", "valkey8"),
        },
    ),
    Shape(
        cache=of_version("valkey81", "valkey", "8.1.0", "valkey8", VALKEY8),
        says={
            "engine": ABSENT,
            "version": "8.1",
            **own_group("valkey81", "valkey8"),
        },
    ),
    Shape(
        cache=of_version("valkey9", "valkey", "9.0.0", "valkey9", VALKEY8),
        says={
            "engine": ABSENT,
            "version": "9.0",
            **own_group("valkey9", "valkey9"),
        },
    ),
    Shape(
        cache=of_version("valkey10", "valkey", "10.0.0", "valkey10", VALKEY8),
        refused=(
            (
                "Valkey 10.0.0 is not among the versions that a stack can have",
                "a newer release of this project may; until then leave it outside the stack",
            ),
        ),
    ),
    Shape(
        cache=running("burst", described={}, nodes=(), serverless=serverless("orders-burst"), **OPEN),
        refused=(
            (
                "it is a serverless cache, and the caches of a stack have nodes",
                "leave it outside the stack, or fill a cache of the stack from it: `aws elasticache "
                "create-serverless-cache-snapshot --serverless-cache-name orders-burst "
                f"--serverless-cache-snapshot-name orders-burst-adopt {HERE}, `aws elasticache "
                f"export-serverless-cache-snapshot --serverless-cache-snapshot-name orders-burst-adopt "
                f"--s3-bucket-name BUCKET {HERE}, and a new group with `--snapshot-arns` of that file",
            ),
        ),
    ),
    Shape(
        cache=running(
            "global",
            group={
                "GlobalReplicationGroupInfo": {
                    "GlobalReplicationGroupId": "ldgnf-orders",
                    "GlobalReplicationGroupMemberRole": "SECONDARY",
                }
            },
        ),
        refused=(
            (
                "it is the secondary of the global datastore ldgnf-orders, which has engine, class and shards for all "
                "its members",
                "`aws elasticache disassociate-global-replication-group --global-replication-group-id ldgnf-orders "
                f"--replication-group-id orders-global --replication-group-region eu-west-1 {HERE}",
            ),
        ),
    ),
    Shape(
        cache=running(
            "global-first",
            group={
                "GlobalReplicationGroupInfo": {
                    "GlobalReplicationGroupId": "ldgnf-orders",
                    "GlobalReplicationGroupMemberRole": "PRIMARY",
                }
            },
        ),
        refused=(
            (
                "it is the primary of the global datastore ldgnf-orders, which has engine, class and shards for all "
                "its members",
                "remove its other members, then `aws elasticache delete-global-replication-group "
                f"--global-replication-group-id ldgnf-orders --retain-primary-replication-group {HERE}, which leaves "
                "the primary as it is",
            ),
        ),
    ),
    Shape(
        cache=running(
            "memcached",
            described={},
            nodes=(node("orders-memcached", ReplicationGroupId=None, Engine="memcached", EngineVersion="1.6.22"),),
            **OPEN,
        ),
        refused=(
            (
                "it is Memcached, and the caches of a stack are Valkey or Redis",
                "leave it outside the stack; what it holds can be made again, so a cache of the stack can take its "
                "place",
            ),
        ),
    ),
    Shape(
        cache=running(
            "tiered",
            group={"DataTiering": "enabled", "CacheNodeType": "cache.r6gd.xlarge"},
            node={"CacheNodeType": "cache.r6gd.xlarge"},
        ),
        says={"class": "cache.r6gd.xlarge"},
    ),
    Shape(
        cache=running("written", users=(user("orders-app", "orders_app", f"{APP} -@dangerous +@read"),)),
    ),
    Shape(
        cache=running("lent", user_groups=(user_group("orders-lent", "invoices-cache"),)),
        shared="; whoever is in it logs in to invoices-cache too",
    ),
    Shape(
        cache=running("let-in", users=(user("orders-default", "default", "on ~* +@all", type_="no-password"),)),
        left=(
            (
                "user orders-default",
                "clients that name no user are it (`on ~* +@all`), so it stays until they do: `aws elasticache "
                f'modify-user --user-id orders-default --access-string "off -@all" {HERE}',
            ),
        ),
    ),
    Shape(
        cache=running(
            "bare", group={"AtRestEncryptionEnabled": False, "KmsKeyId": None}, node={"AtRestEncryptionEnabled": False}
        ),
        says={"_encrypted": False, "_key": ABSENT},
        left=(
            (
                "data of orders-bare",
                "they are not encrypted at rest, which nothing changes in place; the way is a new group from a "
                "snapshot (`aws elasticache create-snapshot --replication-group-id orders-bare --snapshot-name "
                f"orders-bare-encrypt {HERE}, then `--snapshot-name` with `--at-rest-encryption-enabled`)",
            ),
        ),
    ),
    Shape(cache=running("awskey", group={"KmsKeyId": None}), says={"_key": ABSENT}),
    Shape(
        cache=running("default-group", parameters=default_group("redis7")),
        says={
            "eviction": ABSENT,
            "parameters": ABSENT,
            "_parameter_group": {"name": "default.redis7", "family": "redis7", "managed": False},
        },
        changed={"group": SERVED["group"]},
        left=(("parameter group default.redis7", f"{AWS_OWN}: it is only referred to"),),
    ),
    Shape(
        cache=running(
            "reserve",
            parameters=parameter_group(
                "orders-reserve",
                reserved_memory_percent="50",
                notify_keyspace_events="Ex",
                maxmemory_policy="noeviction",
            ),
        ),
        says={
            "eviction": "noeviction",
            "keyspace_events": "Ex",
            "parameters": {**AS_IT_IS, "reserved-memory-percent": 50},
            **own_group("reserve", "redis7"),
        },
    ),
    Shape(
        cache=running("events", parameters=parameter_group("orders-events", notify_keyspace_events="x")),
        says={
            "eviction": ABSENT,
            "parameters": ABSENT,
            "_parameter_group": {"name": "orders-events", "family": "redis7", "managed": False},
        },
        changed={"group": SERVED["group"]},
        left=(
            (
                "parameter group orders-events",
                "notify-keyspace-events is `x` in it: without K (by key) or E (by event) nothing is ever delivered: it "
                "is only referred to",
            ),
        ),
    ),
    Shape(
        cache=running("shared", parameters=parameter_group("orders-shared", shared_with=("invoices-cache",))),
        says={
            "eviction": ABSENT,
            "parameters": ABSENT,
            "_parameter_group": {"name": "orders-shared", "family": "redis7", "managed": False},
        },
        changed={"group": SERVED["group"]},
        left=(("parameter group orders-shared", "invoices-cache uses it too: it is only referred to"),),
    ),
    Shape(
        cache=running("unread", parameters=parameter_group("orders-unread", engine={})),
        says={
            "eviction": ABSENT,
            "parameters": ABSENT,
            "_parameter_group": {"name": "orders-unread", "family": "redis7", "managed": False},
        },
        changed={"group": SERVED["group"]},
        left=(("parameter group orders-unread", "it could not be read whole: it is only referred to"),),
    ),
    Shape(
        cache=running(
            "undescribed",
            parameters=replace(
                parameter_group("orders-undescribed"), described={"CacheParameterGroupName": "orders-undescribed"}
            ),
        ),
        says={
            "eviction": ABSENT,
            "parameters": ABSENT,
            "_parameter_group": {"name": "orders-undescribed", "family": "redis7", "managed": False},
        },
        changed={"group": SERVED["group"]},
        left=(("parameter group orders-undescribed", "it could not be read whole: it is only referred to"),),
    ),
    Shape(
        cache=running(
            "usual-port", group={"NodeGroups": [shard(1, "orders-usual-port-001", "orders-usual-port-002", port=6379)]}
        ),
        says={"_port": ABSENT},
    ),
    Shape(
        cache=running("unsaved", group={"SnapshotRetentionLimit": 0}),
        says={"snapshot": {"retention": 0, "window": "01:15-02:15"}},
    ),
    Shape(
        cache=running("overlap", group={"SnapshotWindow": "23:00-00:00"}),
        says={"snapshot": {"retention": 3}},
        changed={**SERVED, "group": SERVED["group"] | {"snapshotWindow"}},
    ),
    Shape(
        cache=running("no-failover", group={"AutomaticFailover": "disabled", "MultiAZ": "disabled"}),
        says={"multi_az": ABSENT},
        changed={**SERVED, "group": SERVED["group"] | {"automaticFailoverEnabled"}},
    ),
    Shape(
        cache=running(
            "logged",
            group={
                "LogDeliveryConfigurations": [
                    delivery("slow-log", stream="orders-slow", form="text"),
                    delivery("engine-log", group="/orders/cache"),
                ]
            },
        ),
        says={
            "_logs": {
                "slow-log": {"destination": "orders-slow", "type": "kinesis-firehose", "format": "text"},
                "engine-log": {"destination": "/orders/cache"},
            }
        },
        changed=less("logDeliveryConfigurations"),
        left=(
            ("slow-log of orders-logged", "it goes on to orders-slow"),
            ("engine-log of orders-logged", "it goes on to /orders/cache"),
        ),
    ),
    Shape(
        cache=running("unknown", group={"CacheNodeType": "cache.m3.large"}, node={"CacheNodeType": "cache.m3.large"}),
        refused=(
            (
                "cache.m3.large is not among the node types that a stack can have",
                f"{MODIFY} orders-unknown --cache-node-type cache.m5.large --apply-immediately {HERE} changes it in "
                "place; look at its memory and its price first",
            ),
        ),
    ),
    Shape(
        cache=running("heard", node={"NotificationConfiguration": {"TopicArn": TOPIC, "TopicStatus": "active"}}),
        says={"_topic": TOPIC},
        left=((f"topic {TOPIC}", "it goes on hearing of orders-heard, and the stack's own topics do not"),),
    ),
    Shape(cache=running("unheard", node={"NotificationConfiguration": {"TopicArn": TOPIC, "TopicStatus": "inactive"}})),
    Shape(
        cache=running("long", group={"ReplicationGroupId": "orders-with-a-name-as-long-as-one-can-be"}),
        says={"_identifier": "orders-with-a-name-as-long-as-one-can-be"},
    ),
    Shape(
        cache=running("of-a-name-as-long-as-there-is-one"),
        refused=(
            (
                "what the stack makes for it is named after it, and `shop-live-of-a-name-as-long-as-there-is-one` must "
                "be 2 to 40 characters: lower-case letters, digits and single hyphens, starting with a letter and not "
                "ending in a hyphen",
                "call it something shorter in the stack: `--cache NAME=orders-of-a-name-as-long-as-there-is-one`",
            ),
        ),
    ),
    Shape(
        cache=running("busy", group={"Status": "modifying"}),
        refused=(
            (
                "it is under way (`modifying`): what is read of it now is not what it will be",
                "wait until it is done, then adopt it again",
            ),
        ),
    ),
    Shape(
        cache=running("waiting", node={"PendingModifiedValues": {"EngineVersion": "7.2.1"}}),
        refused=(
            (
                "changes of it wait for the maintenance window (EngineVersion)",
                "have them made now, or wait until it is done, then adopt it again",
            ),
        ),
    ),
    Shape(
        cache=running(
            "uneven",
            group={
                "MemberClusters": ["orders-uneven-0001-001", "orders-uneven-0001-002", "orders-uneven-0002-001"],
                "NodeGroups": [
                    shard(1, "orders-uneven-0001-001", "orders-uneven-0001-002"),
                    shard(2, "orders-uneven-0002-001"),
                ],
                "ClusterEnabled": True,
                "ClusterMode": "enabled",
            },
        ),
        refused=(
            (
                "its shards have different numbers of replicas (1, 0)",
                "`aws elasticache increase-replica-count --replication-group-id orders-uneven --new-replica-count 1 "
                f"--apply-immediately {HERE} gives each the same",
            ),
        ),
    ),
    Shape(
        cache=replace(running("nodeless"), nodes=()),
        refused=(
            (
                "its nodes could not be read, which have its version, its networks and its parameter group",
                "allow elasticache:DescribeCacheClusters, then adopt it again",
            ),
        ),
    ),
    Shape(
        cache=running("abroad", region="us-east-1"),
        refused=(
            (
                "it is in us-east-1, and the database in eu-west-1: a stack has its caches in one region",
                "leave it outside the stack, or in a stack of its own",
            ),
        ),
    ),
    Shape(
        cache=running("elsewhere", node={"CacheSubnetGroupName": "invoices"}),
        refused=(
            (
                "it is in vpc-0f9e8d7c, and the database in vpc-0a1b2c3d: a stack has one network",
                "leave it outside the stack, or in a stack of its own",
            ),
        ),
    ),
)
"""Every cache has a name of its own, so that all of them are one tier."""
