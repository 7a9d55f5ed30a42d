"""`aws:rds/instance:Instance`: a PostgreSQL server on this computer, or a streaming replica of one."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph import types
from graph.cloud import Made
from graph.errors import CloudError
from graph.naming import camel, digest, hexes, physical_name
from graph.replica import replica_source
from graph.resource import Resource
from local.backups import cluster
from local.emulator import arn
from local.handlers.base import RunContext, archive, archived, replication_password
from local.postgres import replica as replication
from local.postgres import roles
from local.postgres.server import PostgresServer
from local.state import Entry, MadeEntry, made_key

TYPE = types.INSTANCE
PARAMETER_GROUP = types.PARAMETER_GROUP


def keeps_backups(inputs: Mapping[str, Any]) -> bool:
    """Whether an instance has automated backups: a retention of 0 days, or none, is none."""
    return bool(inputs.get("backupRetentionPeriod"))


def is_archived(entry: Entry, made: Mapping[str, MadeEntry]) -> bool:
    """Whether an instance archives its WAL: it has backups, or was promoted, as `StateDir.made` says."""
    if replica_source(entry["inputs"]):
        return made_key("promotion", entry["outputs"]["identifier"]) in made
    return keeps_backups(entry["inputs"])


def major(inputs: Mapping[str, Any]) -> int | None:
    """The major version that an instance declares; None where it leaves that to RDS."""
    first = str(inputs.get("engineVersion") or "").partition(".")[0]
    return int(first) if first.isdecimal() else None


class RdsInstance:
    """Keyed by its identifier, as on RDS."""

    recorded = False

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        identifier = physical_name(resource, "identifier")
        server = context.server(identifier, major(resource.inputs))
        parameters = context.parameters(PARAMETER_GROUP, resource.inputs)
        source = replica_source(resource.inputs)
        if source:
            origin = context.server(source)
            if not origin.daemon.alive:
                raise CloudError(f"replica {identifier} names {source} as its source, which this stack does not hold")
            if made_key("promotion", identifier) in context.state.made:
                raise CloudError(
                    f"replica {identifier} was promoted and has data of its own: take it out of the declaration and "
                    "run `datatier up`, which removes them; declared again after that, it is a replica again"
                )
            server = replace(server, binaries=origin.binaries)  # it is a copy
            changed, config = replication.start(server, origin, parameters, replication_password(context.state))
        else:
            fresh = not server.initialised
            if fresh:
                context.initialise(server)
            kept = archive(context.state, identifier) if keeps_backups(resource.inputs) else None
            if kept:
                server = archived(context.state, server)
            if kept and fresh:  # every time since can be restored
                cluster.initial(kept.folder, server)
            server.packed.unlink(missing_ok=True)
            changed, config = server.start(parameters)
            changed = _master(context, server, resource, previous) or changed
            if kept and not kept.bases():
                kept.back_up(server, replication_password(context.state))
        context.differences[identifier] = config.differences
        if changed:
            context.touched.add(identifier)
        outputs = _outputs(context, resource, server, identifier)
        if not changed and previous and previous["digest"] == digest(resource):
            return Made(id=outputs["resourceId"], outputs=outputs, outcome="unchanged")
        return Made(id=outputs["resourceId"], outputs=outputs, outcome="updated" if previous else "created")

    def remove(self, context: RunContext, entry: Entry) -> None:
        identifier = entry["outputs"]["identifier"]
        server = context.server(identifier)
        source = replica_source(entry["inputs"])
        server.remove()
        shutil.rmtree(archive(context.state, identifier).folder, ignore_errors=True)
        if source:
            origin = context.server(source)
            if origin.daemon.alive:
                replication.drop_slot(origin, identifier)
        context.state.ports.pop(identifier, None)
        context.state.made.pop(made_key("promotion", identifier), None)


def _master(context: RunContext, server: PostgresServer, resource: Resource, previous: Entry | None) -> bool:
    """What RDS prepares in a new instance, and what ModifyDBInstance does with a changed password."""
    inputs = resource.inputs
    user, declared, database = inputs.get("username"), inputs.get("password"), inputs.get("dbName")
    known = context.state.secrets.get(f"{server.name}-master")
    mark = hashlib.sha256(str(declared).encode()).hexdigest()
    was = previous["inputs"] if previous else {}
    if known == mark and (was.get("username"), was.get("dbName")) == (user, database):
        return False
    if not user or not declared:
        raise CloudError(f"instance {server.name} has no username and password: RDS needs both for a primary")
    with server.connect() as connection:
        roles.prepare(connection, replication_password(context.state))
        made = roles.make_master(connection, user, declared)
        ignored = "password" in {camel(path) for path in resource.ignore_changes}
        if not made and known != mark and not ignored:
            roles.set_password(connection, user, declared)
    if database:
        with server.connect() as connection:
            # Of another master the secret knows nothing: the bootstrap goes on as the one before.
            roles.make_database(connection, database, str(was.get("username") or user))
    context.state.secrets[f"{server.name}-master"] = mark
    return made or known != mark


def _outputs(context: RunContext, resource: Resource, server: PostgresServer, identifier: str) -> dict[str, Any]:
    version = server.binaries.version
    return {
        "identifier": identifier,
        "arn": arn("rds", context.region, f"db:{identifier}"),
        "address": "127.0.0.1",
        "endpoint": f"127.0.0.1:{server.port}",
        "port": server.port,
        "resourceId": "db-" + hexes(resource.urn, 26).upper(),
        "engine": "postgres",
        "engineVersionActual": version,
        "status": "available",
        "masterUserSecrets": [],
        "availabilityZone": resource.inputs.get("availabilityZone") or f"{context.region}a",
        "caCertIdentifier": resource.inputs.get("caCertIdentifier") or "rds-ca-rsa2048-g1",
    }
