"""Redis users as they shall be, and the protocol of what can make them so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bootstrap.access import Access, access_string
from bootstrap.action import Action, Choice, OfUser
from bootstrap.errors import BootstrapError
from bootstrap.secrets import Credential, Secret


@dataclass(frozen=True, kw_only=True)
class User:
    """One user of one cache."""

    name: str
    identity: str = ""
    """Whose it is; the one of its name when empty."""
    rules: str
    """Canonical access string: absolute, without passwords."""
    password: Secret | None
    """The current password; None leaves the passwords as they are."""
    previous: Secret | None = None
    """A second one that is valid too, while clients change over from one to the other."""
    by_token: str | None = None
    """Id and name alike of its user in ElastiCache, where it logs in by token of AWS and has no password."""
    fresh: bool = False
    """Whether no server has seen the password yet."""

    @property
    def whose(self) -> str:
        """The identity that logs in as it."""
        return self.identity or self.name

    @property
    def passwords(self) -> tuple[Secret, ...]:
        """All that shall be valid: none (leave them), one, or two during a rotation."""
        return tuple(dict.fromkeys(secret for secret in (self.password, self.previous) if secret))


def users_of_rules(access: Access, cache: str, there: Collection[str]) -> list[User]:
    """Return the users of `cache` where no secret is to hand: their passwords stay as they are.

    An identity with a user from before the stack is that one where only that one is among those that are `there`.
    """

    def named(name: str, present: str | None) -> str:
        own = (access.redis_user(name), name)
        return next((each for each in (*own, present) if each in there), None) or own[0]

    return [
        User(name=named(name, each.present), identity=name, rules=access_string(each), password=None)
        for name, each in access.cache_users(cache).items()
    ]


def of_user(
    target: str, user: str, verb: OfUser, detail: str, *, takes_away: bool = False, identity: str = ""
) -> Action:
    """Return an action on a user of a cache; `target` is a node, or the user group of ElastiCache.

    `identity` is whose user it is, where that has another name.
    """
    return Action(
        engine="redis",
        target=target,
        verb=verb,
        subject=f"user {user}",
        text=detail,
        takes_away=takes_away,
        identity=identity or user,
    )


@dataclass(frozen=True, kw_only=True)
class Converged:
    """How one node stands to the declaration before anything is changed."""

    target: str
    same: int
    """How many users are as declared."""
    differing: tuple[str, ...]
    """The others."""


@dataclass(frozen=True, kw_only=True)
class AppliedUsers:
    """What was changed in a cache, and what was left alone."""

    changes: tuple[Action, ...] = ()
    skipped: tuple[Action, ...] = ()
    """Planned, but not allowed."""
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UserPlan:
    """What makes the users of a cache as declared, from one reading of it."""

    changes: tuple[Action, ...] = ()
    """With the deletion of users that an earlier run made and that are no longer declared."""
    differences: tuple[str, ...] = ()
    """What differs and is not ours to change."""
    nodes: tuple[Converged, ...] = ()
    """One entry for each self-managed server."""
    failed: BootstrapError | None = None
    """Why some nodes are not in it: they could not be read."""
    carry_out: Callable[[bool], tuple[Action, ...]]
    """Do it, with deletions or without; return what was changed."""

    def whole(self) -> UserPlan:
        """Return it, or raise what kept some nodes out of it."""
        if self.failed:
            raise self.failed
        return self

    def apply(self, choose: Choice) -> AppliedUsers:
        """Carry it out as far as `choose` allows: deletions each by itself, all other changes together or none.

        Raise what the driver raises; `failed` only after everything else was done.
        """
        kept = tuple(action for action in self.changes if action.consent == "drop" and not choose(action))
        rest = tuple(action for action in self.changes if action not in kept)
        if not all(map(choose, rest)):
            return AppliedUsers(skipped=(*kept, *rest))
        changes = self.carry_out(not kept)
        self.whole()
        reported = tuple(
            f"{action.target}: {action.subject} is no longer declared; `datatier access apply --allow-drop` deletes it"
            for action in kept
        )
        return AppliedUsers(changes=changes, skipped=kept, differences=(*reported, *self.differences))


class Backend(Protocol):
    """A place that keeps Redis users: a self-managed server, or ElastiCache."""

    def plan(self, users: Sequence[User]) -> UserPlan:
        """Read the cache once and return what makes its users as wanted; nothing is changed before it is applied.

        Users that this project did not make are never deleted.
        """
        ...

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:
        """Let `new` in as well as `old`, and wait until it is; raise where there is no such user."""
        ...

    def retire(self, user: str, valid: Secret) -> None:
        """Take every password but `valid` away. Sessions that are open live on."""
        ...

    def shut(self, user: str) -> None:
        """Let nobody log in any more as a user from before the stack, whose rules stay; it may be gone."""
        ...


def users(
    access: Access,
    cache: str,
    credentials: Mapping[str, Credential],
    fresh: frozenset[str],
    previous: Mapping[str, Credential] | None = None,
    *,
    tokens: Mapping[str, str] | None = None,
) -> tuple[User, ...]:
    """Return the users that `access` wants in `cache`; `previous` holds what is still valid during a rotation.

    `tokens` are the users of those that log in by token (`bootstrap.credentials.token_users`).
    """
    by_token = tokens or {}
    old = {name: each for name, each in (previous or {}).items() if name not in by_token}
    return tuple(
        User(
            name=name if name in by_token else credentials[name].redis_username or name,
            identity=name,
            rules=access_string(rules),
            password=None if name in by_token else credentials[name].redis_password,
            by_token=by_token.get(name),
            previous=old[name].redis_password if name in old else None,
            fresh=name in fresh,
        )
        for name, rules in access.cache_users(cache).items()
        if name in by_token or credentials[name].redis_password
    )
