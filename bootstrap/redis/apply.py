"""One cache: its users made in every place that keeps them, and each proven by a login."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import Executor

from bootstrap.aws import aws_client
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis.elasticache import ElastiCacheUsers
from bootstrap.redis.server import ServerAcl, joined
from bootstrap.redis.token import USER as TOKEN_USER
from bootstrap.redis.token import ElastiCacheToken, NodesToken, Place, Token
from bootstrap.redis.users import Applied, User, UserChange
from bootstrap.secrets import LoginError, Secret, SecretStore, open_redis, redis_token

# ElastiCache brings a changed user to the nodes after the API calls it active; how long after is not documented.
_SETTLE_SECONDS = 120.0


class CacheError(BootstrapError):
    """A cache could not be brought into its declared state."""


def nodes(cache: CacheTarget) -> tuple[Endpoint, ...]:
    """Where to log in: every node that is known, else the endpoint."""
    return cache.nodes or (cache.endpoint,)


def apply(
    manifest: Manifest,
    name: str,
    users: Sequence[User],
    store: SecretStore,
    pool: Executor,
    *,
    remove: bool = False,
    others: Collection[str] = (),
) -> Applied:
    """Bring the users of cache `name` into their declared state, `remove` what is no longer declared.

    `others` are users that somebody else governs (`Access.exceptions`).
    """
    return _each(manifest, name, users, store, pool, write=True, remove=remove, others=others)


def plan(
    manifest: Manifest,
    name: str,
    users: Sequence[User],
    store: SecretStore,
    pool: Executor,
    *,
    remove: bool = False,
    others: Collection[str] = (),
) -> Applied:
    """Return what `apply` would change, and change nothing."""
    return _each(manifest, name, users, store, pool, write=False, remove=remove, others=others)


def _each(
    manifest: Manifest,
    name: str,
    users: Sequence[User],
    store: SecretStore,
    pool: Executor,
    *,
    write: bool,
    remove: bool,
    others: Collection[str],
) -> Applied:
    cache = manifest.caches[name]
    if not cache.has_users:
        return _token(manifest, name, store, write=write)
    parts: list[Applied] = []
    api = None
    if cache.user_group:
        api = elasticache(manifest, name, cache.user_group, others)
        parts.append(api.apply(users, remove=remove) if write else api.plan(users, remove=remove))
    if cache.nodes:
        acl = _server(manifest, name, cache, store, pool, others)
        parts.append(acl.apply(users, remove=remove) if write else acl.plan(users, remove=remove))
    elif api and write:
        settle = _SETTLE_SECONDS if parts[0].changes else 0.0
        _prove_tokens(manifest, cache, users, settle=settle)
        parts.append(Applied(changes=tuple(_prove(api, cache, users, settle=settle))))
    return joined(parts)


def elasticache(manifest: Manifest, name: str, group: str, others: Collection[str] = ()) -> ElastiCacheUsers:
    """Return the users of a cache behind ElastiCache's API."""
    return ElastiCacheUsers(
        aws_client("elasticache", manifest.region, manifest.aws_endpoint),
        prefix=manifest.prefix,
        cache=name,
        group=group,
        engine=manifest.caches[name].engine,
        others=others,
    )


def _server(
    manifest: Manifest, name: str, cache: CacheTarget, store: SecretStore, pool: Executor, others: Collection[str]
) -> ServerAcl:
    version = store.get(cache.admin_secret) if cache.admin_secret else None
    if version is None:
        raise CacheError(f"cache {name} has nodes of its own but no ACL administrator's secret: set `admin_secret`")
    return ServerAcl(name, cache, version.credential, pool, scope=f"{manifest.prefix}-{name}", others=others)


def _prove(api: ElastiCacheUsers, cache: CacheTarget, users: Sequence[User], *, settle: float) -> list[UserChange]:
    """Log in as each user; where that is refused, ElastiCache has another password than the secret."""
    changes: list[UserChange] = []
    for user in users:
        if user.password is None:
            continue
        try:
            _login(cache, user.name, user.password, settle)
        except LoginError as error:
            if not error.refused:
                raise
            changes.append(api.set_password(user))
            _login(cache, user.name, user.password, _SETTLE_SECONDS)
    return changes


def _prove_tokens(manifest: Manifest, cache: CacheTarget, users: Sequence[User], *, settle: float) -> None:
    """Log in by token as each user that has no password."""
    for user in users:
        if user.by_token and cache.iam_cache:
            token = redis_token(cache.iam_cache, user.by_token, manifest.region)
            try:
                _login(cache, user.by_token, token, settle)
            except LoginError as error:
                needs = f"whoever runs this needs elasticache:Connect on {cache.iam_cache} and on that user"
                raise CacheError(f"{error}; {needs}") from None


def _login(cache: CacheTarget, user: str, password: Secret, settle: float) -> None:
    until = time.monotonic() + settle
    while True:
        try:
            open_redis(cache, cache.endpoint, user, password).close()
        except LoginError as error:
            if not error.refused or time.monotonic() >= until:
                raise
            time.sleep(2)
        else:
            return


def token_of(manifest: Manifest, name: str, store: SecretStore) -> Token | None:
    """Return the AUTH token of a cache; None where it has none."""
    cache = manifest.caches[name]
    if cache.auth_secret is None:
        return None
    place: Place
    if cache.nodes:
        version = store.get(cache.admin_secret) if cache.admin_secret else None
        if version is None:
            raise CacheError(f"cache {name} has nodes of its own but no ACL administrator's secret: set `admin_secret`")
        place = NodesToken(name, cache, version.credential)
    else:
        client = aws_client("elasticache", manifest.region, manifest.aws_endpoint)
        place = ElastiCacheToken(client, cache.replication_group or "")
    rule = manifest.passwords
    return Token(name=name, cache=cache, arn=cache.auth_secret, store=store, place=place, rule=rule)


def _token(manifest: Manifest, name: str, store: SecretStore, *, write: bool) -> Applied:
    token = token_of(manifest, name, store)
    if token is None:
        raise CacheError(f"cache {name} has neither a user group nor an AUTH token's secret: set one of them")
    done = token.bring() if write else token.plan()
    return Applied(
        changes=tuple(
            UserChange(target=name, user=TOKEN_USER, what="password", detail=detail, takes_away=True) for detail in done
        )
    )
