"""Who logs in by IAM: only where there is an AWS that signs, and TLS to send the token through."""

from __future__ import annotations

from bootstrap.access import Access, load_access
from bootstrap.manifest import Manifest


def access_of(manifest: Manifest) -> Access:
    """Return the declaration as the stack can keep it: by password where nobody can log in by IAM."""
    access = load_access(manifest.access)
    if _has_iam(manifest):
        return access
    changed = {name: each.model_copy(update={"auth": "password"}) for name, each in access.identities.items()}
    return access.model_copy(update={"identities": changed})


def notes(manifest: Manifest) -> tuple[str, ...]:
    """Return what is otherwise than declared, or not proven, for whoever is declared with `auth: iam`."""
    names = [name for name, each in load_access(manifest.access).identities.items() if each.auth == "iam"]
    if _has_iam(manifest):
        told = "logs in by IAM: its access is granted but not proven by a login, which only its own role may sign"
    else:
        told = "`auth: iam` needs RDS, ElastiCache and TLS; it logs in by password here"
    return tuple(f"{name}: {told}" for name in names)


def _has_iam(manifest: Manifest) -> bool:
    # A server of one's own has neither: PostgreSQL no `rds_iam` that means anything, Redis no signatures.
    own = any(cache.nodes for cache in manifest.caches.values())
    return not own and manifest.aws_endpoint is None and manifest.postgres.sslmode != "disable"
