"""A tier's addresses in the forms that other programs read: environment lines and `.pgpass`."""

from __future__ import annotations

from bootstrap.access import load_access
from bootstrap.manifest import CacheTarget, Manifest
from bootstrap.postgres.pools import advise
from bootstrap.secrets import Credential
from cli.errors import NothingUpError
from cli.forms import FORMS, Client, pooled, prefix
from cli.target import credential, default_identity
from local.state import StateDir

FORMATS = ("env", "pgpass")
"""Forms of a whole tier (`datatier status`)."""
ENVIRONMENTS = ("env", *FORMS, "pgpass", "json")
"""Forms of one identity (`datatier env`)."""


def render(form: str, state: StateDir) -> str:
    """The tier in that form. `.pgpass` holds passwords: that is what it is for."""
    from local.status import manifest as manifest_of

    manifest = manifest_of(state)
    if manifest is None:
        raise NothingUpError(f"stack `{state.stack}` is not bootstrapped: `datatier up {state.stack}`.")
    if form == "pgpass":
        access = load_access(manifest.access)
        return "\n".join(
            line for name in access.postgres_users for line in pgpass(manifest, credential(manifest, name), name)
        )
    return "\n".join(environment(manifest, default_identity(load_access(manifest.access)), None))


def lines(form: str, manifest: Manifest, identity: str, found: Credential | None, instances: int) -> list[str]:
    """What `identity` needs in that form; references in place of names and passwords where nothing was found."""
    if form == "pgpass":
        return pgpass(manifest, found, identity) if found else []
    if form not in FORMS:
        return environment(manifest, identity, found)
    access = load_access(manifest.access)
    advice = advise(identity, instances, {identity: access.limits_of(identity).connection_limit})
    return FORMS[form](Client(manifest=manifest, identity=identity, found=found, pool=advice.pool))


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
        server = pooled(postgres, identity) or postgres.primary
        lines |= {
            "POSTGRES_HOST": server.host,
            "POSTGRES_PORT": server.port,
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
    lines: dict[str, str | int] = {
        f"{prefix(name)}REDIS_HOST": cache.endpoint.host,
        f"{prefix(name)}REDIS_PORT": cache.endpoint.port,
        f"{prefix(name)}REDIS_USER": user,
        f"{prefix(name)}REDIS_PASSWORD": password,
        f"{prefix(name)}REDIS_TLS": "true" if cache.tls else "false",
    }
    if cache.cluster_mode:
        lines[f"{prefix(name)}REDIS_CLUSTER"] = "true"
    return lines


def pgpass(manifest: Manifest, found: Credential, identity: str) -> list[str]:
    """Lines of `.pgpass` for a PostgreSQL login, on the proxy that serves it, the primary and each replica."""
    if found.username is None or found.password is None:
        return []
    secret = found.password.reveal().replace("\\", "\\\\").replace(":", "\\:")
    postgres = manifest.postgres
    return [
        f"{server.host}:{server.port}:{postgres.database}:{found.username}:{secret}"
        for server in (pooled(postgres, identity), postgres.primary, *postgres.replicas)
        if server
    ]
