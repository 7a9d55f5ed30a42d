"""What a manifest says of a database: its versions, where its WAL is, its size, its collation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from bootstrap.postgres.pressure import migration
from bootstrap.report import MigrationReached
from keep.postgres import roles

# The provider's locale is daticulocale on 15 and 16 and datlocale since 17; PostgreSQL, pg_database.
_DATABASE = """
SELECT current_setting('server_version'), pg_encoding_to_char(d.encoding), pg_database_size(d.oid),
       CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END || ' '
       || coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', d.datcollate),
       d.datcollversion, pg_is_in_recovery(),
       (SELECT coalesce(json_object_agg(extname, extversion ORDER BY extname), '{}') FROM pg_extension),
       has_function_privilege('pg_control_system()', 'EXECUTE')
       AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE')
FROM pg_database d WHERE d.datname = current_database()
"""
# The name of a WAL file begins with its timeline; a standby has no file of its own, and the last checkpoint's does.
_TIMELINE = "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"
_CONTROL = "SELECT system_identifier::text, (SELECT timeline_id FROM pg_control_checkpoint()) FROM pg_control_system()"


@dataclass(frozen=True, kw_only=True)
class Described:
    """The facts of a database, under the names that the manifest has."""

    database: str
    server_version: str
    major: int
    encoding: str
    collation: str
    collation_version: str | None
    standby: bool
    extensions: dict[str, str]
    migration: MigrationReached | None
    roles: tuple[str, ...]
    size: int
    timeline: int | None
    system_identifier: str | None


def described(conn: psycopg.Connection[Any]) -> Described:
    """Read them in the current transaction, as whoever reads the database."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_DATABASE).fetchone()
        assert row is not None  # noqa: S101 one is always connected to a database
        version, encoding, size, collation, collation_version, standby, extensions, control = row
        identifier, timeline = (cursor.execute(_CONTROL).fetchone() or (None, None)) if control else (None, None)
        if not standby:
            timeline = (cursor.execute(_TIMELINE).fetchone() or (None,))[0]
    return Described(
        database=conn.info.dbname,
        server_version=version.split()[0],
        major=conn.info.server_version // 10000,
        encoding=encoding,
        collation=collation,
        collation_version=collation_version,
        standby=standby,
        extensions=extensions,
        migration=migration(conn),
        roles=roles.named(conn),
        size=size,
        timeline=timeline,
        system_identifier=identifier,
    )
