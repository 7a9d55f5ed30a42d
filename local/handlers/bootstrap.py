"""`aws:lambda/invocation:Invocation`: the bootstrap, in this process or as the bundle in the emulator's Lambda."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from bootstrap.application import MIGRATIONS
from bootstrap.declared_extensions import DeclaredExtension, declared
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from graph import types
from graph.cloud import Made
from graph.errors import CloudError
from graph.naming import digest
from graph.replica import replica_source
from graph.resource import Resource
from local.handlers import cache, function, rds
from local.handlers.base import RunContext, server
from local.postgres import roles
from local.state import Entry, StateDir
from local.valkey.config import ADMIN
from local.valkey.node import Node

TYPE = types.INVOCATION


class Invocation:
    """Runs when the declaration changed or when this run made or repaired something, as its triggers do on AWS."""

    recorded = False

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        try:
            declared = Manifest.model_validate_json(resource.inputs["input"])
        except (KeyError, ValidationError) as error:
            raise CloudError(f"the input of {resource.name} is not a manifest: {error}") from error
        manifest = localise(context, declared)
        kept = context.state.kept
        asked = [digest(resource), manifest.model_dump(mode="json"), context.runner]
        if previous and kept.get("asked") == asked and kept.get("report") and not context.touched:
            return Made(id=previous["id"], outputs=previous["outputs"], outcome="unchanged")
        report = run(context, manifest, resource.inputs.get("functionName"))
        kept["asked"] = asked
        outputs = {"result": json.dumps(report)}
        return Made(id=digest(resource)[:32], outputs=outputs, outcome="updated" if previous else "created")

    def remove(self, context: RunContext, entry: Entry) -> None:  # noqa: ARG002 - the protocol's signature
        context.state.kept.clear()


def run(context: RunContext, manifest: Manifest, function_name: str | None = None) -> dict[str, Any]:
    """One bootstrap run over a localised manifest; keeps manifest, report and time, and the caches' users on disk."""
    restore_master(context, manifest)
    _make_reserved(context, manifest)
    context.state.save()
    if context.runner == "lambda" and function_name:
        report = _in_lambda(context, manifest, function_name)
    else:
        report = _here(context, manifest)
    for node in _nodes(context):
        with node.client() as client:
            client.execute_command("ACL SAVE")
    now = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
    context.state.kept |= {"manifest": manifest.model_dump(mode="json"), "report": report, "bootstrapped": now}
    return report


def _make_reserved(context: RunContext, manifest: Manifest) -> None:
    reserve(context.state, manifest.postgres.database, declared(context.state.project))


def reserve(state: StateDir, database: str, wanted: Sequence[DeclaredExtension]) -> None:
    """Stand in for rds_superuser, which may make what PostgreSQL reserves for superusers."""
    for entry in state.of_type(rds.TYPE):
        if wanted and replica_source(entry["inputs"]) is None:
            with server(state, entry["outputs"]["identifier"]).connect(database) as connection:
                roles.make_reserved(connection, wanted, entry["inputs"]["username"])


def _here(context: RunContext, manifest: Manifest) -> dict[str, Any]:
    from bootstrap.errors import BootstrapError
    from bootstrap.migrate.errors import MigrateError
    from bootstrap.run import run as bootstrap

    try:
        report: dict[str, Any] = bootstrap(
            manifest, migrations=context.state.project / MIGRATIONS, progress=context.progress
        ).model_dump(mode="json")
    except (BootstrapError, MigrateError) as error:
        raise CloudError(f"the bootstrap stopped: {error}") from error
    return report


def _in_lambda(context: RunContext, manifest: Manifest, name: str) -> dict[str, Any]:
    report = function.invoke(context, name, manifest.model_dump(mode="json"))
    for step in report["steps"]:
        if context.progress:
            context.progress(step["name"], step["seconds"])
    return report


def localise(context: RunContext, manifest: Manifest) -> Manifest:
    """Add what ElastiCache and RDS would do themselves: each node, an administrator, plain text on loopback."""
    caches = {}
    for name, target in manifest.caches.items():
        entry = _group_of(context, name, target)
        nodes = cache.members(context, entry)
        caches[name] = target.model_copy(
            update={
                "endpoint": Endpoint(name=target.endpoint.name, host="127.0.0.1", port=entry["outputs"]["port"]),
                "tls": False,
                "iam_cache": None,
                "nodes": tuple(Endpoint(name=n.name, host="127.0.0.1", port=n.port) for n in nodes),
                "admin_secret": admin_secret(context, manifest.prefix, name, nodes[0]),
            }
        )
    # Tokens are AWS's: here every login has a password.
    postgres = manifest.postgres.model_copy(update={"sslmode": "disable", "sslrootcert": None, "iam_region": None})
    context.emulator_ready()
    return manifest.model_copy(
        update={
            "aws_endpoint": context.emulator.endpoint,
            "postgres": postgres,
            "caches": caches,
            "region": context.region,
        }
    )


def _group_of(context: RunContext, name: str, target: CacheTarget) -> Entry:
    """The replication group behind a cache of the manifest: by its id, else by its port.

    ElastiCache's port is an input that it takes as it is; here each group has a port of its own.
    """
    groups = context.state.of_type(cache.TYPE)
    by_id = [e for e in groups if e["id"] == target.replication_group]
    found = by_id or [e for e in groups if e["outputs"]["port"] == target.endpoint.port]
    if len(found) != 1:
        raise CloudError(f"cache {name} of the manifest is none of this stack's groups: {[e['id'] for e in groups]}")
    return found[0]


def admin_secret(context: RunContext, prefix: str, name: str, node: Node) -> str:
    """The ACL administrator of a cache, in the emulator's Secrets Manager; returns the ARN."""
    client = context.aws("secretsmanager")
    key = f"{prefix}/local/{name}-admin"
    value = json.dumps({"redis_username": ADMIN, "redis_password": node.admin_password})
    try:
        found = client.get_secret_value(SecretId=key)
    except client.exceptions.ResourceNotFoundException:
        return str(client.create_secret(Name=key, SecretString=value)["ARN"])
    if found["SecretString"] != value:
        client.put_secret_value(SecretId=key, SecretString=value)
    return str(found["ARN"])


def restore_master(context: RunContext, manifest: Manifest) -> None:
    """Give the master user the initial password back where the secret holds it again.

    That is so on the first run (nothing changes) and after the emulator was killed: what the bootstrap had put in the
    secret is lost, and the way in is the one that RDS keeps for its owner, ModifyDBInstance.
    """
    client = context.aws("secretsmanager")
    value = json.loads(client.get_secret_value(SecretId=manifest.postgres.master_secret)["SecretString"])
    if not value.get("initial"):
        return
    for entry in context.state.of_type(rds.TYPE):
        if replica_source(entry["inputs"]) is None:
            with context.server(entry["outputs"]["identifier"]).connect() as connection:
                roles.set_password(connection, value["username"], value["password"])


def _nodes(context: RunContext) -> list[Node]:
    return [node for entry in context.state.of_type(cache.TYPE) for node in cache.members(context, entry)]
