"""Redis users as they shall be, and the protocol of what can make them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from bootstrap.access import Access, access_string
from bootstrap.secrets import Credential, Secret


@dataclass(frozen=True, kw_only=True)
class User:
    """One user of one cache."""

    name: str
    rules: str
    """Canonical access string: absolute, without passwords."""
    password: Secret
    fresh: bool = False
    """Whether no server has seen the password yet."""
    kept: tuple[Secret, ...] = ()
    """Passwords that stay valid beside it while a rotation's grace lasts."""
    iam: bool = False
    """Whether it logs in by IAM, on ElastiCache alone; it has no password then."""


@dataclass(frozen=True, kw_only=True)
class UserChange:
    """A difference between what is declared and what a server has; it never holds a secret or a hash."""

    target: str
    """A node, or the user group of ElastiCache."""
    user: str
    what: Literal["create", "rules", "password", "state", "group"]
    detail: str

    def __str__(self) -> str:
        return f"{self.target}: {self.user}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What a back end did and what it left alone."""

    changes: tuple[UserChange, ...]
    differences: tuple[str, ...] = ()


class Backend(Protocol):
    """A place that keeps Redis users: a server of one's own, or ElastiCache."""

    def plan(self, users: Sequence[User]) -> Applied:
        """Return what `apply` would do."""
        ...

    def apply(self, users: Sequence[User]) -> Applied:
        """Make the users so and return what was changed; nothing when they are."""
        ...


def users(
    access: Access,
    cache: str,
    credentials: Mapping[str, Credential],
    fresh: frozenset[str],
    previous: Mapping[str, Credential] = MappingProxyType({}),
) -> tuple[User, ...]:
    """Return the users that `access` wants in `cache`; `previous` are the credentials in their rotation's grace."""
    found = tuple(
        User(
            name=name,
            rules=access_string(rules),
            password=password,
            fresh=name in fresh,
            kept=_kept(previous.get(name)),
        )
        for name, rules in access.cache_users(cache).items()
        if (password := credentials[name].redis_password)
    )
    return found + tuple(
        User(name=name, rules=access_string(rules), password=Secret(""), iam=True)
        for name, rules in access.cache_users(cache).items()
        if access.identities[name].auth == "iam"
    )


def _kept(previous: Credential | None) -> tuple[Secret, ...]:
    return (previous.redis_password,) if previous and previous.redis_password else ()
