"""Rules between the keys of the databases: the primary and its replicas."""

from __future__ import annotations

from dataclasses import replace

from bootstrap.manifest import PRIMARY
from bootstrap.rule import says
from infra.instances import DatabaseInstance, Instances
from infra.rules.broken import Broken
from infra.rules.opened import TOGETHER, opened
from infra.rules.parameters import SETTABLE, wrong
from infra.settings.sections import PostgresSection
from knowledge import limits, names, storage
from knowledge.postgres import catalogue
from knowledge.postgres.catalogue import POSTGRES_VERSIONS
from knowledge.windows import overlap_problem, parse_window


@says(
    {
        "postgres.version": "one that RDS has",
        "postgres.maintenance": "does not overlap `backup.window`",
    }
)
def rules(postgres: PostgresSection, tier: Instances) -> Broken:
    """What of `postgres` does not fit together."""
    if problem := catalogue.version_problem(postgres.version, running=postgres.existing is not None):
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
        "postgres.parameters": SETTABLE,
        "postgres.replicas.NAME.class": "as for the primary",
        "postgres.replicas.NAME.parameters": (
            "as for the primary, and those that a replica must not have less of (`max_connections`) at least its own"
        ),
    }
)
def _parameters(tier: Instances) -> Broken:
    """Classes that do not exist and parameters that the engine would refuse, of the primary and of each replica."""
    primary, *replicas = with_known_version(tier)
    found = wrong(primary)
    if found:
        yield found
    for replica in replicas:
        # Apart from a primary that has no parameters itself, so that what is wrong with the replica is said too.
        if problem := wrong(replace(replica, primary=None) if found else replica):
            yield f"replicas.{replica.name}.{problem[0]}", problem[1]


def with_known_version(tier: Instances) -> tuple[DatabaseInstance, ...]:
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
        "postgres.replicas.NAME.remote.clients": TOGETHER,
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
            yield from opened(f"replicas.{name}.remote.clients", given.remote.clients)
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
