"""ACL users on self-managed servers: sent to every node, because ACLs do not replicate (redis#6738)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import redis

from bootstrap.action import Action
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.redis import node
from bootstrap.redis.users import User, UserPlan
from bootstrap.secrets import Credential, Secret, open_redis, redis_hash

_P = TypeVar("_P")
_R = TypeVar("_R")


class ServerAclError(BootstrapError):
    """A server did not take the users."""


@dataclass(frozen=True)
class _Look:
    """One node as it was read, and what makes its users as wanted."""

    endpoint: Endpoint
    live: node.LiveUsers
    planned: node.NodePlan


class ServerAcl:
    """`ACL SETUSER` on each node, as the ACL administrator."""

    def __init__(
        self,
        name: str,
        cache: CacheTarget,
        admin: Credential,
        pool: Executor,
        *,
        scope: str = "",
        others: Collection[str] = (),
    ) -> None:
        """`scope` tells apart the stacks that share a server: each removes only what is its own. `others` are users
        that somebody else governs."""
        self._name = name
        self._cache = cache
        self._user, self._password = admin_login(name, admin)
        self._pool = pool
        self._scope = scope
        self._others = others

    def plan(self, users: Sequence[User]) -> UserPlan:
        read = self._each(self._cache.nodes, partial(self._read, users))
        looks = [each for each in read if isinstance(each, _Look)]

        def carry_out(remove: bool) -> tuple[Action, ...]:
            done = self._each(looks, partial(self._write, users, remove))
            if failed := self._failed((*read, *done)):
                raise failed
            return tuple(change for changes in done if isinstance(changes, tuple) for change in changes)

        return UserPlan(
            changes=tuple(change for look in looks for change in look.planned.changes),
            differences=tuple(text for look in looks for text in look.planned.differences),
            nodes=tuple(look.planned.converged for look in looks),
            failed=self._failed(read),
            carry_out=carry_out,
        )

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:  # noqa: ARG002 what is there stays
        self._passwords(user, lambda live: [f"#{redis_hash(new)}"] * (redis_hash(new) not in live))

    def retire(self, user: str, valid: Secret) -> None:
        self._passwords(user, lambda live: [f"!{old}" for old in sorted(live - {redis_hash(valid)})])

    def shut(self, user: str) -> None:
        self._at_each(user, lambda client, _: node.shut(client, user))

    def _passwords(self, user: str, changes: Callable[[frozenset[str]], list[str]]) -> None:
        self._at_each(user, lambda client, target: node.set_passwords(client, target, user, changes))

    def _at_each(self, user: str, change: Callable[[redis.Redis, str], None]) -> None:
        # One node after the other: a failure leaves the fewest of them changed.
        for endpoint in self._cache.nodes:
            target = f"{self._name}/{endpoint.name}"
            with open_redis(self._cache, endpoint, self._user, self._password) as client:
                try:
                    change(client, target)
                except redis.exceptions.RedisError as error:
                    raise ServerAclError(f"{target} did not change {user}: {error}") from None

    def _each(self, places: Sequence[_P], work: Callable[[_P], _R]) -> list[_R | BootstrapError]:
        """Do `work` at all places at once; one that fails does not keep the others from their users."""

        def one(place: _P) -> _R | BootstrapError:
            try:
                return work(place)
            except BootstrapError as error:
                return error

        return list(self._pool.map(one, places))

    def _failed(self, done: Sequence[object]) -> BootstrapError | None:
        """Return what went wrong at some of the nodes as one error; None where nothing did."""
        failed = [part for part in done if isinstance(part, BootstrapError)]
        all_ = len(self._cache.nodes)
        if len(failed) <= 1 and all_ == 1:
            return failed[0] if failed else None
        reasons = "; ".join(map(str, failed))
        rest = f"(the other {all_ - len(failed)} of {all_} nodes are done; run it again for these)"
        return ServerAclError(f"{reasons} {rest}") if failed else None

    def _read(self, users: Sequence[User], endpoint: Endpoint) -> _Look:
        with self._session(endpoint) as (client, target):
            live = node.read(client, target)
            if not live.replication:
                live = replace(live, replication=self._replication(endpoint))
            return _Look(endpoint, live, self._planned(users, True, live))

    def _write(self, users: Sequence[User], remove: bool, look: _Look) -> tuple[Action, ...]:
        planned = look.planned if remove else self._planned(users, remove, look.live)
        if not planned.commands:
            return ()
        with self._session(look.endpoint) as (client, _):
            return node.bring(replace(look.live, client=client), planned, partial(self._planned, users, remove))

    def _planned(self, users: Sequence[User], remove: bool, live: node.LiveUsers) -> node.NodePlan:
        admin = self._user or "default"
        return node.plan(live, users, admin=admin, scope=self._scope, remove=remove, others=self._others)

    @contextmanager
    def _session(self, endpoint: Endpoint) -> Iterator[tuple[redis.Redis, str]]:
        target = f"{self._name}/{endpoint.name}"
        with open_redis(self._cache, endpoint, self._user, self._password) as client:
            try:
                yield client, target
            except redis.exceptions.RedisError as error:
                raise ServerAclError(f"{target}: {error}") from None

    def _replication(self, primary: Endpoint) -> str:
        """Whom the others log in as at a primary without a login of its own; a node that is down is reported later."""
        for endpoint in (each for each in self._cache.nodes if each != primary):
            try:
                with open_redis(self._cache, endpoint, self._user, self._password) as client:
                    if name := node.masteruser(client):
                        return name
            except (BootstrapError, redis.exceptions.RedisError):
                continue
        return ""


def admin_login(cache: str, admin: Credential) -> tuple[str | None, Secret]:
    """Return user and password of the ACL administrator, under either pair of names."""
    user, password = admin.redis_username or admin.username, admin.redis_password or admin.password
    if password is None:
        raise ServerAclError(f"the secret of {cache}'s ACL administrator holds no password")
    return user, password
