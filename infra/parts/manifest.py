"""The manifest as a Pulumi output: what the bootstrap has to know about the resources, without a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from bootstrap.manifest import Manifest
from infra.parts.copies import kept
from infra.parts.drills import drilled
from infra.parts.site import Site


def manifest(
    site: Site,
    declaration: Mapping[str, object],
    bucket: Mapping[str, object] | None,
    proxy: Mapping[str, object] | None = None,
) -> pulumi.Output[str]:
    """JSON of `bootstrap.manifest.Manifest`, checked against it once everything is known."""
    postgres, credentials, instances = site.postgres, site.credentials, site.instances
    fields: dict[str, Any] = {
        "stack": instances.stack,
        "prefix": instances.prefix,
        "region": site.place["region"],
        "postgres": {
            "primary": {"name": instances.primary.name, "host": postgres.address, "port": postgres.port},
            "replicas": [
                {
                    "name": name,
                    "host": made.address,
                    "port": made.port,
                    "region": each.region if each.elsewhere else None,
                }
                for name, each in instances.replicas.items()
                for made in (postgres.replicas[name],)
            ],
            "database": site.settings.postgres.database,
            "master_secret": credentials.master_secret_arn,
            "iam_region": site.place["region"] if postgres.iam_authentication else None,
            "proxy": proxy,
            "instance": postgres.identifier,
            "existing": site.settings.postgres.existing is not None,
            "replica_lag": site.settings.postgres.replica_lag,
        },
        "caches": {
            name: {
                "endpoint": {"name": name, "host": made.endpoint, "port": made.port},
                "reader": {"name": "reader", "host": made.reader_endpoint, "port": made.port}
                if cache.replicas and not cache.shards
                else None,
                "cluster_mode": cache.shards > 0,
                "engine": cache.engine,
                "user_group": made.user_group_id,
                "iam_cache": made.replication_group_id if cache.takes_tokens else None,
                "auth_secret": credentials.token_secret_arns.get(name),
                "replication_group": made.replication_group_id,
                "existing": cache.existing is not None,
            }
            for name, cache in instances.caches.items()
            for made in (site.caches[name],)
        },
        "bucket": {"name": bucket["name"], "owner": site.place["account_id"], "lock": _lock(site)} if bucket else None,
        "secrets": credentials.secret_arns,
        "protected": site.settings.protect,
        "passwords": site.settings.passwords.model_dump(),
        "kept": kept(site.settings, site.prefix, site.place),
        "drills": drilled(site.settings),
        "access": declaration,
    }
    return pulumi.Output.json_dumps(fields).apply(_checked)


def _lock(site: Site) -> dict[str, object] | None:
    lock = site.settings.bucket.lock if site.settings.bucket else None
    return {"mode": lock.mode.upper(), "days": lock.days} if lock else None


def _checked(document: str) -> str:
    Manifest.model_validate_json(document)
    return document
