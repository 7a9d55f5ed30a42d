"""The AUTH token of a cache, which every client shares: its first one, which the infrastructure's state knows, is
replaced on the first run; later ones are rotated.

ElastiCache takes two tokens for a while: ROTATE adds one beside the one in force, SET leaves the new one alone
(ElastiCache User Guide, "Authenticating with the AUTH command"; SET is allowed after ROTATE only). Where it stands is
kept in the stages of the secret: AWSPENDING is not proven yet, AWSPREVIOUS may still be valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import redis

from bootstrap.credentials import GRACE, before
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, PasswordRule
from bootstrap.redis.elasticache import explained
from bootstrap.redis.server import admin_login
from bootstrap.secrets import (
    Credential,
    LoginError,
    Secret,
    SecretStore,
    Version,
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


class TokenError(BootstrapError):
    """An AUTH token is not, or could not be brought, as it shall be."""


class Place(Protocol):
    """What keeps a cache's token."""

    def add(self, token: Secret) -> None:
        """Let `token` in beside the one in force."""
        ...

    def alone(self, token: Secret) -> None:
        """Let in `token`, which was added before, and no other."""
        ...


@dataclass(frozen=True)
class ElastiCacheToken:
    """ModifyReplicationGroup, one change at a time."""

    client: Any
    group: str
    sleep: Callable[[float], None] = time.sleep

    def add(self, token: Secret) -> None:
        self._modify(token, "ROTATE")

    def alone(self, token: Secret) -> None:
        self._modify(token, "SET")

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
                raise TokenError(f"{self.group} is still `{state}` after {waited:.0f} s; run the bootstrap again later")
            self.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS

    def _state(self) -> str:
        with explained(f"the AUTH token of {self.group}"):
            answer = self.client.describe_replication_groups(ReplicationGroupId=self.group)
        (found,) = answer["ReplicationGroups"]
        return str(found.get("PendingModifiedValues", {}).get("AuthTokenStatus") or found["Status"])


@dataclass(frozen=True)
class NodesToken:
    """`default` on every node of a server of one's own, as its ACL administrator."""

    name: str
    cache: CacheTarget
    admin: Credential

    def add(self, token: Secret) -> None:
        self._each(f"#{redis_hash(token)}")

    def alone(self, token: Secret) -> None:
        self._each("resetpass", f"#{redis_hash(token)}")

    def _each(self, *rules: str) -> None:
        user, password = admin_login(self.name, self.admin)
        for node in self.cache.nodes:
            with open_redis(self.cache, node, user, password) as client:
                try:
                    client.execute_command("ACL", "SETUSER", USER, "on", *rules)
                    if client.config_get("aclfile").get("aclfile"):
                        client.execute_command("ACL", "SAVE")
                except redis.exceptions.RedisError as error:
                    raise TokenError(f"{self.name}/{node.name} did not take the AUTH token: {error}") from None


