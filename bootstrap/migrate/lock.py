"""The advisory lock keys of golang-migrate, so that its CLI and this runner exclude each other.

Source: GenerateAdvisoryLockId in database/util.go of github.com/golang-migrate/migrate/v4.
"""

from __future__ import annotations

import zlib

_SALT = 1486364155


def lock_key(database: str, schema: str, table: str) -> int:
    """Key of `pg_advisory_lock`: an unsigned 32-bit number, passed as a bigint."""
    name = "\0".join((schema, table, database))
    return (zlib.crc32(name.encode()) * _SALT) & 0xFFFFFFFF


def lock_keys(database: str, schema: str, table: str) -> tuple[int, int]:
    """Both keys in use for one database, in the order in which they are taken.

    golang-migrate's CLI takes the name from the path of its URL, slash included;
    Go programs that hand it an open connection use the bare name.
    """
    return lock_key(f"/{database}", schema, table), lock_key(database, schema, table)
