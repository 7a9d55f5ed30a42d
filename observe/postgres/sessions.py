"""Who is connected, and what each session does."""

from __future__ import annotations

from collections import Counter

from observe.observation import READ_ALL_STATS, Observation, Rows
from observe.postgres.activity import COLUMNS
from observe.postgres.waits import WAITS

# Clients first, then the server's own processes. Sessions of others are there for everybody; what they do is not.
_SESSIONS = f"""
SELECT {COLUMNS} FROM pg_stat_activity a
 ORDER BY coalesce(a.backend_type, 'client backend') <> 'client backend', a.backend_start, a.pid
"""
_GROUPS = """
SELECT a.usename::text AS "user", a.datname::text AS database, a.application_name AS application,
       host(a.client_addr) AS address, a.state, count(*)::int AS sessions,
       extract(epoch FROM clock_timestamp() - min(a.state_change))::float8 AS longest_seconds,
       extract(epoch FROM clock_timestamp() - max(a.backend_start))::float8 AS newest_seconds
  FROM pg_stat_activity a
 WHERE a.usesysid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
   AND a.pid <> pg_backend_pid()
 GROUP BY 1, 2, 3, 4, 5 ORDER BY sessions DESC, longest_seconds DESC
"""


def _summary(rows: Rows) -> str:
    """`12 clients: 9 idle, 2 active, 1 idle in transaction`."""
    clients = [row for row in rows if row["backend_type"] == "client backend"]
    states = Counter(str(row["state"] or "starting") for row in clients)
    return f"{len(clients)} clients: {', '.join(f'{count} {state}' for state, count in states.most_common())}"


SESSION_GROUPS = Observation(
    id="session-groups",
    engine="postgres",
    question="How many of them are alike?",
    read=lambda _: _GROUPS,
    judge=lambda _: (),
    columns=("sessions", "user", "database", "application", "address", "state", "longest_seconds", "newest_seconds"),
)
SESSIONS = Observation(
    id="sessions",
    engine="postgres",
    question="Who is connected, from where, and what does each session do?",
    read=lambda _: _SESSIONS,
    judge=lambda _: (),
    summary=_summary,
    columns=(
        "pid",
        "user",
        "database",
        "application",
        "address",
        "backend_type",
        "state",
        "wait_event",
        "age_seconds",
        "state_seconds",
        "query",
    ),
    also=(SESSION_GROUPS, WAITS),
    needs=(READ_ALL_STATS,),
)
