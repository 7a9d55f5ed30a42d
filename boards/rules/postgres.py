"""Each alarm of an RDS instance as the exporter's metrics have it, or why they cannot."""

from __future__ import annotations

from boards.expression import NODE, Aggregate, Binary, Compare, Increase, Matcher, Metric, Where
from boards.rules.recorded import CONNECTIONS, WAL
from boards.rules.watched import Watched
from knowledge.alarms.postgres_thresholds import (
    CONNECTIONS_CRITICAL,
    CONNECTIONS_HIGH,
    IDLE_SHARE,
    SESSIONS_BLOCKED,
    TRANSACTION_IDS_CRITICAL,
    TRANSACTION_IDS_HIGH,
)
from knowledge.thresholds.nodes import REPLICA_LAG

_HOST = "of the host, which RDS shows to CloudWatch alone"
_LOG = "counted from the log, which is in CloudWatch; PostgreSQL keeps no counter of it"
_SESSION = 'pg_stat_activity_count{backend_type="client backend", state="active"}'
_SLOT_KEYS = (NODE, "slot_name")


def _check(name: str) -> Metric:
    return Metric("datatier_check_value", (("check", "=", name),))


def _slots(*matchers: Matcher) -> Binary:
    """WAL that a slot holds back, of what it may (max_slot_wal_keep_size, -1 where nothing bounds it)."""
    held = Metric("pg_replication_slots_pg_wal_lsn_diff", matchers)
    return Binary(held, "/", Compare(Metric("pg_settings_max_slot_wal_keep_size_bytes"), ">", 0), many=True)


def _slot_example(share: float) -> dict[str, str]:
    return {
        'pg_replication_slots_pg_wal_lsn_diff{slot_name="standby"}': f"{share * 10**9:.0f}x600",
        'pg_replication_slots_slot_is_active{slot_name="standby", slot_type="logical"}': "1x600",
        "pg_settings_max_slot_wal_keep_size_bytes": f"{10**9}x600",
    }


def _connections(used: int) -> dict[str, str]:
    return {_SESSION: f"{used}x600", "pg_settings_max_connections": "100x600"}


_SLOT = {"slot_name": "standby"}
_IDLE: tuple[Matcher, ...] = (("state", "=~", "idle in transaction.*"),)
_IDLE_SERIES = 'pg_stat_activity_max_tx_duration{state="idle in transaction"}'
_IDLE_LIMIT = "pg_settings_idle_in_transaction_session_timeout_seconds"
_IDS = 'datatier_check_value{check="transaction-ids", object="shop"}'

