"""The AUTH token of a cache, which every client shares: its first one, which the infrastructure's state knows, is
replaced on the first run; later ones are rotated. One that was there before the stack stays until a person rotates it.

ElastiCache takes two tokens for a while: ROTATE adds one to the one in force, SET leaves the new one alone
(ElastiCache User Guide, "Authenticating with the AUTH command"; SET is allowed after ROTATE only). Where it stands is
kept in the stages of the secret: AWSPENDING is not proven yet, AWSPREVIOUS may still be valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import redis

from bootstrap.aws import region_option
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, PasswordRule
from bootstrap.redis.elasticache import explained
from bootstrap.redis.server import admin_login
from bootstrap.renewal.state import GRACE, RenewalState, read
from bootstrap.secrets import (
    Credential,
    LoginError,
    Secret,
    SecretStore,
    auth_token,
    new_password,
    open_redis,
    redis_hash,
)
from knowledge.passwords import token_special

_WAIT_SECONDS = 900.0
_POLL_SECONDS = 2.0
USER = "default"
"""With an AUTH token every client is the user `default`."""


class AuthTokenError(BootstrapError):
    """An AUTH token is not, or could not be brought, as it shall be."""


class TokenPlace(Protocol):
    """What keeps a cache's token: it takes two for a while."""

    def add(self, token: Secret) -> None:
        """Let `token` in as well as the one in force."""
        ...

    def alone(self, token: Secret) -> None:
        """Let in `token`, which was added before, and no other."""
        ...

    def opens(self, token: Secret) -> tuple[bool, ...]:
        """Return of each node whether it lets `token` in; raise LoginError where one does not answer."""
        ...


@dataclass(frozen=True)
class ElastiCacheToken:
    """ModifyReplicationGroup, one change at a time."""

    client: Any
    group: str
    cache: CacheTarget
    sleep: Callable[[float], None] = time.sleep

    def add(self, token: Secret) -> None:
        self._modify(token, "ROTATE")

    def alone(self, token: Secret) -> None:
        self._modify(token, "SET")

    def opens(self, token: Secret) -> tuple[bool, ...]:
        return _opens(self.cache, token)

    def _modify(self, token: Secret, strategy: Literal["ROTATE", "SET"]) -> None:
        self._wait()
        with explained(f"the AUTH token of {self.group}"):
            self.client.modify_replication_group(
                ReplicationGroupId=self.group,
                AuthToken=auth_token(token),
                AuthTokenUpdateStrategy=strategy,
                ApplyImmediately=True,
            )
        self._wait()

    def _wait(self) -> None:
        waited = 0.0
        while (state := self._state()) != "available":
            if waited >= _WAIT_SECONDS:
                raise AuthTokenError(
                    f"{self.group} is still `{state}` after {waited:.0f} s; run the bootstrap again later"
                )
            self.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS

    def _state(self) -> str:
        with explained(f"the AUTH token of {self.group}"):
            answer = self.client.describe_replication_groups(ReplicationGroupId=self.group)
        (found,) = answer["ReplicationGroups"]
        return str(found.get("PendingModifiedValues", {}).get("AuthTokenStatus") or found["Status"])


@dataclass(frozen=True)
class NodesToken:
    """`default` on every node of a self-managed server, as its ACL administrator."""

    name: str
    cache: CacheTarget
    admin: Credential

    def add(self, token: Secret) -> None:
        self._each(f"#{redis_hash(token)}")

    def alone(self, token: Secret) -> None:
        self._each("resetpass", f"#{redis_hash(token)}")

    def opens(self, token: Secret) -> tuple[bool, ...]:
        return _opens(self.cache, token)

    def _each(self, *rules: str) -> None:
        user, password = admin_login(self.name, self.admin)
        for node in self.cache.nodes:
            with open_redis(self.cache, node, user, password) as client:
                try:
                    client.execute_command("ACL", "SETUSER", USER, "on", *rules)
                    if client.config_get("aclfile").get("aclfile"):
                        client.execute_command("ACL", "SAVE")
                except redis.exceptions.RedisError as error:
                    raise AuthTokenError(f"{self.name}/{node.name} did not take the AUTH token: {error}") from None


def _opens(cache: CacheTarget, token: Secret) -> tuple[bool, ...]:
    def one(node: Endpoint) -> bool:
        try:
            open_redis(cache, node, None, token).close()
        except LoginError as error:
            if not error.refused:
                raise
            return False
        return True

    return tuple(map(one, cache.nodes or (cache.endpoint,)))


