"""One cache: its users made in every place that keeps them, and each proven by a login."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor

from bootstrap.aws import aws_client
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis.elasticache import ElastiCacheUsers
from bootstrap.redis.server import ServerAcl
from bootstrap.redis.users import Applied, User, UserChange
from bootstrap.secrets import LoginError, SecretStore, open_redis

# ElastiCache brings a changed user to the nodes after the API calls it active; how long after is not documented.
_SETTLE_SECONDS = 120.0


class CacheError(BootstrapError):
    """A cache could not be brought into its declared state."""


def nodes(cache: CacheTarget) -> tuple[Endpoint, ...]:
    """Where to log in: every node that is known, else the endpoint."""
    return cache.nodes or (cache.endpoint,)


def apply(manifest: Manifest, name: str, users: Sequence[User], store: SecretStore, pool: Executor) -> Applied:
    """Bring the users of cache `name` into their declared state."""
    return _each(manifest, name, users, store, pool, write=True)


def plan(manifest: Manifest, name: str, users: Sequence[User], store: SecretStore, pool: Executor) -> Applied:
    """Return what `apply` would change, and change nothing."""
    return _each(manifest, name, users, store, pool, write=False)


def _each(
    manifest: Manifest, name: str, users: Sequence[User], store: SecretStore, pool: Executor, *, write: bool
) -> Applied:
    cache = manifest.caches[name]
    if cache.user_group is None and not cache.nodes:
        return _token(name, cache, store)
    changes: list[UserChange] = []
    differences: list[str] = []
    api = None
    if cache.user_group:
        api = ElastiCacheUsers(
            aws_client("elasticache", manifest.region, manifest.aws_endpoint),
            prefix=manifest.prefix,
            cache=name,
            group=cache.user_group,
            engine=cache.engine,
        )
        applied = api.apply(users) if write else api.plan(users)
        changes += applied.changes
        differences += applied.differences
    if cache.nodes:
        acl = _server(name, cache, store, pool)
        applied = acl.apply(users) if write else acl.plan(users)
        changes += applied.changes
        differences += applied.differences
    elif api and write:
        changes += _prove(api, cache, users, settle=_SETTLE_SECONDS if changes else 0.0)
    return Applied(changes=tuple(changes), differences=tuple(differences))


def _server(name: str, cache: CacheTarget, store: SecretStore, pool: Executor) -> ServerAcl:
    version = store.get(cache.admin_secret) if cache.admin_secret else None
    if version is None:
        raise CacheError(f"cache {name} has nodes of its own but no ACL administrator's secret: set `admin_secret`")
    return ServerAcl(name, cache, version.credential, pool)


def _prove(api: ElastiCacheUsers, cache: CacheTarget, users: Sequence[User], *, settle: float) -> list[UserChange]:
    """Log in as each user; where that is refused, ElastiCache has another password than the secret."""
    changes: list[UserChange] = []
    for user in users:
        if user.iam:  # logs in with a token that only its own IAM role may sign
            continue
        try:
            _login(cache, user, settle)
        except LoginError as error:
            if not error.refused:
                raise
            changes.append(api.set_password(user))
            _login(cache, user, _SETTLE_SECONDS)
    return changes


def _login(cache: CacheTarget, user: User, settle: float) -> None:
    until = time.monotonic() + settle
    while True:
        try:
            open_redis(cache, cache.endpoint, user.name, user.password).close()
        except LoginError as error:
            if not error.refused or time.monotonic() >= until:
                raise
            time.sleep(2)
        else:
            return


def _token(name: str, cache: CacheTarget, store: SecretStore) -> Applied:
    """With an AUTH token there are no users: see that the token works."""
    version = store.get(cache.auth_secret) if cache.auth_secret else None
    token = version.credential.redis_password or version.credential.password if version else None
    if token is None:
        raise CacheError(f"cache {name} has neither a user group nor an AUTH token's secret: set one of them")
    open_redis(cache, cache.endpoint, None, token).close()
    return Applied(changes=())
