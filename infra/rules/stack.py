"""Rules between the keys of a stack: what AWS would refuse, or accept and regret, refused before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bootstrap.application import DEFINITION
from bootstrap.manifest import PRIMARY
from bootstrap.rule import says
from infra.instances import STACK, DatabaseInstance, Instances, ReplicationGroup
from infra.rules import backups, existing, existing_caches, maintenance, objectives, partitions
from infra.settings.model import Settings
from infra.settings.problems import SettingsProblem
from infra.settings.sections import CacheSection, NetworkSection, NotifySection, PostgresSection
from knowledge import buckets, limits, names, networks, storage
from knowledge.classes import UnknownClassError
from knowledge.parameters import ParameterError
from knowledge.postgres import catalogue as postgres_catalogue
from knowledge.postgres.catalogue import POSTGRES_VERSIONS
from knowledge.postgres.extensions import extension_problem
from knowledge.redis import catalogue as redis_catalogue
from knowledge.redis.catalogue import REDIS_VERSIONS
from knowledge.redis.parameters import multi_az_problem, nodes_problem
from knowledge.regions import REGIONS, partition_of, region_problem
from knowledge.windows import overlap_problem, parse_window


def check(settings: Settings, tier: Instances) -> list[SettingsProblem]:
    """Every broken rule of a stack's settings and of the servers that they declare."""
    return [
        *_stack(tier),
        *_named("", _shared_names(tier)),
        *_named("", partitions.rules(settings, tier.prefix, tier.region)),
        *_named("postgres", _postgres(settings.postgres, tier)),
        *_named("", existing.rules(settings, tier)),
        *_named("", existing_caches.rules(settings, tier)),
        *_extensions(tier),
        *_named("objectives", objectives.broken(settings)),
        *_named("backup", backups.rules(settings, tier.region)),
        *_named("maintenance", maintenance.rules(settings)),
        *_named("bucket", _bucket(settings, tier)),
        *_named("network", _network(settings.network, tier.region)),
        *_named("metrics", _metrics(settings)),
        *_named("notify", _notify(settings.notify)),
        *(
            problem
            for name, cache in tier.caches.items()
            for problem in _named(f"redis.{name}", _cache(settings.redis[name], cache))
        ),
    ]


_TOGETHER = "together no more of the internet than a company has, and none of them twice"
_SETTABLE = "what the version has, and AWS lets be set, with a value that it takes"


@says(
    {
        "postgres.version": "one for which RDS has the extensions of `schema/schema.json`",
    }
)
def _extensions(tier: Instances) -> Iterator[SettingsProblem]:
    """Extensions of the application that RDS does not have for the declared version."""
    primary, *_ = _with_known_version(tier)
    for name in primary.extensions:
        if problem := extension_problem(name, primary.major):
            yield SettingsProblem(f"{DEFINITION}: extensions", problem if problem.endswith("?") else f"{problem}.")


@says(
    {
        "name": (
            f"everything on AWS is called NAME-STACK: at most {names.LONGEST_PREFIX} characters, which do not begin "
            "with `sg-`"
        ),
    }
)
def _stack(tier: Instances) -> Iterator[SettingsProblem]:
    """Everything on AWS is called by the names of project and stack."""
    if problem := names.prefix_problem(tier.prefix):
        likely = re.sub(r"[^a-z0-9]+", "-", tier.stack.lower()).strip("-")
        mend = f"`{likely}` can." if likely and likely != tier.stack else "Change it, or data-tier:name."
        # The whole beginning `sg-` is the name's: no other stack would do.
        key = "data-tier:name" if tier.prefix.startswith("sg-") else "stack"
        yield SettingsProblem(key, f"`{tier.stack}` cannot be part of the names on AWS: {problem}. {mend}")


def region_problems(region: object) -> Iterator[SettingsProblem]:
    """What is wrong with `aws:region`, where a stack's file has it."""
    if region is not None and (problem := region_problem(region)):
        yield SettingsProblem("aws:region", problem)


Broken = Iterator[tuple[str, str]]
"""Key below the section (may be empty) and the rule."""


def _named(section: str, broken: Broken) -> Iterator[SettingsProblem]:
    for key, rule in broken:
        yield SettingsProblem(f"data-tier:{'.'.join(filter(None, (section, key)))}", rule)


