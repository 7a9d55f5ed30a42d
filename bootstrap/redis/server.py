"""ACL users on servers of one's own: sent to every node, because ACLs do not replicate (redis#6738)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import redis

from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.redis.users import Applied, User, UserChange
from bootstrap.secrets import Credential, Secret, open_redis, redis_hash

# What replicas need (Redis documentation, ACL rules for Sentinel and replicas).
_REPLICATION = frozenset({"-@all", "+psync", "+replconf", "+ping"})


class ServerAclError(BootstrapError):
    """A server did not take a user."""


@dataclass(frozen=True, kw_only=True)
class _Live:
    on: bool
    nopass: bool
    hashes: frozenset[str]
    rules: str
    """As an access string, so that it compares with ours."""


class ServerAcl:
    """`ACL SETUSER` on each node, as the ACL administrator."""

    def __init__(self, name: str, cache: CacheTarget, admin: Credential, pool: Executor) -> None:
        self._name = name
        self._cache = cache
        self._user, self._password = admin_login(name, admin)
        self._pool = pool

    def plan(self, users: Sequence[User]) -> Applied:
        return self._each(users, write=False)

    def apply(self, users: Sequence[User]) -> Applied:
        return self._each(users, write=True)

    def _each(self, users: Sequence[User], *, write: bool) -> Applied:
        done = list(self._pool.map(lambda node: self._node(node, users, write=write), self._cache.nodes))
        return Applied(
            changes=tuple(change for part in done for change in part.changes),
            differences=tuple(difference for part in done for difference in part.differences),
        )

    def _node(self, node: Endpoint, users: Sequence[User], *, write: bool) -> Applied:
        target = f"{self._name}/{node.name}"
        with open_redis(self._cache, node, self._user, self._password) as client:
            names = [user.name for user in users]
            pipe: Any = client.pipeline(transaction=False)
            for name in (*names, "default"):
                pipe.execute_command("ACL", "GETUSER", name)
            pipe.execute_command("ACL", "USERS")
            *found, known = pipe.execute()
            live = {name: _parse(answer) for name, answer in zip((*names, "default"), found, strict=True)}
            changes = [c for user in users for c in _differences(target, user, live[user.name])]
            default = live["default"]
            if default is not None and default.on and self._user not in {None, "default"}:
                changes.append(UserChange(target=target, user="default", what="state", detail="turned off"))
            if write and changes:
                self._write(client, target, users, live, {change.user for change in changes})
            strangers = _strangers(client, set(known) - {*names, "default", self._user or "default"})
        return Applied(
            changes=tuple(changes),
            differences=tuple(
                f"{target}: user {name} is not declared; declare it, or if nobody needs it: ACL DELUSER {name}"
                for name in strangers
            ),
        )

    def _write(
        self,
        client: Any,
        target: str,
        users: Sequence[User],
        live: dict[str, _Live | None],
        differing: set[str],
    ) -> None:
        try:
            for user in users:
                if user.name in differing:
                    client.execute_command("ACL", "SETUSER", user.name, *_arguments(user, live[user.name]))
            if "default" in differing:
                client.execute_command("ACL", "SETUSER", "default", "off")
            if client.config_get("aclfile").get("aclfile"):
                client.execute_command("ACL", "SAVE")
        except redis.exceptions.RedisError as error:
            raise ServerAclError(f"{target} did not take the users: {error}") from None


def admin_login(cache: str, admin: Credential) -> tuple[str | None, Secret]:
    """Return user and password of the ACL administrator, under either pair of names."""
    user, password = admin.redis_username or admin.username, admin.redis_password or admin.password
    if password is None:
        raise ServerAclError(f"the secret of {cache}'s ACL administrator holds no password")
    return user, password


def _strangers(client: Any, names: set[str]) -> list[str]:
    """Return the users among `names` that are more than a replica's way to its primary."""
    found = {name: client.execute_command("ACL", "GETUSER", name) for name in sorted(names)}
    rules = {name: dict(zip(answer[::2], answer[1::2], strict=True)) for name, answer in found.items() if answer}
    return [name for name, fields in rules.items() if not set(str(fields["commands"]).split()) <= _REPLICATION]


def _differences(target: str, user: User, live: _Live | None) -> Iterator[UserChange]:
    if live is None:
        yield UserChange(target=target, user=user.name, what="create", detail=f"created: {user.rules}")
        return
    if not live.on or live.nopass:
        state = "turned on" if not live.on else "no longer without a password"
        yield UserChange(target=target, user=user.name, what="state", detail=state)
    if not redis_hash(user.password) in live.hashes <= _hashes(user):
        yield UserChange(target=target, user=user.name, what="password", detail="password set to the secret's")
    if live.rules != user.rules:
        yield UserChange(target=target, user=user.name, what="rules", detail=f"{live.rules} -> {user.rules}")


def _arguments(user: User, live: _Live | None) -> tuple[str, ...]:
    # Never `reset`: it would drop the passwords too, and with them whoever is between two of them.
    first, *rest = user.rules.split(" ")
    stale = sorted((live.hashes if live else frozenset()) - _hashes(user))
    return (first, "resetkeys", "clearselectors", *rest, f"#{redis_hash(user.password)}", *(f"!{old}" for old in stale))


def _hashes(user: User) -> frozenset[str]:
    """What the server may have; only the first of them it must."""
    return frozenset(map(redis_hash, (user.password, *user.kept)))


def _parse(answer: Any) -> _Live | None:
    """Parse GETUSER's flat array by name: later versions add fields (`databases` in Valkey 9.1)."""
    if answer is None:
        return None
    fields = dict(zip(answer[::2], answer[1::2], strict=True))
    flags = set(fields["flags"])
    # Up to 6.2 keys and channels are lists without their mark.
    keys, channels = (_patterns(fields.get(name, ""), mark) for name, mark in (("keys", "~"), ("channels", "&")))
    restricted = f"db:{fields['databases']}" if fields.get("databases") not in {None, "", "alldbs", "*"} else ""
    selectors = [str(selector) for selector in fields.get("selectors") or ()]
    parts = ["on", "resetchannels", *channels, *keys, fields["commands"], restricted, *selectors]
    return _Live(
        on="on" in flags,
        nopass="nopass" in flags,
        hashes=frozenset(fields["passwords"]),
        rules=" ".join(part for part in parts if part),
    )


def _patterns(value: str | list[str], mark: str) -> list[str]:
    if isinstance(value, str):
        return sorted(value.split(), key=lambda text: text.partition(mark)[2])
    return sorted(f"{mark}{pattern}" for pattern in value)
