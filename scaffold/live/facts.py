"""What a PostgreSQL server says of itself that a stack's file says too: version, size, connections, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

# `source` of what an administrator has set, in a file, on the command line or by ALTER SYSTEM; a parameter group of RDS
# comes as a file (pg_settings' documentation). What whoever asks may not see is not among the rows.
_QUERY = """
SELECT pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int,
       (SELECT setting::bigint * 8192 FROM pg_settings WHERE name = 'shared_buffers'),
       (SELECT json_object_agg(name, setting) FROM pg_settings
         WHERE source IN ('configuration file', 'command line') AND setting IS DISTINCT FROM boot_val),
       (SELECT json_object_agg(extname, extversion) FROM pg_extension WHERE oid >= 16384)
"""


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """Of one server, at the moment of looking."""

    major: int
    size: int
    """Bytes of the database."""
    connections: int
    """Client sessions right now."""
    max_connections: int
    shared_buffers: int
    """Bytes."""
    parameters: Mapping[str, str]
    """What somebody has set, in the parameter's own unit."""
    extensions: Mapping[str, str]
    """Installed ones -> version."""


def read_facts(conn: psycopg.Connection[Any]) -> ServerFacts:
    """Ask in one round trip. Raise psycopg.Error."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_QUERY).fetchone()
    assert row is not None  # noqa: S101 a SELECT without FROM has one row
    size, connections, most, buffers, parameters, extensions = row
    return ServerFacts(
        major=conn.info.server_version // 10000,
        size=size,
        connections=connections,
        max_connections=most,
        shared_buffers=buffers,
        parameters=parameters or {},
        extensions=extensions or {},
    )
