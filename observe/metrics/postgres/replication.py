"""Replicas and what is kept for them."""

from __future__ import annotations

from observe.metrics.postgres.reading import of_columns
from observe.observation import READ_ALL_STATS

_HERE = (
    "CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END) "
    "AS here(lsn)"
)
_SLOTS = f"FROM pg_replication_slots {_HERE}"
_TYPED = [("slot_name", "slot_name"), ("slot_type", "slot_type")]

REPLICATION = (
    of_columns("replication", "replication", (), ""),
    of_columns(
        "replication_slots",
        "replication_slots",
        [("slot_name", "slot_name"), ("database", "database")],
        _SLOTS,
        null=None,
    ),
    of_columns("replication_slots_type", "replication_slots", _TYPED, _SLOTS, null=None),
    of_columns(
        "replication_slots_status",
        "replication_slots",
        [*_TYPED, ("wal_status", "wal_status")],
        "FROM pg_replication_slots WHERE wal_status IS NOT NULL",
    ),
    of_columns(
        "stat_replication",
        "stat_replication",
        [
            ("application_name", "application_name"),
            ("client_addr", "client_addr::text"),
            ("state", "state"),
            ("slot_name", "slot_name"),
            ("pid", "pid"),
        ],
        f"FROM pg_stat_replication LEFT JOIN pg_replication_slots ON active_pid = pid {_HERE}",
        null=None,
        needs=READ_ALL_STATS,
    ),
)
