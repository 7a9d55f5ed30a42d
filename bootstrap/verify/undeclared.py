"""Users of the caches that can log in though nobody declared them, each a check that comes out wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from bootstrap.access import Access
from bootstrap.credentials import token_users
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis import node
from bootstrap.redis.cache import elasticache
from bootstrap.redis.elasticache import user_id
from bootstrap.redis.server import admin_login
from bootstrap.report import Check
from bootstrap.secrets import Credential, SecretStore, open_redis

Job = Callable[[], Iterable[Check]]


def jobs(manifest: Manifest, access: Access, store: SecretStore) -> list[Job]:
    """Return the jobs: each node whose administrator is known is asked, else ElastiCache's user group."""
    made: list[Job] = []
    for name, cache in manifest.caches.items():
        if not cache.has_users:
            continue
        version = store.get(cache.admin_secret) if cache.admin_secret else None
        if version:
            made += [partial(_on_node, name, cache, each, version.credential, access) for each in cache.nodes]
        elif cache.user_group:
            made.append(partial(_in_group, manifest, name, cache.user_group, access))
    return made


def _on_node(name: str, cache: CacheTarget, at: Endpoint, admin: Credential, access: Access) -> Iterator[Check]:
    user, password = admin_login(name, admin)
    target = f"{name}/{at.name}"
    with open_redis(cache, at, user, password) as client:
        live = node.read(client, target)
    known = {*_own(access, name), *access.cache_others(name), user or "default"}
    yield from (_check(each, target) for each in node.undeclared(live, known))


def _in_group(manifest: Manifest, name: str, group: str, access: Access) -> Iterator[Check]:
    by_token = token_users(manifest, access, name)
    own = _own(access, name)
    known = {*by_token.values(), *(user_id(manifest.prefix, name, each) for each in own - by_token.keys())}
    found = elasticache(manifest, name, group, access.cache_others(name)).strangers(known)
    yield from (_check(each, f"{name}/{group}") for each in found)


def _own(access: Access, cache: str) -> set[str]:
    """What the identities are called in a cache: each by its name, or beside a user from before the stack."""
    return {one for each in access.cache_users(cache) for one in (each, access.redis_user(each))}


def _check(user: str, target: str) -> Check:
    action = "log in without being declared (`identities` or `exceptions` in access.yaml)"
    return Check(identity=user, engine="redis", target=target, action=action, expected="refused", outcome="allowed")
