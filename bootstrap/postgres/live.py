"""What a PostgreSQL server has, read in one round trip."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg

from bootstrap.access.postgres import Kind
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.acl import held
from bootstrap.postgres.catalog import QUERY
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import Acl, Desired, Privileges
from bootstrap.postgres.settings import Form

MARK = "data-tier: managed"
"""Comment on a role that this project made or took over; a hint, not a guard: its text is not secret."""


@dataclass(frozen=True, kw_only=True)
class LiveRole:
    """A role as the server has it."""

    name: str
    login: bool
    connection_limit: int
    settings: Mapping[str, str]
    excess: tuple[str, ...]
    """Attributes that none of our roles may have, e.g. `CREATEDB`."""
    mark: str | None
    administered: bool
    """Whether we may alter it."""
    valid_until: str | None = None
    """When its password ends, in UTC."""


@dataclass(frozen=True, kw_only=True)
class LiveMembership:
    """One row of pg_auth_members; there is one per grantor."""

    role: str
    member: str
    grantor: str
    admin: bool
    inherit: bool
    set: bool
    revocable: bool
    """Whether we may end it: from PostgreSQL 16 only with ADMIN on the role and the grantor's rights."""


@dataclass(frozen=True, kw_only=True)
class LiveObject:
    """An object with what each grantee may do on it, the owner left out."""

    kind: Kind
    name: str
    """Bare name; of a function too."""
    sql: str
    """As GRANT wants it: schema-qualified, quoted, with a function's argument types."""
    owner: str
    privileges: Acl
    """The same mapping for objects whose ACLs are equal."""
    schema: str = SCHEMA
    args: str | None = None
    """Argument types of a function."""
    walled: bool = False
    """Whether it is a partition of a table with row-level security: read directly, it goes past those policies."""
    own: Acl | None = None
    """What the owner granted; all of it when None."""
    foreign: Mapping[tuple[str, str], Privileges] = field(default_factory=dict)
    """(grantor, grantee) -> what somebody else than the owner granted."""
    grantable: Acl = field(default_factory=dict)
    """What a grantee may hand on."""

    @property
    def key(self) -> str:
        """Its name in a declaration."""
        return self.name if self.args is None else f"{self.name}({self.args})"


@dataclass(frozen=True, kw_only=True)
class LivePolicy:
    """One row-level policy."""

    name: str
    command: str
    """`*` all, `r` select, `a` insert, `w` update, `d` delete: pg_policy.polcmd."""
    permissive: bool
    roles: tuple[str, ...]
    using: str | None
    check: str | None
    comment: str | None


@dataclass(frozen=True, kw_only=True)
class LiveWall:
    """Row-level security of one table."""

    owner: str
    enabled: bool
    forced: bool
    policies: Mapping[str, LivePolicy]


@dataclass(frozen=True, kw_only=True)
class Other:
    """Something other than tables, sequences, functions and schemas that has privileges."""

    kind: str
    """As GRANT names it: `type`, `language`, `foreign server`, `large object`, `parameter` ..."""
    sql: str
    privileges: Acl
    grantable: Acl
    usual: Privileges
    """What everybody may on a new one."""


@dataclass(frozen=True, kw_only=True)
class LiveGrant:
    """A privilege on what PostgreSQL or an extension brings, which it did not have when it was made."""

    kind: str
    column: str
    """Empty for all of it."""
    sql: str
    system: bool
    """Whether it is PostgreSQL's own."""
    role: str
    privilege: str
    grantable: bool