@says(
    {
        "redis.NAME": (
            "its name is that of no replica, of no other cache's node (`main-1`), and not `primary`, `postgres`, "
            "`master` or `stack`"
        ),
        "postgres.replicas.NAME": "its name is that of no cache's node (`main-1`), and not `stack`",
    }
)
def _shared_names(tier: Instances) -> Broken:
    """Servers are called by their names in alarms, logs and commands, the nodes of a cache `a` by `a-1`, `a-2` ..."""
    for name in tier.caches:
        if name in (PRIMARY, "postgres", "master"):
            yield f"redis.{name}", "is what the database is called: choose another name."
        elif name in tier.replicas:
            yield f"redis.{name}", "is the name of a replica too: choose another name for one of them."
    for section, servers in (("postgres.replicas", tier.replicas), ("redis", tier.caches)):
        for name in servers:
            if name == STACK and STACK in tier.facts:
                yield f"{section}.{name}", "is what metrics of the stack as a whole are called: choose another name."
            cache, _, number = name.rpartition("-")
            if number.isdigit() and cache in tier.caches:
                yield f"{section}.{name}", f"is what a node of cache `{cache}` is called: choose another name."


@says(
    {
        "postgres.version": "one that RDS has",
        "postgres.maintenance": "does not overlap `backup.window`",
    }
)
def _postgres(postgres: PostgresSection, tier: Instances) -> Broken:
    if problem := postgres_catalogue.version_problem(postgres.version, running=postgres.existing is not None):
        yield "version", f"{problem}."
    yield from _storage(postgres, tier)
    yield from _replicas(postgres, tier)
    backup, maintenance = (
        parse_window(postgres.backup.window, shortest=30),
        parse_window(postgres.maintenance, shortest=30),
    )
    if problem := overlap_problem(maintenance, backup, f"backup.window {postgres.backup.window}"):
        yield "maintenance", f"{problem}."
    yield from _parameters(tier)


@says(
    {
        "postgres.class": "a class of RDS that runs PostgreSQL",
        "postgres.parameters": _SETTABLE,
        "postgres.replicas.NAME.class": "as for the primary",
        "postgres.replicas.NAME.parameters": (
            "as for the primary, and those that a replica must not have less of (`max_connections`) at least its own"
        ),
    }
)
def _parameters(tier: Instances) -> Broken:
    """Classes that do not exist and parameters that the engine would refuse, of the primary and of each replica."""
    primary, *replicas = _with_known_version(tier)
    found = _wrong(primary)
    if found:
        yield found
    for replica in replicas:
        # Apart from a primary that has no parameters itself, so that what is wrong with the replica is said too.
        if problem := _wrong(replace(replica, primary=None) if found else replica):
            yield f"replicas.{replica.name}.{problem[0]}", problem[1]


def _wrong(server: DatabaseInstance | ReplicationGroup) -> tuple[str, str] | None:
    try:
        _ = server.parameters
    except UnknownClassError as error:
        return "class", str(error)
    except ParameterError as error:
        return "parameters", str(error)
    return None


def _with_known_version(tier: Instances) -> tuple[DatabaseInstance, ...]:
    """The databases, so that what else is wrong with them is said beside a version that RDS does not have."""
    if tier.primary.version.partition(".")[0] in map(str, POSTGRES_VERSIONS):
        return tier.databases
    primary = replace(tier.primary, version=str(min(POSTGRES_VERSIONS)))
    return (primary, *(replace(each, version=primary.version, primary=primary) for each in tier.replicas.values()))


