"""What active sessions and the server's processes wait for."""

from __future__ import annotations

from observe.observation import Observation

# An active session without a wait event computes. The server's own processes sleep in `Activity` events between their
# work, which says nothing (PostgreSQL, Wait Events).
_WAITS = """
SELECT count(*)::int AS sessions, coalesce(a.wait_event_type, 'CPU') AS waits_for, a.wait_event AS event,
       a.backend_type, a.usename::text AS "user",
       extract(epoch FROM clock_timestamp() - min(a.query_start))::float8 AS longest_seconds
  FROM pg_stat_activity a
 WHERE a.pid <> pg_backend_pid() AND coalesce(a.wait_event_type, 'CPU') NOT IN ('Activity', 'Client')
   AND (a.state = 'active' OR (a.state IS NULL AND a.wait_event_type IS NOT NULL))
 GROUP BY 2, 3, 4, 5 ORDER BY sessions DESC, longest_seconds DESC NULLS LAST
"""

WAITS = Observation(
    id="waits",
    engine="postgres",
    question="What do the active ones wait for?",
    read=lambda _: _WAITS,
    judge=lambda _: (),
    columns=("sessions", "waits_for", "event", "backend_type", "user", "longest_seconds"),
)
