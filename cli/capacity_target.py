"""Whose capacity is asked for: a tier on this computer, a deployed stack, or servers by their URLs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap.access import load_access
from bootstrap.manifest import Manifest
from bootstrap.secrets import LoginError, Secret, place_of
from capacity.recommend.declared import Declared, DeclaredCache, DeclaredDatabase
from cli.capacity_rooms import here, on_aws
from cli.current import state_of
from cli.errors import InputError
from cli.output import note
from cli.project import StackSource, load
from cli.target import find_manifest
from clients.credentials import credential, default_identity

if TYPE_CHECKING:
    from capacity.budget import Application, ConnectionBudget
    from capacity.report import CapacityReport
    from capacity.room import CacheRoom, DatabaseRoom
    from infra.instances import DatabaseInstance, Instances
    from infra.settings.model import Settings
    from infra.settings.sections import ReplicaSection


@dataclass(frozen=True, kw_only=True)
class Target:
    """Servers, and what is known of them besides what they say."""

    name: str
    servers: Manifest | Secret
    redis: Secret | None = None
    databases: tuple[DatabaseRoom, ...] = ()
    caches: tuple[CacheRoom, ...] = ()
    declared: Declared = field(default_factory=Declared)
    """Empty where no stack of AWS says what could be changed."""
    source: StackSource | None = None
    """The stack whose program judges a recommendation; likewise."""


def find(database: Secret | None, redis: Secret | None, stack: str | None, manifest: str | None) -> Target:
    """What is meant. Raise `InputError`, `NothingUpError`, or what reading the stack's file raises."""
    if database is not None:
        return Target(name=place_of(database), servers=database, redis=redis)
    if redis is not None:
        raise InputError("--redis-url comes with --database-url: a cache alone keeps no history.")
    found = find_manifest(stack, manifest)
    if manifest is None:
        state = state_of(stack)
        databases, caches = here(found, load(state.stack).instances, state.folder())
        return Target(name=state.stack, servers=found, databases=databases, caches=caches)
    return _deployed(found)


def _deployed(found: Manifest) -> Target:
    from infra.settings.stackfile import UnknownStackError

    try:
        source = load(found.stack)
    except UnknownStackError as error:
        note(f"what its servers have room for is unknown: {error}")
        return Target(name=found.stack, servers=found)
    databases, caches = on_aws(source.instances, source.region)
    return Target(
        name=found.stack,
        servers=found,
        databases=databases,
        caches=caches,
        declared=declared(source.instances, source.settings),
        source=source,
    )


def declared(instances: Instances, settings: Settings) -> Declared:
    """The servers as a stack's file has them."""
    return Declared(
        databases={
            each.name: _database(each, settings.postgres.replicas.get(each.name)) for each in instances.databases
        },
        caches={
            name: DeclaredCache(name=name, node_type=each.node_type, replicas=each.replicas, shards=each.shards)
            for name, each in instances.caches.items()
        },
    )


def _database(instance: DatabaseInstance, replica: ReplicaSection | None) -> DeclaredDatabase:
    connections = instance.overrides.get("max_connections")
    return DeclaredDatabase(
        node=instance.name,
        instance_class=instance.instance_class,
        volume=instance.volume,
        max_allocated=instance.max_allocated_storage,
        max_connections=None if connections is None else int(connections),
        replica=instance.primary is not None,
        own_class=replica is not None and replica.class_ is not None,
        own_max=replica is not None and replica.max_storage is not None,
    )


def budget_of(target: Target, report: CapacityReport, application: Application) -> ConnectionBudget | None:
    """The connections of the primary shared out; None where it does not answer."""
    from bootstrap.postgres.pools import read
    from capacity.budget import budget
    from observe.deadline import SilentError
    from observe.errors import UnansweredError
    from observe.nodes import postgres_nodes

    primary = postgres_nodes(target.servers)[0]
    try:
        with primary.asked() as conn:
            room, limits = read(conn)
            login = str(conn.info.user)
    except (LoginError, SilentError, UnansweredError):
        return None  # what is missing says so
    if isinstance(target.servers, Manifest):
        servers = target.servers
        login = credential(servers, default_identity(load_access(servers.access))).username or login
    use = next((each for each in report.connections if each.node == primary.name and each.whose == "the server"), None)
    return budget(login, limits, room, application, use)
