"""What is asked of a server before a database is restored into it, so that nothing has to be met half-way."""

from __future__ import annotations

from typing import Any

import psycopg

from keep.errors import AskedError
from keep.manifest import PostgresCopy


def check(conn: psycopg.Connection[Any], copy: PostgresCopy) -> None:
    """Raise AskedError where the server is older than the one that was copied, or lacks an extension."""
    major = conn.info.server_version // 10000
    if major < copy.major:
        raise AskedError(
            f"the backup is of PostgreSQL {copy.major} and the server has {major}: restore it into one of "
            f"{copy.major} or newer"
        )
    if conn.info.parameter_status("in_hot_standby") == "on":
        raise AskedError("the server is a standby, into which nothing can be written: name its primary")
    there = {name for (name,) in conn.execute("SELECT name FROM pg_available_extensions")}
    if missing := sorted(set(copy.extensions) - there):
        raise AskedError(
            f"the server does not have {', '.join(missing)}, which the database needs: install the extension there, "
            "or restore into a server that has it"
        )
