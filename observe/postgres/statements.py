"""The statements that take most of the server's time (pg_stat_statements)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from knowledge.thresholds.activity import SHARE_FROM_MS, SLOW_CALLS, SLOW_MEAN, SLOW_SHARE
from knowledge.thresholds.threshold import Threshold
from observe.observation import READ_ALL_STATS, Finding, Observation, Right, Row, Rows, judged, worst
from observe.quantities import milliseconds, percent

TOP = 100
"""Statements that are read, by total time."""
PRELOADED = Right(
    name="pg_stat_statements in shared_preload_libraries",
    grant="add pg_stat_statements to shared_preload_libraries (on RDS in the parameter group) and restart the server",
    # Its own setting exists only where it is loaded; the list of what is loaded takes pg_read_all_settings.
    held="current_setting('pg_stat_statements.max', true) IS NOT NULL",
    lack="the server counts no statements: pg_stat_statements is not preloaded",
)
# The columns follow the extension's version, which may be older than the server's (shared_blk_read_time was
# blk_read_time until 1.11, PostgreSQL 17): to_jsonb has whichever are there. A queryid is text, since JSON's numbers
# hold only 53 bits in most readers. The upper 95 % of a normal distribution begins at mean + 1.645 sd; times are
# skewed, so it is an estimate.
BY = {
    "time": "s.total_exec_time",
    "mean": "s.mean_exec_time",
    "calls": "s.calls",
    "blocks": "s.shared_blks_read + s.shared_blks_dirtied + s.temp_blks_written",
    "wal": "s.wal_bytes",
}
"""What the statements that are read can be the first by."""
_STATEMENTS = f"""
SELECT s.queryid::text AS id, r.rolname::text AS "user", d.datname::text AS database, s.calls,
       s.total_exec_time AS total_ms, s.mean_exec_time AS mean_ms,
       s.mean_exec_time + 1.645 * s.stddev_exec_time AS p95_estimate_ms, s.max_exec_time AS max_ms,
       100 * s.total_exec_time / nullif(sum(s.total_exec_time) OVER (), 0) AS share_percent,
       (sum(s.total_exec_time) OVER ())::float8 AS all_ms,
       s.rows, s.shared_blks_hit AS blocks_hit, s.shared_blks_read AS blocks_read, s.temp_blks_written,
       s.shared_blks_dirtied AS blocks_dirtied, s.wal_bytes::float8 AS wal_bytes,
       coalesce(to_jsonb(s)->>'shared_blk_read_time', to_jsonb(s)->>'blk_read_time')::float8 AS read_ms,
       (SELECT setting::float8 FROM pg_settings WHERE name = 'log_min_duration_statement') AS logged_from_ms,
       left(regexp_replace(s.query, '\\s+', ' ', 'g'), 500) AS query
  FROM pg_stat_statements s LEFT JOIN pg_roles r ON r.oid = s.userid LEFT JOIN pg_database d ON d.oid = s.dbid
 ORDER BY {{by}} DESC LIMIT {TOP}
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return worst(finding for row in rows for finding in _of(row))


def _of(row: Row) -> Iterator[Finding]:
    calls, mean = int(str(row["calls"])), float(str(row["mean_ms"]))
    total, share = float(str(row["all_ms"])), float(str(row["share_percent"] or 0))
    name = f"statement {row['id'] or '(hidden)'} of {row['user']}"
    mend = f"datatier queries explain {row['id']}"
    if calls >= SLOW_CALLS:
        message = f"{name} takes {milliseconds(mean)} on average over {calls:,} calls"
        yield judged(_mean(row["logged_from_ms"]), mean, message, object=str(row["id"]), mend=mend)
    if total >= SHARE_FROM_MS:
        message = f"{name} takes {percent(share)} of the time of all statements, {calls:,} calls"
        yield judged(SLOW_SHARE, share, message, object=str(row["id"]), mend=mend)


def _mean(logged_from_ms: object) -> Threshold:
    """Critical from log_min_duration_statement on; 0 and -1 say nothing of what is slow."""
    limit = float(str(logged_from_ms))
    return replace(SLOW_MEAN, critical=limit) if limit > (SLOW_MEAN.warn or 0) else SLOW_MEAN


def slow(by: str) -> Observation:
    """The same question, first by something else than the time that all calls took."""
    return replace(SLOW, read=lambda _: _STATEMENTS.format(by=BY[by]))


SLOW = Observation(
    id="slow",
    engine="postgres",
    question="Which statements take most of the time?",
    read=lambda _: _STATEMENTS.format(by=BY["time"]),
    judge=_judge,
    thresholds=(SLOW_MEAN, SLOW_SHARE),
    columns=(
        "id",
        "user",
        "database",
        "calls",
        "total_ms",
        "share_percent",
        "mean_ms",
        "p95_estimate_ms",
        "blocks_read",
        "blocks_dirtied",
        "temp_blks_written",
        "wal_bytes",
        "query",
    ),
    needs=(PRELOADED, READ_ALL_STATS),
    extension="pg_stat_statements",
    every=300,
)
