"""The manifest as a Pulumi output: what the bootstrap is told about the resources, without a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from bootstrap.manifest import Manifest
from components.credentials import Credentials
from components.postgres import Postgres
from components.redis import Redis
from infra.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The components that the manifest and the outputs speak of."""

    stack: str
    prefix: str
    region: str
    database: str
    postgres: Postgres
    caches: dict[str, Redis]
    credentials: Credentials


def manifest(
    parts: Parts, settings: Settings, declaration: dict[str, Any], proxy: dict[str, Any] | None = None
) -> pulumi.Output[str]:
    """JSON of `bootstrap.manifest.Manifest`, checked against it once everything is known."""
    postgres, credentials = parts.postgres, parts.credentials
    fields: dict[str, Any] = {
        "stack": parts.stack,
        "prefix": parts.prefix,
        "region": parts.region,
        "postgres": {
            "primary": {"name": "primary", "host": postgres.address, "port": postgres.port},
            "replicas": [
                {"name": name, "host": replica.address, "port": replica.port, "region": _region(settings, name)}
                for name, replica in postgres.replicas.items()
            ],
            "database": parts.database,
            "master_secret": credentials.master_secret_arn,
            "iam_region": parts.region if postgres.iam_authentication else None,
            "proxy": proxy,
        },
        "caches": {
            name: {
                "endpoint": {"name": name, "host": cache.endpoint, "port": cache.port},
                "cluster_mode": settings.redis[name].shards > 0,
                "engine": settings.redis[name].engine,
                "user_group": cache.user_group_id,
                "iam_cache": cache.replication_group_id if takes_tokens(settings, name) else None,
                "auth_secret": credentials.token_secret_arns.get(name),
                "replication_group": cache.replication_group_id if name in credentials.token_secret_arns else None,
            }
            for name, cache in parts.caches.items()
        },
        "secrets": credentials.secret_arns,
        "protected": settings.protect,
        "passwords": settings.passwords.model_dump(),
        "access": declaration,
    }
    return pulumi.Output.json_dumps(fields).apply(_checked)


def takes_tokens(settings: Settings, cache: str) -> bool:
    """Whether users of a cache may log in by IAM token: Valkey, or Redis from 7.0 (ElastiCache User Guide)."""
    declared = settings.redis[cache]
    major = int(declared.version.partition(".")[0])
    return declared.auth == "rbac" and (declared.engine == "valkey" or major >= 7)


def _region(settings: Settings, replica: str) -> str | None:
    remote = settings.postgres.replicas[replica].remote
    return remote.region if remote else None


def _checked(document: str) -> str:
    Manifest.model_validate_json(document)
    return document
