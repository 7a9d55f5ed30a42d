"""What is watched: every instance and cache node with the alarms that its class, size and parameters give."""

from __future__ import annotations

from typing import Any

import pulumi

from components.alarms import Alarms, AlarmsArgs, AlarmTarget
from components.dashboard import Dashboard, DashboardArgs
from components.notifications import Notifications
from components.postgres import Postgres
from components.redis import Redis
from components.remote import Remote
from infra import sizes
from infra.sections import Cache, Replica
from infra.settings import Settings
from knowledge.classes import cache_class, rds_class
from knowledge.thresholds import AlarmSpec, postgres_alarms, redis_alarms


def watched(
    settings: Settings,
    prefix: str,
    place: dict[str, Any],
    postgres: Postgres,
    caches: dict[str, Redis],
    notifications: Notifications,
    remotes: dict[str, Remote],
    proven: pulumi.Resource,
) -> pulumi.Output[str]:
    """Make the alarms, of each region in that region, and the dashboard; returns the dashboard's address.

    The alarms come after `proven`, which has logged in to every server: one that treats silence as a fault is in ALARM
    from its first evaluation where its server has published nothing yet.
    """
    servers = targets(settings, postgres, caches)
    after = pulumi.ResourceOptions(depends_on=[proven])
    alarms = Alarms("alarms", AlarmsArgs(prefix=prefix, targets=servers, topic_arns=notifications.topic_arns), after)
    arns, pages, regions = dict(alarms.arns), dict(alarms.page_arns), dict[str, str]()
    for name, target in remote_targets(settings, postgres).items():
        site = remotes[name]
        there = Alarms(
            f"alarms-{name}",
            AlarmsArgs(prefix=prefix, targets={name: target}, topic_arns=site.topic_arns, region=site.replica.region),
            after,
        )
        servers[name], regions[name] = target, site.replica.region
        arns |= there.arns
        pages |= there.page_arns
    return Dashboard(
        "dashboard",
        DashboardArgs(
            name=prefix,
            region=place["region"],
            partition=place["partition"],
            targets=servers,
            regions=regions,
            alarm_arns=arns,
            page_arns=pages,
        ),
    ).url


def targets(settings: Settings, postgres: Postgres, caches: dict[str, Redis]) -> dict[str, AlarmTarget]:
    """Server -> its alarms. A replica in another region is watched there, not here: alarms see one region."""
    alarms = catalogue(settings)
    watched = {"primary": _instance(postgres, None, alarms["primary"])}
    for name, replica in settings.postgres.replicas.items():
        if replica.remote is None:
            watched[name] = _instance(postgres, name, alarms[name])
    for name in settings.redis:
        for number, node in enumerate(caches[name].nodes, start=1):
            watched[f"{name}-{number}"] = AlarmTarget(
                dimension="CacheClusterId", id=node, alarms=alarms[name], page=name
            )
    return watched


def remote_targets(settings: Settings, postgres: Postgres) -> dict[str, AlarmTarget]:
    """Replicas in other regions, each watched in its own."""
    alarms = catalogue(settings)
    return {
        name: _instance(postgres, name, alarms[name], here=False)
        for name, replica in settings.postgres.replicas.items()
        if replica.remote is not None
    }


def catalogue(settings: Settings) -> dict[str, tuple[AlarmSpec, ...]]:
    """`primary`, each replica and each cache -> the alarms of it, or of each of its nodes."""
    made = {"primary": postgres_specs(settings, None)}
    made |= {name: postgres_specs(settings, replica) for name, replica in settings.postgres.replicas.items()}
    return made | {name: redis_specs(cache) for name, cache in settings.redis.items()}


def postgres_specs(settings: Settings, replica: Replica | None) -> tuple[AlarmSpec, ...]:
    """Alarms of the primary, or of a replica."""
    database = settings.postgres
    storage = database.storage
    ceiling = storage.max if replica is None or replica.max_storage is None else replica.max_storage
    parameters = {each.name: each.value for each in sizes.postgres(settings, replica)}
    return postgres_alarms(
        rds_class((replica and replica.class_) or database.class_),
        max_connections=int(parameters["max_connections"]),
        allocated_gib=storage.allocated,
        max_allocated_gib=ceiling,
        replica=replica is not None,
        lag_critical_seconds=database.replica_lag,
        iops=storage.iops,
        throughput=storage.throughput,
        insights=database.insights != "off",
        idle_timeout_ms=int(parameters["idle_in_transaction_session_timeout"]),
        slow_ms=int(parameters["log_min_duration_statement"]),
        logical=parameters.get("rds.logical_replication") == "1",
        remote=replica is not None and replica.remote is not None,
    )


def redis_specs(cache: Cache) -> tuple[AlarmSpec, ...]:
    """Alarms of each node of a cache."""
    return redis_alarms(
        cache_class(cache.class_), eviction=cache.eviction, replicas=cache.replicas, cluster_mode=cache.shards > 0
    )


def _instance(postgres: Postgres, name: str | None, alarms: tuple[AlarmSpec, ...], *, here: bool = True) -> AlarmTarget:
    server = postgres if name is None else postgres.replicas[name]
    return AlarmTarget(
        dimension="DBInstanceIdentifier",
        id=server.identifier,
        alarms=alarms,
        primary=postgres.identifier if name and here else None,
        resource_id=server.resource_id,
        log_group=server.log_group,
        # A replica without its primary has stopped too: that is the primary's page, not one more.
        silenced_by="primary-down" if name and here else None,
    )
