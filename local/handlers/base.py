"""What every handler works with, and what it promises."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from graph.cloud import Made
from graph.parameters import GroupParameter
from graph.resource import Resource
from local import ports
from local.backups.archive import Archive
from local.backups.cluster import WAL
from local.backups.copying import pack
from local.emulator import Emulator
from local.postgres import binaries as postgres_binaries
from local.postgres.roles import ADMIN, REPLICATION
from local.postgres.server import PostgresServer, data_major
from local.process import Daemon
from local.secretive import password
from local.state import Entry, StateDir
from local.valkey import binaries as valkey_binaries
from local.valkey.node import Node

SPARE = "spare"

Progress = Callable[[str, float], None]
Runner = Literal["direct", "lambda"]


class Handler(Protocol):
    """Makes and removes the resources of one type."""

    @property
    def recorded(self) -> bool:
        """Whether nothing but a record comes of it."""
        ...

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        """Make the resource as declared; `previous` is what the last run left, if it did."""
        ...

    def remove(self, context: RunContext, entry: Entry) -> None:
        """Take it away; what is already gone is fine."""
        ...


@dataclass
class RunContext:
    """One run over one stack: where its files, its region and its emulator are."""

    state: StateDir
    region: str
    emulator: Emulator
    progress: Progress | None = None
    touched: set[str] = field(default_factory=set)
    """Names of what this run made, started or repaired and the bootstrap has to look at again."""
    differences: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Per server: what differs from AWS."""
    emulator_ready: Callable[[], None] = lambda: None
    runner: Runner = "direct"
    """Where the bootstrap runs: in this process, or as the bundle in the emulator's Lambda."""
    new_passwords: bool = False
    """Whether secrets that were lost may be made anew, with other passwords than those in use."""
    renewed: set[str] = field(default_factory=set)
    """Names of the secrets for which that was done."""
    spare: Future[PostgresServer] | None = None
    """A cluster that is being initialised for the first primary to come."""
    _listings: dict[str, dict[str, Any]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def aws(self, service: str, *, answer: float | None = None) -> Any:
        """A client of the emulator, once that is up; `answer`: seconds that one call may take, made once only."""
        self.emulator_ready()
        return self.emulator.client(service, answer=answer)

    def initialise(self, target: PostgresServer) -> None:
        """Give the server its cluster: the spare one where that is of its major version, else one of its own."""
        with self._locks.setdefault("spare", threading.Lock()):
            spare, self.spare = self.spare, None
        if spare is not None and spare.result().binaries.major == target.binaries.major:
            target.adopt(spare.result())
        else:
            target.initialise()

    def listing(self, name: str, service: str, read: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """What the emulator held when this run first asked: one call for a whole kind of resource."""
        with self._locks.setdefault(name, threading.Lock()):
            if name not in self._listings:
                self._listings[name] = read(self.aws(service))
            return self._listings[name]

    def daemon(self, name: str) -> Daemon:
        return daemon(self.state, name)

    def server(self, identifier: str, declared: int | None = None) -> PostgresServer:
        return server(self.state, identifier, declared)

    def node(self, group: str, name: str, cluster: bool) -> Node:
        return node(self.state, group, name, cluster)

    def parameters(self, kind: str, inputs: Mapping[str, Any]) -> list[GroupParameter]:
        return parameters(self.state, kind, inputs)


def parameters(state: StateDir, kind: str, inputs: Mapping[str, Any]) -> list[GroupParameter]:
    """The parameters of the declared group of that kind that an instance or a cache names."""
    name = inputs.get("parameterGroupName")
    for entry in state.of_type(kind):
        if entry["outputs"].get("name") == name:
            return list(entry["inputs"].get("parameters") or [])
    return []


def replication_password(state: StateDir) -> str:
    """The password of the role that copies and follows the tier's primaries."""
    return state.secret(REPLICATION, password())


def archive(state: StateDir, identifier: str) -> Archive:
    """The archive of that primary, whether there is one or not."""
    return Archive(state.path / "backups" / "postgres" / identifier)


def daemon(state: StateDir, name: str) -> Daemon:
    return Daemon(name, state.path / "run", state.path / "log" / f"{name}.log")


def server(state: StateDir, identifier: str, declared: int | None = None) -> PostgresServer:
    """The PostgreSQL server of that instance, running or not: of its data's major version, else of the declared one."""
    folder = state.folder("postgres", identifier)
    return PostgresServer(
        name=identifier,
        folder=folder,
        port=ports.port_of(state, identifier),
        daemon=daemon(state, identifier),
        binaries=postgres_binaries.find(data_major(folder) or declared),
        admin_password=state.secret(ADMIN, password()),
        stack=state.stack,
    )


def spare(state: StateDir, declared: int | None) -> PostgresServer:
    """Initialise a cluster of that major version that has no name and no port yet."""
    made = PostgresServer(
        name=SPARE,
        folder=state.folder("postgres", SPARE),
        port=0,
        daemon=daemon(state, SPARE),
        binaries=postgres_binaries.find(declared),
        admin_password=state.secret(ADMIN, password()),
        stack=state.stack,
    )
    if not made.initialised:
        made.initialise()
        pack(made.data, made.packed, without=WAL)
    return made


def node(state: StateDir, group: str, name: str, cluster: bool) -> Node:
    """The Valkey node of that name, running or not."""
    folder: Path = state.folder("cache", group, name)
    return Node(
        name=name,
        folder=folder,
        port=ports.port_of(state, name),
        cluster_port=ports.port_of(state, f"{name}-bus") if cluster else None,
        daemon=daemon(state, name),
        binary=valkey_binaries.find(),
        admin_password=state.secret(f"{group}-admin", password()),
        replication_password=state.secret(f"{group}-replication", password()),
        stack=state.stack,
    )


def archived(state: StateDir, found: PostgresServer) -> PostgresServer:
    """A primary whose WAL goes into its archive, which is there."""
    kept = archive(state, found.name)
    found = replace(found, archive_command=kept.command(found))
    kept.prepare(found, replication_password(state))
    return found
