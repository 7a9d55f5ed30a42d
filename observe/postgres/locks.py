"""Locks that are waited for and held: on which relation, in which mode, by whom."""

from __future__ import annotations

from collections import Counter

from knowledge.thresholds.activity import LOCK_TABLE
from observe.observation import READ_ALL_STATS, Finding, Observation, Rows, judged


# Names are those of the connected database: pg_class is each database's own.
def _relation(lock: str) -> str:
    """SQL: the relation of a row of pg_locks by that alias, as text."""
    return f"""coalesce((
           SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = {lock}.relation
              AND {lock}.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
         ), 'relation ' || {lock}.relation)"""


PREPARED_BY = """(
    SELECT x.transactionid FROM pg_locks x
     WHERE {lock}.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.granted
       AND x.virtualtransaction = {lock}.virtualtransaction
  )"""
"""SQL: the transaction id of the prepared transaction that holds a lock, a row of pg_locks by the alias `{lock}`.

It holds the lock of its own id. Its virtual transaction is -1/XID only after a restart, for all that PostgreSQL's
manual says of pg_locks; before, it is still that of the session that prepared it (twophase.c, MarkAsPreparingGuts).
"""
_RELATION = _relation("l")
# Who waits for a row waits for its transaction, and meanwhile holds the lock of the row's place (heapam,
# README.tuplock).
_ROW_OF = f"""(SELECT min({_relation("t")}) FROM pg_locks t
       WHERE l.locktype = 'transactionid' AND NOT l.granted AND t.pid = l.pid AND t.locktype = 'tuple' AND t.granted)"""
TARGET = f"""CASE l.locktype
         WHEN 'relation' THEN {_RELATION}
         WHEN 'extend' THEN 'extension of ' || {_RELATION}
         WHEN 'page' THEN format('page %s of %s', l.page, {_RELATION})
         WHEN 'tuple' THEN format('row (%s,%s) of %s', l.page, l.tuple, {_RELATION})
         WHEN 'transactionid' THEN format('transaction %s', l.transactionid) || coalesce(', a row of ' || {_ROW_OF}, '')
         WHEN 'virtualxid' THEN 'virtual transaction ' || l.virtualxid
         WHEN 'advisory' THEN format('advisory lock (%s, %s)', l.classid, l.objid)
         ELSE coalesce(l.locktype || ' ' || nullif(concat_ws(' ', l.classid, l.objid), ''), l.locktype) END"""
"""What a row of `pg_locks l` is about, as text."""

# A session's lock of its own virtual transaction says nothing. `fast` ones take no place in the shared table
# (PostgreSQL, pg_locks: fastpath).
_LOCKS = f"""
SELECT l.pid, coalesce(a.usename, p.owner)::text AS "user", a.application_name AS application,
       coalesce(a.state, 'prepared') AS state, l.granted, l.mode, l.locktype,
       {TARGET} AS target, extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS waiting_seconds,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS open_seconds, l.fastpath AS fast,
       p.gid AS prepared,
       current_setting('max_locks_per_transaction')::bigint
         * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) AS places
  FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
  LEFT JOIN pg_prepared_xacts p ON p.transaction = {PREPARED_BY.format(lock="l")}
 WHERE l.pid IS DISTINCT FROM pg_backend_pid() AND NOT (l.locktype = 'virtualxid' AND l.granted)
 ORDER BY l.granted, l.waitstart, l.mode <> 'AccessExclusiveLock', l.mode NOT LIKE '%Exclusive%', a.xact_start, l.pid
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    if not rows:
        return ()
    taken, places = sum(not row["fast"] for row in rows), int(str(rows[0]["places"]))
    return (judged(LOCK_TABLE, 100 * taken / places, f"{taken} of {places} places in the table of locks are taken"),)


def _summary(rows: Rows) -> str:
    """`3 wait; held: 12 AccessShareLock, 1 AccessExclusiveLock`."""
    held = Counter(str(row["mode"]) for row in rows if row["granted"])
    modes = ", ".join(f"{count} {mode}" for mode, count in held.most_common())
    return f"{sum(not row['granted'] for row in rows)} waited for; held: {modes or 'none'}"


LOCKS = Observation(
    id="locks",
    engine="postgres",
    question="Which locks are waited for or held, on what, in which mode?",
    read=lambda _: _LOCKS,
    judge=_judge,
    thresholds=(LOCK_TABLE,),
    summary=_summary,
    columns=("pid", "user", "application", "granted", "mode", "target", "waiting_seconds", "open_seconds", "state"),
    needs=(READ_ALL_STATS,),
)
