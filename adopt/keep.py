"""The line of a stack's file by which a resource stays as it is, for inputs whose change makes another one. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from adopt.estate import Estate
from adopt.live.resource import LiveResource
from graph.types import CACHE, CACHE_PARAMETER_GROUP, INSTANCE, PARAMETER_GROUP

POSTGRES = "data-tier:postgres"

_GROUP = {
    "name": "existing.parameter_group.name",
    "namePrefix": "existing.parameter_group.name",
    "description": "existing.parameter_group.description",
}
KEYS: Mapping[str, Mapping[str, str]] = {
    INSTANCE: {
        "dbName": "existing.initial_database",
        "kmsKeyId": "existing.key",
        "storageEncrypted": "existing.encrypted",
        "username": "master",
    },
    PARAMETER_GROUP: {**_GROUP, "family": "version"},
    CACHE: {
        "atRestEncryptionEnabled": "existing.encrypted",
        "dataTieringEnabled": "class",
        "engine": "engine",
        "engineVersion": "version",
        "kmsKeyId": "existing.key",
        "port": "existing.port",
        "replicationGroupId": "existing.identifier",
        "subnetGroupName": "existing.subnet_group",
        "transitEncryptionEnabled": "existing.tls",
    },
    CACHE_PARAMETER_GROUP: {**_GROUP, "family": "version"},
}
"""Type -> input -> key of the server's section in the stack's file."""
_PRIMARYS = frozenset({"dbName", "username"})
"""Inputs that a replica has from its primary."""


def lines(estate: Estate, live: LiveResource, keys: Iterable[str]) -> str:
    """One line for each input; empty where no key of the file keeps the resource."""
    server = _server(estate, live)
    if server is None:
        return ""
    known = KEYS.get(live.type, {})
    return "\n".join(
        f"{_section(server, key)}.{known[key]}: {_said(live.inputs.get(key))}" for key in sorted(keys) if key in known
    )


def _section(server: str, key: str) -> str:
    return POSTGRES if key in _PRIMARYS else server


def _server(estate: Estate, live: LiveResource) -> str | None:
    """Path of the section in the stack's file whose server it is, or is of."""
    return next((path for path, type_, name in _things(estate) if (type_, name) == (live.type, live.name)), None)


def _things(estate: Estate) -> Iterator[tuple[str, str, str]]:
    """Section, type and physical name of everything that a section keeps."""
    databases = {f"{POSTGRES}.replicas.{name}": each for name, each in estate.replicas.items()}
    for path, instance in ({POSTGRES: estate.primary} | databases).items():
        yield path, INSTANCE, instance.identifier
        yield path, PARAMETER_GROUP, str(instance.parameter_group.described["DBParameterGroupName"])
    for name, cache in estate.caches.items():
        path = f"data-tier:redis.{name}"
        yield path, CACHE, cache.identifier
        yield path, CACHE_PARAMETER_GROUP, str(cache.parameter_group.described["CacheParameterGroupName"])


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
