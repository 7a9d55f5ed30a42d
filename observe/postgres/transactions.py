"""Transactions that are open long: statements that run, sessions that wait in one, prepared ones that nobody ends."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.activity import IDLE_IN_TRANSACTION, LONG_STATEMENT, LONG_TRANSACTION, idle_in_transaction
from knowledge.thresholds.threshold import Status
from observe.observation import READ_ALL_STATS, Finding, Observation, Row, Rows, judged, worst
from observe.postgres.activity import COLUMNS, who
from observe.postgres.progress import PROGRESS
from observe.quantities import duration

# A role's and a database's own setting, the more particular first (ApplySetting in utils/init/postinit.c). The
# server's is what this session would have without the SET of its own, unless its role has one too.
# A number without a unit is milliseconds (PostgreSQL, idle_in_transaction_session_timeout).
_TIMEOUT = """(
    SELECT CASE WHEN t.value ~ '^[0-9]+$' THEN t.value::float8 / 1000
                ELSE extract(epoch FROM t.value::interval)::float8 END
      FROM (
        SELECT split_part(c.setting, '=', 2) AS value,
               1 + (s.setrole <> 0)::int * 2 + (s.setdatabase <> 0)::int AS rank
          FROM pg_db_role_setting s, unnest(s.setconfig) AS c(setting)
         WHERE c.setting LIKE 'idle_in_transaction_session_timeout=%'
           AND s.setrole IN (a.usesysid, 0) AND s.setdatabase IN (a.datid, 0)
        UNION ALL
        SELECT g.reset_val, 0 FROM pg_settings g
         WHERE g.name = 'idle_in_transaction_session_timeout' AND NOT EXISTS (
           SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS c(setting)
            WHERE c.setting LIKE 'idle_in_transaction_session_timeout=%'
              AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user)))
      ) AS t ORDER BY t.rank DESC LIMIT 1
  )"""
_OPEN = f"""
SELECT {COLUMNS}, age(a.backend_xmin)::bigint AS xmin_age, {_TIMEOUT} AS idle_timeout_seconds, NULL::text AS prepared
  FROM pg_stat_activity a WHERE a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid()
UNION ALL
SELECT NULL, p.owner::text, p.database::text, NULL, NULL, NULL, 'prepared', NULL, NULL, NULL,
       extract(epoch FROM clock_timestamp() - p.prepared)::float8, NULL,
       extract(epoch FROM clock_timestamp() - p.prepared)::float8, false, NULL,
       age(p.transaction)::bigint, NULL, p.gid
  FROM pg_prepared_xacts p
ORDER BY open_seconds DESC
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return worst(finding for row in rows for finding in _of(row))


def _of(row: Row) -> Iterator[Finding]:
    """Nothing of this tool's own sessions, and of the server's: autovacuum may take hours.

    Nor of one that is logging in: it has a transaction already and nothing else (`starting`, since PostgreSQL 18).
    """
    if row["own"] or (row["backend_type"] != "client backend" and row["prepared"] is None):
        return
    open_, name = float(str(row["open_seconds"])), who(row)
    if row["prepared"] is not None:
        gid = str(row["prepared"]).replace("'", "''")
        yield judged(
            idle_in_transaction(None),
            open_,
            f"{name} has been prepared for {duration(open_)}, with its locks",
            object=str(row["prepared"]),
            mend=f"ROLLBACK PREPARED '{gid}', or COMMIT PREPARED if its coordinator says so; in {row['database']}",
        )
        return
    seconds = row["state_seconds"] if row["state"] != "active" else row["statement_seconds"]
    if seconds is None:
        return
    since = float(str(seconds))
    if row["state"] == "active":
        first = judged(
            LONG_STATEMENT,
            since,
            f"{name} has run one statement for {duration(since)}",
            object=str(row["pid"]),
            mend=f"datatier queries kill {row['pid']} --cancel",
        )
    else:
        timeout = row["idle_timeout_seconds"]
        first = judged(
            idle_in_transaction(float(str(timeout)) if timeout else None),
            since,
            f"{name} has been {row['state']} for {duration(since)}",
            object=str(row["pid"]),
            mend=f"datatier queries kill {row['pid']}",
        )
    yield first
    if first.status is Status.OK:
        yield judged(
            LONG_TRANSACTION,
            open_,
            f"{name} has had a transaction open for {duration(open_)}",
            object=str(row["pid"]),
            mend=f"datatier queries kill {row['pid']}",
        )


LONG = Observation(
    id="long",
    engine="postgres",
    question="Which statements and transactions have been going on for long?",
    read=lambda _: _OPEN,
    judge=_judge,
    thresholds=(LONG_STATEMENT, IDLE_IN_TRANSACTION, LONG_TRANSACTION),
    columns=("pid", "user", "database", "application", "state", "wait_event", "open_seconds", "state_seconds", "query"),
    also=(PROGRESS,),
    needs=(READ_ALL_STATS,),
)
