"""What pg_stat_activity says of a session, in the columns that every query about sessions has."""

from __future__ import annotations

from observe.node import APPLICATION
from observe.observation import Row

# Of other roles' sessions whoever lacks pg_read_all_stats sees pid, usesysid, usename, datname, application_name and
# backend_type NULL, and `<insufficient privilege>` in place of the statement (PostgreSQL, The Statistics Views).
# clock_timestamp(): now() stands still within a transaction and would make younger sessions' ages negative.
COLUMNS = f"""a.pid, a.usename::text AS "user", a.datname::text AS database, a.application_name AS application,
       coalesce(host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'socket' END) AS address,
       a.backend_type, a.state, a.wait_event_type, a.wait_event,
       extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS age_seconds,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS open_seconds,
       extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS statement_seconds,
       extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS state_seconds,
       a.application_name = '{APPLICATION}' AS own,
       CASE WHEN a.application_name = '{APPLICATION}' THEN '(a question of this tool)'
            ELSE left(regexp_replace(a.query, '\\s+', ' ', 'g'), 500) END AS query"""
"""Of `pg_stat_activity a`. `own` marks the sessions of this tool."""


def who(row: Row) -> str:
    """`session 4711 (app_a, psql)`, `prepared transaction order-12 (app_a)`: what a finding calls it."""
    if row.get("prepared") is not None:
        return f"prepared transaction {row['prepared']} ({row['user']})"
    named = ", ".join(str(row[key]) for key in ("user", "application") if row[key])
    return f"session {row['pid']}" + (f" ({named})" if named else "")
