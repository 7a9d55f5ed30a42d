"""Who logs in by IAM: only where there is an AWS that signs, TLS to send the token through, and the role `rds_iam`."""

from __future__ import annotations

from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.manifest import Manifest
from bootstrap.postgres.desired import RDS_IAM


def here(conn: psycopg.Connection[Any], manifest: Manifest, access: Access) -> tuple[Access, tuple[str, ...]]:
    """Return the declaration as this server can keep it, and a sentence for each identity that it differs for."""
    names = [name for name, identity in access.identities.items() if identity.auth == "iam"]
    if not names:
        return access, ()
    if reason := _missing(conn, manifest):
        told = tuple(f"{name}: `auth: iam` needs {reason}; it logs in by password here" for name in names)
        return without_iam(access), told
    return access, tuple(
        f"{name}: logs in by IAM, so its access is granted but not proven by a login: only its own role may sign one"
        for name in names
    )


def _missing(conn: psycopg.Connection[Any], manifest: Manifest) -> str:
    if manifest.aws_endpoint or manifest.postgres.sslmode == "disable":
        return "AWS and TLS"
    if not conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (RDS_IAM,)).fetchone():
        return "the role rds_iam, which RDS has"
    if any(cache.nodes for cache in manifest.caches.values()):
        return "ElastiCache"
    return ""


def without_iam(access: Access) -> Access:
    """Return the declaration with a password for everybody."""
    changed = {name: i.model_copy(update={"auth": "password"}) for name, i in access.identities.items()}
    return access.model_copy(update={"identities": changed})


def by_password(access: Access) -> Access:
    """Return the declaration of those alone who log in by password."""
    kept = {name: identity for name, identity in access.identities.items() if identity.auth == "password"}
    return access.model_copy(update={"identities": kept})
