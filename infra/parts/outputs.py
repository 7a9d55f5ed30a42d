"""The outputs of a stack: addresses and names, without a secret."""

from __future__ import annotations

from typing import Any

from components.functions.runner import Runner
from infra.parts.site import Site


def outputs(site: Site, runner: Runner) -> dict[str, Any]:
    """Name -> value of the outputs that every stack has."""
    postgres = site.postgres
    return {
        "writer": {"host": postgres.address, "port": postgres.port, "database": site.settings.postgres.database},
        "replicas": {name: {"host": each.address, "port": each.port} for name, each in postgres.replicas.items()},
        "caches": {
            name: {"host": each.endpoint, "reader": each.reader_endpoint, "port": each.port}
            for name, each in site.caches.items()
        },
        "secrets": {"master": site.credentials.master_secret_arn, **site.credentials.secret_arns},
        "topics": site.notifications.topic_arns,
        "engine_version": postgres.engine_version,
        "bootstrap": runner.result,
        "runner": runner.check_arn,
    }
