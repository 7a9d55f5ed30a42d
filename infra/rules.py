"""Rules between the keys of a stack: what AWS would refuse, or accept and regret, refused before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components import names
from infra import backups, objectives, partitions
from infra.problems import Problem, nearest
from infra.sections import NARROW, Cache, Network, Notify, Postgres
from infra.settings import Settings
from infra.windows import parse_window
from knowledge import storage
from knowledge.classes import UnknownClassError, cache_class, rds_class
from knowledge.networks import too_wide
from knowledge.parameters import Parameter, ParameterError
from knowledge.postgres import POSTGRES_VERSIONS, postgres_parameters
from knowledge.redis import REDIS_VERSIONS, nodes_problem, redis_parameters
from knowledge.regions import region_problem


def check(settings: Settings, stack: str, region: str | None = None) -> list[Problem]:
    """Every broken rule; `region` where the stack's file names it."""
    prefix = names.prefix(settings.name, stack)
    return [
        *_stack(prefix, stack),
        *_region(region),
        *_named("", _shared_names(settings)),
        *_named("", partitions.rules(settings, prefix, _known(region))),
        *_named("postgres", _postgres(settings.postgres, prefix, region)),
        *_named("objectives", objectives.broken(settings)),
        *_named("backup", backups.rules(settings, region)),
        *_named("network", _network(settings.network, region)),
        *_named("notify", _notify(settings.notify)),
        *(
            problem
            for name, cache in settings.redis.items()
            for problem in _named(f"redis.{name}", _cache(cache, names.server(prefix, name)))
        ),
    ]


# The shortest that AWS takes for what begins with it: a backup plan's name has 50 (CreateBackupPlan), with our endings.
_LONGEST_PREFIX = 40


def _stack(prefix: str, stack: str) -> Iterator[Problem]:
    """Everything on AWS is called by the names of project and stack."""
    if not names.is_identifier(prefix):
        likely = re.sub(r"[^a-z0-9]+", "-", stack.lower()).strip("-")
        hint = f" `{likely}` can." if likely and likely != stack else ""
        yield Problem(
            "stack", f"`{stack}` cannot be part of the names on AWS: `{prefix}` {names.IDENTIFIER_RULE}.{hint}"
        )
    elif prefix.startswith("sg-"):
        # CreateSecurityGroup, GroupName: "cannot start with sg-".
        yield Problem("data-tier:name", "`sg` begins a security group's id, and no group's name may: choose another.")
    elif len(prefix) > _LONGEST_PREFIX:
        yield Problem(
            "stack",
            f"`{prefix}` is longer than the {_LONGEST_PREFIX} characters that names on AWS leave to it: shorten "
            "the stack's name or data-tier:name.",
        )


def _known(region: object) -> str | None:
    return region if isinstance(region, str) and region_problem(region) is None else None


def _region(region: object) -> Iterator[Problem]:
    if region is not None and (problem := region_problem(region)):
        yield Problem("aws:region", problem)


Broken = Iterator[tuple[str, str]]
"""Key below the section (may be empty) and the rule."""


def _named(section: str, broken: Broken) -> Iterator[Problem]:
    for key, rule in broken:
        yield Problem(f"data-tier:{'.'.join(filter(None, (section, key)))}", rule)


def _shared_names(settings: Settings) -> Broken:
    """Servers are called by their names in alarms, logs and commands, the nodes of a cache `a` by `a-1`, `a-2` ..."""
    replicas, caches = settings.postgres.replicas, settings.redis
    for name in caches:
        if name in ("primary", "postgres", "master"):
            yield f"redis.{name}", "is what the database is called: choose another name."
        elif name in replicas:
            yield f"redis.{name}", "is the name of a replica too: choose another name for one of them."
    for section, servers in (("postgres.replicas", replicas), ("redis", caches)):
        for name in servers:
            cache, _, number = name.rpartition("-")
            if number.isdigit() and cache in caches:
                yield f"{section}.{name}", f"is what a node of cache `{cache}` is called: choose another name."


def _postgres(postgres: Postgres, prefix: str, region: str | None) -> Broken:
    yield from _postgres_version(postgres)
    yield from _storage(postgres)
    yield from _replicas(postgres, prefix)
    yield from _places(postgres, region)
    backup, maintenance = (
        parse_window(postgres.backup.window, shortest=30),
        parse_window(postgres.maintenance, shortest=30),
    )
    if backup.spans() & maintenance.spans():
        yield "maintenance", f"overlaps backup.window {postgres.backup.window}: RDS refuses that; move one of them."
    yield from _parameters(postgres)


def _parameters(postgres: Postgres) -> Broken:
    """Classes that do not exist and parameters that the engine would refuse, of the primary and of each replica."""
    primary: tuple[Parameter, ...] = ()
    for where, class_name, overrides in _parameter_sets(postgres):
        try:
            size = rds_class(class_name)
            computed = postgres_parameters(
                size.memory_bytes,
                size.vcpu,
                _major(postgres.version),
                storage_gib=postgres.storage.allocated,
                replica=where != "",
                pgaudit=postgres.pgaudit,
                overrides=overrides,
                primary=primary,
            )
            primary = primary or computed
        except UnknownClassError as error:
            yield f"{where}class", str(error)
        except ParameterError as error:
            yield f"{where}parameters", str(error)


def _parameter_sets(postgres: Postgres) -> Iterator[tuple[str, str, dict[str, str | int | float | bool]]]:
    yield "", postgres.class_, postgres.parameters
    for name, replica in postgres.replicas.items():
        yield f"replicas.{name}.", replica.class_ or postgres.class_, {**postgres.parameters, **replica.parameters}


