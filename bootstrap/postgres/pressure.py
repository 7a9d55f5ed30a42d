"""What is in a database's way right now, whatever is declared: a dirty migration, connections that are used up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.report import MigrationReached

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, kw_only=True)
class UsedUp:
    """A limit of connections that is reached."""

    whose: str
    """Login, database, or `the server`."""
    used: int
    limit: int

    def __str__(self) -> str:
        return f"{self.whose} holds all {self.limit} connections that it may ({self.used} are in use)"

    @property
    def mend(self) -> str:
        """What gives room."""
        return "end sessions that are idle, or let the pools hold fewer (`datatier pools` works out how many)"


# pg_stat_activity hides backend_type of other roles' sessions from whoever lacks pg_read_all_stats (PostgreSQL,
# monitoring-stats). reserved_connections came with PostgreSQL 16. A limit of 0 lets nobody in and is a declaration.
CONNECTIONS_IN_USE = """
WITH session AS (
  SELECT usesysid, datid FROM pg_stat_activity
  WHERE usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
)
SELECT 'the server' AS whose, (SELECT count(*)::int FROM session) AS used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
       - coalesce(current_setting('reserved_connections', true), '0')::int AS limit
UNION ALL
SELECT format('login %s', r.rolname), count(*)::int, r.rolconnlimit
  FROM session JOIN pg_roles r ON r.oid = usesysid
  WHERE r.rolconnlimit > 0 AND NOT r.rolsuper
  GROUP BY r.rolname, r.rolconnlimit
UNION ALL
SELECT format('database %s', d.datname), count(*)::int, d.datconnlimit
  FROM session JOIN pg_database d ON d.oid = datid
  WHERE d.datconnlimit > 0 GROUP BY d.datname, d.datconnlimit
ORDER BY 1
"""
"""Columns `whose`, `used`, `limit`: every limit of connections that somebody uses, and the server's."""


def used_up(conn: psycopg.Connection[Any]) -> tuple[UsedUp, ...]:
    """Return every limit of connections that is reached now: of logins, of databases, of the server."""
    return tuple(
        UsedUp(whose=whose, used=used, limit=limit)
        for whose, used, limit in conn.execute(CONNECTIONS_IN_USE)
        if used >= limit
    )


def migration(conn: psycopg.Connection[Any]) -> MigrationReached | None:
    """Return where golang-migrate's table says the schema is; None without one, or where it is another tool's."""
    import psycopg

    try:
        with conn.transaction():  # a refusal must not end the caller's
            row = conn.execute("SELECT version, dirty FROM public.schema_migrations").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege):
        return None
    return MigrationReached(version=row[0], dirty=row[1]) if row else None
