"""What the declaration wants of a PostgreSQL database: roles, memberships, privileges, policies. Pure."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from bootstrap.access import Access, Grant, Limits, TablePolicies
from bootstrap.access.exceptions import single
from bootstrap.access.names import SIBLINGS, login
from bootstrap.access.postgres import EVERY, Kind
from bootstrap.books import CAPACITY, LEDGERS, TABLE
from bootstrap.postgres import SCHEMA

PUBLIC = "PUBLIC"
"""The grantee that is everybody."""
RDS_IAM = "rds_iam"
"""RDS lets its members in by token alone, members by way of others too: a password of theirs is no longer taken (RDS
User Guide, "IAM database authentication", limitations). So it is granted to logins and never to an identity's role."""
MONITOR = "pg_monitor"
MAINTAIN_SINCE = 170000
"""`server_version_num` from which there are the privilege MAINTAIN and the role pg_maintain (release notes of 17)."""
MAINTAIN = "pg_maintain"
"""Its members VACUUM, ANALYZE, REINDEX and the like everywhere (PostgreSQL 17, Predefined Roles). On RDS rds_superuser
has it with ADMIN OPTION: so in a published dump of an instance's roles (pg_dumpall, PostgreSQL 17)."""

Privileges: TypeAlias = frozenset[str]
Acl: TypeAlias = Mapping[str, Privileges]
"""Grantee -> privileges."""
_NONE: Privileges = frozenset()


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role as it shall be."""

    name: str
    login: bool = False
    connection_limit: int = -1
    settings: tuple[tuple[str, str], ...] = ()
    present: bool = False
    """Whether it is a login from before the stack: where it is there, what it is stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Membership:
    """`member` acts with the privileges of `role` and may become it; it may not hand it on, unless said otherwise."""

    role: str
    member: str
    admin: bool = False
    inherit: bool = True
    set: bool = True
    since: int = 0
    """First `server_version_num` that it is wanted of."""
    before: int = sys.maxsize
    """First one that it is no longer wanted of."""

    def of(self, version: int) -> bool:
        """Whether it is wanted of a server of that `server_version_num`."""
        return self.since <= version < self.before


@dataclass(frozen=True, kw_only=True)
class DeclaredGrant:
    """A grant that an identity declares itself, with the place where it is declared."""

    grantee: str
    path: str
    grant: Grant

    @property
    def privileges(self) -> Privileges:
        """As PostgreSQL names them."""
        return frozenset(privilege.upper() for privilege in self.grant.privileges)