def _major(version: str) -> int:
    major = version.partition(".")[0]
    known = [str(v) for v in POSTGRES_VERSIONS]
    return int(major if major in known else known[0])


def _postgres_version(postgres: Postgres) -> Broken:
    major, _, minor = postgres.version.partition(".")
    known = {str(version): tuple(str(m) for m in minors) for version, minors in POSTGRES_VERSIONS.items()}
    if major not in known:
        yield "version", f"{postgres.version!r} is not a PostgreSQL version of RDS: {', '.join(known)}."
    elif minor:
        minors = [each.rpartition(".")[2] for each in known[major]]
        if minor not in minors:
            yield (
                "version",
                f"{postgres.version!r} does not exist on RDS; {major} has {', '.join(f'{major}.{m}' for m in minors)}.",
            )


def _storage(postgres: Postgres) -> Broken:
    given = postgres.storage
    if problem := storage.ceiling_problem(given.allocated, given.max):
        yield "storage.max", problem
    for knob, rule in storage.speed_problems(given.allocated, given.iops, given.throughput):
        yield f"storage.{knob}", rule


def _replicas(postgres: Postgres, prefix: str) -> Broken:
    if postgres.replicas and postgres.backup.retention == 0:
        yield (
            "backup.retention",
            "is 0, but a replica needs a source with backups: set at least 1 day, or remove replicas.",
        )
    if len(postgres.replicas) > 15:
        yield "replicas", f"{len(postgres.replicas)} replicas; RDS takes 15 per source."
    for name, replica in postgres.replicas.items():
        if name == "primary":
            yield f"replicas.{name}", "is the name of the primary."
        if replica.remote:
            yield from _opened(f"replicas.{name}.remote.clients", replica.remote.clients)
        if len(identifier := names.server(prefix, name)) > 63:
            yield f"replicas.{name}", f"`{identifier}` is longer than RDS's 63 characters."
        ceiling = replica.max_storage if replica.max_storage is not None else postgres.storage.max
        if replica.max_storage and (problem := storage.ceiling_problem(postgres.storage.allocated, ceiling)):
            yield f"replicas.{name}.max_storage", problem
        elif postgres.storage.max and ceiling < postgres.storage.max:
            yield (
                f"replicas.{name}.max_storage",
                f"is below the primary's max ({postgres.storage.max}): the replica would stop.",
            )


def _places(postgres: Postgres, region: str | None) -> Broken:
    for name, replica in postgres.replicas.items():
        if replica.remote and replica.remote.region == region:
            yield f"replicas.{name}.remote.region", f"is {region}, the stack's own: leave remote out."
        where = replica.remote.region if replica.remote else region
        if replica.zone and where and replica.zone[:-1] != where:
            yield f"replicas.{name}.zone", f"{replica.zone} is not in {where}, the replica's region."


def _cache(cache: Cache, identifier: str) -> Broken:
    if len(identifier) > 40:
        yield "", f"`{identifier}` is longer than ElastiCache's 40 characters."
    versions = REDIS_VERSIONS[cache.engine]
    if cache.version not in versions:
        known = ", ".join(versions)
        yield (
            "version",
            f"{cache.version!r} does not exist for {cache.engine}: {known}.{nearest(cache.version, versions)}",
        )
    snapshot, maintenance = (
        parse_window(cache.snapshot.window, shortest=60),
        parse_window(cache.maintenance, shortest=60),
    )
    if snapshot.spans() & maintenance.spans():
        yield "maintenance", f"overlaps snapshot.window {cache.snapshot.window}: move one of them."
    if problem := nodes_problem(cache.shards, cache.replicas):
        yield "shards", f"{problem}."
    if cache.multi_az and not cache.replicas:
        yield "multi_az", "needs at least one replica to fail over to."
    if cache.shards and cache.parameters.get("databases", 16) not in (16, "16"):
        yield "parameters.databases", "cluster mode has one database."
    try:
        size = cache_class(cache.class_)
        if cache.version in versions:
            redis_parameters(
                size.memory_bytes,
                cache.engine,
                cache.version,
                eviction=cache.eviction,
                cluster_mode=cache.shards > 0,
                keyspace_events=cache.keyspace_events,
                overrides=cache.parameters,
            )
    except UnknownClassError as error:
        yield "class", str(error)
    except ParameterError as error:
        yield "parameters", str(error)


def _network(network: Network, region: str | None) -> Broken:
    if not isinstance(network.zones, int):
        if network.vpc:
            yield "zones", "are those of the subnets in an existing VPC: leave them out beside vpc."
        elif region and (elsewhere := [zone for zone in network.zones if zone[:-1] != region]):
            yield "zones", f"{', '.join(elsewhere)} is not in {region}, the stack's region."
    if network.subnets and not network.vpc:
        yield "vpc", "is required beside subnets."
    if network.vpc and len(network.subnets) < 2:
        yield "subnets", "an existing VPC needs at least two subnets in different zones (DB subnet group)."
    if network.endpoints and not network.vpc:
        yield "endpoints", "belongs to an existing VPC; an isolated network makes its own."
    if len(set(network.subnets)) != len(network.subnets):
        yield "subnets", "names one of them twice."
    if len(set(network.clients)) != len(network.clients):
        yield "clients", "names one of them twice."
    for key, given in (("clients", network.clients), ("endpoints", network.endpoints)):
        yield from _opened(key, given)


def _opened(key: str, given: tuple[str, ...]) -> Broken:
    """Networks that are fine one by one, and together most of the internet."""
    if problem := too_wide(each for each in given if not each.startswith("sg-")):
        yield key, f"are, together, {problem}: {NARROW}"


def _notify(notify: Notify) -> Broken:
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
