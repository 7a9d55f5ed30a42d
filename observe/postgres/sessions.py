"""Who is connected, and what each session does."""

from __future__ import annotations

from observe.observation import PG_MONITOR, Observation
from observe.postgres.activity import COLUMNS

_SESSIONS = f"SELECT {COLUMNS} FROM pg_stat_activity a ORDER BY a.backend_start, a.pid"

SESSIONS = Observation(
    id="sessions",
    engine="postgres",
    question="Who is connected, from where, and what does each session do?",
    read=lambda _: _SESSIONS,
    judge=lambda _: (),
    columns=(
        "pid",
        "user",
        "database",
        "application",
        "address",
        "state",
        "wait_event",
        "age_seconds",
        "state_seconds",
        "query",
    ),
    needs=(PG_MONITOR,),
)