@dataclass(frozen=True, kw_only=True)
class LiveSetting:
    """A setting of a database, for one role or for everybody."""

    role: str
    """Empty for everybody."""
    here: bool
    """Whether it is the database's; the whole server's otherwise."""
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Remain:
    """One thing that still refers to a role which is no longer declared (pg_shdepend)."""

    role: str
    kind: str
    """`o` owns it, `a` has privileges on it, `r` is named by a policy."""
    place: str
    """Database; empty for what belongs to the whole server."""
    ours: bool
    """Whether it is a privilege within the declared schemas."""
    what: str | None
    """In PostgreSQL's words; None in another database."""
    count: int = 1
    """How many of the kind there are."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """The part of the server that concerns us."""

    version: int
    user: str
    database: LiveObject
    encoding: str
    roles: Mapping[str, LiveRole]
    memberships: tuple[LiveMembership, ...]
    objects: tuple[LiveObject, ...]
    defaults: Mapping[tuple[str, str], Acl]
    """(schema or empty, `r` `S` or `f`) -> grantee -> privileges, of the owner's default privileges."""
    creators: Mapping[tuple[str, str, str], Acl] = field(default_factory=dict)
    """(creator, schema or empty, letter) -> grantee -> privileges, of everybody's default privileges."""
    columns: Mapping[tuple[str, str], Mapping[str, Acl]] = field(default_factory=dict)
    """(schema, table) -> column -> grantee -> privileges; every column of the tables that columns are declared of."""
    walls: Mapping[tuple[str, str], LiveWall] = field(default_factory=dict)
    """(schema, table) -> row-level security, of the tables that have any or shall have."""
    remains: tuple[Remain, ...] = ()
    becomes: frozenset[str] = frozenset()
    """Roles that we may SET ROLE to."""
    digest: str = ""
    """SHA-256 of all that was read, sessions aside."""
    connection_limit: int = -1
    """Of the database."""
    owner_creates: bool = False
    """Whether the declared owner has CREATE on the database: schemas, trusted extensions, publications."""
    maker: str = ""
    """The superuser that made the cluster (oid 10)."""
    others: tuple[Other, ...] = ()
    given: tuple[LiveGrant, ...] = ()
    owners: tuple[tuple[str, str, str], ...] = ()
    """(kind, name, owner) of types, large objects, languages, foreign servers and wrappers, publications,
    subscriptions and event triggers."""
    mappings: tuple[tuple[str, str], ...] = ()
    """(role, foreign server) of user mappings."""
    schemas: Mapping[str, str] = field(default_factory=dict)
    """Schemas that are not declared, and their owners."""
    settings: tuple[LiveSetting, ...] = ()
    """Of this database or the whole server, those of a role everywhere aside."""
    forms: Mapping[str, Form] = field(default_factory=dict)
    """What the values of the declared settings mean."""
    rulers: frozenset[str] = frozenset()
    """Owners of the server's other databases."""
    sessions: frozenset[str] = frozenset()
    """Who is logged in at this moment, this session included."""

    @cached_property
    def rows(self) -> Mapping[tuple[str, str], tuple[LiveMembership, ...]]:
        """(role, member) -> its rows, one for each grantor."""
        found: dict[tuple[str, str], tuple[LiveMembership, ...]] = {}
        for row in self.memberships:
            found[row.role, row.member] = (*found.get((row.role, row.member), ()), row)
        return found


_EXCESS = ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")


def read(conn: psycopg.Connection[Any], wanted: Desired) -> Live:
    """Read what concerns `wanted` from the database `conn` is connected to, and every role of the server.

    Within a transaction the search path is `pg_catalog` afterwards, until its end.
    """
    values = {
        "names": sorted(wanted.managed | {wanted.owner}),
        "owner": wanted.owner,
        "mark": MARK,
        "schemas": list(wanted.schemas),
        "tables": sorted({table for given in wanted.given if given.grant.columns for table in given.grant.objects}),
        "walls": sorted({policies.table for policies in wanted.policies}),
        "settings": sorted({key.lower() for role in wanted.roles for key, _ in role.settings}),
    }
    # The client's own quoting sends both statements in one message.
    with psycopg.ClientCursor(conn) as cursor:
        cursor.execute(QUERY.encode(), values)
        cursor.nextset()
        ((text, sessions),) = cursor.fetchall()
    return _live(text, sessions, wanted.owner)


