"""The two passwords of an identity in a cache: a second one is added, later every one but the current goes."""

from __future__ import annotations

import time
from typing import Any

import redis

from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis.cache import elasticache
from bootstrap.redis.server import admin_login
from bootstrap.redis.users import User
from bootstrap.rotate.plan import RotationError
from bootstrap.secrets import Credential, LoginError, Secret, SecretStore, open_redis, redis_hash

# ElastiCache brings a password to the nodes after the API calls the user active; how long after is not documented.
_SETTLE_SECONDS = 120.0


class Cache:
    """One cache, by both ways that keep users: the nodes of a server of one's own, and ElastiCache's API."""

    def __init__(self, manifest: Manifest, name: str, store: SecretStore) -> None:
        self._manifest = manifest
        self._name = name
        self._target: CacheTarget = manifest.caches[name]
        self._store = store

    def admit(self, identity: str, new: Credential, old: Credential) -> None:
        """Let `new` in beside `old`, and wait until it is."""
        password = new.redis_password or Secret("")
        if self._target.user_group:
            self._api(identity, password, old.redis_password)
        self._nodes(identity, lambda live: [f"#{redis_hash(password)}"] * (redis_hash(password) not in live))
        if not self._target.nodes:
            self._settled(identity, password)

    def retire(self, identity: str, valid: Credential) -> None:
        """Take every password but that of `valid` away. Sessions that are open live on."""
        password = valid.redis_password or Secret("")
        if self._target.user_group:
            self._api(identity, password, None)
        self._nodes(identity, lambda live: [f"!{old}" for old in sorted(live - {redis_hash(password)})])

    def _api(self, identity: str, password: Secret, previous: Secret | None) -> None:
        users = elasticache(self._manifest, self._name, self._target.user_group or "")
        users.set_password(User(name=identity, rules="", password=password, previous=previous))

    def _nodes(self, identity: str, changes: Any) -> None:
        if not self._target.nodes:
            return
        version = self._store.get(self._target.admin_secret) if self._target.admin_secret else None
        if version is None:
            raise RotationError(f"cache {self._name} has nodes of its own but no `admin_secret`: set it")
        user, password = admin_login(self._name, version.credential)

        def one(node: Endpoint) -> None:
            where = f"{self._name}/{node.name}"
            with open_redis(self._target, node, user, password) as client:
                try:
                    _change(client, where, identity, changes)
                except redis.exceptions.RedisError as error:
                    raise RotationError(f"{where} did not change {identity}: {error}") from None

        # One node after the other: a failure leaves the fewest of them changed.
        for node in self._target.nodes:
            one(node)

    def _settled(self, identity: str, password: Secret) -> None:
        until = time.monotonic() + _SETTLE_SECONDS
        while True:
            try:
                open_redis(self._target, self._target.endpoint, identity, password).close()
            except LoginError as error:
                if not error.refused or time.monotonic() >= until:
                    raise
                time.sleep(2)
            else:
                return


def _change(client: Any, where: str, identity: str, changes: Any) -> None:
    answer = client.execute_command("ACL", "GETUSER", identity)
    if answer is None:
        raise RotationError(f"{where} has no user {identity}: run `datatier bootstrap`, which makes it")
    live = frozenset(dict(zip(answer[::2], answer[1::2], strict=True))["passwords"])
    if rules := changes(live):
        client.execute_command("ACL", "SETUSER", identity, *rules)
        if client.config_get("aclfile").get("aclfile"):
            client.execute_command("ACL", "SAVE")
