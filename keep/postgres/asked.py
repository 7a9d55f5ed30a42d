"""What is asked of a server before a database is restored into it, so that nothing has to be met half-way."""

from __future__ import annotations

import shutil
from typing import Any

import psycopg

from keep.errors import AskedError
from keep.manifest import PostgresCopy

_ROOM = 1.3
"""What a restore takes on the server's disk, of the database's size: the database, and WAL that is not recycled yet."""


def check(conn: psycopg.Connection[Any], copy: PostgresCopy, without: frozenset[str] = frozenset()) -> None:
    """Raise AskedError where the server is older than the one that was copied, or lacks an extension.

    :param without: extensions that are left out.
    """
    major = conn.info.server_version // 10000
    if major < copy.major:
        raise AskedError(
            f"the backup is of PostgreSQL {copy.major} and the server has {major}: restore it into one of "
            f"{copy.major} or newer"
        )
    if conn.info.parameter_status("in_hot_standby") == "on":
        raise AskedError("the server is a standby, into which nothing can be written: name its primary")
    there = {name for (name,) in conn.execute("SELECT name FROM pg_available_extensions")}
    if missing := sorted(set(copy.extensions) - there - without):
        raise AskedError(
            f"the server does not have {', '.join(missing)}, which the database needs: install the extension there, "
            "or restore into a server that has it"
        )


def room(conn: psycopg.Connection[Any], size: int) -> None:
    """Raise AskedError where the server has none for a database of so many bytes.

    SQL does not say: of a server on this computer its disk does, of an RDS instance AWS, of any other nobody.
    """
    free = _free(conn)
    if free is not None and free < size * _ROOM:
        raise AskedError(
            f"the server's disk has {free >> 20} MiB free, and what is restored takes {size >> 20} and its WAL: free "
            "space there, or restore into another server"
        )


def _free(conn: psycopg.Connection[Any]) -> int | None:
    host = conn.info.host
    if host not in ("127.0.0.1", "::1", "localhost") and not host.startswith("/"):
        from keep.estate import aws_volume

        return aws_volume.room(host)
    # Seen by pg_read_all_settings, hence by RDS's master, in a tier too; behind a tunnel it is no folder of this one.
    row = conn.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    try:
        return shutil.disk_usage(row[0]).free if row else None
    except OSError:
        return None