@dataclass(frozen=True, kw_only=True)
class Token:
    """The token of one cache."""

    name: str
    cache: CacheTarget
    arn: str
    store: SecretStore
    place: Place
    rule: PasswordRule
    settle: float = 120.0
    """Seconds that a change takes to reach the nodes after ElastiCache calls it done; that is not documented."""
    sleep: Callable[[float], None] = time.sleep

    def plan(self) -> tuple[str, ...]:
        """Return what `bring` would change."""
        current = self._current()
        if self._first(current):
            return ("the first AUTH token, which the infrastructure's state holds, will be replaced",)
        return () if self._accepted(current) else ("the AUTH token will be set to the secret's",)

    def bring(self, *, begin: bool = False, grace: int | None = None, finish: bool = False) -> tuple[str, ...]:
        """Make the secret's token the one in force, and return what was done.

        The first one is replaced; with `begin` any, and the old one then stays valid for `grace` seconds; `finish`
        ends that at once. Every step may be the last of a run: the next one goes on from the secret's stages.
        """
        done: list[str] = []
        current, pending = self._current(), self._pending()
        if pending and _token(pending, self.name) == _token(current, self.name):
            # `_restore` broke off, and only a token that nobody knew before tells what is valid now.
            self.store.unstage(self.arn, pending.id, "AWSPENDING")
            pending, begin = None, True
        if pending is None and not (begin or self._first(current) or self._accepted(current)):
            return self._restore(current)
        if pending is None and (self._first(current) or begin):
            made = Credential(
                redis_username=USER,
                redis_password=self._new(),
                initial=False,
                grace=self._grace(current, grace),
            )
            pending = self.store.put_pending(self.arn, made)
        wanted = pending or current
        token = _token(wanted, self.name)
        added = not self._accepted(wanted)
        if added:
            self.place.add(token)
            self._until(lambda: self._accepted(wanted), "does not take the AUTH token of its secret")
            done.append("AUTH token added")
        if pending:
            self.store.promote(self.arn, pending)
            done.append("the new AUTH token was proven and is now current")
        kept, _ = before(self.store, self.arn, wanted)
        old = self.store.get(self.arn, "AWSPREVIOUS")
        if (added or old) and (finish or kept is None):
            # SET is allowed after ROTATE only: a run that broke off behind it has nothing left to do but to say so.
            if added or (old and self._accepted(old, some=True)):
                self.place.alone(token)
                self._until(lambda: self._accepted(wanted), "does not take the AUTH token of its secret")
                self._until(
                    lambda: not (old and self._accepted(old, some=True)), "still takes the AUTH token before it"
                )
                done.append("every other AUTH token is dead")
            if old:
                self.store.unstage(self.arn, old.id, "AWSPREVIOUS")
        return tuple(done)

    def _restore(self, current: Version) -> tuple[str, ...]:
        """Give a cache that was made anew, with the infrastructure's first token, the secret's again.

        The same once more as AWSPENDING says that it is not done: from outside a half-done one looks like a done one.
        """
        token = _token(current, self.name)
        intent = self.store.put_pending(self.arn, current.credential)
        self.place.add(token)
        self.place.alone(token)
        self._until(lambda: self._accepted(current), "does not take the AUTH token of its secret")
        self.store.unstage(self.arn, intent.id, "AWSPENDING")
        return ("AUTH token set to the secret's",)

    def in_grace(self) -> bool:
        """Whether a rotation's old token is still to be valid."""
        return before(self.store, self.arn, self._current())[0] is not None

    @property
    def unretired(self) -> bool:
        """Whether a token before the current one may still be valid."""
        return self.store.stages(self.arn).previous is not None

    def _current(self) -> Version:
        current = self.store.get(self.arn)
        if current is None:
            raise TokenError(f"the secret of {self.name}'s AUTH token is empty: deploy the stack, which makes it")
        return current

    def _pending(self) -> Version | None:
        stages = self.store.stages(self.arn)
        if stages.pending is None or stages.pending == stages.current:
            return None
        return self.store.get(self.arn, "AWSPENDING")

    @staticmethod
    def _first(version: Version) -> bool:
        # Those of stacks that were made before say nothing of it; every later one says that it is not.
        return version.credential.initial is not False

    def _grace(self, current: Version, asked: int | None) -> int | None:
        """How long the token before stays valid: a first one not at all, unless its stack was made before first ones
        were replaced, so that applications use it."""
        if not self._first(current):
            return asked or None
        return None if current.credential.initial else GRACE

    def _new(self) -> Secret:
        return new_password(self.rule.model_copy(update={"special": token_special(self.rule.special)}))

    def _nodes(self) -> Sequence[Endpoint]:
        return self.cache.nodes or (self.cache.endpoint,)

    def _accepted(self, version: Version, *, some: bool = False) -> bool:
        """Whether every node lets the token in; `some`: whether any does."""
        found = [self._opens(node, _token(version, self.name)) for node in self._nodes()]
        return any(found) if some else all(found)

    def _opens(self, node: Endpoint, token: Secret) -> bool:
        try:
            open_redis(self.cache, node, None, token).close()
        except LoginError as error:
            if not error.refused:
                raise
            return False
        return True

    def _until(self, reached: Callable[[], bool], otherwise: str) -> None:
        waited = 0.0
        while not reached():
            if waited >= self.settle:
                raise TokenError(
                    f"{self.name} {otherwise} {waited:.0f} s after the change; run the bootstrap again, it goes on"
                )
            self.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS


def _token(version: Version, name: str) -> Secret:
    token = version.credential.redis_password or version.credential.password
    if token is None:
        raise TokenError(f"the secret of {name}'s AUTH token holds no `redis_password`: deploy the stack, which does")
    return token