@says(
    {
        "postgres.storage.allocated": f"of io1 and io2 {storage.PROVISIONED_FROM} or more",
        "postgres.storage.max": "at least 10 percent above `allocated`; of io1 and io2 two GiB to an IOPS at most",
        "postgres.storage.iops": (
            f"of gp3 {storage.IOPS[0]} to {storage.IOPS[1]}, from {storage.STRIPED_FROM} GiB on; of io1 and io2 "
            f"{storage.PROVISIONED_IOPS[0]} to {storage.PROVISIONED_IOPS[1]}, up to {storage.PROVISIONED['io1']} (io1) "
            f"or {storage.PROVISIONED['io2']} (io2) to a GiB and at least one to two; not of gp2"
        ),
        "postgres.storage.throughput": (
            f"of gp3 alone, {storage.THROUGHPUT[0]} to {storage.THROUGHPUT[1]}, from {storage.STRIPED_FROM} GiB on, "
            f"and {storage.IOPS_PER_MIB} IOPS to each MiB/s"
        ),
        "postgres.replicas.NAME.storage": "as for the primary's volume, of the primary's size",
    }
)
def _storage(postgres: PostgresSection, tier: Instances) -> Broken:
    given = postgres.storage
    if problem := storage.ceiling_problem(given.allocated, given.max):
        yield "storage.max", problem
    found = [*tier.primary.volume.problems(given.max)]
    yield from ((f"storage.{knob}", rule) for knob, rule in found)
    for name, replica in tier.replicas.items():
        # What is wrong with the primary's is no second problem.
        if postgres.replicas[name].storage and not found:
            for knob, rule in replica.volume.problems(replica.max_allocated_storage):
                yield f"replicas.{name}.{'max_storage' if knob == 'max' else f'storage.{knob}'}", rule


@says(
    {
        "postgres.backup.retention": "1 day or more where there are replicas",
        "postgres.replicas": limits.REPLICAS.words,
        "postgres.replicas.NAME": "its name is not `primary`",
        "postgres.replicas.NAME.remote.clients": _TOGETHER,
        "postgres.replicas.NAME.remote.region": "not the stack's own",
        "postgres.replicas.NAME.zone": "in the replica's region",
        "postgres.replicas.NAME.max_storage": "at least 10 percent above `allocated`, and not below the primary's",
    }
)
def _replicas(postgres: PostgresSection, tier: Instances) -> Broken:
    if problem := limits.source_problem(postgres.backup.retention, len(postgres.replicas)):
        yield "backup.retention", f"{problem}."
    if problem := limits.REPLICAS.problem(len(postgres.replicas)):
        yield "replicas", f"{problem}."
    for name, replica in tier.replicas.items():
        given = postgres.replicas[name]
        if name == PRIMARY:
            yield f"replicas.{name}", "is the name of the primary."
        if given.remote:
            yield from _opened(f"replicas.{name}.remote.clients", given.remote.clients)
            if given.remote.region == tier.region:
                yield f"replicas.{name}.remote.region", f"is {tier.region}, the stack's own: leave remote out."
        if given.zone and replica.region and given.zone[:-1] != replica.region:
            yield f"replicas.{name}.zone", f"{given.zone} is not in {replica.region}, the replica's region."
        if problem := names.instance_problem(replica.identifier):
            yield f"replicas.{name}", f"{problem}."
        ceiling = replica.max_allocated_storage
        if given.max_storage and (problem := storage.ceiling_problem(replica.volume.allocated, ceiling)):
            yield f"replicas.{name}.max_storage", problem
        elif problem := storage.replica_ceiling_problem(ceiling, tier.primary.max_allocated_storage):
            yield f"replicas.{name}.max_storage", f"{problem}."


@says(
    {
        "redis.NAME": f"on AWS it is called NAME-STACK-CACHE: at most {names.LONGEST_CACHE} characters",
        "redis.NAME.existing.identifier": "as ElastiCache has it, in lower case",
        "redis.NAME.version": "one that ElastiCache has of the engine",
        "redis.NAME.maintenance": "does not overlap `snapshot.window`",
        "redis.NAME.shards": "with the replicas no more nodes than ElastiCache takes",
        "redis.NAME.multi_az": "needs a replica",
        "redis.NAME.parameters": f"{_SETTABLE}; no `databases` in cluster mode",
        "redis.NAME.class": "a node type that ElastiCache has",
    }
)
def _cache(given: CacheSection, cache: ReplicationGroup) -> Broken:
    if problem := names.cache_problem(cache.identifier):
        yield "existing.identifier" if given.existing else "", f"{problem}."
    elif (
        given.existing
        and cache.users
        and not given.existing.user_group
        and (problem := names.cache_problem(cache.named))
    ):
        yield "", f"{problem}: so is the user group that it gets."
    if unknown := redis_catalogue.version_problem(cache.engine, cache.version, running=given.existing is not None):
        yield "version", f"{unknown}."
    snapshot, maintenance = (
        parse_window(given.snapshot.window, shortest=60),
        parse_window(given.maintenance, shortest=60),
    )
    if problem := overlap_problem(maintenance, snapshot, f"snapshot.window {given.snapshot.window}"):
        yield "maintenance", f"{problem}."
    if problem := nodes_problem(cache.shards, cache.replicas):
        yield "shards", f"{problem}."
    if problem := multi_az_problem(given.multi_az, cache.replicas):
        yield "multi_az", f"{problem}."
    if cache.shards and given.parameters.get("databases", 16) not in (16, "16"):
        yield "parameters.databases", "cluster mode has one database."
    # Beside a version that does not exist only the node type can be judged.
    judged = replace(cache, version=min(REDIS_VERSIONS[cache.engine]), overrides={}) if unknown else cache
    if wrong := _wrong(judged):
        yield wrong


