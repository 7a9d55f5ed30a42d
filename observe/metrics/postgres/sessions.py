"""Who is connected and what they do; vacuums on their way."""

from __future__ import annotations

from observe.metrics.postgres.reading import of_columns
from observe.observation import READ_ALL_STATS

_STATES = (
    "ARRAY['active', 'idle', 'idle in transaction', 'idle in transaction (aborted)', 'fastpath function call', "
    "'disabled']"
)
_PHASES = (
    "ARRAY['initializing', 'scanning heap', 'vacuuming indexes', 'vacuuming heap', 'cleaning up indexes', "
    "'truncating heap', 'performing final cleanup']"
)
# The function behind pg_stat_progress_vacuum: the view's columns are called otherwise from PostgreSQL 17 on.
_VACUUMS = "FROM pg_stat_get_progress_info('VACUUM') v LEFT JOIN pg_database d ON d.oid = v.datid"
_TABLE = [
    ("datname", "coalesce(d.datname, 'unknown')"),
    # An oid means another table in another database.
    ("relname", "CASE WHEN d.datname = current_database() THEN v.relid::regclass::text ELSE v.relid::text END"),
]

SESSIONS = (
    of_columns(
        "stat_activity",
        "stat_activity",
        [
            ("datname", "d.datname"),
            ("state", "s.state"),
            *(
                (name, f"a.{name}")
                for name in ["usename", "application_name", "backend_type", "wait_event_type", "wait_event"]
            ),
        ],
        f"FROM pg_database d CROSS JOIN unnest({_STATES}) AS s(state) "
        "LEFT JOIN pg_stat_activity a ON a.datid = d.oid AND a.state = s.state AND a.pid <> pg_backend_pid() "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7",
        needs=READ_ALL_STATS,
    ),
    of_columns("stat_progress_vacuum", "stat_progress_vacuum", _TABLE, _VACUUMS, needs=READ_ALL_STATS),
    of_columns(
        "stat_progress_vacuum_phase",
        "stat_progress_vacuum",
        [*_TABLE, ("phase", "p.phase")],
        f"{_VACUUMS} CROSS JOIN unnest({_PHASES}) WITH ORDINALITY AS p(phase, number)",
        needs=READ_ALL_STATS,
    ),
)
LONG_RUNNING = of_columns(
    "long_running_transactions",
    "long_running_transactions",
    (),
    "FROM pg_stat_activity WHERE state IS DISTINCT FROM 'idle' AND query NOT LIKE 'autovacuum:%' "
    "AND xact_start IS NOT NULL AND pid <> pg_backend_pid()",
    needs=READ_ALL_STATS,
)
