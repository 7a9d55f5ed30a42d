"""The servers of a stack: what each is called, where it runs, its class, parameters and alarms.

Worked out once, here, from the settings and the stack's name; the program, the rules, the alarms and the upgrade plans
take them from here. What needs a table (class, parameters, alarms) is looked up when it is first asked for, so that
`infra.rules.stack` can say of each server what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from bootstrap.manifest import PRIMARY
from infra.settings.existing import ExistingCache, ExistingServer
from infra.settings.model import Settings
from infra.settings.sections import CacheSection, PostgresSection, ReplicaSection, ReplicaStorageSection, StorageSection
from infra.settings.values import minutes
from knowledge import names
from knowledge.alarms.catalogue import POSTGRES, postgres_alarms, redis_alarms
from knowledge.alarms.facts import cache_alarms, instance_alarms, stack_alarms
from knowledge.alarms.maintenance import maintenance_alarms
from knowledge.alarms.spec import AlarmSpec
from knowledge.classes import CacheClass, RdsClass, cache_class, rds_class
from knowledge.parameters import DEFAULT, ApplyMethod, Parameter, Value
from knowledge.postgres.parameters import postgres_parameters
from knowledge.postgres.rds_defaults import COMPUTED, left_to_rds, rds_defaults
from knowledge.redis.abilities import takes_iam
from knowledge.redis.parameters import node_count, redis_family, redis_parameters
from knowledge.storage import Volume

STACK = "stack"
"""What the stack as a whole is called where its servers have theirs."""


@dataclass(frozen=True, kw_only=True)
class DatabaseInstance:
    """An RDS instance: the primary, or one of its replicas."""

    name: str
    """`primary`, or the replica's name in the settings."""
    identifier: str
    """DB instance identifier."""
    named: str
    """First part of the names of what is made beside it; the identifier, unless it was there before the stack."""
    region: str | None
    """Region; None where neither the replica nor the stack's file names one: the provider's, from its environment."""
    elsewhere: bool
    """Whether it is a replica in another region than its primary."""
    instance_class: str
    """Instance class, as written."""
    version: str
    """`17` or `17.10`; a replica has its primary's."""
    volume: Volume
    """Its storage."""
    max_allocated_storage: int
    """GiB that storage autoscaling may reach; 0 where it is off."""
    overrides: Mapping[str, Value]
    """Parameters that the settings name; a replica's own over its primary's."""
    referred: bool
    """Whether its parameter group is only referred to: what the settings do not name of it is taken to be RDS's."""
    pgaudit: bool
    """Whether statements are audited."""
    database: str
    """Name of the application's database."""
    extensions: tuple[str, ...]
    """Names of the extensions that the application declares."""
    insights: bool
    """Whether Database Insights is on."""
    lag_limit: float
    """Seconds of replica lag that are critical."""
    primary: DatabaseInstance | None = None
    """Whose replica it is; None for the primary."""

    @cached_property
    def size(self) -> RdsClass:
        """What the class has. Raise `UnknownClassError`."""
        return rds_class(self.instance_class)

    @property
    def major(self) -> int:
        """Major version, such as 17."""
        return int(self.version.partition(".")[0])

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameter group. Raise `UnknownClassError` or `ParameterError`."""
        return postgres_parameters(
            self.size.memory_bytes,
            self.size.vcpu,
            self.major,
            storage_gib=self.volume.allocated,
            replica=self.primary is not None,
            pgaudit=self.pgaudit,
            extensions=self.extensions,
            database=self.database,
            overrides=self.overrides,
            # A replica with fewer connections or workers than its primary does not start.
            primary=self.primary._own_parameters if self.primary else (),
        )

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What its parameters are: those of its group, and RDS's own where the settings leave one to RDS."""
        return {each.name: each.value for each in self._own_parameters}

    @property
    def _own_parameters(self) -> tuple[Parameter, ...]:
        own = rds_defaults(self.size.memory_bytes, self.size.vcpu)
        said = {name for name, value in self.overrides.items() if value not in (DEFAULT, COMPUTED)}
        left = own.keys() - said if self.referred else own.keys() & left_to_rds(self.overrides, own)
        there = (each for each in self.parameters if not self.referred or each.name in said)
        return (*there, *(Parameter(name, own[name], ApplyMethod.PENDING_REBOOT) for name in sorted(left)))

    @cached_property
    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Its alarms with their thresholds."""
        parameters = self.values
        return postgres_alarms(
            self.size,
            self.volume,
            max_connections=int(parameters["max_connections"]),
            max_allocated_gib=self.max_allocated_storage,
            replica=self.primary is not None,
            lag_critical_seconds=self.lag_limit,
            insights=self.insights,
            idle_timeout_ms=int(parameters["idle_in_transaction_session_timeout"]),
            slow_ms=int(parameters["log_min_duration_statement"]),
            logical=parameters.get("rds.logical_replication") == "1",
            remote=self.elsewhere,
        )


@dataclass(frozen=True, kw_only=True)
class ReplicationGroup:
    """An ElastiCache replication group: a cache of the settings."""

    name: str
    """Its name in the settings."""
    identifier: str
    """Replication group id."""
    named: str
    """First part of the names of what is made beside it; the id, unless it was there before the stack."""
    region: str | None
    """Region; None as for a `DatabaseInstance`."""
    engine: str
    """`valkey` or `redis`."""
    version: str
    """Version as `major.minor`."""
    node_type: str
    """Node type, as written."""
    replicas: int
    """Replicas of each primary."""
    shards: int
    """Shards; 0 without cluster mode."""
    eviction: str
    """maxmemory-policy."""
    keyspace_events: str
    """notify-keyspace-events; empty where nothing is published."""
    overrides: Mapping[str, Value]
    """Parameters that the settings name."""
    users: bool
    """Whether clients log in as users (RBAC); with an AUTH token every client is the same one."""
    port: int
    """Port of every endpoint."""
    existing: ExistingCache | None = None
    """What it keeps, where it was there before the stack."""

    @cached_property
    def size(self) -> CacheClass:
        """What the node type has. Raise `UnknownClassError`."""
        return cache_class(self.node_type)

    @property
    def family(self) -> str:
        """Parameter group family. Raise `ParameterError`."""
        return redis_family(self.engine, self.version)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes, as their alarms are named, in order."""
        return tuple(names.node(self.name, 1 + index) for index in range(node_count(self.shards, self.replicas)))

    @property
    def takes_tokens(self) -> bool:
        """Whether its users may log in by IAM token."""
        return self.users and takes_iam(self.engine, self.version)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameter group. Raise `UnknownClassError` or `ParameterError`."""
        return redis_parameters(
            self.size.memory_bytes,
            self.engine,
            self.version,
            eviction=self.eviction,
            cluster_mode=self.shards > 0,
            keyspace_events=self.keyspace_events,
            overrides=self.overrides,
            in_use=self.existing is not None and self.existing.parameter_group is not None,
        )

    @cached_property
    def alarms(self) -> tuple[AlarmSpec, ...]:
        """The alarms of each of its nodes with their thresholds."""
        return redis_alarms(self.size, eviction=self.eviction, replicas=self.replicas, cluster_mode=self.shards > 0)


@dataclass(frozen=True, kw_only=True)
class Looks:
    """The scheduled looks at the servers."""

    seconds: int
    """Between two of them."""
    rotation_days: int | None
    """Days between two rotations of a credential; None where nothing rotates by itself."""
    copies: bool = False
    """Whether logical copies are made on a schedule."""


@dataclass(frozen=True, kw_only=True)
class Instances:
    """Every server of a stack."""

    stack: str
    """The stack's name, which is not its profile's."""
    prefix: str
    """First part of the name of everything in it."""
    region: str | None
    """Where the stack is; None: its file does not say."""
    primary: DatabaseInstance
    replicas: Mapping[str, DatabaseInstance]
    """By name."""
    caches: Mapping[str, ReplicationGroup]
    """By name."""
    looks: Looks | None = None
    """None where no function looks at the servers on a schedule."""
    maintained: Literal["Lambda", "Fargate"] | None = None
    """Where maintenance runs by itself; None where it does not."""

    @property
    def databases(self) -> tuple[DatabaseInstance, ...]:
        """The primary, then the replicas."""
        return (self.primary, *self.replicas.values())

    @property
    def cache_ports(self) -> tuple[int, ...]:
        """Ports that caches have, in order."""
        return tuple(sorted({each.port for each in self.caches.values()}))

    @property
    def alarms(self) -> dict[str, tuple[AlarmSpec, ...]]:
        """`primary`, each replica, each cache and `stack` -> the alarms of it, or of each of its nodes."""
        servers: tuple[DatabaseInstance | ReplicationGroup, ...] = (*self.databases, *self.caches.values())
        found = {each.name: each.alarms for each in servers}
        return found | {name: (*found.get(name, ()), *alarms) for name, alarms in self.facts.items()}

    @property
    def facts(self) -> dict[str, tuple[AlarmSpec, ...]]:
        """The same of what only the servers know, where they are looked at, and of what is done on a schedule.

        A replica in another region is looked at from here, and its metrics are here: no alarm there would see them.
        """
        maintenance = maintenance_alarms(self.prefix, in_task=self.maintained == "Fargate") if self.maintained else ()
        if self.looks is None:
            return {STACK: maintenance} if maintenance else {}
        prefix, seconds = self.prefix, self.looks.seconds
        found = {
            each.name: instance_alarms(
                prefix,
                each.name,
                seconds=seconds,
                primary=each.primary is None,
                insights=each.insights,
                catalogue=POSTGRES,
            )
            for each in self.databases
            if not each.elsewhere
        }
        found |= {name: cache_alarms(prefix, name, seconds=seconds) for name in self.caches}
        looks = stack_alarms(prefix, seconds=seconds, rotation_days=self.looks.rotation_days, copies=self.looks.copies)
        found[STACK] = (*looks, *maintenance)
        return {name: alarms for name, alarms in found.items() if alarms}


def instances(
    stack: str, settings: Settings, region: str | None = None, *, extensions: tuple[str, ...] = ()
) -> Instances:
    """The servers that a stack's settings declare.

    `region` is the stack's, where it is known; `extensions` are those that the application declares.
    """
    prefix = names.prefix(settings.name, stack)
    primary = _primary(prefix, settings.postgres, region, extensions)
    return Instances(
        stack=stack,
        prefix=prefix,
        region=region,
        primary=primary,
        replicas={
            name: _replica(prefix, name, replica, primary) for name, replica in settings.postgres.replicas.items()
        },
        caches={
            name: _cache(prefix, name, cache, region, settings.cache_port) for name, cache in settings.redis.items()
        },
        looks=_looks(settings),
        maintained=_maintained(settings),
    )


def _maintained(settings: Settings) -> Literal["Lambda", "Fargate"] | None:
    if settings.maintenance is None:
        return None
    return "Fargate" if settings.maintenance.in_task else "Lambda"


def _looks(settings: Settings) -> Looks | None:
    if settings.metrics is None or settings.metrics.schedule is None:
        return None
    return Looks(
        seconds=60 * minutes(settings.metrics.schedule),
        rotation_days=rotation_days(settings),
        copies=copies(settings),
    )


def rotation_days(settings: Settings) -> int | None:
    """Days between two rotations of a credential; None where nothing rotates by itself."""
    return minutes(settings.rotation.every) // 1440 if settings.rotation else None


def copies(settings: Settings) -> bool:
    """Whether logical copies are made on a schedule."""
    return settings.backup is not None and settings.backup.logical is not None


def volume(given: StorageSection) -> Volume:
    """The volume that is declared."""
    return Volume(type=given.type, allocated=given.allocated, iops=given.iops, throughput=given.throughput)


def _primary(prefix: str, given: PostgresSection, region: str | None, extensions: tuple[str, ...]) -> DatabaseInstance:
    return DatabaseInstance(
        name=PRIMARY,
        identifier=given.existing.identifier if given.existing else prefix,
        named=prefix,
        region=region,
        elsewhere=False,
        instance_class=given.class_,
        version=given.version,
        volume=volume(given.storage),
        max_allocated_storage=given.storage.max,
        overrides=given.parameters,
        referred=_referred(given.existing, given.version),
        pgaudit=given.pgaudit,
        database=given.database,
        extensions=extensions,
        insights=given.insights != "off",
        lag_limit=given.replica_lag,
    )


def _replica(prefix: str, name: str, replica: ReplicaSection, primary: DatabaseInstance) -> DatabaseInstance:
    own = replica.max_storage
    return replace(
        primary,
        name=name,
        volume=_replica_volume(replica.storage, primary.volume),
        identifier=replica.existing.identifier if replica.existing else names.server(prefix, name),
        named=names.server(prefix, name),
        region=replica.remote.region if replica.remote else primary.region,
        elsewhere=replica.remote is not None,
        instance_class=replica.class_ or primary.instance_class,
        max_allocated_storage=primary.max_allocated_storage if own is None else own,
        overrides={**primary.overrides, **replica.parameters},
        referred=_referred(replica.existing, primary.version),
        primary=primary,
    )


def _replica_volume(given: ReplicaStorageSection | None, primary: Volume) -> Volume:
    if given is None:
        return primary
    # What was chosen for one type is nothing that another takes.
    base = primary if given.type in (None, primary.type) else Volume(type=given.type, allocated=primary.allocated)
    return replace(base, iops=given.iops or base.iops, throughput=given.throughput or base.throughput)


def _referred(existing: ExistingServer | None, version: str) -> bool:
    """Whether the group is somebody else's; a version of another family has one of the stack's own."""
    group = existing.parameter_group if existing else None
    return group is not None and not group.managed and group.family == f"postgres{version.partition('.')[0]}"


def _cache(prefix: str, name: str, given: CacheSection, region: str | None, usual_port: int) -> ReplicationGroup:
    existing = given.existing
    return ReplicationGroup(
        name=name,
        identifier=existing.identifier if existing else names.server(prefix, name),
        named=names.server(prefix, name),
        region=region,
        engine=given.engine,
        version=given.version,
        node_type=given.class_,
        replicas=given.replicas,
        shards=given.shards,
        eviction=given.eviction,
        keyspace_events=given.keyspace_events,
        overrides=given.parameters,
        users=given.auth == "rbac",
        port=usual_port if existing is None or existing.port is None else existing.port,
        existing=existing,
    )
