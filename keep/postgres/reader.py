"""As whom a database is read: a role from which nothing is hidden, or a refusal with the statements that make one.

pg_dump fails at the first table that it may not read, after it has written half an archive, or worse: with
--enable-row-security it leaves out what policies hide and says nothing. So what pg_dump will read is asked for first:
SELECT on every table and sequence (LOCK TABLE wants it on tables too), USAGE on their schemas, SELECT on every large
object, for which pg_read_all_data does not stand (PostgreSQL, "Predefined Roles"), and no policy that applies. A
policy applies to all but superusers, roles with BYPASSRLS and the table's owner, and to the owner too where it is FORCE
(PostgreSQL, "Row Security Policies").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.rows import tuple_row

from bootstrap.postgres.change import ident
from keep.errors import KeepError
from keep.postgres.snapshot import pinned

Kind = Literal["schema", "table", "sequence", "large object", "policy", "forced policy"]
_OBSTACLES = """
WITH reader AS (SELECT oid, rolname, rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = ANY(%s)),
relation AS (
  SELECT c.oid, c.relnamespace, n.nspname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
         format('%%I.%%I', n.nspname, c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND (c.oid = ANY(SELECT unnest(extconfig) FROM pg_extension)
         OR NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')))
SELECT DISTINCT rolname::text, 'schema', format('%%I', nspname) FROM reader, relation
WHERE NOT has_schema_privilege(reader.oid, relnamespace, 'USAGE')
UNION ALL
SELECT rolname, CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, name FROM reader, relation
WHERE NOT has_table_privilege(reader.oid, relation.oid, 'SELECT')
UNION ALL
SELECT rolname, CASE WHEN relforcerowsecurity THEN 'forced policy' ELSE 'policy' END, name FROM reader, relation
WHERE relrowsecurity AND relkind = 'r' AND NOT unbound
  AND (relforcerowsecurity OR NOT pg_has_role(reader.oid, relowner, 'USAGE'))
UNION ALL
SELECT rolname, 'large object', m.oid::text FROM reader, pg_largeobject_metadata m
WHERE NOT EXISTS (
  SELECT FROM aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) AS given
  WHERE given.privilege_type = 'SELECT'
    AND (given.grantee = 0 OR pg_has_role(reader.oid, given.grantee, 'USAGE')))
ORDER BY 1, 2, 3
"""
# A member may become the role; since PostgreSQL 16 only one whose membership says so.
_OTHERS = """
SELECT rolname::text FROM pg_roles
WHERE pg_has_role(session_user, oid, CASE WHEN current_setting('server_version_num')::int < 160000
                                          THEN 'MEMBER' ELSE 'SET' END)
ORDER BY rolname
"""
_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Something that a role may not read whole."""

    kind: Kind
    name: str
    """Quoted as SQL has it."""

    def mend(self, role: str) -> str:
        """The statement that ends it."""
        role = ident(role)
        if self.kind in ("policy", "forced policy"):
            return f"ALTER ROLE {role} BYPASSRLS"
        if self.kind == "schema":
            return f"GRANT USAGE ON SCHEMA {self.name} TO {role}"
        return f"GRANT SELECT ON {self.kind.upper()} {self.name} TO {role}"

    def __str__(self) -> str:
        said = {
            "policy": f"a row-level security policy hides rows of {self.name}",
            "forced policy": f"FORCE ROW LEVEL SECURITY hides rows of {self.name} from its owner too",
        }
        return said.get(self.kind, f"it may not read {self.kind} {self.name}")


def reader(conn: psycopg.Connection[Any], owner: str | None) -> str | None:
    """Return the role that reads everything: `owner` if it does, else the login itself (None), else one it may become.

    Asked in a transaction of its own, in which no function of the database's stands for PostgreSQL's: the login may be
    the master, and whoever owns the tables could make one that fits better and is run as it. Raise KeepError with the
    statements that would do, where there is none.
    """
    with pinned(conn):
        return _reader(conn, owner)


def _reader(conn: psycopg.Connection[Any], owner: str | None) -> str | None:
    with conn.cursor(row_factory=tuple_row) as cursor:
        others = [row[0] for row in cursor.execute(_OTHERS)]
    login = conn.info.user
    wanted = [owner, login] if owner else [login]
    if owner and owner not in others:
        raise KeepError(f"{login} may not become {owner}, who owns the tables: GRANT {ident(owner)} TO {ident(login)}")
    found = obstacles(conn, wanted)
    for role in wanted:
        if not found[role]:
            return None if role == login else role
    rest = obstacles(conn, [each for each in others if each not in wanted])
    for role, in_its_way in rest.items():
        if not in_its_way:
            return role
    raise KeepError(refusal(wanted[0], found[wanted[0]]))


def obstacles(conn: psycopg.Connection[Any], roles: Sequence[str]) -> dict[str, list[Obstacle]]:
    """Return what each role may not read, in the order of the roles; nothing for one that reads everything."""
    found: dict[str, list[Obstacle]] = {role: [] for role in roles}
    with conn.cursor(row_factory=tuple_row) as cursor:
        for role, kind, name in cursor.execute(_OBSTACLES, (list(roles),)):
            found[role].append(Obstacle(kind=kind, name=name))
    return found


def refusal(role: str, found: Sequence[Obstacle]) -> str:
    """Say what a role cannot read, and the statements that end it; pure."""
    what = "; ".join(map(str, found[:_SHOWN])) + (f"; and {len(found) - _SHOWN} more" if found[_SHOWN:] else "")
    mends = list(dict.fromkeys(each.mend(role) for each in found))
    forced = any(each.kind == "forced policy" for each in found)
    bypass = [each for each in mends if each.endswith(" BYPASSRLS")]
    said = "; ".join((bypass + [each for each in mends if each not in bypass])[:_SHOWN])
    more = " and so on" if mends[_SHOWN:] else ""
    hint = " (as a superuser; or ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, as its owner)" if forced else ""
    return f"{role} cannot copy all of the database, so nothing was written: {what}. What would do: {said}{more}{hint}"