@dataclass(frozen=True, kw_only=True)
class Desired:
    """All of it."""

    owner: str
    roles: tuple[Role, ...]
    memberships: tuple[Membership, ...]
    """Of every version; see `joined`."""
    identities: Mapping[str, str]
    """Identity -> privileges (`readwrite`, ...)."""
    schemas: tuple[str, ...] = (SCHEMA,)
    given: tuple[DeclaredGrant, ...] = ()
    policies: tuple[TablePolicies, ...] = ()
    keep: frozenset[str] = frozenset()
    """What is left as the server has it: see `Access.keep`."""
    unimplied: frozenset[str] = frozenset()
    """Identities whose `given` says all that they may."""
    migrated: bool = False
    """Whether some identity acts as the owner."""
    makes_schemas: bool | None = None
    """Whether the owner shall have CREATE on the database; None: where it owns it."""
    missing_schemas: bool = True
    """Whether declared schemas that do not exist are made: not before migrations that may do so."""
    exceptions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Role -> what it has in addition and may keep; of privileges one by one."""

    @cached_property
    def managed(self) -> frozenset[str]:
        """Names of the roles that are ours."""
        return frozenset(role.name for role in self.roles)

    @cached_property
    def grantees(self) -> frozenset[str]:
        """Whose privileges are compared: the identities, their logins (which hold none themselves), everybody."""
        return (self.managed - {self.owner}) | {PUBLIC}

    def joined(self, version: int) -> tuple[Membership, ...]:
        """The memberships that are wanted of a server of that `server_version_num`."""
        return tuple(each for each in self.memberships if each.of(version))

    def excepted(self, role: str, what: str) -> bool:
        """Whether a role may keep `what`."""
        return what in self.exceptions.get(role, ())

    def acl(self, kind: Kind, schema: str, name: str = "", *, walled: bool = False) -> Acl:
        """Who may do what on an object that the owner owns; the same mapping for objects that are alike.

        `walled` is a partition of a table with row-level security: only who is given it by name gets past the wall.
        """
        special = name if (kind, schema, name) in self._named or (kind == "table" and name in LEDGERS) else ""
        found = self._acls.get(key := (kind, schema, special, walled))
        if found is None:
            found = self._acls[key] = self._merged(kind, schema, special, walled)
        return found

    def columns(self, schema: str, table: str) -> Mapping[str, Acl]:
        """Column -> who may do what on it beyond what the table allows."""
        return self._columns.get((schema, table), {})

    def future(self, kind: Kind, schema: str) -> Acl:
        """Who gets what on the objects that the owner will make."""
        found = dict(self._profiles(kind, schema))
        for each in self.given:
            grant = each.grant
            if (grant.kind, grant.schema_name) == (kind, schema) and (grant.future or EVERY in grant.objects):
                found[each.grantee] = found.get(each.grantee, _NONE) | each.privileges
        return found

    @cached_property
    def _acls(self) -> dict[tuple[str, str, str, bool], Acl]:
        return {}

    @cached_property
    def _named(self) -> Mapping[tuple[str, str, str], tuple[DeclaredGrant, ...]]:
        """Grants by what they are on; `*` among the names."""
        found: defaultdict[tuple[str, str, str], tuple[DeclaredGrant, ...]] = defaultdict(tuple)
        for each in self.given:
            grant = each.grant
            if grant.kind == "database":
                found["database", "", ""] += (each,)
            elif grant.kind == "schema":
                found["schema", grant.schema_name, ""] += (each,)
            for name in grant.objects if not grant.columns else ():
                found[grant.kind, grant.schema_name, name] += (each,)
        return dict(found)

    @cached_property
    def _columns(self) -> Mapping[tuple[str, str], Mapping[str, Acl]]:
        found: defaultdict[tuple[str, str], defaultdict[str, dict[str, Privileges]]]
        found = defaultdict(lambda: defaultdict(dict))
        for each in self.given:
            for table in each.grant.objects if each.grant.columns else ():
                for column in each.grant.columns:
                    acl = found[each.grant.schema_name, table][column]
                    acl[each.grantee] = acl.get(each.grantee, _NONE) | each.privileges
        return found

    def _merged(self, kind: Kind, schema: str, name: str, walled: bool) -> Acl:
        found = {} if walled else dict(self._profiles(kind, schema))
        if not walled and kind in {"table", "sequence", "function"}:
            _add(found, self._named.get((kind, schema, EVERY), ()))
        if kind == "table" and name in LEDGERS:
            watches = name in {TABLE, CAPACITY} and not walled
            found = {
                grantee: frozenset({"SELECT"})
                if watches and self.identities.get(grantee) == "monitoring" and grantee not in self.unimplied
                else privileges & {"SELECT"}
                for grantee, privileges in found.items()
            }
        _add(found, self._named.get((kind, schema, name), ()))
        return found

    def _profiles(self, kind: Kind, schema: str) -> Iterator[tuple[str, Privileges]]:
        for identity, profile in self.identities.items():
            yield identity, self._implied(kind, schema, identity, profile)

    def _implied(self, kind: Kind, schema: str, identity: str, profile: str) -> Privileges:
        if kind not in {"database", "schema"}:
            return _PRIVILEGES.get((profile, kind), _NONE)
        out_of_reach = profile == "custom" and kind == "schema" and (identity, schema) not in self._reached
        if identity in self.unimplied or out_of_reach:
            return _NONE
        return frozenset({"CONNECT"}) if kind == "database" else frozenset({"USAGE"})

    @cached_property
    def _reached(self) -> frozenset[tuple[str, str]]:
        """Schemas that an identity's own grants lead into."""
        return frozenset((g.grantee, g.grant.schema_name) for g in self.given if g.grant.kind != "database")


def _add(found: dict[str, Privileges], given: tuple[DeclaredGrant, ...]) -> None:
    for each in given:
        found[each.grantee] = found.get(each.grantee, _NONE) | each.privileges