POSTGRES: dict[str, Watched | str] = {
    "down": Watched(
        # A server of which nothing was ever heard is no fault: as in CloudWatch, where a first figure arms the alarm.
        value=Metric("pg_up"),
        sign="==",
        rings={"pg_up": "0x600"},
        rests={"pg_up": "1x600"},
    ),
    "storage-low": _HOST,
    "storage-shrinking": _HOST,
    "connections-critical": Watched(
        value=CONNECTIONS, limit=CONNECTIONS_CRITICAL, rings=_connections(91), rests=_connections(90)
    ),
    "connections-high": Watched(
        value=CONNECTIONS, limit=CONNECTIONS_HIGH, rings=_connections(81), rests=_connections(80)
    ),
    "transaction-ids-critical": Watched(
        value=Aggregate("max", _check("transaction-ids")),
        limit=TRANSACTION_IDS_CRITICAL,
        rings={_IDS: f"{TRANSACTION_IDS_CRITICAL + 1}x600"},
        rests={_IDS: f"{TRANSACTION_IDS_CRITICAL}x600"},
    ),
    "transaction-ids-high": Watched(
        value=Aggregate("max", _check("transaction-ids")),
        limit=TRANSACTION_IDS_HIGH,
        rings={_IDS: f"{TRANSACTION_IDS_HIGH + 1}x600"},
        rests={_IDS: f"{TRANSACTION_IDS_HIGH}x600"},
    ),
    "slot-wal-critical": Watched(
        value=_slots(), limit=0.8, rings=_slot_example(0.81), rests=_slot_example(0.8), labels=_SLOT
    ),
    "slot-wal-high": Watched(
        value=_slots(), limit=0.4, rings=_slot_example(0.41), rests=_slot_example(0.4), labels=_SLOT
    ),
    "logical-slot-wal": Watched(
        value=Where(
            _slots(), Metric("pg_replication_slots_slot_is_active", (("slot_type", "=", "logical"),)), on=_SLOT_KEYS
        ),
        limit=0.8,
        rings=_slot_example(0.81),
        rests=_slot_example(0.8),
        labels=_SLOT,
    ),
    "wal-disk-usage": Watched(
        value=WAL,
        limit=2,
        rings={"pg_wal_size_bytes": "2001x600", "pg_settings_max_wal_size_bytes": "1000x600"},
        rests={"pg_wal_size_bytes": "2000x600", "pg_settings_max_wal_size_bytes": "1000x600"},
    ),
    "replication-stopped": Watched(
        value=Aggregate("max", Metric("datatier_check_status", (("check", "=", "replication"),))),
        sign=">=",
        limit=2,
        rings={'datatier_check_status{check="replication"}': "2x600"},
        rests={'datatier_check_status{check="replication"}': "1x600"},
    ),
    "replica-lag": Watched(
        value=Metric("pg_replication_lag_seconds"),
        limit=REPLICA_LAG.critical,
        varies=True,
        rings={"pg_replication_lag_seconds": "61x600"},
        rests={"pg_replication_lag_seconds": "5x600"},
    ),
    "slow-queries": _LOG,
    "sessions-blocked": Watched(
        value=Aggregate("sum", Metric("pg_stat_activity_count", (("wait_event_type", "=", "Lock"),))),
        limit=SESSIONS_BLOCKED,
        rings={'pg_stat_activity_count{wait_event_type="Lock"}': f"{SESSIONS_BLOCKED + 1}x600"},
        rests={
            'pg_stat_activity_count{wait_event_type="Lock"}': f"{SESSIONS_BLOCKED}x600",
            'pg_stat_activity_count{wait_event_type="Client"}': "9x600",
        },
    ),
    "idle-in-transaction": Watched(
        value=Binary(
            Aggregate("max", Metric("pg_stat_activity_max_tx_duration", _IDLE)),
            "/",
            Compare(Metric(_IDLE_LIMIT), ">", 0),
        ),
        limit=IDLE_SHARE,
        rings={_IDLE_SERIES: "301x600", _IDLE_LIMIT: "600x600"},
        rests={_IDLE_SERIES: "300x600", _IDLE_LIMIT: "600x600"},
    ),
    "deadlocks": Watched(
        value=Aggregate("sum", Increase(Metric("pg_stat_database_deadlocks"), 300)),
        rings={'pg_stat_database_deadlocks{datname="shop"}': "0+1x600"},
        rests={'pg_stat_database_deadlocks{datname="shop"}': "0x20 1x600"},
    ),
    "failed-logins": _LOG,
    "connections-refused": Watched(
        # Who has used up a limit is refused next: the server's, a database's or a login's own.
        value=Metric("datatier_check_value", (("check", "=", "connections"),)),
        sign=">=",
        limit=100,
        rings={'datatier_check_value{check="connections", object="shop_app"}': "100x600"},
        rests={'datatier_check_value{check="connections", object="shop_app"}': "99x600"},
        labels={"check": "connections", "object": "shop_app"},
    ),
    "data-corruption": _LOG,
    "cpu-high": _HOST,
    "load-high": Watched(
        value=Aggregate(
            "sum",
            Metric("pg_stat_activity_count", (("backend_type", "=", "client backend"), ("state", "=", "active"))),
        ),
        limit=None,
        varies=True,
        rings={_SESSION: "6x600"},
        rests={_SESSION: "5x600"},
    ),
    "memory-low": _HOST,
    "swap-used": _HOST,
    "read-latency": _HOST,
    "write-latency": _HOST,
    "disk-queue": _HOST,
    "iops-high": _HOST,
    "throughput-high": _HOST,
    "burst-balance": _HOST,
    "ebs-io-balance": _HOST,
    "ebs-byte-balance": _HOST,
    "cpu-credits": _HOST,
}
"""Alarm -> what is watched in its place, or why nothing is."""
