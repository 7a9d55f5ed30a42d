"""Composition of a stack, nothing else: settings in, components, and the manifest and outputs out."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from bootstrap.access import Access, load_access
from components import names
from components.connect import Connecting, connect
from components.credentials import Credentials, CredentialsArgs
from components.firewall import Firewall, FirewallArgs
from components.keys import Keys, KeysArgs
from components.network import ENDPOINTS, Network, NetworkArgs
from components.notifications import SEVERITIES, Notifications, NotificationsArgs
from components.postgres import Postgres, PostgresArgs
from components.redis import Redis, RedisArgs
from components.rotation import Rotation, RotationArgs
from components.runner import Runner, RunnerArgs
from infra import extras, sizes
from infra.boundary import bind_roles
from infra.connect import connect_policies, master, prove
from infra.crossed import agree
from infra.manifest import Parts, manifest
from infra.notify import recipients
from infra.ownership import mark
from infra.replicas import remote_sites, replica_specs
from infra.sections import minutes
from infra.settings import Settings
from infra.stackfile import file_of
from infra.watch import watched
from infra.windows import parse_window, to_utc
from infra.zones import zones


def deploy(stack: str, settings: Settings, declaration: dict[str, Any], *, code: pulumi.Archive, trigger: str) -> None:
    """Declare the stack's resources and export its outputs.

    `declaration` is access.yaml as it is written: the manifest carries it to the bootstrap.
    """
    bind_roles(settings.boundary)
    access = load_access(declaration)
    agree(settings, access, file_of(stack))
    prefix = names.prefix(settings.name, stack)
    mark(prefix)
    account, region = aws.get_caller_identity().account_id, aws.get_region().region
    place = {"account_id": account, "region": region, "partition": aws.get_partition().partition}
    database, logs_days = settings.postgres, settings.logs.retention

    keys = Keys(
        "keys",
        KeysArgs(
            prefix=prefix,
            deletion_window_days=settings.keys.deletion_window,
            snapshots_stay=settings.final_snapshots,
            protect=settings.protect,
            **place,
        ),
    )
    network = Network("network", _network(stack, settings, prefix, keys, place))
    firewall = Firewall(
        "firewall",
        FirewallArgs(
            prefix=prefix,
            vpc_id=network.vpc_id,
            clients=list(settings.network.clients),
            database_port=database.port,
            cache_port=settings.cache_port,
            endpoint_security_group_id=network.endpoint_security_group_id,
            endpoint_cidrs=[each for each in settings.network.endpoints if not each.startswith("sg-")],
        ),
    )
    remotes = remote_sites(settings, prefix, account, place["partition"])
    notifications = Notifications(
        "notifications",
        NotificationsArgs(
            prefix=prefix,
            key_arn=keys.notifications_arn,
            recipients=recipients(settings.notify),
            chat_topic_arns={s: [each.topic_arns[s] for each in remotes.values()] for s in SEVERITIES},
            account_id=account,
            region=region,
            partition=place["partition"],
        ),
    )
    credentials = Credentials(
        "credentials",
        CredentialsArgs(
            prefix=prefix,
            master_username=database.master,
            database=database.database,
            identities=sorted(access.identities),
            token_caches=[name for name, cache in settings.redis.items() if cache.auth == "token"],
            secrets_key_arn=keys.secrets_arn,
            password_length=settings.passwords.length,
            password_special=settings.passwords.special,
            recovery_window_days=settings.keys.deletion_window if settings.protect else 0,
            protect=settings.protect,
        ),
    )
    postgres = Postgres(
        "postgres",
        PostgresArgs(
            identifier=prefix,
            account_id=account,
            partition=place["partition"],
            version=database.version,
            auto_minor_version_upgrade="." not in database.version,
            instance_class=database.class_,
            parameters=list(sizes.postgres(settings)),
            database=database.database,
            username=database.master,
            password=credentials.master_password,
            port=database.port,
            allocated_storage=database.storage.allocated,
            max_allocated_storage=database.storage.max or None,
            iops=database.storage.iops,
            storage_throughput=database.storage.throughput,
            multi_az=database.multi_az,
            subnet_ids=network.subnet_ids,
            security_group_ids=[firewall.database_id],
            storage_key_arn=keys.storage_arn,
            logs_key_arn=keys.logs_arn,
            log_retention_days=logs_days,
            replicas=replica_specs(settings, remotes),
            backup_retention_days=database.backup.retention,
            backups_elsewhere=bool(settings.backup and settings.backup.continuous),
            backup_window=to_utc(parse_window(database.backup.window, shortest=30), settings.time_zone),
            maintenance_window=to_utc(parse_window(database.maintenance, shortest=30), settings.time_zone),
            monitoring_interval=database.monitoring,
            insights=database.insights,
            insights_retention_days=465 if database.insights == "advanced" else 7,
            apply_immediately=database.apply_immediately,
            allow_major_version_upgrade=database.major_upgrade,
            final_snapshot=settings.final_snapshots,
            protect=settings.protect,
            event_topic_arns={each: notifications.topic_arns[each] for each in ("warning", "info")},
        ),
    )
    caches = {
        name: Redis(
            name,
            RedisArgs(
                replication_group_id=names.server(prefix, name),
                engine=cache.engine,
                version=cache.version,
                family=sizes.family(cache),
                node_type=cache.class_,
                parameters=list(sizes.redis(cache)),
                replicas=cache.replicas,
                shards=cache.shards or None,
                multi_az=cache.multi_az,
                auth_token=credentials.tokens.get(name),
                port=settings.cache_port,
                subnet_ids=network.subnet_ids,
                security_group_ids=[firewall.cache_id],
                storage_key_arn=keys.storage_arn,
                logs_key_arn=keys.logs_arn,
                log_retention_days=logs_days,
                snapshot_retention_days=cache.snapshot.retention,
                snapshot_window=to_utc(parse_window(cache.snapshot.window, shortest=60), settings.time_zone),
                maintenance_window=to_utc(parse_window(cache.maintenance, shortest=60), settings.time_zone),
                notification_topic_arn=notifications.cache_events_arn,
                final_snapshot=settings.final_snapshots,
                protect=settings.protect,
            ),
        )
        for name, cache in settings.redis.items()
    }
    parts = Parts(
        stack=stack,
        prefix=prefix,
        region=region,
        database=database.database,
        postgres=postgres,
        caches=caches,
        credentials=credentials,
    )
    document = manifest(parts, settings, declaration)
    runner = Runner(
        "runner",
        RunnerArgs(
            prefix=prefix,
            code=code,
            manifest=document,
            trigger=trigger,
            memory_mib=settings.runner.memory,
            reserved_concurrency=settings.runner.reserved,
            subnet_ids=network.subnet_ids,
            security_group_ids=[firewall.runner_id, *(e for e in settings.network.endpoints if e.startswith("sg-"))],
            secret_arns=[
                credentials.master_secret_arn,
                *credentials.secret_arns.values(),
                *credentials.token_secret_arns.values(),
            ],
            token_caches=[caches[name].arn for name in credentials.token_secret_arns],
            secrets_key_arn=keys.secrets_arn,
            connect=prove(access, settings, prefix, postgres, caches),
            logs_key_arn=keys.logs_arn,
            log_retention_days=logs_days,
            **place,
        ),
        pulumi.ResourceOptions(depends_on=[postgres, *caches.values(), firewall, network]),
    )
    dashboard = watched(settings, prefix, place, postgres, caches, notifications, remotes, proven=runner)
    rotating, fixed = _secrets(access, settings, credentials)
    if settings.rotation and rotating:
        Rotation(
            "rotation",
            RotationArgs(
                prefix=prefix,
                code=code,
                manifest=document,
                every_days=minutes(settings.rotation.every) // 1440,
                grace_seconds=minutes(settings.rotation.grace) * 60,
                memory_mib=settings.runner.memory,
                subnet_ids=network.subnet_ids,
                security_group_ids=[
                    firewall.runner_id,
                    *(e for e in settings.network.endpoints if e.startswith("sg-")),
                ],
                secret_arns=rotating,
                connect=connect(Connecting(logins=master(access, settings)), postgres, caches),
                read_secret_arns=[*fixed.values(), *credentials.token_secret_arns.values()],
                secrets_key_arn=keys.secrets_arn,
                logs_key_arn=keys.logs_arn,
                log_retention_days=logs_days,
                recovery_window_days=settings.keys.deletion_window if settings.protect else 0,
                **place,
            ),
            pulumi.ResourceOptions(depends_on=[runner]),
        )
    site = extras.Site(
        prefix=prefix,
        place=place,
        settings=settings,
        keys=keys,
        network=network,
        firewall=firewall,
        notifications=notifications,
        credentials=credentials,
        postgres=postgres,
    )
    if recovered := extras.backup(site, code=code, manifest=document):
        pulumi.export("backup", recovered)
    if kept := extras.bucket(site):
        pulumi.export("bucket", {"name": kept.name, "arn": kept.arn})
    # The runner's own manifest has no proxy: it goes round it, and the proxy waits for the secrets that it fills.
    if pooled := extras.proxy(site, access, runner):
        document = manifest(parts, settings, declaration, pooled)
    _export(parts, notifications, document, runner)
    pulumi.export("dashboard", dashboard)
    if policies := connect_policies(access, settings, prefix, postgres, caches):
        pulumi.export("connect_policies", policies)


def _secrets(
    access: Access, settings: Settings, credentials: Credentials
) -> tuple[dict[str, pulumi.Output[str]], dict[str, pulumi.Output[str]]]:
    """Secrets that rotate, and those of whoever logs in by token, with nothing to rotate in them."""
    arns = {"master": credentials.master_secret_arn, **credentials.secret_arns}
    tokens = access.by_token | ({"master"} if master(access, settings) else set())
    rotating = {name: arn for name, arn in arns.items() if name not in tokens}
    return rotating, {name: arn for name, arn in arns.items() if name in tokens}


def _network(stack: str, settings: Settings, prefix: str, keys: Keys, place: dict[str, Any]) -> NetworkArgs:
    network = settings.network
    if network.vpc:
        return NetworkArgs(
            prefix=prefix,
            vpc_id=network.vpc,
            subnet_ids=list(network.subnets),
            endpoints=[] if network.endpoints else [*ENDPOINTS, *extras.endpoints(settings)],
            **place,
        )
    return NetworkArgs(
        prefix=prefix,
        cidr=network.cidr,
        availability_zones=zones(network.zones, place["region"], stack),
        endpoints=[*ENDPOINTS, *extras.endpoints(settings)],
        logs_key_arn=keys.logs_arn,
        log_retention_days=settings.logs.retention,
        **place,
    )


def _export(parts: Parts, notifications: Notifications, document: pulumi.Output[str], runner: Runner) -> None:
    postgres = parts.postgres
    pulumi.export("writer", {"host": postgres.address, "port": postgres.port, "database": parts.database})
    pulumi.export("replicas", {n: {"host": r.address, "port": r.port} for n, r in postgres.replicas.items()})
    pulumi.export(
        "caches",
        {n: {"host": c.endpoint, "reader": c.reader_endpoint, "port": c.port} for n, c in parts.caches.items()},
    )
    pulumi.export("secrets", {"master": parts.credentials.master_secret_arn, **parts.credentials.secret_arns})
    pulumi.export("topics", notifications.topic_arns)
    pulumi.export("engine_version", postgres.engine_version)
    pulumi.export("manifest", document)
    pulumi.export("bootstrap", runner.result)
    pulumi.export("runner", runner.check_arn)
