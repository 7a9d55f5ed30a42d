"""Users of a cache without a server: the twin of the real back ends, planned as those of a self-managed server are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bootstrap.acl.table import CommandTable
from bootstrap.acl.valkey import VALKEY
from bootstrap.action import Action
from bootstrap.redis import node
from bootstrap.redis.token import AuthTokenError
from bootstrap.redis.users import User, UserPlan
from bootstrap.secrets import Secret, redis_hash


class _Live(node.LiveUsers):
    @cached_property
    def table(self) -> CommandTable:
        return VALKEY


@dataclass
class MemoryUsers:
    """One node; `default` is on and has no password, as a server comes."""

    name: str
    others: Collection[str] = ()
    """Users that somebody else governs."""
    users: dict[str, node.Kept] = field(
        default_factory=lambda: {"default": node.Kept(text="on nopass ~* &* +@all", hashes=frozenset())}
    )

    def plan(self, users: Sequence[User]) -> UserPlan:
        return self._plan(users, remove=True).planned(lambda remove: self._apply(users, remove=remove))

    def _apply(self, users: Sequence[User], *, remove: bool) -> tuple[Action, ...]:
        planned = self._plan(users, remove=remove)
        wanted = {user.name: user for user in users}
        for _, verb, name, *words in planned.commands:
            if verb == "DELUSER":
                for each in (name, *words):
                    del self.users[each]
            elif user := wanted.get(name):
                kept = frozenset(map(redis_hash, user.passwords)) or self._hashes(name)
                self.users[name] = node.Kept(text=user.rules, hashes=kept)
            elif name == "default":
                self.users[name] = replace(self.users[name], text="off")
            else:  # the marker
                self.users[name] = node.Kept(text=" ".join(words), hashes=frozenset())
        return planned.changes

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:  # noqa: ARG002 what is there stays
        self._change(user, self._hashes(user) | {redis_hash(new)})

    def retire(self, user: str, valid: Secret) -> None:
        self._change(user, frozenset({redis_hash(valid)}))

    def shut(self, user: str) -> None:
        if kept := self.users.get(user):
            self.users[user] = replace(kept, text=" ".join(["off", *kept.text.split(" ")[1:]]))

    def _change(self, user: str, hashes: frozenset[str]) -> None:
        if user not in self.users:
            raise node.NodeError(f"{self.name} has no user {user}: run `datatier bootstrap`, which makes it")
        self.users[user] = replace(self.users[user], hashes=hashes)

    def opens(self, user: str, password: Secret) -> bool:
        """Whether somebody may log in so."""
        return node.is_on(self.users.get(user)) and redis_hash(password) in self._hashes(user)

    def _hashes(self, name: str) -> frozenset[str]:
        return self.users[name].hashes if name in self.users else frozenset()

    def _plan(self, users: Sequence[User], *, remove: bool) -> node.NodePlan:
        live = _Live(f"{self.name}/primary", None, self.users, aclfile=False, replication="")
        return node.plan(live, users, admin="acl-admin", remove=remove, others=self.others)


@dataclass
class MemoryToken:
    """A cache with an AUTH token and no server: the twin of `ElastiCacheToken`, which takes two and refuses a third."""

    tokens: list[Secret]
    """Those that open it, the newest last."""
    rotated: bool = False

    def add(self, token: Secret) -> None:
        self.tokens = [*self.tokens[-1:], token]
        self.rotated = True

    def alone(self, token: Secret) -> None:
        if not self.rotated:  # ElastiCache User Guide: SET is allowed after ROTATE only
            raise AuthTokenError("SET is refused: no AUTH token was added before")
        self.tokens = [token]
        self.rotated = False

    def opens(self, token: Secret) -> tuple[bool, ...]:
        return (token in self.tokens,)
