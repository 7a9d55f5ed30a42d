"""The database instances and the caches of a stack, as their components take them."""

from __future__ import annotations

from components.existing import ExistingParameterGroup
from components.postgres.args import PostgresArgs
from components.postgres.existing import ExistingInstance
from components.postgres.primary import Postgres
from components.postgres.replica import ReplicaSpec
from components.redis.args import RedisArgs
from components.redis.existing import ExistingCache, ExistingDelivery
from components.redis.replication_group import Redis
from infra.instances import DatabaseInstance, ReplicationGroup
from infra.parts.site import Foundation
from infra.settings.existing import ExistingReplica, ExistingServer
from infra.settings.sections import CacheSection
from knowledge.windows import parse_window, to_utc


def database(base: Foundation) -> Postgres:
    """Make the primary and its replicas."""
    primary, settings, given = base.instances.primary, base.settings, base.settings.postgres
    return Postgres(
        "postgres",
        PostgresArgs(
            identifier=primary.identifier,
            prefix=primary.named,
            account_id=base.place["account_id"],
            partition=base.place["partition"],
            version=primary.version,
            auto_minor_version_upgrade="." not in primary.version,
            instance_class=primary.instance_class,
            parameters=list(primary.parameters),
            database=given.database,
            username=given.master,
            password=base.credentials.master_password,
            port=given.port,
            storage_type=primary.volume.type,
            allocated_storage=primary.volume.allocated,
            max_allocated_storage=primary.max_allocated_storage or None,
            iops=primary.volume.iops,
            storage_throughput=primary.volume.throughput,
            multi_az=given.multi_az,
            subnet_ids=base.network.subnet_ids,
            security_group_ids=[base.firewall.database_id],
            storage_key_arn=base.keys.storage_arn,
            logs_key_arn=base.keys.logs_arn,
            log_retention_days=settings.logs.retention,
            replicas={name: _replica(base, name, replica) for name, replica in base.instances.replicas.items()},
            backup_retention_days=given.backup.retention,
            backups_elsewhere=bool(settings.backup and settings.backup.continuous),
            backup_window=to_utc(parse_window(given.backup.window, shortest=30), settings.time_zone),
            maintenance_window=to_utc(parse_window(given.maintenance, shortest=30), settings.time_zone),
            monitoring_interval=given.monitoring,
            insights=given.insights,
            insights_retention_days=465 if given.insights == "advanced" else 7,
            apply_immediately=given.apply_immediately,
            allow_major_version_upgrade=given.major_upgrade,
            ca_certificate=given.ca,
            final_snapshot=settings.final_snapshots,
            protect=settings.protect,
            event_topic_arns={each: base.notifications.topic_arns[each] for each in ("warning", "info")},
            existing=_kept(given.existing, given.existing.initial_database) if given.existing else None,
        ),
    )


def _replica(base: Foundation, name: str, replica: DatabaseInstance) -> ReplicaSpec:
    given, volume = base.settings.postgres.replicas[name], replica.volume
    return ReplicaSpec(
        identifier=replica.identifier,
        instance_class=replica.instance_class,
        parameters=list(replica.parameters),
        availability_zone=given.zone,
        storage_type=None if volume.type == "gp3" else volume.type,
        iops=volume.iops,
        storage_throughput=volume.throughput,
        max_allocated_storage=replica.max_allocated_storage or None,
        remote=base.remotes[name].replica if replica.elsewhere else None,
        existing=_kept(given.existing) if given.existing else None,
    )


def _kept(given: ExistingReplica, initial_database: str | None = None) -> ExistingInstance:
    return ExistingInstance(
        subnet_group=given.subnet_group,
        security_group_ids=list(given.security_groups),
        parameter_group=_group(given),
        encrypted=given.encrypted,
        key_arn=given.key,
        insights_key_arn=given.insights_key,
        public=given.public,
        initial_database=initial_database,
    )


def caches(base: Foundation) -> dict[str, Redis]:
    """Make the caches, by name."""
    return {name: Redis(name, _cache(base, base.settings.redis[name], c)) for name, c in base.instances.caches.items()}


def _cache(base: Foundation, given: CacheSection, cache: ReplicationGroup) -> RedisArgs:
    settings = base.settings
    return RedisArgs(
        replication_group_id=cache.identifier,
        prefix=cache.named,
        engine=cache.engine,
        version=cache.version,
        family=cache.family,
        node_type=cache.node_type,
        parameters=list(cache.parameters),
        replicas=cache.replicas,
        shards=cache.shards or None,
        multi_az=given.multi_az,
        auth_token=base.credentials.tokens.get(cache.name),
        port=cache.port,
        subnet_ids=base.network.subnet_ids,
        security_group_ids=[base.firewall.cache_id],
        storage_key_arn=base.keys.storage_arn,
        logs_key_arn=base.keys.logs_arn,
        log_retention_days=settings.logs.retention,
        snapshot_retention_days=given.snapshot.retention,
        snapshot_window=to_utc(parse_window(given.snapshot.window, shortest=60), settings.time_zone),
        maintenance_window=to_utc(parse_window(given.maintenance, shortest=60), settings.time_zone),
        notification_topic_arn=base.notifications.cache_events_arn,
        final_snapshot=settings.final_snapshots,
        protect=settings.protect,
        existing=_existing(cache),
    )


def _existing(cache: ReplicationGroup) -> ExistingCache | None:
    """What a cache keeps, as its component takes it."""
    kept = cache.existing
    if kept is None:
        return None
    return ExistingCache(
        subnet_group=kept.subnet_group,
        security_group_ids=list(kept.security_groups),
        parameter_group=_group(kept),
        encrypted=kept.encrypted,
        key_arn=kept.key,
        tls=kept.tls,
        user_group_id=kept.user_group,
        token=not cache.users,
        topic_arn=kept.topic,
        logs={kind: ExistingDelivery(**each.model_dump()) for kind, each in kept.logs.items()},
    )


def _group(kept: ExistingServer) -> ExistingParameterGroup | None:
    group = kept.parameter_group
    return ExistingParameterGroup(**group.model_dump()) if group else None
