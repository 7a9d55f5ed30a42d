"""Thresholds of what PostgreSQL's sessions and statements do now."""

from __future__ import annotations

from knowledge.alarms.catalogue import POSTGRES
from knowledge.alarms.postgres_thresholds import IDLE_SHARE, SESSIONS_BLOCKED
from knowledge.thresholds.threshold import Threshold, of_alarms

LONG_STATEMENT = Threshold(
    id="long-statements",
    warn=60,
    critical=1800,
    unit="s",
    source="PgHero: 60 s (long_running_query_sec); pganalyze and Qonto's alert: 30 min",
    meaning="A statement runs so long that its locks, its snapshot and its connection are missing elsewhere.",
    first_steps=("See what it waits for: `datatier queries blocked`.", "Cancel it if nobody waits for its answer."),
    runbook="docs/runbooks/postgres-load.md",
)
LONG_TRANSACTION = Threshold(
    id="long-transactions",
    warn=1800,
    critical=3600,
    unit="s",
    source="pganalyze, long-running transactions: 30 and 60 min",
    meaning="A transaction has been open so long that vacuum removes nothing that died since.",
    first_steps=("Find the code between BEGIN and COMMIT.", "End the session if nobody misses it."),
    runbook="docs/runbooks/postgres-transaction-ids.md",
)
_IDLE = of_alarms("idle-in-transaction", POSTGRES, unit="s", warn=("idle-in-transaction", 300))
IDLE_IN_TRANSACTION = Threshold(
    id=_IDLE.id,
    warn=300,
    critical=900,
    unit="s",
    source="pgmonitor (CrunchyData): 5 and 15 min; the session has no idle_in_transaction_session_timeout",
    meaning="A session keeps a transaction open without doing anything: it holds locks and keeps vacuum from its work.",
    first_steps=_IDLE.first_steps,
    runbook=_IDLE.runbook,
    alarms=_IDLE.alarms,
)


def idle_in_transaction(timeout: float | None) -> Threshold:
    """The alarm's step, a share of the session's own timeout in seconds; two of their own where it has none."""
    if not timeout:
        return IDLE_IN_TRANSACTION
    return of_alarms(IDLE_IN_TRANSACTION.id, POSTGRES, unit="s", warn=("idle-in-transaction", IDLE_SHARE * timeout))


BLOCKED_SESSIONS = of_alarms("blocked-sessions", POSTGRES, unit="sessions", warn=("sessions-blocked", SESSIONS_BLOCKED))
BLOCKED_FOR = Threshold(
    id="blocked-for",
    warn=30,
    critical=300,
    unit="s",
    source="half of the 60 s after which nginx (proxy_read_timeout) and a load balancer of AWS (idle timeout) give a "
    "request up; pganalyze, blocked queries: 300 s",
    meaning=BLOCKED_SESSIONS.meaning,
    first_steps=BLOCKED_SESSIONS.first_steps,
    runbook=BLOCKED_SESSIONS.runbook,
    alarms=BLOCKED_SESSIONS.alarms,
)
LOCK_TABLE = Threshold(
    id="lock-table",
    warn=20,
    critical=80,
    unit="%",
    source="awesome-prometheus-alerts: 20 % of max_locks_per_transaction x max_connections; at 80 % one transaction "
    "that touches every partition fails with `out of shared memory`",
    meaning="The table of locks fills up: a few transactions hold locks on very many tables or partitions.",
    first_steps=(
        "See who holds most: `datatier queries locks`.",
        "Raise max_locks_per_transaction; it takes a restart.",
    ),
    runbook="docs/runbooks/postgres-locks.md",
)
SLOW_CALLS = 100
"""Calls from which on a mean says something (PgHero, slow_query_calls)."""
SLOW_MEAN = Threshold(
    id="slow-statements",
    warn=20,
    critical=None,
    unit="ms",
    source=f"PgHero: a mean of 20 ms over {SLOW_CALLS} calls or more (slow_query_ms, slow_query_calls); critical from "
    "the server's log_min_duration_statement on, whose lines the alarm slow-queries counts",
    meaning="A statement that runs often takes long on average.",
    first_steps=(
        "See its plan: `datatier queries explain ID`.",
        "Look for a missing index: `datatier queries indexes`.",
    ),
    runbook="docs/runbooks/postgres-load.md#slow-queries",
    alarms=("slow-queries",),
)
SHARE_FROM_MS = 60_000
"""Execution time of all statements from which on a share says something: a minute."""
SLOW_SHARE = Threshold(
    id="statement-share",
    warn=33,
    critical=None,
    unit="%",
    source="ruby-pg-extras (diagnose, outliers): a third of all execution time",
    meaning="One statement takes a large part of all execution time: what it saves, the server saves.",
    first_steps=SLOW_MEAN.first_steps,
    runbook=SLOW_MEAN.runbook,
)
CHECKSUMS = of_alarms("checksum-failures", POSTGRES, unit="pages", critical=("data-corruption", 0))
