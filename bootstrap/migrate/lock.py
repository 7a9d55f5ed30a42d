"""The advisory lock keys of golang-migrate, so that its CLI and this runner exclude each other.

Source: GenerateAdvisoryLockId in database/util.go of github.com/golang-migrate/migrate/v4.
"""

from __future__ import annotations

import zlib

from psycopg.sql import SQL, Composed, Literal

from bootstrap.lock_holders import ADMINISTRATOR

Keys = tuple[int, int]

_SALT = 1486364155


def lock_key(database: str, schema: str, table: str) -> int:
    """Key of `pg_advisory_lock`: an unsigned 32-bit number, passed as a bigint."""
    name = "\0".join((schema, table, database))
    return (zlib.crc32(name.encode()) * _SALT) & 0xFFFFFFFF


def lock_keys(database: str, schema: str, table: str) -> Keys:
    """Both keys in use for one database, in the order in which they are taken.

    golang-migrate's CLI takes the name from the path of its URL, slash included;
    Go programs that hand it an open connection use the bare name.
    """
    return lock_key(f"/{database}", schema, table), lock_key(database, schema, table)


def try_lock(keys: Keys) -> Composed:
    """Query for whether both keys could be taken; if not, neither is held.

    Callers poll it: one that waits in pg_advisory_lock deadlocks with CREATE INDEX CONCURRENTLY, which waits for it.
    """
    # CASE evaluates in order: the second key is tried only under the first, which is given back without it.
    return SQL(
        "SELECT CASE WHEN NOT pg_try_advisory_lock({a}) THEN false"
        " WHEN pg_try_advisory_lock({b}) THEN true ELSE NOT pg_advisory_unlock({a}) END"
    ).format(a=Literal(keys[0]), b=Literal(keys[1]))


def unlock(keys: Keys) -> Composed:
    """Give both keys back."""
    return SQL("SELECT pg_advisory_unlock({}), pg_advisory_unlock({})").format(Literal(keys[1]), Literal(keys[0]))


def migrators(schema: str, table: str) -> Composed:
    """Condition for who may migrate, by either tool: the owner's members, and who may write golang-migrate's table.

    golang-migrate empties it with TRUNCATE, which no role of an application has. `r` is the role that is looked at.
    """
    name = Literal(f'"{schema}".{table}')
    return SQL(
        "({} OR (r.oid IS NOT NULL AND CASE WHEN to_regclass({}) IS NULL THEN has_schema_privilege(r.oid, {}, 'CREATE')"
        " ELSE has_table_privilege(r.oid, to_regclass({}), 'TRUNCATE') OR pg_has_role(r.oid,"
        " (SELECT relowner FROM pg_class WHERE oid = to_regclass({})), 'MEMBER') END)"
        " OR (r.oid IS NOT NULL AND pg_has_role(r.oid, (SELECT nspowner FROM pg_namespace WHERE nspname = {}),"
        " 'MEMBER')))"
    ).format(ADMINISTRATOR, name, Literal(schema), name, name, Literal(schema))
