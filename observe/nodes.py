"""Which servers a command looks at, and as whom it logs in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from bootstrap.access import cache_watcher, load_access, watcher
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.secrets import (
    Credential,
    LoginError,
    Secret,
    open_database_url,
    open_postgres,
    open_redis,
    open_redis_url,
    place_of,
    redis_url_at,
)
from clients.credentials import cache_credential, credential, secret_of
from observe.logins import Login
from observe.node import APPLICATION, PostgresNode, RedisNode
from observe.rights import Lack, lack

if TYPE_CHECKING:
    import psycopg
    import redis


def postgres_nodes(
    target: Manifest | Secret, identity: str | None = None, database: str | None = None
) -> tuple[PostgresNode, ...]:
    """The primary first, then its replicas; or the one server of a URL. `database` in place of the usual one.

    The secret is read at the first login. Raise `NoLoginError` or `UrlError`.
    """
    if isinstance(target, Secret):
        url = target
        return (
            PostgresNode(
                name="database",
                address=place_of(url),
                replica=None,
                connect=lambda seconds: open_database_url(
                    url, database=database, application=APPLICATION, seconds=seconds
                ),
            ),
        )
    who = identity or watcher(load_access(target.access))
    secret_of(target, who)
    login = Login(partial(credential, target, who))
    postgres = target.postgres
    return (
        _instance(postgres, postgres.primary, login, database, replica=False),
        *(_instance(postgres, each, login, database, replica=True) for each in postgres.replicas),
    )


def redis_nodes(target: Manifest | Secret, identity: str | None = None) -> tuple[RedisNode, ...]:
    """The nodes of every cache that somebody may watch; or the one server of a URL.

    Secrets are read at the first login. Raise `NoLoginError`.
    """
    if isinstance(target, Secret):
        return (_of_url(target, "redis"),)
    return tuple(_cache_nodes(target, identity))


def _of_url(url: Secret, name: str) -> RedisNode:
    return RedisNode(
        name=name,
        cache="redis",
        address=place_of(url),
        connect=lambda seconds: open_redis_url(url, seconds=seconds, ready=False),
        at=lambda host, port: _of_url(redis_url_at(url, host, port), f"{host}:{port}"),
    )


def cache_nodes(manifest: Manifest, cache: str, identity: str) -> tuple[RedisNode, ...]:
    """The nodes of one cache as one identity; of ElastiCache the endpoint that reads first, where there is one.

    Secrets are read at the first login. Raise `NoLoginError`.
    """
    target = manifest.caches[cache]
    where = target.nodes or (*([target.reader] if target.reader else []), target.endpoint)
    return tuple(_nodes_of(manifest, cache, identity, where))


def cache_nodes_by(manifest: Manifest, cache: str, read: Callable[[], Credential]) -> tuple[RedisNode, ...]:
    """The same nodes with a credential that is no identity's, such as the administrator's."""
    target, login = manifest.caches[cache], Login(read)
    where = target.nodes or (*([target.reader] if target.reader else []), target.endpoint)
    return tuple(_cache_node(cache, target, each, login, lambda _: None) for each in where)


def _instance(
    target: PostgresTarget, endpoint: Endpoint, login: Login, database: str | None, *, replica: bool
) -> PostgresNode:
    def connect(seconds: int) -> psycopg.Connection[tuple[Any, ...]]:
        found = login.read()
        return open_postgres(
            target,
            endpoint,
            found.username or "",
            found.password,
            database=database,
            application=APPLICATION,
            seconds=seconds,
        )

    return PostgresNode(
        name=endpoint.name,
        address=f"{endpoint.host}:{endpoint.port}",
        replica=replica,
        lag_limit=target.replica_lag,
        connect=connect,
        ready=login.ready,
    )


def _cache_nodes(manifest: Manifest, identity: str | None) -> Iterator[RedisNode]:
    access = load_access(manifest.access)
    for name, cache in manifest.caches.items():
        who = identity or cache_watcher(access, name)
        if who is None and cache.has_users:
            continue
        yield from _nodes_of(manifest, name, who or "", cache.nodes or (cache.endpoint,))


def _nodes_of(manifest: Manifest, name: str, who: str, where: Iterable[Endpoint]) -> Iterator[RedisNode]:
    cache = manifest.caches[name]
    if cache.has_users:
        secret_of(manifest, who)
    login = Login(partial(cache_credential, manifest, name, who))
    rules = load_access(manifest.access).cache_users(name)[who] if who and cache.has_users else None
    for endpoint in where:
        yield _cache_node(name, cache, endpoint, login, partial(lack, cache, name, who, rules))


def _cache_node(
    name: str, cache: CacheTarget, endpoint: Endpoint, login: Login, lack: Callable[[str], Lack | None]
) -> RedisNode:
    def connect(seconds: float) -> redis.Redis:
        found = login.read()
        password = found.redis_password
        if password is None:
            raise LoginError(f"the secret of {found.redis_username} holds no password for Redis", refused=False)
        return open_redis(cache, endpoint, found.redis_username, password, seconds=seconds, ready=False)

    def at(host: str, port: int) -> RedisNode:
        known = next((each for each in cache.nodes if (each.host, each.port) == (host, port)), None)
        found = known or Endpoint(name=f"{host}:{port}", host=host, port=port)
        return _cache_node(name, cache, found, login, lack)

    return RedisNode(
        name=name if endpoint == cache.endpoint and not cache.nodes else f"{name}/{endpoint.name}",
        cache=name,
        address=f"{endpoint.host}:{endpoint.port}",
        connect=connect,
        ready=login.ready,
        at=at,
        lack=lack,
    )
