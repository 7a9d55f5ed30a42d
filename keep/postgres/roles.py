"""The roles that a database's objects name: which there are, and how one is made that nobody has declared."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

# Owners, grantees and those in policies, of the database itself too; what is pinned (pg_read_all_data) is not in it.
# initdb's role is pinned as well (OID 10, BOOTSTRAP_SUPERUSERID), and elsewhere it has another name: it counts where it
# owns what is copied.
_NAMED = """
WITH this AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database()),
owned AS (
  SELECT 'pg_class'::regclass AS of, oid FROM pg_class WHERE relowner = 10 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspowner = 10
  UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE proowner = 10
  UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typowner = 10
)
SELECT DISTINCT rolname::text FROM pg_shdepend d JOIN this
    ON d.dbid = this.oid OR (d.classid = 'pg_database'::regclass AND d.objid = this.oid)
JOIN pg_roles r ON r.oid = d.refobjid WHERE d.refclassid = 'pg_authid'::regclass
UNION SELECT rolname::text FROM pg_db_role_setting s JOIN this ON s.setdatabase = this.oid
JOIN pg_roles r ON r.oid = s.setrole
UNION SELECT rolname::text FROM pg_roles WHERE oid = 10 AND (
  EXISTS (SELECT FROM this WHERE datdba = 10)
  OR EXISTS (SELECT FROM owned WHERE oid >= 16384 AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = owned.of AND d.objid = owned.oid AND d.deptype = 'e')))
ORDER BY 1
"""


def named(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Return the roles that own something in a database, may do something or are in a policy; everybody may ask."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return tuple(name for (name,) in cursor.execute(_NAMED.encode()))


def make(conn: psycopg.Connection[Any], missing: Iterable[str]) -> None:
    """Make roles without login and without any privilege; one that somebody else has made meanwhile stays as it is."""
    # Who makes a role as CREATEROLE may hand objects over to it only as its member (PostgreSQL 16, CREATE ROLE).
    member = conn.info.parameter_status("is_superuser") != "on"
    for name in missing:
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation), conn.transaction():
            conn.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(name)))
            if member:
                conn.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(name)))
