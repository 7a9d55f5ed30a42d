"""ACL users on servers of one's own: sent to every node, because ACLs do not replicate (redis#6738)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import redis

from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.redis import node
from bootstrap.redis.users import Applied, User
from bootstrap.secrets import Credential, Secret, open_redis, redis_hash


class ServerAclError(BootstrapError):
    """A server did not take the users."""


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

    def plan(self, users: Sequence[User], *, remove: bool = False) -> Applied:
        return self._each(users, write=False, remove=remove)

    def apply(self, users: Sequence[User], *, remove: bool = False) -> Applied:
        return self._each(users, write=True, remove=remove)

    def admit(self, identity: str, new: Secret, old: Secret | None) -> None:  # noqa: ARG002 what is there stays
        self._passwords(identity, lambda live: [f"#{redis_hash(new)}"] * (redis_hash(new) not in live))

    def retire(self, identity: str, valid: Secret) -> None:
        self._passwords(identity, lambda live: [f"!{old}" for old in sorted(live - {redis_hash(valid)})])

    def _passwords(self, identity: str, changes: Callable[[frozenset[str]], list[str]]) -> None:
        # One node after the other: a failure leaves the fewest of them changed.
        for endpoint in self._cache.nodes:
            target = f"{self._name}/{endpoint.name}"
            with open_redis(self._cache, endpoint, self._user, self._password) as client:
                try:
                    node.set_passwords(client, target, identity, changes)
                except redis.exceptions.RedisError as error:
                    raise ServerAclError(f"{target} did not change {identity}: {error}") from None

    def _each(self, users: Sequence[User], *, write: bool, remove: bool) -> Applied:
        def one(endpoint: Endpoint) -> Applied | BootstrapError:
            try:
                return self._node(endpoint, users, write=write, remove=remove)
            except BootstrapError as error:
                return error

        # A node that is down does not keep the others from their users; it is told at the end.
        done = list(self._pool.map(one, self._cache.nodes))
        failed = [part for part in done if isinstance(part, BootstrapError)]
        if len(failed) == 1 and len(done) == 1:
            raise failed[0]
        if failed:
            reasons = "; ".join(map(str, failed))
            rest = len(done) - len(failed)
            raise ServerAclError(f"{reasons} (the other {rest} of {len(done)} nodes are done; run it again for these)")
        return joined([part for part in done if isinstance(part, Applied)])

    def _node(self, endpoint: Endpoint, users: Sequence[User], *, write: bool, remove: bool) -> Applied:
        target = f"{self._name}/{endpoint.name}"
        with open_redis(self._cache, endpoint, self._user, self._password) as client:
            try:
                live = node.read(client, target)
                if not live.replication:
                    live = replace(live, replication=self._replication(endpoint))
                admin = self._user or "default"
                bring = node.apply if write else node.plan
                planned = bring(live, users, admin=admin, scope=self._scope, remove=remove, others=self._others)
            except redis.exceptions.RedisError as error:
                raise ServerAclError(f"{target}: {error}") from None
        return planned.applied

    def _replication(self, primary: Endpoint) -> str:
        """Whom the other nodes log in as at a primary that has no login of its own; one that is down is told later."""
        for endpoint in (each for each in self._cache.nodes if each != primary):
            try:
                with open_redis(self._cache, endpoint, self._user, self._password) as client:
                    if name := node.masteruser(client):
                        return name
            except (BootstrapError, redis.exceptions.RedisError):
                continue
        return ""


def joined(parts: Sequence[Applied]) -> Applied:
    """Return what several places did as one."""
    return Applied(
        changes=tuple(change for part in parts for change in part.changes),
        differences=tuple(difference for part in parts for difference in part.differences),
        nodes=tuple(one for part in parts for one in part.nodes),
    )


def admin_login(cache: str, admin: Credential) -> tuple[str | None, Secret]:
    """Return user and password of the ACL administrator, under either pair of names."""
    user, password = admin.redis_username or admin.username, admin.redis_password or admin.password
    if password is None:
        raise ServerAclError(f"the secret of {cache}'s ACL administrator holds no password")
    return user, password
