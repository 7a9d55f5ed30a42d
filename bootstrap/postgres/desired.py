"""What the declaration wants of a PostgreSQL database: roles, memberships, privileges. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bootstrap.access import Access, Limits
from bootstrap.access.names import SIBLINGS, login
from bootstrap.migrate.postgres import HISTORY, TABLE

SCHEMA = "public"
PUBLIC = "PUBLIC"
"""The grantee that is everybody."""
LEDGERS = frozenset({TABLE, HISTORY})
"""Tables of the migrations: whoever may write rows may still not write these."""

# A partition is reached by way of its parent, whose privileges and policies count there; its own stay closed to all.
Kind = Literal["database", "schema", "table", "partition", "sequence", "function"]
Privileges = frozenset[str]
_NONE: Privileges = frozenset()


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role as it shall be."""

    name: str
    login: bool = False
    connection_limit: int = -1
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Membership:
    """`member` acts with the privileges of `role` and may become it; it may not hand it on."""

    role: str
    member: str


@dataclass(frozen=True, kw_only=True)
class Desired:
    """All of it."""

    owner: str
    roles: tuple[Role, ...]
    memberships: tuple[Membership, ...]
    identities: Mapping[str, str]
    """Identity -> privileges (`readwrite`, ...)."""

    @property
    def managed(self) -> frozenset[str]:
        """Names of the roles that are ours."""
        return frozenset(role.name for role in self.roles)

    @property
    def grantees(self) -> tuple[str, ...]:
        """Whose privileges are compared: the identities, their logins (which hold none themselves), everybody."""
        return (*sorted(self.managed - {self.owner}), PUBLIC)

    def privileges(self, kind: Kind, grantee: str, name: str = "") -> Privileges:
        """What `grantee` may do on an object that the owner owns."""
        profile = self.identities.get(grantee)
        if profile is None:
            return _NONE
        if kind in {"database", "schema"}:
            return frozenset({"CONNECT"}) if kind == "database" else frozenset({"USAGE"})
        if kind == "table" and name in LEDGERS:
            profile = {"readwrite": "readonly"}.get(profile, profile)
        return _PRIVILEGES.get((profile, kind), _NONE)


_PRIVILEGES: dict[tuple[str, str], Privileges] = {
    ("readwrite", "table"): frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"}),
    ("readwrite", "sequence"): frozenset({"SELECT", "USAGE"}),
    ("readwrite", "function"): frozenset({"EXECUTE"}),
    ("readonly", "table"): frozenset({"SELECT"}),
    ("readonly", "sequence"): frozenset({"SELECT"}),
    ("readonly", "function"): frozenset({"EXECUTE"}),
}


def desired(access: Access, active: Mapping[str, str]) -> Desired:
    """Return what `access` wants, where `active` says which sibling login (`a` or `b`) of an identity is in use."""
    roles = [Role(name=access.owner)]
    members: list[Membership] = []
    for name, postgres in access.postgres_users.items():
        # What a login makes belongs to the role, so that the next sibling can use and drop it.
        acts_as = access.owner if postgres.privileges == "migrator" else name
        roles.append(Role(name=name))
        for sibling in SIBLINGS:
            used = sibling == active.get(name, "a")
            roles.append(_login(login(name, sibling), acts_as, access.limits_of(name), used))
            members.append(Membership(role=name, member=login(name, sibling)))
        if postgres.privileges == "migrator":
            members.append(Membership(role=access.owner, member=name))
        if postgres.privileges == "monitoring":
            members.append(Membership(role="pg_monitor", member=name))
    return Desired(
        owner=access.owner,
        roles=tuple(roles),
        memberships=tuple(members),
        identities={name: p.privileges for name, p in access.postgres_users.items()},
    )


def _login(name: str, acts_as: str, limits: Limits, used: bool) -> Role:
    timeouts = limits.model_dump(exclude={"connection_limit"}, exclude_none=True)
    settings = {"role": acts_as} | {key: f"{seconds}s" if seconds else "0" for key, seconds in timeouts.items()}
    return Role(
        name=name,
        login=used,
        connection_limit=limits.connection_limit or -1,
        settings=tuple(sorted(settings.items())),
    )
