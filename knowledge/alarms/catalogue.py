"""CloudWatch alarms of an RDS instance and of an ElastiCache node, thresholds computed from class, size and limits.

Words, periods and treatment of missing data are in `postgres.toml` and `redis.toml`. What a class or a
cache does not have (CPU credits, EBS bursts, evictions under `noeviction`) gets no alarm: one that can never ring, or
always does, is worse than none.
"""

from __future__ import annotations

from knowledge.alarms import postgres_thresholds, redis_thresholds
from knowledge.alarms.spec import AlarmSpec
from knowledge.alarms.words import specs, words
from knowledge.classes import CacheClass, RdsClass
from knowledge.storage import Volume

POSTGRES = words("postgres.toml")
REDIS = words("redis.toml")


def postgres_alarms(
    cls: RdsClass,
    volume: Volume,
    *,
    max_connections: int,
    max_allocated_gib: int,
    replica: bool,
    lag_critical_seconds: float,
    insights: bool = True,
    idle_timeout_ms: int = 600_000,
    slow_ms: int = 500,
    logical: bool = False,
    remote: bool = False,
) -> tuple[AlarmSpec, ...]:
    """Return the alarms of one instance.

    :param max_allocated_gib: storage autoscaling's maximum; 0, or no more than allocated, where it is off.
    :param insights: whether Database Insights is on: DBLoad and its counters exist only then.
    :param idle_timeout_ms: idle_in_transaction_session_timeout; 0 where it is off.
    :param slow_ms: log_min_duration_statement; nothing is counted where it is 0 (everything) or -1 (nothing).
    :param logical: whether rds.logical_replication is on.
    :param remote: whether it is a replica in another region than its primary.
    """
    limits = postgres_thresholds.load(
        cls, max_connections, insights=insights, idle_timeout_ms=idle_timeout_ms, slow_ms=slow_ms
    )
    limits |= postgres_thresholds.disk(cls, volume, max_allocated_gib)
    if replica:
        limits |= postgres_thresholds.replica(lag_critical_seconds, remote=remote)
    else:
        limits |= postgres_thresholds.primary(volume.allocated, logical=logical)
    return specs("AWS/RDS", POSTGRES, limits, "a larger class")


def redis_alarms(cls: CacheClass, *, eviction: str, replicas: int, cluster_mode: bool) -> tuple[AlarmSpec, ...]:
    """Return the alarms of one node; `replicas` is per shard, and any node may become its shard's primary."""
    limits = redis_thresholds.limits(cls, eviction=eviction, replicas=replicas)
    larger = "a larger node type or another shard" if cluster_mode else "a larger node type"
    return specs("AWS/ElastiCache", REDIS, limits, larger)