@says(
    {
        "bucket.lock.mode": "`compliance` needs `protect: true`",
        "bucket.name": "needed where the name that the stack would give is too long",
    }
)
def _bucket(settings: Settings, tier: Instances) -> Broken:
    """Its lock; and the name that it is given where it has none: an account's number has 12 digits."""
    if settings.bucket is None:
        return
    if settings.bucket.lock and settings.bucket.lock.mode == "compliance" and not settings.protect:
        yield "lock.mode", "compliance cannot be undone: not for a stack that is not protected. Use governance."
    if settings.bucket.name is not None:
        return
    region = tier.region or max((each for each in REGIONS if partition_of(each).name == "aws"), key=len)
    if problem := buckets.name_problem(buckets.default_name(tier.prefix, "0" * 12, region)):
        yield "name", f"{problem}: name it here."


@says(
    {
        "metrics.service.clients": _TOGETHER,
        "metrics.service": "in an existing VPC it needs `network.endpoints`",
    }
)
def _metrics(settings: Settings) -> Broken:
    """Fargate pulls an image through the task's own subnets: in a network of others its way is theirs."""
    service = settings.metrics.service if settings.metrics else None
    if service is None:
        return
    yield from _opened("service.clients", service.clients)
    if settings.network.vpc and not settings.network.endpoints:
        yield "service", "pulls its image through the existing VPC: name its endpoints or NAT in network.endpoints."


@says(
    {
        "network.zones": "in the stack's region; not beside `vpc`, whose subnets have theirs",
        "network.vpc": "needed beside `subnets`",
        "network.subnets": "at least two beside `vpc`, none of them twice",
        "network.endpoints": "only beside `vpc`",
        "network.endpoint_clients": "only beside `vpc`, and not beside `endpoints`",
        "network.clients": _TOGETHER,
    }
)
def _network(network: NetworkSection, region: str | None) -> Broken:
    if not isinstance(network.zones, int):
        if network.vpc:
            yield "zones", "are those of the subnets in an existing VPC: leave them out beside vpc."
        elif region and (elsewhere := [zone for zone in network.zones if zone[:-1] != region]):
            yield "zones", f"{', '.join(elsewhere)} is not in {region}, the stack's region."
    if network.subnets and not network.vpc:
        yield "vpc", "is required beside subnets."
    if network.vpc and (problem := networks.subnets_problem(network.subnets)):
        yield "subnets", f"{problem}."
    if network.endpoints and not network.vpc:
        yield "endpoints", "belongs to an existing VPC; an isolated network makes its own."
    if network.endpoint_clients and (network.endpoints or not network.vpc):
        yield "endpoint_clients", "is for endpoints that the stack makes in an existing VPC: leave it out here."
    for key in ("clients", "endpoints", "endpoint_clients"):
        yield from _opened(key, getattr(network, key))


def _opened(key: str, given: tuple[str, ...]) -> Broken:
    """Networks that are fine one by one, and together most of the internet."""
    if problem := networks.together_problem(given):
        yield key, f"{problem}."


@says(
    {
        "notify.critical.[]": "exactly one of `email`, `https`, `sqs` and `slack`, and none of them twice",
    }
)
def _notify(notify: NotifySection) -> Broken:
    for severity in ("critical", "warning", "info"):
        before: set[str] = set()
        for number, subscription in enumerate(getattr(notify, severity)):
            if len(subscription.model_fields_set) != 1:
                yield f"{severity}.{number}", "takes exactly one of email, https, sqs and slack."
            # SNS takes two addresses that are equal for one subscription: the end of either would be both's.
            elif (address := subscription.model_dump_json()) in before:
                yield f"{severity}.{number}", "is there already: take it out."
            else:
                before.add(address)
