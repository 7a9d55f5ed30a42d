"""How the engines differ from what a stack declares: counted by the same comparisons as `datatier drift`.

The catalogs that they read are open to everybody. Users of caches are not: ACL LIST is a right that no watcher has.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from observe.metrics.family import gauge
from observe.metrics.own.part import Part
from observe.metrics.source import Refused

if TYPE_CHECKING:
    import psycopg

SCHEMA, ACCESS = "datatier_schema_differences", "datatier_access_differences"
DIFFERENCES = {
    SCHEMA: "Differences between the schema and its committed definition.",
    ACCESS: "Differences between PostgreSQL's roles and rights and access.yaml.",
}


def differences(conn: psycopg.Connection[Any], *, manifest: Manifest, migrations: Path) -> Part:
    """Compare the database of the session, a primary, with the declarations of its stack."""
    import psycopg

    families = []
    refused = [
        Refused(ACCESS, f"users of the cache {name} are left out: that takes +acl|list, which no watcher has", "")
        for name, cache in manifest.caches.items()
        if cache.has_users
    ]
    for name, count in (
        (SCHEMA, partial(_schema, conn, manifest, migrations)),
        (ACCESS, partial(_access, conn, manifest)),
    ):
        try:
            families.append(gauge(name, DIFFERENCES[name], count()))
        except (BootstrapError, psycopg.Error) as error:
            refused.append(Refused(name, " ".join(str(error).split()), ""))
    return Part(families=families, refused=refused)


def _schema(conn: psycopg.Connection[Any], manifest: Manifest, migrations: Path) -> int:
    from bootstrap.access import load_access
    from bootstrap.drift import judge_schema

    return len(judge_schema(conn, migrations, load_access(manifest.access).upkeep).counted)


def _access(conn: psycopg.Connection[Any], manifest: Manifest) -> int:
    from bootstrap.access import load_access
    from bootstrap.postgres.compared import compared

    found = compared(conn, load_access(manifest.access), iam=manifest.postgres.iam_region is not None)
    return len(found.changes) + len(found.undeclared)
