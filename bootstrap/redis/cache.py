"""What keeps the users of one cache: its servers, ElastiCache, or an AUTH token; each user is proven by a login."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bootstrap.action import Action
from bootstrap.aws import aws_client
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis.elasticache import ElastiCacheUsers
from bootstrap.redis.server import ServerAcl
from bootstrap.redis.token import ElastiCacheToken, NodesToken, TokenCredential, TokenPlace
from bootstrap.redis.users import Backend, User, UserPlan
from bootstrap.renewal.carry_out import carry_out
from bootstrap.renewal.plan import Wish, plan
from bootstrap.secrets import LoginError, Secret, SecretStore, open_redis, redis_token

# ElastiCache brings a changed user to the nodes after the API calls it active; how long after is not documented.
_SETTLE_SECONDS = 120.0


class CacheError(BootstrapError):
    """A cache could not be brought into its declared state."""


def nodes(cache: CacheTarget) -> tuple[Endpoint, ...]:
    """Where to log in: every node that is known, else the endpoint."""
    return cache.nodes or (cache.endpoint,)


def driver(
    manifest: Manifest, name: str, store: SecretStore, pool: Executor, *, others: Collection[str] = ()
) -> Backend:
    """Return what keeps the users of a cache, or its AUTH token; `others` are users that somebody else governs.

    Raise CacheError where the manifest names nothing that keeps them.
    """
    cache = manifest.caches[name]
    if not cache.has_users:
        token = token_of(manifest, name, store)
        if token is None or cache.auth_secret is None:
            raise CacheError(f"cache {name} has neither a user group nor an AUTH token's secret: set one of them")
        return TokenUsers(token, cache.auth_secret, store)
    parts: list[Backend] = []
    if cache.user_group:
        api = elasticache(manifest, name, cache.user_group, others)
        parts.append(api if cache.nodes else ProvenUsers(api, cache, manifest.region))
    if cache.nodes:
        parts.append(_server(manifest, name, cache, store, pool, others))
    return Together(tuple(parts))


@dataclass(frozen=True)
class Together:
    """Several places that keep the same users."""

    parts: tuple[Backend, ...]

    def plan(self, users: Sequence[User]) -> UserPlan:
        plans = [part.plan(users) for part in self.parts]
        return UserPlan(
            changes=tuple(change for each in plans for change in each.changes),
            differences=tuple(text for each in plans for text in each.differences),
            nodes=tuple(one for each in plans for one in each.nodes),
            failed=next((each.failed for each in plans if each.failed), None),
            carry_out=lambda remove: tuple(change for each in plans for change in each.carry_out(remove)),
        )

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:
        for part in self.parts:
            part.admit(user, new, old)

    def retire(self, user: str, valid: Secret) -> None:
        for part in self.parts:
            part.retire(user, valid)

    def shut(self, user: str) -> None:
        for part in self.parts:
            part.shut(user)


@dataclass(frozen=True)
class TokenUsers:
    """The one user of a cache with an AUTH token; identities do not exist there."""

    token: TokenCredential
    arn: str
    store: SecretStore

    def plan(self, users: Sequence[User]) -> UserPlan:  # noqa: ARG002 as in the protocol
        standing = self.token.stand(self.arn, self.store)
        left = plan(standing, Wish(), now=datetime.now(UTC))

        def go(_: bool) -> tuple[Action, ...]:
            carry_out(left, standing, self.token, self.store)
            return left.steps

        return UserPlan(changes=left.steps, carry_out=go)

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:  # noqa: ARG002 as in the protocol
        raise self._nobody(user)

    def retire(self, user: str, valid: Secret) -> None:  # noqa: ARG002 as in the protocol
        raise self._nobody(user)

    def shut(self, user: str) -> None:
        raise self._nobody(user)

    def _nobody(self, user: str) -> CacheError:
        name = self.token.cache
        return CacheError(f"{name} knows no user {user}, only an AUTH token: `datatier access rotate {name}-auth`")


@dataclass(frozen=True)
class ProvenUsers:
    """Users of ElastiCache where nothing but a login tells which password one has."""

    api: ElastiCacheUsers
    cache: CacheTarget
    region: str

    def plan(self, users: Sequence[User]) -> UserPlan:
        planned = self.api.plan(users)

        def carry_out(remove: bool) -> tuple[Action, ...]:
            done = planned.carry_out(remove)
            settle = _SETTLE_SECONDS if done else 0.0
            self._prove_tokens(users, settle)
            return (*done, *self._prove(users, settle))

        return replace(planned, carry_out=carry_out)

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:
        self.api.admit(user, new, old)
        _login(self.cache, user, new, _SETTLE_SECONDS)

    def retire(self, user: str, valid: Secret) -> None:
        self.api.retire(user, valid)

    def shut(self, user: str) -> None:
        self.api.shut(user)

    def _prove(self, users: Sequence[User], settle: float) -> Iterator[Action]:
        """Log in as each user; where that is refused, ElastiCache has another password than the secret."""
        for user in users:
            if user.password is None:
                continue
            try:
                _login(self.cache, user.name, user.password, settle)
            except LoginError as error:
                if not error.refused:
                    raise
                yield self.api.set_password(user)
                _login(self.cache, user.name, user.password, _SETTLE_SECONDS)

    def _prove_tokens(self, users: Sequence[User], settle: float) -> None:
        """Log in by token as each user that has no password."""
        for user in users:
            if user.by_token and self.cache.iam_cache:
                token = redis_token(self.cache.iam_cache, user.by_token, self.region)
                try:
                    _login(self.cache, user.by_token, token, settle)
                except LoginError as error:
                    needs = f"whoever runs this needs elasticache:Connect on {self.cache.iam_cache} and on that user"
                    raise CacheError(f"{error}; {needs}") from None


def elasticache(manifest: Manifest, name: str, group: str, others: Collection[str] = ()) -> ElastiCacheUsers:
    """Return the users of a cache behind ElastiCache's API."""
    return ElastiCacheUsers(
        aws_client("elasticache", manifest.region, manifest.aws_endpoint),
        prefix=manifest.prefix,
        cache=name,
        group=group,
        engine=manifest.caches[name].engine,
        region=manifest.region,
        others=others,
    )


def _server(
    manifest: Manifest, name: str, cache: CacheTarget, store: SecretStore, pool: Executor, others: Collection[str]
) -> ServerAcl:
    version = store.get(cache.admin_secret) if cache.admin_secret else None
    if version is None:
        raise CacheError(f"cache {name} has nodes of its own but no ACL administrator's secret: set `admin_secret`")
    return ServerAcl(name, cache, version.credential, pool, scope=f"{manifest.prefix}-{name}", others=others)


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


def token_of(manifest: Manifest, name: str, store: SecretStore) -> TokenCredential | None:
    """Return the driver of a cache's AUTH token; None where it has none."""
    cache = manifest.caches[name]
    if cache.auth_secret is None:
        return None
    place: TokenPlace
    if cache.nodes:
        version = store.get(cache.admin_secret) if cache.admin_secret else None
        if version is None:
            raise CacheError(f"cache {name} has nodes of its own but no ACL administrator's secret: set `admin_secret`")
        place = NodesToken(name, cache, version.credential)
    else:
        client = aws_client("elasticache", manifest.region, manifest.aws_endpoint)
        place = ElastiCacheToken(client, cache.replication_group or "", cache)
    return TokenCredential(cache=name, place=place, rule=manifest.passwords, existing=cache.existing)