_PRIVILEGES: dict[tuple[str, str], Privileges] = {
    ("readwrite", "table"): frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"}),
    ("readwrite", "sequence"): frozenset({"SELECT", "USAGE"}),
    ("readwrite", "function"): frozenset({"EXECUTE"}),
    ("monitoring", "sequence"): frozenset({"SELECT"}),  # what a sequence has left is in its row alone
    ("readonly", "table"): frozenset({"SELECT"}),
    ("readonly", "sequence"): frozenset({"SELECT"}),
    ("readonly", "function"): frozenset({"EXECUTE"}),
}


def desired(access: Access, active: Mapping[str, str], *, iam: bool = False, over: Collection[str] = ()) -> Desired:
    """Return what `access` wants, where `active` says which logins (`a`, `b` or `ab`) of an identity are in use.

    An identity with a login from before the stack has siblings besides only where `active` knows it; that login is
    shut where it is in `over`. `iam` says whether the server takes tokens of AWS; where it does not, every login has a
    password.
    """
    roles = [] if "owner" in access.keep else [Role(name=access.owner)]
    members: list[Membership] = []
    for name, postgres in access.postgres_users.items():
        # What a login makes belongs to the role, so that the next sibling can use and drop it.
        acts_as = access.owner if postgres.privileges == "migrator" else name
        limits, settings = access.limits_of(name), postgres.settings
        tokens = iam and name in access.by_token
        if postgres.login in {"single", "none"}:
            roles.append(_role(name, limits, settings, used=postgres.login == "single"))
            if tokens and postgres.login == "single":
                members.append(Membership(role=RDS_IAM, member=name))
        else:
            present = postgres.login == "present"
            roles.append(Role(name=name, present=present and name not in over))
            for sibling in SIBLINGS if name in active or not present else ():
                used = sibling in active.get(name, "a")
                roles.append(_role(login(name, sibling), limits, {"role": acts_as, **settings}, used=used))
                members.append(Membership(role=name, member=login(name, sibling)))
                if tokens and used:
                    members.append(Membership(role=RDS_IAM, member=login(name, sibling)))
        if postgres.privileges == "migrator":
            members.append(Membership(role=access.owner, member=name))
        if postgres.privileges == "monitoring":
            members.append(Membership(role=MONITOR, member=name))
        if postgres.privileges == "maintainer":
            members += maintaining(name, access.owner)
        members += [Membership(member=name, **member.model_dump()) for member in postgres.member_of]
    return Desired(
        owner=access.owner,
        roles=tuple(roles),
        memberships=tuple(members),
        identities={name: p.privileges for name, p in access.postgres_users.items()},
        schemas=access.schemas,
        given=tuple(
            DeclaredGrant(grantee=name, path=f"identities.{name}.postgres.grants.{number}", grant=grant)
            for name, postgres in access.postgres_users.items()
            for number, grant in enumerate(postgres.grants)
        )
        + tuple(
            DeclaredGrant(grantee=PUBLIC, path=f"public.{n}", grant=grant) for n, grant in enumerate(access.public)
        ),
        policies=access.policies,
        keep=frozenset(access.keep),
        migrated=bool(access.with_privilege("migrator")),
        makes_schemas=access.makes_schemas,
        unimplied=frozenset(name for name, postgres in access.postgres_users.items() if not postgres.implied),
        exceptions={
            role: frozenset(one for text in texts for one in single(text))
            for role, texts in access.exceptions.postgres.items()
        },
    )


def maintaining(name: str, owner: str) -> Iterator[Membership]:
    """What a maintainer and its logins are members of. It may become the owner, whose privileges it has only then.

    From PostgreSQL 16 a membership says so itself (GRANT, INHERIT and SET). Before that a role has the privileges of
    all that it is a member of: so its logins are the members, whose sessions act as the identity (`role`); SET ROLE
    asks who is logged in.
    """
    yield Membership(role=MONITOR, member=name)
    yield Membership(role=MAINTAIN, member=name, since=MAINTAIN_SINCE)
    yield Membership(role=owner, member=name, inherit=False, since=160000)
    for sibling in SIBLINGS:
        yield Membership(role=owner, member=login(name, sibling), before=160000)


def _role(name: str, limits: Limits, more: Mapping[str, str], *, used: bool) -> Role:
    timeouts = limits.model_dump(exclude={"connection_limit"}, exclude_none=True)
    settings = {key: f"{seconds}s" if seconds else "0" for key, seconds in timeouts.items()} | dict(more)
    return Role(
        name=name,
        login=used,
        connection_limit=limits.connection_limit or -1,
        settings=tuple(sorted(settings.items())),
    )