@dataclass(kw_only=True)
class TokenCredential:
    """The AUTH token of one cache, for one run."""

    cache: str
    place: TokenPlace
    rule: PasswordRule
    existing: bool = False
    """Whether the cache had a token before its stack: clients have it from wherever they do."""
    settle: float = 120.0
    """Seconds that a change takes to reach the nodes after ElastiCache calls it done; that is not documented."""
    sleep: Callable[[float], None] = time.sleep
    _added: bool = False
    """Whether this run has added one: SET is allowed after ROTATE only, and unknown tokens may be valid until then."""

    def successor(self, old: Credential, grace: int) -> Credential:
        token = new_password(self.rule.model_copy(update={"special": token_special(self.rule.special)}))
        new = {"redis_username": USER, "redis_password": token, "initial": False, "grace": grace or None}
        # A secret from before the stack may have the token under this name, and its readers look there.
        there = {"password": token} if old.password and old.password == self._token(old) else {}
        return old.model_copy(update=new | there)

    def admit(self, target: str, new: Credential, old: Credential) -> None:  # noqa: ARG002 as in the protocol
        token = self._token(new)
        if not all(self.place.opens(token)):
            self.place.add(token)
            self._added = True
        self._until(lambda: all(self.place.opens(token)), "does not take the AUTH token of its secret")

    def prove(self, new: Credential, old: Credential) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        if not all(self.place.opens(self._token(new))):
            raise AuthTokenError(f"{self.cache} does not take the AUTH token of its secret; run the bootstrap again")
        return ()

    def retire(self, target: str, valid: Credential, old: Credential | None) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        token, before = self._token(valid), self._token(old) if old else None
        if self._added or (before and before != token and any(self.place.opens(before))):
            self.place.alone(token)
            self._added = False
            self._until(lambda: all(self.place.opens(token)), "does not take the AUTH token of its secret")
            if before and before != token:
                self._until(lambda: not any(self.place.opens(before)), "still takes the AUTH token before it")
        return ()

    def stand(self, arn: str, store: SecretStore, *, look: bool = True) -> RenewalState:
        """Return where the token in the secret `arn` stands; whether the cache takes it is tried with `look` only.

        Raise RotationError where the secret is empty, and AuthTokenError where a cache that was there before does not
        take the token in it.
        """
        found = read(
            store,
            arn,
            name=f"{self.cache}-auth",
            kind="token",
            missing=f"the secret of {self.cache}'s AUTH token is empty: {self._mend(arn)}",
            suits=lambda _new, _old: True,
            targets=lambda _: (f"cache {self.cache}",),
        )
        if self.existing and found.current.credential.initial is not False:
            return self._of_before(found, look=look)
        if found.pending and self._token(found.pending.credential) == self._token(found.current.credential):
            # Restoring it broke off, and only a token that nobody knew before tells what is valid now.
            return replace(found, pending=None, replace_within=0)
        if found.pending is None and found.current.credential.initial is not False:
            # Those of stacks that were made before first ones were replaced say nothing of it: applications use them.
            return replace(found, replace_within=0 if found.current.credential.initial else GRACE)
        return replace(found, opens=all(self.place.opens(self._token(found.current.credential))) if look else True)

    def _of_before(self, found: RenewalState, *, look: bool) -> RenewalState:
        """A token that nobody here has made: none is put in its place and none that clients may use is ended, whatever
        the stages of its secret say, until a person's rotation has made one, or has begun to."""
        if look and not all(self.place.opens(self._token(found.current.credential, found.arn))):
            raise AuthTokenError(
                f"{self.cache} does not take the AUTH token that {found.arn} holds, and had one before its stack: "
                f"{self._mend(found.arn)}"
            )
        begun = found.pending if found.pending and found.pending.credential.initial is False else None
        return replace(found, pending=begun, stages=replace(found.stages, previous=None))

    def _mend(self, arn: str | None) -> str:
        """How a secret gets its token."""
        if not self.existing or not arn:
            return "deploy the stack, which makes it"
        return (
            "write the one that clients use as the input of `aws secretsmanager put-secret-value --secret-id "
            f"{arn}{region_option(arn)} --secret-string file:///dev/stdin`: "
            '{"redis_username": "default", "redis_password": "..."}'
        )

    def _token(self, credential: Credential, arn: str | None = None) -> Secret:
        token = credential.redis_password or credential.password
        if token is None:
            raise AuthTokenError(
                f"the secret of {self.cache}'s AUTH token holds no `redis_password`: {self._mend(arn)}"
            )
        return token

    def _until(self, reached: Callable[[], bool], otherwise: str) -> None:
        waited = 0.0
        while not reached():
            if waited >= self.settle:
                raise AuthTokenError(
                    f"{self.cache} {otherwise} {waited:.0f} s after the change; run the bootstrap again, it goes on"
                )
            self.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
