"""A tier's addresses in the forms that other programs read: environment lines and `.pgpass`."""

from __future__ import annotations

from bootstrap.access import load_access
from bootstrap.manifest import CacheTarget, Manifest
from bootstrap.secrets import Credential
from cli.errors import NothingUpError
from cli.target import credential, default_identity
from local.state import StateDir

FORMATS = ("env", "pgpass")


def render(form: str, state: StateDir) -> str:
    """The tier in that form. `.pgpass` holds passwords: that is what it is for."""
    from local.status import manifest as manifest_of

    manifest = manifest_of(state)
    if manifest is None:
        raise NothingUpError(f"stack `{state.stack}` is not bootstrapped: `datatier up {state.stack}`.")
    if form == "pgpass":
        return "\n".join(pgpass(manifest))
    return "\n".join(environment(manifest, default_identity(load_access(manifest.access)), None))


def environment(manifest: Manifest, identity: str, found: Credential | None) -> list[str]:
    """`KEY=value` lines for an application that runs as `identity`.

    Without the credential, user names and passwords are references of the form that ECS takes in `valueFrom`:
    `<ARN of the secret>:<key>::`.
    """
    declared = load_access(manifest.access).identities[identity]
    reference = manifest.secrets[identity]

    def value(key: str) -> str:
        if found is None:
            return f"{reference}:{key}::"
        return str(found.content().get(key, ""))

    lines: dict[str, str | int] = {}
    if declared.postgres:
        postgres = manifest.postgres
        lines |= {
            "POSTGRES_HOST": postgres.primary.host,
            "POSTGRES_PORT": postgres.primary.port,
            "POSTGRES_DB": postgres.database,
            "POSTGRES_USER": value("username"),
            "POSTGRES_PASSWORD": value("password"),
            "POSTGRES_SSLMODE": postgres.sslmode,
        }
        if postgres.replicas:
            lines["POSTGRES_REPLICA_HOSTS"] = ",".join(f"{each.host}:{each.port}" for each in postgres.replicas)
    for name, cache in manifest.caches.items():
        if name in declared.redis:
            lines |= _redis(name, cache, value("redis_username"), value("redis_password"))
    return [f"{key}={text}" for key, text in lines.items()]


def _redis(name: str, cache: CacheTarget, user: str, password: str) -> dict[str, str | int]:
    prefix = "" if name == "main" else f"{name.upper().replace('-', '_')}_"
    lines: dict[str, str | int] = {
        f"{prefix}REDIS_HOST": cache.endpoint.host,
        f"{prefix}REDIS_PORT": cache.endpoint.port,
        f"{prefix}REDIS_USER": user,
        f"{prefix}REDIS_PASSWORD": password,
        f"{prefix}REDIS_TLS": "true" if cache.tls else "false",
    }
    if cache.cluster_mode:
        lines[f"{prefix}REDIS_CLUSTER"] = "true"
    return lines


def pgpass(manifest: Manifest) -> list[str]:
    """Lines of `.pgpass` for every identity with a PostgreSQL login, on the primary and on each replica."""
    access = load_access(manifest.access)
    lines = []
    for identity in access.postgres_users:
        found = credential(manifest, identity)
        if found.username and found.password:
            secret = found.password.reveal().replace("\\", "\\\\").replace(":", "\\:")
            for server in (manifest.postgres.primary, *manifest.postgres.replicas):
                lines.append(f"{server.host}:{server.port}:{manifest.postgres.database}:{found.username}:{secret}")
    return lines
