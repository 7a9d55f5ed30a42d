"""What a PostgreSQL server has, read from catalogs that an RDS master may read (pg_authid is not among them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.postgres.desired import PUBLIC, SCHEMA, Desired, Kind, Privileges

MARK = "data-tier: managed"
"""Comment on a role that this project made or took over; a hint, not a guard: its text is no secret."""


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
    privileges: Mapping[str, Privileges]


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
    defaults: Mapping[tuple[str, str], Mapping[str, Privileges]]
    """(schema or empty, `r` `S` or `f`) -> grantee -> privileges, of the owner's default privileges."""


# `%s` names an ACL expression and its owner: an object without an ACL has the hard-wired one.
_ACL = """(SELECT coalesce(json_object_agg(grantee, privileges), '{}') FROM (
    SELECT CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END AS grantee,
           json_agg(DISTINCT e.privilege_type) AS privileges
    FROM aclexplode(coalesce(%s, acldefault('%s', %s))) e WHERE e.grantee <> %s GROUP BY 1) x)"""


def _acl(column: str, kind: str, owner: str) -> str:
    # regrole quotes names where SQL must; our own never need it (names.identity_name), strangers are not compared.
    return _ACL % (column, kind, owner, owner)


_DATABASE = f"""SELECT current_setting('server_version_num')::int, current_user, d.datname, d.datdba::regrole::text,
    {_acl("d.datacl", "d", "d.datdba")}, pg_encoding_to_char(d.encoding)
    FROM pg_database d WHERE d.datname = current_database()"""  # noqa: S608 constants only

_ROLES = """SELECT r.rolname, r.rolcanlogin, r.rolconnlimit, r.rolconfig, r.rolsuper, r.rolcreatedb, r.rolcreaterole,
    r.rolreplication, r.rolbypassrls, shobj_description(r.oid, 'pg_authid'),
    CASE WHEN current_setting('server_version_num')::int < 160000 THEN true
         ELSE pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION') END
    FROM pg_roles r
    WHERE r.rolname = ANY(%(names)s) OR starts_with(shobj_description(r.oid, 'pg_authid'), %(mark)s)"""

_MEMBERSHIPS = """SELECT r.rolname, m.rolname, g.rolname, a.admin_option, {options},
    {revocable}
    FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    LEFT JOIN pg_roles g ON g.oid = a.grantor
    WHERE m.rolname = ANY(%(names)s) OR (r.rolname = %(owner)s AND m.rolname = current_user)"""

_OPTIONS = {
    "options": "a.inherit_option, a.set_option",
    "revocable": """pg_has_role(current_user, a.roleid, 'MEMBER WITH ADMIN OPTION')
        AND pg_has_role(current_user, a.grantor, 'USAGE')""",
}

_NOT_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{}'::regclass AND x.objid = {}.oid
    AND x.deptype = 'e')"""

_OBJECTS = f"""
SELECT 'schema', n.nspname, quote_ident(n.nspname), n.nspowner::regrole::text, {_acl("n.nspacl", "n", "n.nspowner")}
FROM pg_namespace n WHERE n.nspname = %(schema)s
UNION ALL
SELECT CASE WHEN c.relispartition THEN 'partition' ELSE 'table' END, c.relname,
    format('%%I.%%I', n.nspname, c.relname), c.relowner::regrole::text, {_acl("c.relacl", "r", "c.relowner")}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_NOT_EXTENSION.format("pg_class", "c")}
UNION ALL
SELECT 'sequence', c.relname, format('%%I.%%I', n.nspname, c.relname), c.relowner::regrole::text,
    {_acl("c.relacl", "s", "c.relowner")}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind = 'S' AND {_NOT_EXTENSION.format("pg_class", "c")}
UNION ALL
SELECT 'function', p.proname, format('%%I.%%I(%%s)', n.nspname, p.proname, (
        SELECT coalesce(string_agg(format_type(t, NULL), ', ' ORDER BY i), '')
        FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, i))),
    p.proowner::regrole::text, {_acl("p.proacl", "f", "p.proowner")}
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s AND {_NOT_EXTENSION.format("pg_proc", "p")}
ORDER BY 1, 3"""  # noqa: S608 constants only

_DEFAULTS = f"""SELECT coalesce(n.nspname, ''), d.defaclobjtype::text,
    {_acl("d.defaclacl", "r", "d.defaclrole")}
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
    WHERE d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = %(owner)s)
      AND coalesce(n.nspname, '') IN ('', %(schema)s)"""  # noqa: S608 constants only

_EXCESS = ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")


def read(conn: psycopg.Connection[Any], wanted: Desired) -> Live:
    """Read what concerns `wanted` from the database `conn` is connected to."""
    values = {"names": sorted(wanted.managed), "owner": wanted.owner, "mark": MARK, "schema": SCHEMA}
    version, user, database, owner, acl, encoding = conn.execute(_DATABASE.encode()).fetchall()[0]
    options = _OPTIONS if version >= 160000 else {"options": "m.rolinherit, true", "revocable": "true"}
    return Live(
        version=version,
        user=user,
        database=_object(("database", database, '"' + database.replace('"', '""') + '"', owner, acl)),
        encoding=encoding,
        roles={row[0]: _role(row) for row in conn.execute(_ROLES, values)},
        memberships=tuple(
            LiveMembership(role=r, member=m, grantor=g or "", admin=a, inherit=i, set=s, revocable=may)
            for r, m, g, a, i, s, may in conn.execute(_MEMBERSHIPS.format(**options).encode(), values)
        ),
        objects=tuple(_object(row) for row in conn.execute(_OBJECTS.encode(), values)),
        defaults={(row[0], row[1]): _privileges(row[2]) for row in conn.execute(_DEFAULTS.encode(), values)},
    )


def _role(row: tuple[Any, ...]) -> LiveRole:
    name, can_login, limit, config, *flags, mark, administered = row
    return LiveRole(
        name=name,
        login=can_login,
        connection_limit=limit,
        settings=dict(entry.split("=", 1) for entry in config or ()),
        excess=tuple(attribute for attribute, on in zip(_EXCESS, flags, strict=True) if on),
        mark=mark,
        administered=administered,
    )


def _object(row: tuple[Any, ...]) -> LiveObject:
    kind, name, sql, owner, acl = row
    return LiveObject(kind=kind, name=name, sql=sql, owner=owner.strip('"'), privileges=_privileges(acl))


def _privileges(acl: Mapping[str, list[str]]) -> dict[str, Privileges]:
    return {PUBLIC if grantee == "PUBLIC" else grantee: frozenset(names) for grantee, names in acl.items()}
