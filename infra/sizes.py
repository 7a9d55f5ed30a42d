"""From a stack's settings to engine parameters, by way of the instance classes."""

from __future__ import annotations

from infra.sections import Cache, Replica
from infra.settings import Settings
from knowledge.classes import cache_class, rds_class
from knowledge.parameters import Parameter
from knowledge.postgres import postgres_parameters
from knowledge.redis import redis_family, redis_parameters


def postgres(settings: Settings, replica: Replica | None = None) -> tuple[Parameter, ...]:
    """Parameters of the primary, or of a replica: its own class, its own overrides on top of the primary's."""
    database = settings.postgres
    size = rds_class((replica and replica.class_) or database.class_)
    return postgres_parameters(
        size.memory_bytes,
        size.vcpu,
        int(database.version.partition(".")[0]),
        storage_gib=database.storage.allocated,
        replica=replica is not None,
        pgaudit=database.pgaudit,
        overrides={**database.parameters, **(replica.parameters if replica else {})},
        # A replica with fewer connections or workers than its primary does not start.
        primary=postgres(settings) if replica else (),
    )


def redis(cache: Cache) -> tuple[Parameter, ...]:
    """Parameters of a cache."""
    return redis_parameters(
        cache_class(cache.class_).memory_bytes,
        cache.engine,
        cache.version,
        eviction=cache.eviction,
        cluster_mode=cache.shards > 0,
        keyspace_events=cache.keyspace_events,
        overrides=cache.parameters,
    )


def family(cache: Cache) -> str:
    """Parameter group family of a cache."""
    return redis_family(cache.engine, cache.version)