def _live(text: str, sessions: str | None, of: str) -> Live:
    found = json.loads(text)
    name, owner, acl, encoding, limit = found["database"]
    columns: dict[tuple[str, str], dict[str, Acl]] = {}
    for schema, table, column, items in found["columns"] or ():
        columns.setdefault((schema, table), {})[column] = held(items or (), "").privileges
    creators = {(row[0], row[1], row[2]): held(row[3], "").privileges for row in found["defaults"] or ()}
    return Live(
        version=found["version"],
        user=found["user"],
        database=_objects("database", "", owner, acl, [(name, ident(name), None, False)])[0],
        encoding=encoding,
        roles={row[0]: _role(*row) for row in found["roles"] or ()},
        memberships=tuple(
            LiveMembership(role=r, member=m, grantor=g, admin=a, inherit=i, set=s, revocable=may)
            for r, m, g, a, i, s, may in found["memberships"] or ()
        ),
        objects=tuple(item for group in found["objects"] or () for item in _objects(*group)),
        defaults={(schema, letter): acl for (creator, schema, letter), acl in creators.items() if creator == of},
        creators=creators,
        columns=columns,
        walls={(row[0], row[1]): _wall(*row[2:]) for row in found["policies"] or ()},
        remains=tuple(
            Remain(role=r, kind=k, place=p or "", ours=ours, what=what)
            for r, k, p, ours, what in found["remains"] or ()
        )
        + tuple(
            Remain(role=r, kind=k, place=p, ours=False, what=None, count=count)
            for r, k, p, count in found["elsewhere"] or ()
        ),
        becomes=frozenset(found["becomes"] or ()),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        connection_limit=limit,
        owner_creates="CREATE" in held(acl, "").privileges.get(of, ()),
        maker=found["maker"],
        others=tuple(each for row in found["others"] or () for each in _others(*row)),
        given=tuple(
            LiveGrant(kind=k, column=part, sql=sql, system=own, role=role, privilege=what, grantable=may)
            for k, part, sql, own, role, what, may in found["given"] or ()
        ),
        owners=tuple((kind, each, role) for kind, name, role in found["owners"] or () for each in _each(kind, name)),
        mappings=tuple((role, server) for role, server in found["mappings"] or ()),
        schemas=dict(found["schemas"] or ()),
        settings=tuple(
            LiveSetting(role=role, here=here, name=key, value=value)
            for role, here, config in found["settings"] or ()
            for key, value in (entry.split("=", 1) for entry in config)
        ),
        forms={row[0]: Form(kind=row[1], unit=row[2]) for row in found["forms"] or ()},
        rulers=frozenset(found["rulers"] or ()),
        sessions=frozenset(json.loads(sessions) if sessions else ()),
    )


def _others(kind: str, names: str, owner: str, acl: list[str]) -> list[Other]:
    found = held(acl, owner)
    usual = frozenset({"USAGE"}) if kind in {"type", "language"} else frozenset()
    return [
        Other(kind=kind, sql=name, privileges=found.privileges, grantable=found.grantable, usual=usual)
        for name in _each(kind, names)
    ]


def _each(kind: str, names: str) -> list[str]:
    return names.split(", ") if kind == "large object" else [names]


def _role(
    name: str,
    can_login: bool,
    limit: int,
    config: list[str] | None,
    flags: list[bool],
    mark: str | None,
    administered: bool,
    valid_until: str | None,
) -> LiveRole:
    return LiveRole(
        name=name,
        login=can_login,
        connection_limit=limit,
        settings=dict(entry.split("=", 1) for entry in config or ()),
        excess=tuple(attribute for attribute, on in zip(_EXCESS, flags, strict=True) if on),
        mark=mark,
        administered=administered,
        valid_until=valid_until,
    )


def _objects(kind: Kind, schema: str, owner: str, acl: list[str], members: list[Any]) -> list[LiveObject]:
    found = held(acl, owner)
    return [
        LiveObject(
            kind=kind,
            name=name,
            sql=sql,
            owner=owner,
            privileges=found.privileges,
            schema=schema,
            args=args,
            walled=walled,
            own=found.own,
            foreign=found.foreign,
            grantable=found.grantable,
        )
        for name, sql, args, walled in members
    ]


def _wall(owner: str, enabled: bool, forced: bool, policies: list[Any]) -> LiveWall:
    return LiveWall(
        owner=owner,
        enabled=enabled,
        forced=forced,
        policies={
            row[0]: LivePolicy(
                name=row[0],
                command=row[1],
                permissive=row[2],
                roles=tuple(row[3]),
                using=row[4],
                check=row[5],
                comment=row[6],
            )
            for row in policies
        },
    )
