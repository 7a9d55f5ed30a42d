"""An identity's addresses as lines: the environment of an application, `.pgpass`, or a library's own form."""

from __future__ import annotations

from collections.abc import Mapping

from bootstrap.access import load_access
from bootstrap.manifest import CacheTarget, Manifest
from bootstrap.postgres.pools import advise
from bootstrap.secrets import Credential
from clients.errors import NoLoginError
from clients.forms import FORMS, Client, Login, pooled, prefix
from clients.redis_keys import variables

ENVIRONMENTS = ("env", *FORMS, "pgpass", "json")
"""Forms of one identity (`datatier env`)."""


def lines(
    form: str,
    manifest: Manifest,
    identity: str,
    found: Credential | None,
    instances: int,
    caches: Mapping[str, Credential] | None = None,
) -> list[str]:
    """What `identity` needs in that form; references in place of names and passwords where nothing was found.

    `caches` has what opens a cache where that is not the identity's own: `clients.credentials.cache_credentials`.
    """
    if form == "pgpass":
        return pgpass(manifest, found, identity) if found else []
    if form not in FORMS:
        return environment(manifest, identity, found, caches)
    access = load_access(manifest.access)
    advice = advise(identity, instances, {identity: access.limits_of(identity).connection_limit})
    return FORMS[form](Client(manifest=manifest, identity=identity, found=found, pool=advice.pool, caches=caches or {}))


def environment(
    manifest: Manifest, identity: str, found: Credential | None, caches: Mapping[str, Credential] | None = None
) -> list[str]:
    """`KEY=value` lines for an application that runs as `identity`.

    Without the credential, user names and passwords are references of the form that ECS takes in `valueFrom`:
    `<ARN of the secret>:<key>::`. A cache that knows no users has no REDIS_USER, and whoever logs in by token of AWS no
    password. Raise `NoLoginError` where there is nothing to log in to.
    """
    client = Client(manifest=manifest, identity=identity, found=found, caches=caches or {})
    lines: dict[str, str | int | None] = {}
    if client.access.logins(identity):
        postgres, login = manifest.postgres, client.postgres
        lines |= {
            "POSTGRES_HOST": client.server.host,
            "POSTGRES_PORT": client.server.port,
            "POSTGRES_DB": postgres.database,
            "POSTGRES_USER": login.user.line if login.user else None,
            "POSTGRES_PASSWORD": login.password.line if login.password else None,
            "POSTGRES_SSLMODE": postgres.sslmode,
        }
        if postgres.replicas:
            lines["POSTGRES_REPLICA_HOSTS"] = ",".join(f"{each.host}:{each.port}" for each in postgres.replicas)
    for name, cache in manifest.caches.items():
        if name in client.access.identities[identity].redis:
            lines |= _redis(name, cache, client.redis(name))
    lines |= variables(manifest, client.access, identity)
    if not lines:
        raise NoLoginError(
            f"`{identity}` logs in nowhere in this stack: neither to PostgreSQL nor to one of its caches."
        )
    return [f"{key}={text}" for key, text in lines.items() if text is not None]


def _redis(name: str, cache: CacheTarget, login: Login) -> dict[str, str | int | None]:
    return {
        f"{prefix(name)}REDIS_HOST": cache.endpoint.host,
        f"{prefix(name)}REDIS_PORT": cache.endpoint.port,
        f"{prefix(name)}REDIS_USER": login.user.line if login.user else None,
        f"{prefix(name)}REDIS_PASSWORD": login.password.line if login.password else None,
        f"{prefix(name)}REDIS_TLS": "true" if cache.tls else "false",
        f"{prefix(name)}REDIS_CLUSTER": "true" if cache.cluster_mode else None,
    }


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
