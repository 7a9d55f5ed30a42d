"""What a described cache is: engine, version, size, TLS and logins, as ElastiCache says it. Pure."""

from __future__ import annotations

from adopt.estate import Described, Group, RunningCache
from knowledge.versions import numbers


def is_serverless(cache: RunningCache) -> bool:
    """Whether it has no nodes."""
    return bool(cache.serverless)


def is_grouped(cache: RunningCache) -> bool:
    """Whether it is a replication group."""
    return "ReplicationGroupId" in cache.described


def node(cache: RunningCache) -> Described:
    """The node that speaks for all: the first member of the first shard, which the provider asks too
    (terraform-provider-aws, elasticache/replication_group.go, Read); empty where none was read."""
    asked = next((member["CacheClusterId"] for member in _members(cache)), None)
    return next((each for each in cache.nodes if asked in (None, each["CacheClusterId"])), {})


def _members(cache: RunningCache) -> list[Described]:
    groups = cache.described.get("NodeGroups", [])
    return list(groups[0].get("NodeGroupMembers", [])) if groups else []


def engine(cache: RunningCache) -> str:
    """`valkey`, `redis` or `memcached`."""
    return str(cache.described.get("Engine") or node(cache).get("Engine", "")).lower()


def engine_words(cache: RunningCache) -> str:
    """Engine and version for a sentence: `Redis 6.2.6`."""
    return f"{engine(cache).capitalize()} {full_version(cache)}"


def full_version(cache: RunningCache) -> str:
    """Version with its patch, such as `7.1.0`."""
    return str(node(cache).get("EngineVersion", ""))


def version(cache: RunningCache) -> str:
    """Version as a stack's file has it, which is how the provider reads it: whole before 6, then `major.minor`
    (the same, elasticache/engine_version.go)."""
    whole = full_version(cache)
    return whole if numbers(whole)[:1] < (6,) else ".".join(whole.split(".")[:2])


def has_tls(cache: RunningCache) -> bool:
    """Whether clients can reach it with TLS."""
    return bool(cache.described.get("TransitEncryptionEnabled") or node(cache).get("TransitEncryptionEnabled"))


def has_token(cache: RunningCache) -> bool:
    """Whether clients log in with an AUTH token."""
    return bool(cache.described.get("AuthTokenEnabled") or node(cache).get("AuthTokenEnabled"))


def user_group(cache: RunningCache) -> str | None:
    """Its user group, of which a cache has one at most."""
    return next(iter(cache.described.get("UserGroupIds", [])), None)


def shards(cache: RunningCache) -> int:
    """Shards; 0 outside of cluster mode."""
    return len(cache.described.get("NodeGroups", [])) if cache.described.get("ClusterEnabled") else 0


def replicas(cache: RunningCache) -> tuple[int, ...]:
    """Replicas of each shard, in the order of the shards."""
    return tuple(len(each.get("NodeGroupMembers", [])) - 1 for each in cache.described.get("NodeGroups", []))


def endpoint(cache: RunningCache) -> Described:
    """Where clients write: the configuration endpoint, else that of the first shard's primary."""
    groups = cache.described.get("NodeGroups", [])
    found: Described = cache.described.get("ConfigurationEndpoint") or (groups[0] if groups else {}).get(
        "PrimaryEndpoint", {}
    )
    return found


def key(cache: RunningCache) -> str | None:
    """ARN of its KMS key; None where it has none, or ElastiCache's own."""
    return cache.described.get("KmsKeyId") or None


def is_encrypted(cache: RunningCache) -> bool:
    """Whether it is encrypted at rest."""
    return bool(cache.described.get("AtRestEncryptionEnabled") or node(cache).get("AtRestEncryptionEnabled"))


def security_groups(cache: RunningCache) -> list[str]:
    """Ids of its security groups."""
    return [str(each["SecurityGroupId"]) for each in node(cache).get("SecurityGroups", [])]


def topic(cache: RunningCache) -> str | None:
    """ARN of the topic that hears of its events; None where there is none, or it is switched off."""
    notified = node(cache).get("NotificationConfiguration") or {}
    return notified.get("TopicArn") if notified.get("TopicStatus") == "active" else None


def parameter_group(cache: RunningCache) -> str:
    """Name of its parameter group."""
    return str(node(cache)["CacheParameterGroup"]["CacheParameterGroupName"])


def destination(delivery: Described) -> str:
    """Log group or delivery stream of a LogDeliveryConfiguration."""
    details = delivery["DestinationDetails"]
    firehose = details.get("KinesisFirehoseDetails")
    return str(firehose["DeliveryStream"] if firehose else details["CloudWatchLogsDetails"]["LogGroup"])


def parameters(group: Group) -> dict[str, str]:
    """Every parameter that has a value: what was set, and the engine's own."""
    return {
        str(each["ParameterName"]).lower(): str(each["ParameterValue"])
        for each in group.parameters
        if each.get("ParameterValue") is not None
    }


def set_parameters(group: Group) -> dict[str, str]:
    """The parameters that somebody has set."""
    names = {str(each["ParameterName"]).lower() for each in group.parameters if each.get("Source") == "user"}
    return {name: value for name, value in parameters(group).items() if name in names}
