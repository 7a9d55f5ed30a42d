"""Replication as one server sees it: to whom it sends, from whom it receives, which statements replay has cancelled."""

from __future__ import annotations

from observe.observation import READ_ALL_STATS, Observation
from observe.postgres.slots import SLOTS
from observe.postgres.wal import WAL

# A replica passes on what it has received, and has no pg_current_wal_lsn.
_HERE = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"
_SENDERS = f"""
SELECT r.pid, r.usename::text AS "user", r.application_name AS application, host(r.client_addr) AS address, r.state,
       r.sync_state, pg_wal_lsn_diff({_HERE}, r.sent_lsn)::bigint AS not_sent_bytes,
       pg_wal_lsn_diff(r.sent_lsn, r.flush_lsn)::bigint AS not_flushed_bytes,
       pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn)::bigint AS not_replayed_bytes,
       extract(epoch FROM r.replay_lag)::float8 AS replay_lag_seconds,
       extract(epoch FROM clock_timestamp() - r.reply_time)::float8 AS replied_seconds,
       age(r.backend_xmin)::bigint AS xmin_age,
       (SELECT s.slot_name::text FROM pg_replication_slots s WHERE s.active_pid = r.pid) AS slot
  FROM pg_stat_replication r ORDER BY r.application_name, r.pid
"""
# One row at most: of the process that receives. RDS shows the primary's address as it is inside AWS.
_RECEIVER = """
SELECT r.pid, r.status, r.sender_host, r.sender_port, r.slot_name AS slot,
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint AS not_replayed_bytes,
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS last_replayed_seconds,
       extract(epoch FROM clock_timestamp() - r.last_msg_receipt_time)::float8 AS last_message_seconds,
       pg_is_wal_replay_paused() AS paused
  FROM pg_stat_wal_receiver r WHERE pg_is_in_recovery()
"""


def _conflicts(version: int) -> str:
    # confl_active_logicalslot came with PostgreSQL 16. The counts stay 0 on a primary.
    slots = ", c.confl_active_logicalslot AS logical_slots" if version >= 160000 else ""
    return f"""
SELECT c.datname::text AS database, c.confl_snapshot AS snapshots, c.confl_lock AS locks, c.confl_bufferpin AS pins,
       c.confl_deadlock AS deadlocks, c.confl_tablespace AS tablespaces{slots}, s.stats_reset AS since
  FROM pg_stat_database_conflicts c JOIN pg_stat_database s USING (datid)
 WHERE pg_is_in_recovery() AND s.conflicts > 0 ORDER BY s.conflicts DESC
"""


RECEIVER = Observation(
    id="receiver",
    engine="postgres",
    question="From whom does a replica receive, and is it replaying?",
    read=lambda _: _RECEIVER,
    judge=lambda _: (),
    columns=(
        "status",
        "sender_host",
        "slot",
        "not_replayed_bytes",
        "last_replayed_seconds",
        "last_message_seconds",
        "paused",
    ),
    needs=(READ_ALL_STATS,),
)
CONFLICTS = Observation(
    id="conflicts",
    engine="postgres",
    question="Which statements of a replica did replay cancel?",
    read=_conflicts,
    judge=lambda _: (),
    columns=("database", "snapshots", "locks", "pins", "deadlocks", "since"),
)
REPLICATION = Observation(
    id="replication",
    engine="postgres",
    question="Who replicates from whom, how far behind, and by which slots?",
    read=lambda _: _SENDERS,
    judge=lambda _: (),
    columns=(
        "application",
        "address",
        "state",
        "sync_state",
        "slot",
        "not_sent_bytes",
        "not_flushed_bytes",
        "not_replayed_bytes",
        "replay_lag_seconds",
    ),
    also=(SLOTS, RECEIVER, CONFLICTS, WAL),
    needs=(READ_ALL_STATS,),
)
