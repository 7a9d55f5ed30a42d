"""What is watched: every instance and cache node with the alarms that its class and size give."""

from __future__ import annotations

import pulumi

from components.alarms import AlarmTarget
from components.postgres import Postgres
from components.redis import Redis
from components.sizing.classes import cache_class, rds_class
from components.sizing.thresholds import postgres_alarms, redis_alarms
from infra import sizes
from infra.sections import Replica
from infra.settings import Settings


def targets(settings: Settings, postgres: Postgres, caches: dict[str, Redis]) -> dict[str, AlarmTarget]:
    """Server -> its alarms. A replica in another region is watched there, not here: alarms see one region."""
    watched = {"primary": _instance(settings, postgres.identifier, None)}
    for name, replica in settings.postgres.replicas.items():
        if replica.remote is None:
            watched[name] = _instance(settings, postgres.replicas[name].identifier, replica)
    for name, cache in settings.redis.items():
        alarms = redis_alarms(
            cache_class(cache.class_), eviction=cache.eviction, replicas=cache.replicas, cluster_mode=cache.shards > 0
        )
        for number, node in enumerate(caches[name].nodes, start=1):
            watched[f"{name}-{number}"] = AlarmTarget(dimension="CacheClusterId", id=node, alarms=alarms)
    return watched


def _instance(settings: Settings, identifier: pulumi.Input[str], replica: Replica | None) -> AlarmTarget:
    database = settings.postgres
    storage = database.storage
    ceiling = storage.max if replica is None or replica.max_storage is None else replica.max_storage
    parameters = {each.name: each.value for each in sizes.postgres(settings, replica)}
    alarms = postgres_alarms(
        rds_class((replica and replica.class_) or database.class_),
        max_connections=int(parameters["max_connections"]),
        allocated_gib=storage.allocated,
        max_allocated_gib=ceiling,
        replica=replica is not None,
        lag_critical_seconds=database.replica_lag,
        iops=storage.iops,
    )
    return AlarmTarget(dimension="DBInstanceIdentifier", id=identifier, alarms=alarms)
